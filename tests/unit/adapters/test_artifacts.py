"""Client programs: fetched where a release is verified, built where it is not, kept by what decides their content."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestrator.adapters import artifacts
from orchestrator.adapters.artifacts import ensure_artifact
from orchestrator.model.artifact import ArtifactRecipe, GoModule, Release
from orchestrator.model.errors import InvalidDocument, RemoteFailure
from tests.serving import serve_folder

GO = GoModule(module="client", binaries={"client": "example.invalid/client"})


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    """A release for one architecture, served on loopback."""
    served = tmp_path / "site"
    served.mkdir()
    with tarfile.open(served / "client-1.2-x64.tar.gz", "w:gz") as packed:
        member = tarfile.TarInfo("client-1.2/client")
        member.size = 4
        packed.addfile(member, io.BytesIO(b"real"))
    digest = hashlib.sha256((served / "client-1.2-x64.tar.gz").read_bytes()).hexdigest()
    with serve_folder(served) as address:
        yield Release(
            url=f"{address}/client-{{version}}-{{arch}}.tar.gz",
            binaries={"client": "client-1.2/client"},
            sha256={"amd64": digest},
            arch_names={"amd64": "x64"},
        )


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Go module folder; building it writes its go.sum into the program, as a stand-in for the compiler."""
    folder = tmp_path / "clients" / "client"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module x\n\ngo 1.25\n")
    (folder / "go.sum").write_text("one\n")

    def build(module: Path, packages: dict[str, str], target: Path, on_progress: object, **how: object) -> None:
        for name in packages:
            (target / name).write_text(f"{how['arch']} {(module / 'go.sum').read_text()}")

    monkeypatch.setattr(artifacts, "build_programs", build)
    monkeypatch.setattr(artifacts, "find_asset", lambda name: tmp_path)
    return folder


def test_release_is_fetched_once(release: Release, tmp_path: Path) -> None:
    said: list[str] = []
    recipe = ArtifactRecipe(name="client", version="1.2", release=release)
    folders = {ensure_artifact(recipe, tmp_path / "cache", said.append, arch="amd64") for _ in range(2)}
    [folder] = folders
    assert (folder / "client").read_text() == "real"
    assert (folder / "client").stat().st_mode & 0o111
    assert said == ["fetching client 1.2"]
    assert list_folders(tmp_path / "cache") == [folder.name]


def list_folders(cache: Path) -> list[str]:
    """The folders of programs in a cache."""
    return sorted(path.name for path in (cache / "artifacts").iterdir() if path.is_dir() and path.name != "records")


def test_equal_programs_are_one_folder_whatever_vouched_for_them(release: Release, tmp_path: Path) -> None:
    recipe = ArtifactRecipe(name="client", version="1.2", release=release)
    other = release.model_copy(update={"redirect_hosts": frozenset({"mirror.example"})})
    first = ensure_artifact(recipe, tmp_path / "cache", print, arch="amd64")
    second = ensure_artifact(recipe.model_copy(update={"release": other}), tmp_path / "cache", print, arch="amd64")
    assert first == second
    assert list_folders(tmp_path / "cache") == [first.name]


def test_programs_that_were_changed_in_the_cache_are_had_anew(release: Release, tmp_path: Path) -> None:
    recipe = ArtifactRecipe(name="client", version="1.2", release=release)
    folder = ensure_artifact(recipe, tmp_path / "cache", print, arch="amd64")
    (folder / "client").write_text("evil")
    (folder / "more").write_text("evil")
    said: list[str] = []
    assert ensure_artifact(recipe, tmp_path / "cache", said.append, arch="amd64") == folder
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("client", "real")]
    assert said == ["fetching client 1.2"]


@pytest.mark.parametrize("record", ["", "{", "[]", '{"folder": "../../.."}'])
def test_a_record_that_cannot_be_read_is_none(record: str, release: Release, tmp_path: Path) -> None:
    recipe = ArtifactRecipe(name="client", version="1.2", release=release)
    folder = ensure_artifact(recipe, tmp_path / "cache", print, arch="amd64")
    [path] = (tmp_path / "cache" / "artifacts" / "records").glob("*.json")
    path.write_text(record)
    assert ensure_artifact(recipe, tmp_path / "cache", print, arch="amd64") == folder


def test_wrong_sum_installs_nothing(release: Release, tmp_path: Path) -> None:
    wrong = release.model_copy(update={"sha256": {"amd64": "0" * 64}})
    with pytest.raises(RemoteFailure, match="has the digest"):
        ensure_artifact(
            ArtifactRecipe(name="client", version="1.2", release=wrong), tmp_path / "cache", print, arch="amd64"
        )
    assert list_folders(tmp_path / "cache") == []


def test_unverified_release_is_refused_with_what_to_pin(release: Release, tmp_path: Path) -> None:
    recipe = ArtifactRecipe(name="client", version="1.2", release=release)
    with pytest.raises(InvalidDocument, match=r"client 1\.2 is unverified for arm64.*artifacts\.client"):
        ensure_artifact(recipe, tmp_path / "cache", print, arch="arm64")


def test_unverified_release_gives_way_to_a_build(release: Release, module: Path, tmp_path: Path) -> None:
    recipe = ArtifactRecipe(name="client", version="1.2", release=release, go=GO)
    folder = ensure_artifact(recipe, tmp_path / "cache", print, arch="arm64")
    assert (folder / "client").read_text() == "arm64 one\n"


def test_whatever_decides_the_content_decides_the_folder(module: Path, tmp_path: Path) -> None:
    recipe = ArtifactRecipe(name="client", version="1.2", go=GO)
    more = GO.model_copy(update={"binaries": {"client": "example.invalid/client", "tool": "example.invalid/tool"}})
    folders = [
        ensure_artifact(recipe, tmp_path / "cache", print, arch="amd64"),
        ensure_artifact(recipe, tmp_path / "cache", print, arch="arm64"),
        ensure_artifact(recipe.model_copy(update={"go": more}), tmp_path / "cache", print, arch="amd64"),
    ]
    (module / "go.sum").write_text("two\n")
    folders.append(ensure_artifact(recipe, tmp_path / "cache", print, arch="amd64"))
    assert len(set(folders)) == 4
    assert (folders[0] / "client").read_text() == "amd64 one\n"
    assert (folders[-1] / "client").read_text() == "amd64 two\n"


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"go": {"module": "x", "binaries": {}}},
        {"release": {"url": "x", "binaries": {"a": "b"}, "sha256": {"amd64": "short"}}},
        {"release": {"url": "x", "binaries": {"a": "b"}, "sha256": {"mips": "0" * 64}}},
    ],
)
def test_recipe_that_gives_nothing_is_invalid(recipe: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ArtifactRecipe.model_validate({"name": "client", "version": "1", **recipe})
