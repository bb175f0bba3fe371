"""Takes named programs out of a downloaded archive (tar in any compression, or zip), and nothing else."""

import ntpath
import posixpath
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

from orchestrator.model.errors import RemoteFailure

WHOLE_FILE = "."


def extract_programs(archive: Path, members: Mapping[str, str], target: Path) -> None:
    """Writes the programs `members` (name to member path; "." is the file itself) into the folder `target`, executable.

    Raises RemoteFailure where a member is missing, the file is no archive, or a member of it leads out of the archive:
    nothing is taken from an archive that someone made for harm.
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        if set(members.values()) == {WHOLE_FILE}:
            for name in members:
                _write(archive.open("rb"), target / name)
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                _refuse_traversal(opened.namelist())
                _extract(members, opened.open, target)
        else:
            with tarfile.open(archive) as opened_tar:
                _refuse_traversal(opened_tar.getnames())
                _extract(members, opened_tar.extractfile, target)
    except KeyError as error:
        raise RemoteFailure(
            f"the archive has no member {error.args[0]}", hint="did the publisher change its layout?"
        ) from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise RemoteFailure(f"the download cannot be unpacked: {error}", hint="is its address an archive's?") from error


def _refuse_traversal(names: Iterable[str]) -> None:
    """A member whose path is absolute or leads above the archive's top, by either system's rules."""
    for name in names:
        inner = posixpath.normpath(name.replace("\\", "/"))
        if inner.startswith(("/", "../")) or inner == ".." or ntpath.splitdrive(name)[0]:
            raise RemoteFailure(
                f"the archive has a member {name!r}, which leads out of it",
                hint="nothing was installed; do not trust this download, whoever signed it",
            )


def _extract(members: Mapping[str, str], read: Callable[[str], IO[bytes] | None], target: Path) -> None:
    for name, member in sorted(members.items()):
        source = read(member)
        if source is None:
            raise KeyError(f"{member} that is a file")
        _write(source, target / name)


def _write(source: IO[bytes], path: Path) -> None:
    with source, path.open("wb") as file:
        shutil.copyfileobj(source, file)
    path.chmod(0o755)
