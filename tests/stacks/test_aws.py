"""AWS's stack through the real engine, a stage a fixture: up, no change, one machine replaced, down."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.rehearsal.aws_account import AwsAccount
from tests.rehearsed_fleet import Done, RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

ACCOUNT = "amazon"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPg1yeIVLZ0BcMfmCFYLB0PHuUGh0dHXDqnqUQU4c2TA second operator"
# What the account has of a fleet with one machine.
SHARED = ["internetGateway", "keyPair", "placementGroup", "routeTable", "routeTableAssociation", "securityGroup"]
WHOLE = sorted([*SHARED, "subnet", "vpc", "eip", "instance", "volume", "volumeAttachment"])
# Some of each way to be found again, and all that refers to them.
UNRECORDED = {"KeyPair", "PlacementGroup", "RouteTableAssociation", "Volume", "Instance", "VolumeAttachment", "Eip"}
STRAY = "vol-0123456789abcdef0"


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[RehearsedFleet]:
    """A node on AWS with provisioned operations and a reserved address, and its peer on an enrolled host."""
    fleet = make_fleet("amazonian", tmp_path_factory.mktemp("aws"), {ACCOUNT: "aws/us-east-1"}, hosts=1, count=2)
    rewrite(fleet, "disk: 100 GiB}", "disk: 100 GiB, iops: 4000}\n    address: reserved")
    fleet.lock_path.unlink()
    fleet.must("place")
    yield fleet
    assert fleet.clean() == []


@pytest.fixture(scope="module")
def adopted(fleet: RehearsedFleet) -> tuple[RehearsedFleet, Done]:
    """The same command after an engine that died before it could record most of what it had AWS make."""
    (path,) = (fleet.world_folder / "state" / ".pulumi" / "stacks").glob(f"*/{ACCOUNT}.json")
    state = json.loads(path.read_text())  # as the backend keeps it: an import would drop what is pending
    latest = state["checkpoint"]["latest"]
    lost = [resource for resource in latest["resources"] if resource["type"].rpartition(":")[2] in UNRECORDED]
    assert len(lost) == len(UNRECORDED)
    latest["resources"] = [resource for resource in latest["resources"] if resource not in lost]
    latest["pending_operations"] = [
        {"type": "creating", "resource": {key: part for key, part in resource.items() if key not in ("id", "outputs")}}
        for resource in lost
    ]
    path.write_text(json.dumps(state))
    return fleet, fleet.rehearse("up")


@pytest.fixture(scope="module")
def replaced(adopted: tuple[RehearsedFleet, Done]) -> tuple[RehearsedFleet, Done]:
    """Its node on a larger machine, since the first no longer fits; the cloud has a volume that nobody knows."""
    fleet, _ = adopted
    (volume,) = (fleet.world_folder / "accounts" / ACCOUNT / "volume").glob("*.json")
    stray = volume.with_name(f"{STRAY}.json")
    stray.write_text(volume.read_text().replace(volume.stem, STRAY))
    rewrite(fleet, "vcpus: 2", "vcpus: 4")
    done = fleet.rehearse("rebalance", "--hold", "0", "--wait", "60")
    stray.unlink()
    return fleet, done


@pytest.fixture(scope="module")
def down(replaced: tuple[RehearsedFleet, Done]) -> tuple[RehearsedFleet, Done]:
    """All of it taken down, with the data."""
    fleet, _ = replaced
    return fleet, fleet.rehearse("down", "--delete-data", "--confirm", "amazonian")


def rewrite(fleet: RehearsedFleet, old: str, new: str) -> None:
    text = fleet.spec.read_text()
    assert text.count(old) == 1
    fleet.spec.write_text(text.replace(old, new))


def list_kinds(fleet: RehearsedFleet) -> list[str]:
    """The kinds of all that the rehearsed account has."""
    return sorted(path.parent.name for path in fleet.list_cloud(ACCOUNT))


def test_up_makes_each_resource_once(fleet: RehearsedFleet) -> None:
    assert list_kinds(fleet) == WHOLE


def test_plain_pulumi_sees_no_change_after_up_nor_after_a_refresh(fleet: RehearsedFleet) -> None:
    done = fleet.pulumi("preview", "--refresh", "--expect-no-changes", "--stack", ACCOUNT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unchanged" in done.stdout


def test_a_new_operator_reaches_new_machines_alone(fleet: RehearsedFleet) -> None:
    """The key pair is made anew, which takes nothing away; machines and volumes stay as they are."""
    access = fleet.world_folder / "access.json"
    before = access.read_text()
    told = json.loads(before)
    told["access"]["ssh_keys"] = [OTHER_KEY]
    access.write_text(json.dumps(told))
    try:
        done = fleet.pulumi("preview", "--json", "--stack", ACCOUNT)
    finally:
        access.write_text(before)
    assert done.returncode == 0, done.stdout + done.stderr
    changes = json.loads(done.stdout)["changeSummary"]
    assert {what: number for what, number in changes.items() if what != "same"} == {"replace": 1}
    steps = {step["urn"].rpartition("::")[2] for step in json.loads(done.stdout)["steps"] if step["op"] != "same"}
    assert steps == {"operator-us-east-1"}


def test_the_volume_is_where_aws_shows_it_and_in_the_accounts_own_zone(fleet: RehearsedFleet) -> None:
    machine, resources = fleet.get_only_machine(ACCOUNT), fleet.list_resources(ACCOUNT)
    volume = resources[f"{machine.hostname}-volume"]
    device = f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{volume['id'].replace('-', '')}"
    assert fleet.ask(machine, f"readlink {device}") == f"/run/rehearsal-volumes/{volume['id']}"
    assert fleet.ask(machine, "findmnt -no SOURCE /var/lib/nodes").endswith(f"/{volume['id']}]")
    outputs: dict[str, Any] = next(iter(resources.values()))["outputs"]["machines"][machine.machine]
    assert (outputs["volume_device"], outputs["address"]) == (device, str(fleet.get_record(machine).address))
    assert (volume["inputs"]["iops"], volume["inputs"]["throughput"]) == (4000, 125)
    assert machine.zone_id is not None
    zones = AwsAccount(fleet.world, ACCOUNT).name_zones("us-east-1")
    assert volume["inputs"]["availabilityZone"] == zones[machine.zone_id]
    assert fleet.get_record(machine).domains["zone"] == f"aws/{machine.zone_id}"


def test_what_was_not_recorded_is_found_and_nothing_made_twice(adopted: tuple[RehearsedFleet, Done]) -> None:
    fleet, done = adopted
    assert done.code == 0, done.out + done.err
    assert list_kinds(fleet) == WHOLE
    resources = fleet.list_resources(ACCOUNT)
    ids = {path.stem for path in fleet.list_cloud(ACCOUNT)}
    assert {found["id"] for found in resources.values() if found["type"].startswith("aws:")} == ids


def test_one_machine_is_replaced_and_the_old_one_retired(replaced: tuple[RehearsedFleet, Done]) -> None:
    fleet, done = replaced
    assert done.code == 0, done.out + done.err
    assert fleet.get_only_machine(ACCOUNT).generation == 2
    assert [line.retired for line in fleet.lock.retired] == [f"{fleet.get_only_machine(ACCOUNT).node}.1"]
    assert list_kinds(fleet) == WHOLE


def test_only_what_no_state_has_is_named_as_nobodys(replaced: tuple[RehearsedFleet, Done]) -> None:
    _, done = replaced
    assert [orphan["id"] for orphan in done.read()["result"]["orphans"]] == [STRAY]


def test_down_leaves_nothing(down: tuple[RehearsedFleet, Done]) -> None:
    fleet, done = down
    assert done.code == 0, done.out + done.err
    assert list_kinds(fleet) == []
    assert list((fleet.world_folder / "volumes").iterdir()) == []
