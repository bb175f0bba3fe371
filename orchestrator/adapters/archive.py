"""Takes named programs out of a downloaded archive (tar in any compression, or zip), and nothing else."""

import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from orchestrator.model.errors import RemoteFailure

WHOLE_FILE = "."


def extract_programs(archive: Path, members: Mapping[str, str], target: Path) -> None:
    """Writes the programs `members` (name to member path; "." is the file itself) into the folder `target`, executable.

    Raises RemoteFailure where a member is missing or the file is no archive.
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        if set(members.values()) == {WHOLE_FILE}:
            for name in members:
                _write(archive.open("rb"), target / name)
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                _extract(members, opened.open, target)
        else:
            with tarfile.open(archive) as opened_tar:
                _extract(members, opened_tar.extractfile, target)
    except KeyError as error:
        raise RemoteFailure(
            f"the archive has no member {error.args[0]}", hint="did the publisher change its layout?"
        ) from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise RemoteFailure(f"the download cannot be unpacked: {error}", hint="is its address an archive's?") from error


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
