"""Folders of a cache that are there whole or not at all, whoever is killed and however many fill them at once."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_file_lock(path: Path) -> Iterator[None]:
    """Waits until no other process holds the lock file `path`, and holds it; a killed holder lets go of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure_whole_folder(folder: Path, fill: Callable[[Path], None]) -> Path:
    """`folder`; where it is missing, `fill` is given an empty sibling to fill, which then takes its name.

    What `fill` raises is passed on, and then nothing of it stays.
    """
    if folder.is_dir():
        return folder
    with hold_file_lock(folder.with_name(f".{folder.name}.lock")):
        if folder.is_dir():
            return folder
        draft = folder.with_name(f".{folder.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)  # a killed run's
        draft.mkdir()
        try:
            fill(draft)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder
