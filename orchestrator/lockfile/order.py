"""The one order of a lock's lines, so that equal fleets give equal files."""

import re
from typing import Any

from orchestrator.model.lock import Machine, Retired


def by_node_and_generation(entry: Machine | Retired) -> tuple[Any, ...]:
    """Sorts lines by node (btc-2 before btc-10), then generation."""
    machine = entry.machine if isinstance(entry, Machine) else entry.retired
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", machine) if part)
