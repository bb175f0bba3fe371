"""The cache of programs: folders named by their content, and a record of how each recipe's were had and verified."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.adapters.whole_folder import hold_file_lock


@dataclass(frozen=True)
class Origin:
    """Where programs came from: free words for people (address, digest, signers), and the folder's name."""

    folder: str
    story: Mapping[str, Any]


class ArtifactStore:
    """One folder of programs' folders. A record a recipe says which of them is its own, and what each program is."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._records = root / "records"

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Waits until no other process works on the recipe `key`."""
        with hold_file_lock(self._records / f".{key}.lock"):
            yield

    def find(self, key: str) -> Path | None:
        """The folder with the recipe's programs, each as it was when it was verified; None where that is not so."""
        try:
            record = json.loads((self._records / f"{key}.json").read_text(encoding="utf-8"))
            folder = self._root / Path(record["folder"]).name
            whole = hash_programs(folder) == record["programs"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return folder if whole else None

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A folder to work in, on the file system of the store; nothing of it stays."""
        self._root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._root, prefix=".draft-") as folder:
            yield Path(folder)

    def keep(self, key: str, programs: Path, origin: Origin) -> Path:
        """Takes the folder `programs` in as what the recipe `key` gives; what stood there damaged is replaced."""
        folder = self._root / origin.folder
        found = hash_programs(programs)
        if not folder.is_dir() or hash_programs(folder) != found:
            shutil.rmtree(folder, ignore_errors=True)
            programs.rename(folder)
        record = {"folder": folder.name, "programs": found, **origin.story}
        draft = self._records / f".{key}.{os.getpid()}"
        draft.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        draft.replace(self._records / f"{key}.json")
        return folder


def hash_programs(folder: Path) -> dict[str, str]:
    """The sha256 of every file of a folder, by its name."""
    return {path.name: _hash_file(path) for path in sorted(folder.iterdir())}


def compute_content_digest(folder: Path) -> str:
    """One sha256, in hex, over the names and contents of a folder's programs."""
    lines = (f"{name} {digest}\n" for name, digest in hash_programs(folder).items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
