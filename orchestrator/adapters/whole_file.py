"""Files that are there whole or not at all, and on disk before anything relies on them."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Writes the text to `path` through a temporary file beside it; OSError where the folder cannot be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
