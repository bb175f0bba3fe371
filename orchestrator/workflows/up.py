"""up: lock -> machines that run what they should, in sync."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import StaleLock
from orchestrator.model.lock import Lock, MachineState
from orchestrator.model.plan import Unplaced
from orchestrator.model.progress import OnProgress
from orchestrator.reconcile.refusals import Refusal
from orchestrator.reconcile.status import Look
from orchestrator.report.up import UpSummary
from orchestrator.workflows.configure import Neighbours, configure
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.observe import list_behind, look, wait_for_sync
from orchestrator.workflows.reach import collect_outputs, list_running, reach
from orchestrator.workflows.settle import settle


@dataclass(frozen=True)
class UpResult:
    """What `up` came to. `failures` are by machine or account; `behind` are wanted machines not in sync yet.

    `refusals` are the machines that clouds refused on the way, `unplaced` the nodes that have none because of that.
    `endpoints` are of the machines that were reached.
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

    @property
    def summary(self) -> UpSummary:
        """What is told of it."""
        counts = {"resources changed": self.changes, "machines configured": self.configured}
        return UpSummary(self.lock, counts, self.failures, self.behind, self.refusals, self.unplaced)

    @property
    def held(self) -> tuple[str, ...]:
        """The machines that are held back by a fence."""
        return tuple(machine.machine for machine in self.lock.machines if machine.state is MachineState.HELD)


def up(deployment: Deployment, inputs: Inputs, wait: float, tell: OnProgress) -> UpResult:
    """Provisions, reaches, configures, and waits up to `wait` seconds for the clients to be in sync.

    The lock that stands at the end is another one where a cloud refused machines and their nodes were placed again.
    """
    require_fresh_lock(inputs)
    settled = settle(deployment, inputs, tell)
    lock, stacks = settled.lock, settled.stacks
    outputs = collect_outputs(stacks.values())
    running = list_running(lock)
    failed = {name: result.error for name, result in stacks.items() if result.error}
    present = [
        each for each in running if inputs.fleet.get_stack(each.account) not in failed or each.machine in outputs
    ]
    reached, failures = reach(deployment, present, outputs, tell)
    staying = tuple(each for each in running if each.state is not MachineState.RETIRING)
    neighbours = Neighbours(staying, {machine: str(each["address"]) for machine, each in outputs.items()})
    outcomes = configure(deployment, inputs, reached, neighbours, tell)
    failures |= failed | {name: str(outcome.error) for name, outcome in outcomes.items() if outcome.status != "ok"}
    endpoints = {each.machine.machine: each.endpoint for each in reached}
    seen = wait_for_sync(lambda: look(deployment, lock, endpoints), lock, 0 if failures else wait, tell)
    return UpResult(
        lock=lock,
        changes=settled.changes,
        configured=len(outcomes),
        failures=failures,
        behind=list_behind(lock, seen),
        seen=seen,
        endpoints=endpoints,
        refusals=settled.refusals,
        unplaced=settled.unplaced,
    )


def require_fresh_lock(inputs: Inputs) -> Lock:
    """The lock; an error where there is none or it was made from another spec."""
    lock = inputs.require_lock()
    if lock.header.spec != inputs.fleet.digest:
        raise StaleLock(
            f"{inputs.where.lock_path} was not made from {inputs.where.spec} as it is now",
            hint="run orchestrator place, and review what it changes",
        )
    return lock
