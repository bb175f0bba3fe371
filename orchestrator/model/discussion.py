"""The discussion of a change: where comments on it are kept, whoever keeps them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Comment:
    """A comment that is there; `id` is the host's own."""

    id: str
    body: str


class Discussion(Protocol):
    """The comments on one pull or merge request, as far as they are this program's own."""

    def list_own(self) -> Iterator[Comment]:
        """Those that the token's owner wrote, the oldest first. Nobody else's are ever changed."""

    def add(self, body: str) -> None:
        """Writes a new one."""

    def change(self, comment: Comment, body: str) -> None:
        """Replaces the text of one."""

    def remove(self, comment: Comment) -> None:
        """Removes one."""
