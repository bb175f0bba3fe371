"""The vendor's release, from a local server in its place."""

import hashlib
import io
import platform
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.pulumi_toolchain import PULUMI_VERSION
from orchestrator.model.errors import RemoteFailure
from tests.serving import serve_folder
from tools.pulumi.release import PROGRAMS, fetch_release

ARCHIVE = f"pulumi-v{PULUMI_VERSION}-linux-x64.tar.gz"
SUMS = f"pulumi-{PULUMI_VERSION}-checksums.txt"


class Site:
    """A folder that is served on loopback, laid out as the vendor's is."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address

    def publish(self, programs: tuple[str, ...]) -> None:
        with tarfile.open(self.folder / ARCHIVE, "w:gz") as packed:
            for name in (*programs, "pulumi-language-go"):
                member = tarfile.TarInfo(f"pulumi/{name}")
                member.size = len(name)
                packed.addfile(member, io.BytesIO(name.encode()))
        digest = hashlib.sha256((self.folder / ARCHIVE).read_bytes()).hexdigest()
        (self.folder / SUMS).write_text(
            f"{'0' * 64}  pulumi-v{PULUMI_VERSION}-linux-arm64.tar.gz\n{digest}  {ARCHIVE}\n"
        )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    folder = tmp_path / "site"
    folder.mkdir()
    with serve_folder(folder) as address:
        yield Site(folder, address)


def test_what_python_programs_need_is_taken(site: Site, tmp_path: Path) -> None:
    site.publish(PROGRAMS)
    fetch_release(tmp_path / "bin", site=site.address)
    assert {path.name: path.read_text() for path in (tmp_path / "bin").iterdir()} == {name: name for name in PROGRAMS}
    assert all(path.stat().st_mode & 0o111 for path in (tmp_path / "bin").iterdir())


def test_archive_that_is_not_the_published_one_is_refused(site: Site, tmp_path: Path) -> None:
    site.publish(PROGRAMS)
    with (site.folder / ARCHIVE).open("ab") as file:
        file.write(b"x")
    with pytest.raises(RemoteFailure, match="has the digest"):
        fetch_release(tmp_path / "bin", site=site.address)
    assert not (tmp_path / "bin").exists()


def test_checksums_without_this_archive_are_refused(site: Site, tmp_path: Path) -> None:
    site.publish(PROGRAMS)
    (site.folder / SUMS).write_text(f"{'0' * 64}  {ARCHIVE}.sig\n")
    with pytest.raises(RemoteFailure, match=f"do not list {ARCHIVE}"):
        fetch_release(tmp_path / "bin", site=site.address)


def test_release_without_the_language_host_is_refused(site: Site, tmp_path: Path) -> None:
    site.publish(("pulumi",))
    with pytest.raises(RemoteFailure, match="no member"):
        fetch_release(tmp_path / "bin", site=site.address)


def test_unpublished_version_is_said(site: Site, tmp_path: Path) -> None:
    with pytest.raises(RemoteFailure, match="answered 404"):
        fetch_release(tmp_path / "bin", site=site.address)


def test_other_machines_have_no_release(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(RemoteFailure, match="no release for linux on riscv64"):
        fetch_release(tmp_path / "bin", site=site.address)
