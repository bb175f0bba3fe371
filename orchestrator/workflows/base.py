"""Spec, lock and the files they name as they were on the base: at a merge base, or in another folder."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from orchestrator.adapters.git import SHORT_ID, Repository
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.source import Source
from orchestrator.spec.named_files import list_named_files
from orchestrator.workflows.inputs import Where

PATH_START = (".", "/", "~")  # no branch or tag begins with these


@dataclass(frozen=True)
class BaseFiles:
    """Where the base's files lie now, and by which names people know them: `folder` stands for `shown`."""

    name: str
    where: Where
    folder: Path | None = None
    shown: Path | None = None

    def rename(self, source: Source) -> Source:
        """The place under the name that people know the file by."""
        if self.folder is None or self.shown is None or not source.file.startswith(f"{self.folder}{os.sep}"):
            return source
        path = self.shown / source.file.removeprefix(f"{self.folder}{os.sep}")
        return replace(source, file=os.path.normpath(path))

    def rename_in(self, text: str) -> str:
        """A message without the folder that nobody knows."""
        return text if self.folder is None else text.replace(f"{self.folder}{os.sep}", "")


@contextmanager
def open_base(where: Where, base: str) -> Iterator[BaseFiles]:
    """The files of `base`, a path or a branch, tag or commit, for as long as this is open.

    What is both is the branch: ./NAME is the path. OrchestratorError where it is neither.
    """
    path = Path(base)
    if base.startswith(PATH_START) or (path.exists() and not is_commit(where, base)):
        yield open_path(where, path)
        return
    with TemporaryDirectory(prefix="orchestrator-base-") as folder:
        yield extract(where, base, Path(folder).resolve())


def is_commit(where: Where, name: str) -> bool:
    """Whether the spec's repository, if it is in one, has a branch, tag or commit of that name."""
    try:
        return Repository(where.spec.resolve().parent).find_commit(name) is not None
    except OrchestratorError:
        return False


def open_path(where: Where, path: Path) -> BaseFiles:
    """Another spec, or the spec of another folder, with the lock beside it."""
    if not path.exists():
        raise OrchestratorError(f"--base: there is no {path}", hint="name a branch, a commit, a spec or its folder")
    spec = path / where.spec.name if path.is_dir() else path
    return BaseFiles(str(path), replace(where, spec=spec, lock=None))


def extract(where: Where, base: str, folder: Path) -> BaseFiles:
    """The files as they were where HEAD left `base`, in a folder that is laid out as the repository."""
    repository = Repository(where.spec.resolve().parent)
    commit = repository.find_merge_base(base)
    checkout = _Checkout(repository, commit, folder)
    spec, lock = checkout.follow(where.spec), checkout.follow(where.lock_path)
    if spec.is_file():
        checkout.bring(_list_named(folder, spec))
    catalog = checkout.bring_folder(where.catalog)
    only = checkout.bring_folder(where.catalog_only)
    # A catalogue that adds to the built-in one and was not there yet added nothing.
    there = catalog if catalog is None or catalog.exists() else None
    shown = repository.root if where.spec.is_absolute() else Path(os.path.relpath(repository.root.resolve()))
    named = commit[:SHORT_ID] if base == commit else f"{base} at {commit[:SHORT_ID]}"
    return BaseFiles(named, Where(spec, lock, there, only), folder, shown)


def extract_commit(where: Where, name: str, folder: Path) -> Path:
    """The lock as it was committed at a branch, tag or commit, in a folder laid out as the repository."""
    repository = Repository(where.lock_path.resolve().parent)
    commit = repository.find_commit(name)
    if commit is None:
        raise OrchestratorError(f"there is no {name}", hint="name a lock, its folder, a branch, a tag or a commit")
    return _Checkout(repository, commit, folder).follow(where.lock_path)


@dataclass(frozen=True)
class _Checkout:
    """Some files of a commit in a folder of their own."""

    repository: Repository
    commit: str
    folder: Path

    def bring(self, paths: Iterable[PurePosixPath]) -> bool:
        """Writes the files at these paths of the repository, and below them; whether there are any."""
        files = self.repository.list_files(self.commit, list(paths))
        for name, content in zip(files, self.repository.read_files(list(files.values())), strict=True):
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return bool(files)

    def follow(self, path: Path) -> Path:
        """Where the file is now that was at `path`; one that was renamed since is under its former name."""
        place = self._locate(path)
        if place is None:
            return path
        if not self.bring([place]) and (former := self.repository.find_former_path(self.commit, place)) is not None:
            self.bring([former])
            return self.folder / former
        return self.folder / place

    def bring_folder(self, path: Path | None) -> Path | None:
        """Where the folder is now that was at `path`; one outside of the repository stays where it is."""
        place = None if path is None else self._locate(path)
        if place is None:
            return path
        self.bring([place])
        return self.folder / place

    def _locate(self, path: Path) -> PurePosixPath | None:
        root, resolved = self.repository.root.resolve(), path.resolve()
        return PurePosixPath(resolved.relative_to(root)) if resolved.is_relative_to(root) else None


def _list_named(folder: Path, spec: Path) -> Iterator[PurePosixPath]:
    """The repository's paths of what a spec names; what lies outside of it is read where it is."""
    try:
        named = list_named_files(spec)
    except InvalidDocument:
        return  # it is read again, and then told of
    for name in named:
        path = Path(os.path.normpath(spec.parent / name))
        if path.is_relative_to(folder):
            yield PurePosixPath(path.relative_to(folder))
