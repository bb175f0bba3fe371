"""A run of a CI on a change: what it tells of itself, and how it is told something."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from orchestrator.model.discussion import Discussion

COMMENT = "comment.md"


class CiRun(Protocol):
    """One run, on one host."""

    @property
    def reports(self) -> Mapping[str, str]:
        """The names of the files that the host reads, by the form of the verdict."""

    @property
    def secrets(self) -> frozenset[str]:
        """The variables of the environment that hold tokens."""

    def find_base(self) -> str | None:
        """The commit that the change is against; None where the run is on no pull or merge request."""

    def open_discussion(self) -> Discussion | None:
        """The comments on the change; None where there is no request, or no token to write with."""

    def mute(self) -> AbstractContextManager[None]:
        """Within it nothing that is printed is taken for a command to the host."""

    def warn(self, text: str) -> None:
        """Shows a warning beside the run's result."""

    def hand_over(self, folder: Path) -> None:
        """Gives the host the reports in `folder` that it does not collect itself. Raises RemoteFailure."""
