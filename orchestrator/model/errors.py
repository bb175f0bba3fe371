"""What can go wrong in the outside world, as types; cli/exit_codes.py maps each to its exit code."""

from collections.abc import Iterable

from orchestrator.model.line import escape_lines
from orchestrator.model.source import Source

MOST_PROBLEMS_SHOWN = 20


class OrchestratorError(Exception):
    """An error that a person can act on: what happened, where, and what to do.

    `hint` is a sentence of its own; `source` is the place in the user's file, where there is one.
    """

    def __init__(self, message: str, *, hint: str = "", source: Source | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.source = source

    def __str__(self) -> str:
        place = f"{self.source}: " if self.source else ""
        advice = f" ({self.hint})" if self.hint else ""
        return place + escape_lines(f"{self.message}{advice}")


class InvalidDocument(OrchestratorError):
    """A file that people write (spec, catalogue, lock, hosts) does not say what it must.

    Carries every problem found, one error each, in the order of the file.
    """

    def __init__(self, problems: Iterable[OrchestratorError]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise ValueError("an invalid document has at least one problem")
        first = self.problems[0]
        super().__init__(first.message, hint=first.hint, source=first.source)

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:MOST_PROBLEMS_SHOWN]]
        left = len(self.problems) - len(shown)
        return "\n".join([*shown, f"and {left} more problems"] if left else shown)


class StaleLock(OrchestratorError):
    """The lock does not sit on the revision that is applied, or was not made from this spec."""


class ToolMissing(OrchestratorError):
    """A program, privilege or file of this machine that the command needs is not there."""


class RemoteFailure(OrchestratorError):
    """A cloud, a machine or a client answered with an error or not at all."""


class UnplannedChange(OrchestratorError):
    """The engine's preview would delete or replace something that no plan asked for."""


class Busy(OrchestratorError):
    """Another controller is at work on the same fleet."""
