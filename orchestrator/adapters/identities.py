"""The peer identities that probes last reported: a file of this computer that any run can make again.

A machine that is out of reach keeps its place among the peers of the others by it.
"""

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orchestrator.documents.text_file import write_text
from orchestrator.model.health import PeerIdentity

IDENTITIES = TypeAdapter(dict[str, dict[str, PeerIdentity]])

Identities = dict[str, dict[str, str]]
"""The identity of each client, by machine, then by client."""


def read_identities(path: Path) -> Identities:
    """What was kept; nothing where there is no file, or one that this module did not write."""
    try:
        return IDENTITIES.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}


def write_identities(path: Path, identities: Identities) -> None:
    """Writes the file whole; OrchestratorError where that cannot be done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(identities, indent=1, sort_keys=True) + "\n")
