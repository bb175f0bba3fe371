"""rebalance: declare what is lost or closed, place with the fewest moves, carry it out, let go what was replaced."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from orchestrator.adapters.pins import forget_pins
from orchestrator.lockfile import make_lock, write_lock
from orchestrator.model.declaration import Declaration
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Retired
from orchestrator.model.plan import Plan
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.model.taint import Taint
from orchestrator.reconcile.retire import Retirement, compute_retirement
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.observe import look
from orchestrator.workflows.place import Placement, place, write_placement
from orchestrator.workflows.provision import provision
from orchestrator.workflows.up import UpResult, up

PHASE = "retire"


@dataclass(frozen=True)
class Rebalance:
    """A rebalance before it is carried out: the new placement, and what the fleet costs a month before and after."""

    placement: Placement
    before: Decimal

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.placement.plan


def plan_rebalance(inputs: Inputs, declared: Declaration, taints: Sequence[Taint] = ()) -> Rebalance:
    """What would move. Writes nothing. `taints` are where clouds refuse new machines now."""
    return Rebalance(placement=place(inputs, declared, taints), before=place(inputs).plan.cost.amount)


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for machines to be in sync, and for how long they must stay so before what they replace goes."""

    wait: float
    hold: float


@dataclass(frozen=True)
class Rebalanced:
    """What a rebalance came to: the `up` that it ended in, and the machines that were let go, with the evidence."""

    up: UpResult
    retired: tuple[Retired, ...]
    waiting: dict[str, str]


def rebalance(
    deployment: Deployment, inputs: Inputs, planned: Rebalance, patience: Patience, tell: OnProgress
) -> Rebalanced:
    """Writes the lock, brings machines up, and retires those whose replacements have been in sync for the hold time."""
    write_placement(inputs, planned.placement)
    result = up(deployment, replace(inputs, lock=planned.placement.lock), patience.wait, tell)
    return retire(deployment, inputs, result, patience, tell)


def retire(
    deployment: Deployment, inputs: Inputs, result: UpResult, patience: Patience, tell: OnProgress
) -> Rebalanced:
    """Lets go what may go: compromised machines at once, the others on a second look after the hold time.

    Who fell behind meanwhile keeps its old machine. What cannot be deleted now is kept.
    """
    unreachable = list_unreachable(inputs.fleet, result)
    at_once: tuple[Retired, ...] = ()
    unseen = compute_retirement(inputs.fleet, result.lock, (), unreachable)
    if any(line.compromised for line in unseen.newly_retired):
        result, at_once = let_go(deployment, inputs, result, unseen, tell), unseen.newly_retired
    first = compute_retirement(inputs.fleet, result.lock, result.seen.verdicts.values(), unreachable)
    if not first.changes(result.lock):
        return Rebalanced(result, at_once, first.waiting)
    time.sleep(patience.hold)
    seen = look(deployment, result.lock, result.endpoints)
    steady = [verdict for verdict in seen.verdicts.values() if result.seen.verdicts[verdict.machine].in_sync]
    decision = compute_retirement(inputs.fleet, result.lock, steady, unreachable)
    done = let_go(deployment, inputs, replace(result, seen=seen), decision, tell)
    return Rebalanced(done, (*at_once, *decision.newly_retired), decision.waiting)


def list_unreachable(fleet: Fleet, result: UpResult) -> dict[str, str]:
    """The accounts in which nothing can be deleted now, each with why: a machine there still has its protection."""
    silent = {account.name for account in fleet.accounts if fleet.get_stack(account.name) in result.left_out}
    down = dict.fromkeys(silent, "the API of its account is declared down")
    failed = {account.name for account in fleet.accounts if fleet.get_stack(account.name) in result.failures}
    return down | dict.fromkeys(failed, "its account could not be updated")


def let_go(
    deployment: Deployment, inputs: Inputs, result: UpResult, decision: Retirement, tell: OnProgress
) -> UpResult:
    """Writes what was decided into the lock, then has the clouds follow it where a machine goes."""
    if not decision.changes(result.lock):
        return result
    for line in decision.newly_retired:
        tell(Progress(phase=PHASE, subject=line.retired, status=line.evidence))
    header = result.lock.header.model_copy(update={"moving": decision.moving})
    lock = make_lock(header, result.lock, decision.machines, decision.retired)
    write_lock(lock, inputs.where.lock_path)
    if not decision.newly_retired:
        return replace(result, lock=lock)
    stacks = provision(deployment, lock, inputs.fleet.list_stacks(), tell)
    failures = {name: stack.error for name, stack in stacks.items() if stack.error}
    forget_pins(deployment.pins, frozenset(line.retired for line in decision.newly_retired))
    changes = result.changes + sum(len(stack.changes) for stack in stacks.values())
    return replace(result, lock=lock, changes=changes, failures={**result.failures, **failures})
