"""up: lock -> machines that run what they should, in sync."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import StaleLock
from orchestrator.model.lock import Lock, MachineState
from orchestrator.model.plan import Unplaced
from orchestrator.model.progress import OnProgress
from orchestrator.model.stack import CloudResource
from orchestrator.reconcile.fencing import find_held
from orchestrator.reconcile.refusals import Refusal
from orchestrator.reconcile.status import Look
from orchestrator.report.up import UpSummary
from orchestrator.workflows.configure import Neighbours, configure
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.observe import list_behind, look, wait_for_sync
from orchestrator.workflows.reach import collect_outputs, list_running, reach
from orchestrator.workflows.settle import settle
from orchestrator.workflows.signers import Fence, find_deleted, start_signers
from orchestrator.workflows.sync_records import record_looks


@dataclass(frozen=True)
class UpResult:
    """What `up` came to. `failures` are by machine or account; `behind` are wanted machines not in sync yet.

    `held` are the machines that a fence holds back, by id, each with why and what would free it.
    `refusals` are the machines that clouds refused on the way, `unplaced` the nodes that have none because of that.
    `endpoints` are of the machines that were reached; `orphans` carry the fleet's labels and are in no state;
    `left_out` are accounts whose API is declared down.
    """

    lock: Lock
    changes: int
    configured: int
    failures: Mapping[str, str]
    behind: tuple[str, ...]
    seen: Look
    endpoints: Mapping[str, Endpoint]
    refusals: tuple[Refusal, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    held: Mapping[str, str] = field(default_factory=dict)
    orphans: tuple[CloudResource, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def summary(self) -> UpSummary:
        """What is told of it."""
        counts = {"resources changed": self.changes, "machines configured": self.configured}
        return UpSummary(
            lock=self.lock,
            counts=counts,
            failures=self.failures,
            behind=self.behind,
            refusals=self.refusals,
            unplaced=self.unplaced,
            held=self.held,
            orphans=self.orphans,
            left_out=self.left_out,
        )


def up(deployment: Deployment, inputs: Inputs, wait: float, tell: OnProgress) -> UpResult:
    """Provisions, reaches, configures, and waits up to `wait` seconds for the clients to be in sync.

    The lock that stands at the end is another one where a cloud refused machines and their nodes were placed again.
    """
    require_fresh_lock(inputs)
    settled = settle(deployment, inputs, tell)
    lock, stacks = settled.lock, settled.stacks
    outputs = collect_outputs(stacks.values())
    held = find_held(inputs.fleet, inputs.catalogue, lock)
    running = tuple(each for each in list_running(lock) if each.machine not in held.unreached)
    failed = {name: result.error for name, result in stacks.items() if result.error}
    untouched = {*failed, *(name for name, result in stacks.items() if result.left_out)}
    present = [
        each for each in running if inputs.fleet.get_stack(each.account) not in untouched or each.machine in outputs
    ]
    reached, failures = reach(deployment, present, outputs, tell)
    staying = tuple(each for each in running if each.state is not MachineState.RETIRING)
    neighbours = Neighbours(staying, {machine: str(each["address"]) for machine, each in outputs.items()})
    outcomes = configure(deployment, inputs, reached, neighbours, tell)
    failures |= failed | {name: str(outcome.error) for name, outcome in outcomes.items() if outcome.status != "ok"}
    well = [each for each in reached if each.machine.machine not in failures]
    signing = start_signers(Fence(deployment, inputs, lock, find_deleted(inputs, lock, stacks)), well, tell)
    failures |= dict(signing.failures) | {finding.name: finding.message for finding in settled.broken}
    awaited = leave_out(lock, signing.withheld)
    endpoints = {each.machine.machine: each.endpoint for each in reached}
    take_look = record_looks(deployment.syncs, lambda: look(deployment, lock, endpoints))
    seen = wait_for_sync(take_look, awaited, 0 if failures else wait, tell)
    return UpResult(
        lock=lock,
        changes=settled.changes,
        configured=len(outcomes),
        failures=failures,
        behind=list_behind(awaited, seen),
        seen=seen,
        endpoints=endpoints,
        refusals=settled.refusals,
        unplaced=settled.unplaced,
        held={**held.why, **signing.withheld},
        orphans=tuple(orphan for result in stacks.values() for orphan in result.orphans),
        left_out=tuple(name for name, result in stacks.items() if result.left_out),
    )


def leave_out(lock: Lock, machines: Collection[str]) -> Lock:
    """The lock without some machines: those that nobody waits for."""
    return lock.model_copy(update={"machines": tuple(each for each in lock.machines if each.machine not in machines)})


def require_fresh_lock(inputs: Inputs) -> Lock:
    """The lock; an error where there is none or it was made from another spec."""
    lock = inputs.require_lock()
    if lock.header.spec != inputs.fleet.digest:
        raise StaleLock(
            f"{inputs.where.lock_path} was not made from {inputs.where.spec} as it is now",
            hint="run orchestrator place, and review what it changes",
        )
    return lock
