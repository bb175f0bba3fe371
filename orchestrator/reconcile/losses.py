"""Which domains are lost, as far as a lock alone can tell."""

from collections.abc import Mapping

from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.lock import Lock, Machine, MachineState
from orchestrator.model.loss import Loss


def infer_losses(lock: Lock) -> tuple[Loss, ...]:
    """The widest account, region or site in which every machine is lost.

    A lock does not say what was lost, only what became of the machines. A domain without machines is not inferred, and
    an account of which one region alone was in use is inferred whole. Good enough to review a lock: a lost domain is
    not eligible for spreading; a placement is told the losses.
    """
    losses: list[Loss] = []
    covered: set[str] = set()
    for kind in ("account", "region", "site"):
        for domain, machines in _split(lock, kind).items():
            known = [machine for machine in machines if machine.state is not MachineState.HELD]
            if any(machine.state is not MachineState.LOST for machine in known):
                continue
            if any(machine.machine not in covered for machine in known):
                losses.append(Loss(kind=kind, value=domain))
                covered.update(machine.machine for machine in machines)
    return tuple(losses)


def _split(lock: Lock, kind: DomainKind) -> Mapping[str, list[Machine]]:
    by_domain: dict[str, list[Machine]] = {}
    for machine in lock.machines:
        by_domain.setdefault(_get_domain(machine, kind), []).append(machine)
    return {domain: by_domain[domain] for domain in sorted(by_domain)}


def _get_domain(machine: Machine, kind: DomainKind) -> str:
    """As `Site.get_domain` names it, from the machine's own line."""
    if kind == "account":
        return machine.account
    return f"{machine.provider}/{machine.region}" if kind == "region" else machine.site
