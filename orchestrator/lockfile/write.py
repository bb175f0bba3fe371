"""Lock -> JSON Lines: header, machines, retired machines; written whole or not at all."""

import json
from pathlib import Path

from orchestrator.documents.text_file import write_text
from orchestrator.lockfile.order import by_node_and_generation
from orchestrator.model.base import Frozen
from orchestrator.model.lock import Lock


def render_lock(lock: Lock) -> str:
    """The lock's text, one JSON object a line; the same lock always gives the same text."""
    machines = sorted(lock.machines, key=by_node_and_generation)
    retired = sorted(lock.retired, key=by_node_and_generation)
    return "".join(f"{render_line(entry)}\n" for entry in (lock.header, *machines, *retired))


def render_line(entry: Frozen) -> str:
    """One line; keys in the model's order, unset facts left out."""
    return json.dumps(entry.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(", ", ": "))


def write_lock(lock: Lock, path: Path) -> None:
    """Writes the lock to `path`; OrchestratorError where the folder cannot be written, and then it is as it was."""
    write_text(path, render_lock(lock))
