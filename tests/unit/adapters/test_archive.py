"""Programs out of archives: the named ones, executable, and a clear word where they are not there."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from orchestrator.adapters.archive import extract_programs
from orchestrator.model.errors import RemoteFailure


@pytest.fixture(params=["tar", "tar.gz", "zip"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "download"
    pack(path, request.param, {"pack-1.0/bin/client": b"#!/bin/sh\necho 1.0\n", "pack-1.0/a/../README": b"x"})
    return path


def pack(path: Path, form: str, files: dict[str, bytes]) -> None:
    if form == "zip":
        with zipfile.ZipFile(path, "w") as packed:
            for name, content in files.items():
                packed.writestr(name, content)
        return
    with tarfile.open(path, "w:gz" if form == "tar.gz" else "w:") as packed_tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed_tar.addfile(member, io.BytesIO(content))


def test_named_members_alone_are_taken(archive: Path, tmp_path: Path) -> None:
    extract_programs(archive, {"client": "pack-1.0/bin/client"}, tmp_path / "target")
    [program] = (tmp_path / "target").iterdir()
    assert program.name == "client"
    assert program.read_text().endswith("echo 1.0\n")
    assert program.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
@pytest.mark.parametrize("evil", ["../evil", "pack/../../evil", "/etc/evil", "..", "..\\evil", "C:\\evil"])
def test_an_archive_made_for_harm_gives_nothing(form: str, evil: str, tmp_path: Path) -> None:
    pack(tmp_path / "download", form, {"pack/client": b"real", evil: b"x"})
    with pytest.raises(RemoteFailure, match="leads out of it"):
        extract_programs(tmp_path / "download", {"client": "pack/client"}, tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_a_link_out_of_the_archive_is_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "download", "w:gz") as packed:
        link = tarfile.TarInfo("pack/client")
        link.type, link.linkname = tarfile.SYMTYPE, "../../../../etc/hostname"
        packed.addfile(link)
    with pytest.raises(RemoteFailure, match="no member"):
        extract_programs(tmp_path / "download", {"client": "pack/client"}, tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_missing_member_is_named(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(RemoteFailure, match=r"no member .*client"):
        extract_programs(archive, {"client": "pack-2.0/client"}, tmp_path / "target")


def test_cut_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(RemoteFailure, match="cannot be unpacked"):
        extract_programs(archive, {"client": "pack-1.0/bin/client"}, tmp_path / "target")


def test_bare_program(tmp_path: Path) -> None:
    (tmp_path / "download").write_bytes(b"\x7fELF")
    extract_programs(tmp_path / "download", {"client": "."}, tmp_path / "target")
    assert (tmp_path / "target" / "client").read_bytes() == b"\x7fELF"
