"""recover: the state of a fleet is lost; rebuild it from the lock and from what the clouds have."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from orchestrator.adapters.pulumi import AccountStack, list_stacks, open_stack
from orchestrator.model.errors import UnplannedChange
from orchestrator.model.lock import Lock
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.model.recovery import StackRecovery
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.provision import SCOPE_ALL, claim, refuse_other_layout

PHASE = "recover"


@dataclass(frozen=True)
class Recovered:
    """What a recovery came to. `kept` are stacks that have their state, and were left alone."""

    lock: Lock
    stacks: tuple[StackRecovery, ...]
    kept: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all that the lock declares is in the state."""
        return not any(stack.error or stack.missing for stack in self.stacks)


def recover(deployment: Deployment, inputs: Inputs, tell: OnProgress) -> Recovered:
    """Rebuilds the state of every stack that has none, side by side; nothing in any cloud is changed.

    Raises UnplannedChange where no stack has lost its state: what is there is never overwritten.
    """
    lock = inputs.require_lock()
    ended = lock.header.terminated or ()
    names = tuple(name for name in inputs.fleet.list_stacks() if name not in ended)
    existing = list_stacks(deployment.project)
    refuse_other_layout(existing, names)
    kept = tuple(name for name in names if name in existing and has_state(deployment, name))
    lost = [name for name in names if name not in kept]
    if not lost:
        raise UnplannedChange(
            f"no stack of fleet {inputs.fleet.name} has lost its state; nothing was done",
            hint="orchestrator up goes on from it; only what pulumi stack rm --force removed is rebuilt",
        )
    with ThreadPoolExecutor(max_workers=len(lost)) as pool:
        opened = tuple(pool.map(lambda name: open_stack(deployment.project, name, SCOPE_ALL), lost))
        claim(deployment, opened)
        stacks = tuple(pool.map(lambda name, stack: recover_one(name, stack, tell), lost, opened))
    return Recovered(lock, stacks, kept)


def has_state(deployment: Deployment, name: str) -> bool:
    """Whether an existing stack has its state."""
    return open_stack(deployment.project, name, SCOPE_ALL).has_state()


def recover_one(name: str, stack: AccountStack, tell: OnProgress) -> StackRecovery:
    """One stack."""
    tell(Progress(phase=PHASE, subject=name, status="looking what is there"))
    done = stack.recover(
        lambda event: tell(Progress(phase=PHASE, subject=name, status=f"{event.step.name} {event.phase}"))
    )
    status = "failed" if done.error else f"{len(done.found)} resources in the state, {len(done.missing)} not found"
    tell(Progress(phase=PHASE, subject=name, status=status))
    return done
