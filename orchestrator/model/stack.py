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


class StackResult(Frozen):
    """How a preview or update of one account's stack ended.

    `applied` is the revision that the stack carried before; `outputs` are what the program exports now, or exported
    before where it failed. `error` holds the engine's own words then; the steps are those that were taken, `failures`
    those that could not be.
    """

    account: str
    steps: tuple[StackStep, ...] = ()
    failures: tuple[StackFailure, ...] = ()
    applied: str | None = None
    outputs: dict[str, Any] = Field(default_factory=dict)
    error: str | None = None

    @property
    def changes(self) -> tuple[StackStep, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.changes)
