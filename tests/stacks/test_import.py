"""A machine that ran before the fleet: imported by its id, put into the fleet in place, never made a second time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsed_fleet import Done, RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

ACCOUNT = "hetzner-a"
SHARED = ("firewall", "network", "networkSubnet", "placementGroup", "sshKey")
OF_THE_FLEET = ("firewallIds", "networks", "placementGroupId", "sshKeys", "labels", "userData")


@dataclass(frozen=True)
class Story:
    """What each command came to, and the cloud's server before and after."""

    fleet: RehearsedFleet
    before: dict[str, Any]
    life: str
    imported: Done
    placed: Done
    refused: Done
    recovered: Done
    previewed: str
    up: Done
    again: Done


def read_cloud(fleet: RehearsedFleet, kind: str) -> dict[str, dict[str, Any]]:
    """What the rehearsed cloud has of a kind, by id."""
    folder = fleet.world_folder / "accounts" / ACCOUNT / kind
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def make_foreign(fleet: RehearsedFleet) -> None:
    """Leaves what somebody else would have made: a server with its volume, and nothing of the fleet's."""
    removed = fleet.pulumi("stack", "rm", ACCOUNT, "--yes", "--force")
    assert removed.returncode == 0, removed.stderr
    cloud = fleet.world_folder / "accounts" / ACCOUNT
    for kind in SHARED:
        for path in (cloud / kind).glob("*.json"):
            path.unlink()
    for path in [*(cloud / "server").glob("*.json"), *(cloud / "volume").glob("*.json")]:
        found = json.loads(path.read_text())
        path.write_text(json.dumps({key: value for key, value in found.items() if key not in OF_THE_FLEET}))
    fleet.spec.unlink()
    fleet.lock_path.unlink()


def write_inventory(folder: Path, server: str, volume: str) -> Path:
    row = {"name": "old-node", "provider": "hetzner", "account": ACCOUNT, "region": "fsn1", "machine_type": "ccx13"}
    row |= {"group": "btc", "chain": "bitcoin", "network": "regtest", "clients": "node=btcd"}
    row |= {"volume_gib": "100", "id": server, "volume_id": volume}
    path = folder / "inventory.csv"
    path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    return path


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[Story]:
    fleet = make_fleet("foreign", tmp_path_factory.mktemp("import"), {ACCOUNT: "fsn1"}, hosts=0, count=1)
    try:
        fleet.must("up", "--rehearse")
        life = read_life(fleet)
        make_foreign(fleet)
        before = read_cloud(fleet, "server")
        inventory = write_inventory(fleet.folder, *before, *read_cloud(fleet, "volume"))
        imported = fleet.run("import", "--inventory", str(inventory), "--fleet", "foreign", "--format", "json")
        placed = fleet.run("place", "--format", "json")
        refused = fleet.rehearse("up")
        recovered = fleet.rehearse("recover")
        previewed = fleet.pulumi("preview", "--stack", ACCOUNT, "--json").stdout
        up = fleet.rehearse("up")
        yield Story(fleet, before, life, imported, placed, refused, recovered, previewed, up, fleet.rehearse("up"))
    finally:
        assert fleet.clean() == []


def read_life(fleet: RehearsedFleet) -> str:
    [machine] = fleet.lock.machines
    return fleet.ask(machine, "cat /etc/machine-id /proc/sys/kernel/random/boot_id")


def test_the_lock_has_it_as_existing_and_nothing_moves(story: Story) -> None:
    assert story.imported.code == 0, story.imported.err
    [machine] = story.fleet.lock.machines
    assert story.imported.read()["machines"] == {"old-node": machine.machine}
    assert machine.existing is not None
    assert [machine.existing["machine"]] == list(story.before)
    assert story.placed.code == 0
    assert story.placed.read()["relocations"] == 0
    assert "nothing to change" in story.placed.err


def test_up_never_makes_it_a_second_time(story: Story) -> None:
    assert story.refused.code == 2, story.refused.out + story.refused.err
    assert "btc-1.1" in story.refused.err
    assert "orchestrator recover" in story.refused.err


def test_recover_imports_it_with_its_volume_and_changes_nothing(story: Story) -> None:
    stack = story.recovered.read()["stacks"][ACCOUNT]
    assert stack["error"] is None
    assert {"btc-1-1", "btc-1-1-volume", "btc-1-1-data"} <= {each["name"] for each in stack["found"]}
    assert {"network", "firewall-btc"} <= {each["name"] for each in stack["missing"]}


def test_the_preview_replaces_and_deletes_nothing(story: Story) -> None:
    steps = {step["urn"].rpartition("::")[2]: step["op"] for step in json.loads(story.previewed)["steps"]}
    assert steps["btc-1-1"] == "update"
    assert set(steps.values()) <= {"create", "update", "same"}


def test_up_takes_it_into_the_fleet_in_place(story: Story) -> None:
    assert story.up.code == 0, story.up.out + story.up.err
    after = read_cloud(story.fleet, "server")
    assert list(after) == list(story.before)
    [server] = after.values()
    assert server["labels"]["machine"] == "btc-1.1"
    assert len(server["firewallIds"]) == 1
    assert read_life(story.fleet) == story.life
    assert story.again.read()["resources_changed"] == 0
    settled = story.fleet.pulumi("preview", "--stack", ACCOUNT, "--expect-no-changes")
    assert settled.returncode == 0, settled.stdout
