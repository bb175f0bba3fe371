"""The difference of two locks as text, a line a change, and as plain data."""

from collections.abc import Iterable
from typing import Any

from orchestrator.model.line import escape_line
from orchestrator.model.lock import Lock
from orchestrator.reconcile.lock_diff import LockChange


def describe_diff(changes: Iterable[LockChange], before: Lock | None, after: Lock | None) -> dict[str, Any]:
    """The changes as plain data, in the shape that docs/commands.md promises to scripts."""
    revisions = {"before": before and before.header.revision, "after": after and after.header.revision}
    return {**revisions, "changes": [change.__dict__ for change in changes]}


def render_diff(changes: Iterable[LockChange]) -> str:
    """A line a change; nothing where there is none."""
    return "".join(f"{escape_line(str(change))}\n" for change in changes)
