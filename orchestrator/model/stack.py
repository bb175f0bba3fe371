"""What the Pulumi engine says of one account's stack, as values."""

from typing import Any, Literal

from pydantic import Field

from orchestrator.model.base import Frozen

Operation = Literal["same", "create", "update", "delete", "replace", "read", "refresh", "import", "other"]


class StackStep(Frozen):
    """One thing that the engine did or would do: an operation on a resource, by its name and type token."""

    operation: Operation
    name: str
    type: str

    @property
    def changes(self) -> bool:
        """Whether anything in the cloud or in the state differs afterwards."""
        return self.operation not in ("same", "read", "refresh")


class StackEvent(Frozen):
    """Something that happened while a stack was previewed or updated, as it happens."""

    account: str
    step: StackStep
    phase: Literal["started", "done", "failed"]


class StackFailure(Frozen):
    """A step that the engine could not take, and the provider's words for why."""

    step: StackStep
    words: str


class InterruptedCreate(Frozen):
    """A create whose engine died before it knew how it ended; `provider` is the name of the provider resource."""

    urn: str
    type: str
    provider: str
    inputs: dict[str, Any]

    @property
    def name(self) -> str:
        """The resource's name in the program; a URN ends with it."""
        return self.urn.rpartition("::")[2]


class CloudResource(Frozen):
    """A resource that an account has and that carries the fleet's labels."""

    account: str
    type: str
    id: str
    name: str


class StackResult(Frozen):
    """How a preview or update of one account's stack ended.

    `applied` is the revision that the stack carried before; `outputs` are what the program exports now, or exported
    before where it failed. `error` holds the engine's own words then; the steps are those that were taken, `failures`
    those that could not be. `orphans` carry the fleet's labels and are in no state. `left_out` says that the engine was
    not run, since the account's API is declared down; then the outputs are those of its last update.
    """

    account: str
    steps: tuple[StackStep, ...] = ()
    failures: tuple[StackFailure, ...] = ()
    applied: str | None = None
    outputs: dict[str, Any] = Field(default_factory=dict)
    error: str | None = None
    orphans: tuple[CloudResource, ...] = ()
    left_out: bool = False

    @property
    def changes(self) -> tuple[StackStep, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.changes)
