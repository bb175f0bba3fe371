"""The fleet's lease as all computers see it: a tag on every stack, in the Pulumi backend that they share.

A backend has no compare-and-swap, so a claim is written, and read again when another that was written at the same
moment would have arrived; of two at once the later one stands and the earlier one gives way. Before every update the
claim is read once more: a controller that was taken for dead, and woke up, finds a higher token there and stops. Within
an update the engine's own lock keeps others off.

State in local files needs none of this: the lease's file lock (orchestrator/adapters/lease.py) sees all controllers.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from orchestrator.adapters.lease import Holder, Lease, describe_busy
from orchestrator.adapters.pulumi import LOCAL_BACKEND, AccountStack, PulumiProject
from orchestrator.adapters.pulumi_backend import find_backend
from orchestrator.model.errors import Busy

SECOND_LOOK_SECONDS = 1.0
THREADS = 16

T = TypeVar("T")


def is_shared(project: PulumiProject) -> bool:
    """Whether controllers on other computers may work on the same stacks."""
    backend = find_backend(project.folder, {**os.environ, **project.environment})
    return backend is not None and not backend.url.startswith(LOCAL_BACKEND)


def claim_stacks(stacks: Iterable[AccountStack], lease: Lease) -> None:
    """Claims the stacks for the lease's holder, with a higher token than any before; they are released with the lease.

    Busy where a holder has them who is not known to be dead; a lease that takes over passes by those of other
    computers. Locks that a dead holder's engines left on the stacks are broken.
    """
    wanted = tuple(stacks)
    if not wanted:
        return
    found = _on_all(wanted, AccountStack.read_claim)
    others = {stack: claim for stack, claim in found.items() if claim is not None and claim.id != lease.holder.id}
    for stack, claim in others.items():
        _take_from(claim, stack, lease)
    lease.raise_token(1 + max((claim.token for claim in others.values()), default=0))
    mine = lease.holder
    if all(claim == mine for claim in found.values()):
        return
    _on_all(wanted, lambda stack: stack.write_claim(mine))
    for stack in wanted:
        lease.at_release(partial(stack.release_claim, mine))
    time.sleep(SECOND_LOOK_SECONDS)
    _on_all(wanted, lambda stack: refuse_taken_over(stack, lease))


def refuse_taken_over(stack: AccountStack, lease: Lease) -> None:
    """Busy where another controller has claimed the stack since."""
    claim = stack.read_claim()
    if claim != lease.holder:
        raise describe_busy(claim)


def _take_from(claim: Holder, stack: AccountStack, lease: Lease) -> None:
    if claim.released:
        return
    if not claim.is_dead() and not (lease.take_over and claim.host != lease.holder.host):
        raise Busy(
            f"another orchestrator command is at work on this fleet: {claim}",
            hint="wait for it; where you know that it runs no more, add --take-over",
        )
    stack.break_lock()


def _on_all(stacks: Iterable[AccountStack], work: Callable[[AccountStack], T]) -> Mapping[AccountStack, T]:
    wanted = tuple(stacks)
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(wanted, pool.map(work, wanted), strict=True))
