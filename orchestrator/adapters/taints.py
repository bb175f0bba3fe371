"""Where clouds refused machines of late: a file of the deployment, so that a command that is run again remembers."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orchestrator.documents.text_file import invalid, read_text, write_text
from orchestrator.model.taint import Taint

NAME = "taints.json"
TAINTS = TypeAdapter(tuple[Taint, ...])


def read_taints(folder: Path, now: float) -> tuple[Taint, ...]:
    """The taints that hold at `now` (seconds since the epoch); InvalidDocument where the file holds none of ours."""
    path = folder / NAME
    if not path.exists():
        return ()
    try:
        found = TAINTS.validate_json(read_text(path))
    except ValidationError:
        hint = "remove it: nothing is lost but where clouds refused machines of late"
        raise invalid(path, "does not hold taints", hint) from None
    return tuple(taint for taint in found if taint.until > now)


def add_taints(folder: Path, taints: Iterable[Taint], now: float) -> tuple[Taint, ...]:
    """Keeps the taints, on disk before this returns; all that hold now, sorted. The latest of equal ones stays."""
    known = {str(taint): taint for taint in (*read_taints(folder, now), *taints)}
    kept = tuple(known[name] for name in sorted(known))
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / NAME, TAINTS.dump_json(kept, indent=1).decode() + "\n")
    return kept
