"""One controller at a time for a fleet, on this computer; a killed one lets go by itself."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.model.errors import Busy


@contextmanager
def hold_lease(folder: Path) -> Iterator[None]:
    """Holds the fleet's lease, whose file is in `folder`; Busy where another command has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lease").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "wait for it, or end it; what it has done is not lost"
            raise Busy("another orchestrator command is at work on this fleet", hint=hint) from None
        yield
