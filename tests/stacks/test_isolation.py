"""A rehearsal cannot touch production, nor production a rehearsal."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest

from orchestrator.folders import find_cache_folder
from tests.baits import FILES_BY_VARIABLE, VARIABLES, write_home
from tests.rehearsed_fleet import SECRET, RehearsedFleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def production_project(fleet: RehearsedFleet) -> Iterator[Path]:
    """The committed project file beside the spec, as in production."""
    project = fleet.folder / "Pulumi.yaml"
    project.write_text((ROOT / "Pulumi.yaml").read_text())
    yield project
    project.unlink()


@pytest.fixture
def untouched(fleet: RehearsedFleet) -> Iterator[None]:
    """Fails where anything of the world that an orchestrator writes has changed."""
    before = list_written(fleet.world_folder)
    yield
    assert list_written(fleet.world_folder) == before


def list_written(world: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file of a world, but those that its running machines write."""
    found: dict[str, tuple[int, int]] = {}
    for folder, names, files in os.walk(world):
        parts = Path(folder).relative_to(world).parts
        if parts[:1] == ("volumes",) or (parts[:1] == ("machines",) and len(parts) > 2):
            names.clear()
            continue
        for file in files:
            status = (Path(folder) / file).lstat()
            if file != "console.log":
                found[str(Path(folder) / file)] = (status.st_size, status.st_mtime_ns)
    return found


def list_production(fleet: RehearsedFleet) -> list[Path]:
    """What was written to the backend that stands for production's."""
    return list((fleet.folder / "production").rglob("*"))


@dataclass(frozen=True)
class Baited:
    """A command of a rehearsal in a session full of credentials: what its plug-ins were told, and that home folder."""

    told: list[dict[str, str]]
    home: Path


@pytest.fixture(scope="module")
def baited(fleet: RehearsedFleet, tmp_path_factory: pytest.TempPathFactory) -> Baited:
    home = tmp_path_factory.mktemp("home")
    write_home(home, SECRET)
    for path in list_files(home):
        os.utime(path, (0, path.stat().st_mtime))
    baits = dict.fromkeys(VARIABLES, SECRET)
    moved = {"HOME": str(home), "XDG_CACHE_HOME": str(find_cache_folder().parent)}
    with watch_plugins(fleet) as told:
        done = fleet.run("up", "--rehearse", environment={**fleet.environment, **baits, **moved})
    assert done.code == 0, done.out + done.err
    return Baited(told, home)


@contextmanager
def watch_plugins(fleet: RehearsedFleet) -> Iterator[list[dict[str, str]]]:
    """The environments of the world's plug-ins that run meanwhile, as the kernel has them."""
    found: dict[str, dict[str, str]] = {}
    ended = Event()

    def watch() -> None:
        while not ended.wait(0.05):
            found.update(list_plugins(fleet.world.id))

    watcher = Thread(target=watch)
    watcher.start()
    environments: list[dict[str, str]] = []
    try:
        yield environments
    finally:
        ended.set()
        watcher.join()
        environments += found.values()


def list_plugins(world: str) -> dict[str, dict[str, str]]:
    """By process, the environment of each plug-in of a world that runs now."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            if b"orchestrator.rehearsal.plugin" in command and world.encode() in command:
                lines = (entry / "environ").read_bytes().decode().split("\0")
                found[entry.name] = dict(line.split("=", 1) for line in lines if "=" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_no_plugin_of_a_rehearsal_is_told_a_credential(baited: Baited) -> None:
    """Of any cloud: each plug-in is told what its engine is told, so that every one would be told what any was."""
    assert baited.told
    for told in baited.told:
        assert [name for name, value in told.items() if SECRET in value] == []
        assert {name: told[name] for name in FILES_BY_VARIABLE} == dict.fromkeys(FILES_BY_VARIABLE, os.devnull)


def test_no_file_of_the_operators_home_is_read(baited: Baited) -> None:
    files = list_files(baited.home)
    assert [str(path.relative_to(baited.home)) for path in files] == sorted(FILES_BY_VARIABLE.values())
    assert [path for path in files if path.stat().st_atime != 0] == []
    files[0].read_text()
    assert files[0].stat().st_atime != 0  # a read would have shown


def test_plain_pulumi_is_told_no_credentials_and_a_backend_of_its_own(fleet: RehearsedFleet) -> None:
    told = fleet.engine_environment
    assert SECRET not in {**dict.fromkeys(VARIABLES, SECRET), **told}.values()
    assert told["PULUMI_BACKEND_URL"] == f"file://{fleet.world_folder / 'state'}"
    assert Path(told["PULUMI_HOME"]).is_relative_to(fleet.world_folder)
    assert Path(told["ORCHESTRATOR_SSH_IDENTITY"]).is_relative_to(fleet.world_folder)
    assert SECRET not in told.values()


def test_rehearsal_wrote_nothing_to_production_and_kept_no_secret_of_it(fleet: RehearsedFleet) -> None:
    assert fleet.environment["HCLOUD_TOKEN"] == SECRET  # every command of these tests is told so
    assert list_production(fleet) == []
    home = fleet.folder / "production-home"
    assert {path.relative_to(home).parts[0] for path in home.rglob("*")} <= {"logs"}  # the CLI asked for its version
    kept = [Path(path) for path in list_written(fleet.world_folder)]
    assert len(kept) > 50
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


def test_production_project_names_no_plugin_and_no_backend() -> None:
    text = (ROOT / "Pulumi.yaml").read_text()
    assert "plugins" not in text
    assert "backend" not in text
    assert "rehears" not in text


def test_up_without_rehearse_needs_a_project(fleet: RehearsedFleet, untouched: None) -> None:
    done = fleet.run("up")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "no Pulumi.yaml beside" in done.err
    assert "--rehearse" in done.err


def test_up_without_rehearse_fails_on_the_missing_backend(
    fleet: RehearsedFleet, production_project: Path, untouched: None
) -> None:
    logged_out = {
        name: value
        for name, value in fleet.environment.items()
        if name not in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN")
    }
    done = fleet.run("up", environment=logged_out)
    assert done.code == 2, done.out + done.err
    assert "Traceback" not in done.err
    assert "the Pulumi backend cannot be used" in done.err
    assert len(done.err.splitlines()) == 1, done.err


def test_up_without_rehearse_uses_productions_state_alone(
    fleet: RehearsedFleet, production_project: Path, untouched: None
) -> None:
    """With a backend, but an access section nobody wrote: each account says what is missing, and none is rehearsed."""
    (fleet.folder / "production").mkdir()
    done = fleet.run("status", "--format", "json")
    assert done.code == 1, done.out + done.err
    machines = json.loads(done.out)["machines"]
    assert not [machine["machine"] for machine in machines if machine["in_sync"]]
    assert (fleet.folder / "production" / ".pulumi").is_dir()
