"""Lock -> JSON Lines: header, machines, retired machines; written whole or not at all."""

import json
import os
from pathlib import Path

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
    """Writes the lock to `path`, through a temporary file beside it; OSError where the folder cannot be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(render_lock(lock))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
