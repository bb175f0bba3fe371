"""The host keys that were pinned since machines were made: a file beside the lock, shared like it."""

import json
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter, ValidationError

from orchestrator.documents.text_file import invalid, read_text, write_text

PINS_NAME = "fleet.hostkeys.json"  # beside the spec
PINS = TypeAdapter(dict[str, tuple[str, ...]])
_WRITING = Lock()


def read_pins(path: Path) -> dict[str, tuple[str, ...]]:
    """Public host keys by machine id; InvalidDocument where the file is not what this module writes."""
    if not path.exists():
        return {}
    try:
        return PINS.validate_json(read_text(path))
    except ValidationError:
        hint = "restore it from version control; without it no machine can be told from an impostor"
        raise invalid(path, "does not hold pinned host keys", hint) from None


def add_pin(path: Path, machine: str, host_key: str) -> None:
    """Pins a machine's host key, on disk before this returns."""
    with _WRITING:
        pins = read_pins(path)
        write_pins(path, pins | {machine: (host_key,)})


def forget_pins(path: Path, machines: frozenset[str]) -> None:
    """Forgets machines that are no more."""
    with _WRITING:
        pins = read_pins(path)
        if machines & pins.keys():
            write_pins(path, {machine: keys for machine, keys in pins.items() if machine not in machines})


def write_pins(path: Path, pins: dict[str, tuple[str, ...]]) -> None:
    """Writes the file whole, one machine a line, so that reviews and merges see single machines."""
    lines = ",\n".join(f"  {json.dumps(machine)}: {json.dumps(keys)}" for machine, keys in sorted(pins.items()))
    write_text(path, f"{{\n{lines}\n}}\n")
