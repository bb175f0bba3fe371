"""What is refused before anything changes: by `up` what no plan asked for, by the rehearsed API as by a cloud."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.model.lock import Machine
from tests.rehearsed_fleet import RehearsedFleet, put_on_top

pytestmark = [pytest.mark.engine, pytest.mark.machines]

REFUSED_PROGRAM = """
import pulumi
import pulumi_hcloud as hcloud

config = pulumi.Config()
image, taken, server = config.require("image"), config.require("taken"), config.require_int("server")

hcloud.Server("unknown-type", name="x1", server_type="cax11", location="ash", image=image)
hcloud.Server("unknown-image", name="x2", server_type="ccx13", location="fsn1", image="1")
hcloud.Server("unknown-location", name="x3", server_type="ccx13", location="moon1", image=image)
hcloud.Server("taken-name", name=taken, server_type="ccx13", location="fsn1", image=image)
hcloud.Volume("too-small", name="x4", size=1, location="fsn1")
volume = hcloud.Volume("elsewhere", name="x5", size=10, location="hel1")
hcloud.VolumeAttachment("far-attachment", server_id=server, volume_id=volume.id.apply(int))
"""
REFUSALS = {
    "unknown-type": "unsupported location for server type cax11 (invalid_input)",
    "unknown-image": "image '1' not found (invalid_input)",
    "unknown-location": "location 'moon1' not found (invalid_input)",
    "taken-name": "server name is already used (uniqueness_error)",
    "too-small": "invalid input in field 'size': 10 to 10240 (invalid_input)",
    "far-attachment": "server and volume are in different locations (invalid_input)",
}


@pytest.fixture
def machine(fleet: RehearsedFleet) -> Iterator[Machine]:
    """The machine of hetzner-a, which must be untouched afterwards: same process, same boot, same volume."""
    (only,) = fleet.lock.get_machines("hetzner-a")
    record, resources = fleet.get_record(only), fleet.list_resources("hetzner-a")
    yield only
    assert fleet.get_record(only) == record
    assert fleet.list_resources("hetzner-a") == resources


def test_up_aborts_where_a_machine_vanished_from_the_lock(fleet: RehearsedFleet, machine: Machine) -> None:
    left = tuple(other for other in fleet.lock.machines if other != machine)
    with fleet.with_lock(put_on_top(fleet.lock, left)):
        done = fleet.run("up", "--rehearse")
    assert done.code == 2, done.out + done.err
    assert f"delete {machine.hostname}-data (hcloud:index/volumeAttachment:VolumeAttachment)" in done.err
    assert "no plan asked for; nothing was changed" in done.err


def test_up_aborts_where_a_machine_would_be_made_anew(fleet: RehearsedFleet, machine: Machine) -> None:
    moved = tuple(
        other.model_copy(update={"region": "nbg1", "zone": "nbg1-dc3"}) if other == machine else other
        for other in fleet.lock.machines
    )
    with fleet.with_lock(put_on_top(fleet.lock, moved)):
        done = fleet.run("up", "--rehearse")
    assert done.code == 2, done.out + done.err
    assert f"replace {machine.hostname} (hcloud:index/server:Server)" in done.err
    assert f"replace {machine.hostname}-volume (hcloud:index/volume:Volume)" in done.err


def test_up_refuses_a_lock_that_does_not_descend_from_what_is_applied(fleet: RehearsedFleet, machine: Machine) -> None:
    applied = fleet.lock
    stranger = applied.model_copy(update={"header": applied.header.model_copy(update={"ancestors": ("0" * 16,)})})
    with fleet.with_lock(stranger):
        done = fleet.run("up", "--rehearse")
        revision = fleet.lock.header.revision
    assert done.code == 2, done.out + done.err
    assert f"carries revision {applied.header.revision}, which this lock ({revision}" in done.err
    assert "run orchestrator place on top of it" in done.err


def test_up_refuses_a_lock_of_another_spec(fleet: RehearsedFleet) -> None:
    fleet.write_spec(count=4)
    try:
        done = fleet.run("up", "--rehearse")
    finally:
        fleet.write_spec(count=3)
    assert done.code == 2
    assert "was not made from" in done.err
    assert "run orchestrator place" in done.err


@pytest.fixture
def refused_project(fleet: RehearsedFleet, tmp_path: Path) -> Iterator[Path]:
    """A project of the test's own on the rehearsed account hetzner-a; what it made is gone afterwards."""
    (machine,) = fleet.lock.get_machines("hetzner-a")
    server = fleet.list_resources("hetzner-a")[machine.hostname]
    project = {
        "name": "refused",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}},
        "plugins": {"providers": [{"name": "hcloud", "path": str(fleet.world_folder / "plugins" / "hcloud")}]},
    }
    config = {
        "hcloud:token": "rehearsal:hetzner-a",
        "refused:image": machine.image,
        "refused:taken": server["inputs"]["name"],
        "refused:server": server["id"],
    }
    (tmp_path / "Pulumi.yaml").write_text(json.dumps(project))
    (tmp_path / "Pulumi.wishes.yaml").write_text(json.dumps({"config": config}))
    (tmp_path / "__main__.py").write_text(REFUSED_PROGRAM)
    (tmp_path / "state").mkdir()
    backend = {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}"}
    created = fleet.pulumi("stack", "init", "wishes", folder=tmp_path, environment=backend)
    assert created.returncode == 0, created.stderr
    yield tmp_path
    gone = fleet.pulumi("destroy", "--yes", "--stack", "wishes", folder=tmp_path, environment=backend)
    assert gone.returncode == 0, gone.stdout + gone.stderr


def test_rehearsed_api_refuses_what_the_cloud_would(
    fleet: RehearsedFleet, refused_project: Path, machine: Machine
) -> None:
    backend = {"PULUMI_BACKEND_URL": f"file://{refused_project / 'state'}"}
    done = fleet.pulumi(
        *("up", "--yes", "--skip-preview", "--continue-on-error", "--stack", "wishes"),
        folder=refused_project,
        environment=backend,
    )
    assert done.returncode != 0
    missing = {name: words for name, words in REFUSALS.items() if words not in done.stdout + done.stderr}
    assert not missing, done.stdout + done.stderr
    exported = fleet.pulumi("stack", "export", "--stack", "wishes", folder=refused_project, environment=backend)
    made = {resource["urn"].rpartition("::")[2] for resource in json.loads(exported.stdout)["deployment"]["resources"]}
    assert "elsewhere" in made
    assert not made & set(REFUSALS)
