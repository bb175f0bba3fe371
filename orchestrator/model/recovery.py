"""What the recovery of one stack's lost state came to."""

from orchestrator.model.base import Frozen
from orchestrator.model.stack import CloudResource, StackStep


class StackRecovery(Frozen):
    """One stack after its recovery.

    `found` is in the state again, `missing` is declared by the lock and was not found, `orphans` carry the fleet's
    labels and are declared by nothing. `error` holds the engine's words where the stack could not be recovered.
    """

    stack: str
    found: tuple[StackStep, ...] = ()
    missing: tuple[StackStep, ...] = ()
    orphans: tuple[CloudResource, ...] = ()
    error: str | None = None
