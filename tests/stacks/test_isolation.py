"""A rehearsal cannot touch production, nor production a rehearsal."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.rehearsal.project import CREDENTIALS
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


def test_rehearsal_is_told_no_credentials_and_its_own_backend(fleet: RehearsedFleet) -> None:
    told = fleet.engine_environment
    assert {name: told[name] for name in CREDENTIALS} == dict.fromkeys(CREDENTIALS, "")
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
