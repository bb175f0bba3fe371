"""diff: the two locks that a person names, each a file, a folder, or as committed on a branch, tag or commit."""

from pathlib import Path
from tempfile import TemporaryDirectory

from orchestrator.lockfile import read_lock
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.lock import Lock
from orchestrator.workflows.base import PATH_START, extract_commit, is_commit
from orchestrator.workflows.inputs import Where


def read_side(named: str, where: Where) -> Lock | None:
    """The lock that `named` says; None where a commit has none. OrchestratorError where there is no such thing.

    A file, or a folder with a lock in it; else a branch, tag or commit, and then `where` says which file there.
    """
    path = Path(named)
    if named.startswith(PATH_START) or (path.exists() and not is_commit(where, named)):
        lock = read_lock(path / where.lock_path.name if path.is_dir() else path)
        if lock is None:
            raise OrchestratorError(f"there is no lock at {named}", hint="name a lock, its folder, or a commit")
        return lock
    with TemporaryDirectory(prefix="orchestrator-diff-") as folder:
        return read_lock(extract_commit(where, named, Path(folder).resolve()))
