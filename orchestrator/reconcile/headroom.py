"""Quota head-room: would each account let the fleet grow as it must when any one account, provider or region is lost?

For each such loss the fleet is placed again, as rebalance would. New machines come before old ones go, and what is lost
still counts where its cloud counts it, so all machines of the lock are added to the new ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, Machine
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Finding
from orchestrator.model.quota import VcpuQuota
from orchestrator.placement.place import compute_plan
from orchestrator.reconcile.outages import get_domain

KINDS: tuple[DomainKind, ...] = ("account", "provider", "region")
ENROLLED = "ssh"  # hosts of one's own: what they can take is in the catalogue, and no quota limits it

Place = tuple[str, str]
"""An account and a region of its provider."""


@dataclass(frozen=True)
class Growth:
    """The vCPUs that machines have at a place now, the most that any single loss adds there, and that loss."""

    account: str
    region: str
    used: int
    more: int
    loss: Loss


def compute_growths(
    fleet: Fleet, catalogue: Catalogue, lock: Lock, signing_groups: frozenset[str]
) -> tuple[Growth, ...]:
    """The worst single loss for every place that would have to take something on, sorted."""
    vcpus = {(kind.provider, kind.region, kind.name): kind.vcpus for kind in catalogue.machine_types}
    used = _count_vcpus(lock.machines, vcpus)
    known = {machine.machine for machine in lock.machines}
    worst: dict[Place, Growth] = {}
    for loss in list_single_losses(lock):
        losses = (*lock.header.losses, loss)
        plan = compute_plan(fleet, catalogue, {}, lock, losses, signing_groups)
        new = [planned.machine for planned in plan.machines if planned.machine.machine not in known]
        for (account, region), more in _count_vcpus(new, vcpus).items():
            before = worst.get((account, region))
            if before is None or more > before.more:
                worst[account, region] = Growth(account, region, used[account, region], more, loss)
    return tuple(worst[place] for place in sorted(worst))


def list_single_losses(lock: Lock) -> tuple[Loss, ...]:
    """Every account, provider and region that machines of the lock are in and that is not lost already."""
    found = (
        Loss(kind=kind, value=value)
        for kind in KINDS
        for value in sorted({get_domain(machine, kind) for machine in lock.machines})
    )
    return tuple(loss for loss in found if loss not in lock.header.losses)


def _count_vcpus(machines: Iterable[Machine], vcpus: dict[tuple[str, str, str], int]) -> Counter[Place]:
    """The vCPUs by place, of machines in clouds."""
    counts: Counter[Place] = Counter()
    for machine in machines:
        if machine.provider != ENROLLED:
            counts[machine.account, machine.region] += vcpus.get(
                (machine.provider, machine.region, machine.machine_type), 0
            )
    return counts


def review_headroom(fleet: Fleet, growths: Sequence[Growth], quotas: Sequence[VcpuQuota]) -> tuple[Finding, ...]:
    """A finding for each quota that is short of what a single loss asks for, and for each that is not known."""
    limits = {(quota.account, quota.region): quota.limit for quota in quotas}
    whole = {quota.account: quota.limit for quota in quotas if quota.region is None}
    findings: list[Finding] = []
    for account in sorted({growth.account for growth in growths}):
        own = [growth for growth in growths if growth.account == account]
        if account in whole:
            findings += _judge(fleet, account, _add(own), whole[account])
            continue
        for growth in own:
            limit = limits.get((account, growth.region))
            findings += _judge(fleet, f"{account}/{growth.region}", growth, limit)
    return tuple(findings)


def _add(growths: Sequence[Growth]) -> Growth:
    """An account's regions together: no single loss asks for more than the sum of what each may be asked for."""
    worst = max(growths, key=lambda growth: growth.more)
    used, more = sum(growth.used for growth in growths), sum(growth.more for growth in growths)
    return Growth(worst.account, worst.region, used, more, worst.loss)


def _judge(fleet: Fleet, where: str, growth: Growth, limit: int | None) -> Iterator[Finding]:
    needed = growth.used + growth.more
    asks = f"{where} must take {growth.more} vCPUs more when {growth.loss} is lost, {needed} in all"
    if limit is None:
        yield _find(fleet, where, "warning", (str(needed), "unknown"), f"{asks}, and its quota is not known")
    elif needed > limit:
        advice = f"ask for a quota of {needed} now: it takes days, and more in an outage"
        yield _find(fleet, where, "error", (str(needed), str(limit)), f"{asks}, and its quota is {limit}: {advice}")


def _find(fleet: Fleet, where: str, level: str, numbers: tuple[str, str], message: str) -> Finding:
    return Finding.model_validate(
        {
            "rule": "quota",
            "name": "quotas leave room for the worst single loss",
            "level": level,
            "subject": where,
            "value": f"{numbers[0]} vCPUs",
            "bound": f"{numbers[1]} vCPUs",
            "message": message,
            "source": fleet.get_account(where.partition("/")[0]).source,
        }
    )
