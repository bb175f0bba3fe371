"""settle: provision, and where a cloud refuses a machine for want of capacity or quota, place its node again."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.adapters.taints import add_taints, read_taints
from orchestrator.lockfile import make_lock, write_lock
from orchestrator.model.lock import Lock
from orchestrator.model.plan import Finding, Plan, Unplaced
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.model.stack import StackResult
from orchestrator.model.taint import Taint
from orchestrator.reconcile.refusals import Refusal, compute_refused_entries, find_owed, find_refusals
from orchestrator.workflows.deployment import Deployment, find_scratch
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.place import place
from orchestrator.workflows.provision import provision

PHASE = "refused"

# How often one command places again. Each time a site, type or account more is known to be refused.
MOST_ROUNDS = 8


@dataclass(frozen=True)
class Settled:
    """What provisioning came to: the lock that stands, the stacks as last seen, how many resources changed on the way.

    `refusals` are all machines that a cloud refused; `unplaced` are the nodes that have no machine because of that,
    `broken` the rules that gave way when nodes were placed again.
    """

    lock: Lock
    stacks: Mapping[str, StackResult]
    changes: int
    refusals: tuple[Refusal, ...]
    unplaced: tuple[Unplaced, ...]
    broken: tuple[Finding, ...]


def settle(deployment: Deployment, inputs: Inputs, tell: OnProgress) -> Settled:
    """Provisions until no cloud refuses what the lock asks for; the lock is written before anything follows it.

    Nodes that an earlier command had to leave without a machine are placed first. Killed at any point, the same
    command goes on: a refused machine is in the lock until it is retired there, and is refused again or is made.
    """
    lock = inputs.require_lock()
    plan = Plan(status="optimal")
    if find_owed(inputs.fleet, lock):
        lock, plan = place_again(inputs, lock, read_taints(deployment.scratch, time.time()), tell)
    refusals: list[Refusal] = []
    changes = rounds = 0
    while True:
        stacks = provision(deployment, lock, inputs.fleet.list_stacks(), tell)
        changes += sum(len(result.changes) for result in stacks.values())
        found = find_refusals(stacks.values(), lock)
        given_up = make_lock(lock.header, lock, *compute_refused_entries(lock, found))
        if given_up == lock:
            unplaced = explain_unplaced(inputs, lock, plan.unplaced)
            return Settled(lock, stacks, changes, tuple(refusals), unplaced, plan.broken)
        refusals += found
        rounds += 1
        taints = keep_taints(deployment, found, tell)
        if rounds <= MOST_ROUNDS:
            lock, plan = place_again(inputs, given_up, taints, tell)
        else:
            lock, plan = given_up, plan.model_copy(update={"unplaced": ()})
            write_lock(lock, inputs.where.lock_path)


def fetch_taints(inputs: Inputs, rehearse: bool) -> tuple[Taint, ...]:
    """Where clouds refused machines of late; nothing where the fleet isn't being rehearsed yet."""
    scratch = find_scratch(inputs, rehearse)
    return () if scratch is None else read_taints(scratch, time.time())


def keep_taints(deployment: Deployment, refusals: Sequence[Refusal], tell: OnProgress) -> tuple[Taint, ...]:
    """Remembers where clouds refused; all that is known of it now."""
    for refusal in refusals:
        machine = refusal.machine
        where = f"{machine.site} {machine.machine_type}"
        tell(Progress(phase=PHASE, subject=machine.machine, status=f"{where}: {refusal.code}"))
    now = time.time()
    return add_taints(deployment.scratch, (refusal.build_taint(now) for refusal in refusals), now)


def place_again(inputs: Inputs, lock: Lock, taints: Sequence[Taint], tell: OnProgress) -> tuple[Lock, Plan]:
    """The lock with its nodes placed again, written, and the plan that led to it."""
    placement = place(replace(inputs, lock=lock), taints=taints)
    placed = placement.lock or lock
    if placed != inputs.lock:
        write_lock(placed, inputs.where.lock_path)
    known = {machine.machine for machine in lock.machines}
    for machine in placed.machines:
        if machine.machine not in known:
            status = f"in place of what was refused: {machine.site} {machine.machine_type}"
            tell(Progress(phase=PHASE, subject=machine.machine, status=status))
    return placed, placement.plan


def explain_unplaced(inputs: Inputs, lock: Lock, unplaced: Iterable[Unplaced]) -> tuple[Unplaced, ...]:
    """The nodes that have no machine since a cloud refused theirs: what it refused with, and why there is no other."""
    reasons = {each.node: each.why for each in unplaced}
    return tuple(
        Unplaced(
            node=line.node,
            why=f"{line.retired} was {line.evidence}; {reasons.get(line.node, 'run the same command again later')}",
        )
        for line in find_owed(inputs.fleet, lock)
    )
