"""Google Cloud's stack through the real engine, a stage a fixture: up, no change, one machine replaced, down."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rehearsed_fleet import Done, RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

ACCOUNT = "google"


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[RehearsedFleet]:
    """A node on Google Cloud and its peer on an enrolled host; cleaned up at the end, whatever happened."""
    folder = tmp_path_factory.mktemp("gcp")
    fleet = make_fleet("cloudy", folder, {ACCOUNT: "gcp/us-central1"}, hosts=1, count=2)
    yield fleet
    assert fleet.clean() == []


@pytest.fixture(scope="module")
def replaced(fleet: RehearsedFleet) -> tuple[RehearsedFleet, Done]:
    """Its node on a larger machine, since the first no longer fits; the enrolled host does."""
    fleet.spec.write_text(fleet.spec.read_text().replace("vcpus: 2", "vcpus: 4"))
    return fleet, fleet.rehearse("rebalance", "--hold", "0", "--wait", "60")


@pytest.fixture(scope="module")
def down(replaced: tuple[RehearsedFleet, Done]) -> tuple[RehearsedFleet, Done]:
    """All of it taken down, with the data."""
    fleet, _ = replaced
    return fleet, fleet.rehearse("down", "--delete-data", "--confirm", "cloudy")


def list_kinds(fleet: RehearsedFleet) -> list[str]:
    """The kinds of all that the rehearsed account has."""
    return sorted(path.parent.name for path in fleet.list_cloud(ACCOUNT))


def test_up_makes_each_resource_once(fleet: RehearsedFleet) -> None:
    assert list_kinds(fleet) == [
        "attachedDisk",
        "disk",
        "firewall",
        "firewall",
        "instance",
        "network",
        "resourcePolicy",
        "subnetwork",
    ]


def test_plain_pulumi_sees_no_change_after_up_nor_after_a_change_of_operators(fleet: RehearsedFleet) -> None:
    """Operators' keys are in the startup script, which is ignored on instances that exist."""
    access = fleet.world_folder / "access.json"
    before = access.read_text()
    assert "rehearsal operator" in before
    access.write_text(before.replace("rehearsal operator", "somebody else"))
    try:
        done = fleet.pulumi("preview", "--expect-no-changes", "--stack", ACCOUNT)
    finally:
        access.write_text(before)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unchanged" in done.stdout


def test_the_startup_script_made_the_machine_reachable(fleet: RehearsedFleet) -> None:
    """Its own host key was pinned over the single-use one, root has the operators' key, the agent's keys are gone."""
    machine = fleet.get_only_machine(ACCOUNT)
    assert fleet.ask(machine, "hostname") == machine.hostname
    assert fleet.ask(machine, "ls /etc/ssh/ssh_host_*") == (
        "/etc/ssh/ssh_host_ed25519_key\n/etc/ssh/ssh_host_ed25519_key.pub"
    )
    assert fleet.ask(machine, "systemctl is-active google-guest-agent.service") == "active"
    assert fleet.ask(machine, "test -e /etc/cloud/cloud-init.disabled && echo disabled") == "disabled"


def test_a_later_boot_does_not_bring_the_single_use_host_key_back(fleet: RehearsedFleet) -> None:
    machine = fleet.get_only_machine(ACCOUNT)
    before = fleet.ask(machine, "cat /etc/ssh/ssh_host_ed25519_key.pub")
    fleet.ask(machine, "systemctl start google-startup-scripts.service")  # as at every boot
    assert fleet.ask(machine, "cat /etc/ssh/ssh_host_ed25519_key.pub") == before


def test_the_data_disk_is_where_google_shows_it(fleet: RehearsedFleet) -> None:
    machine = fleet.get_only_machine(ACCOUNT)
    device = f"/dev/disk/by-id/google-{machine.hostname}"
    disk = fleet.list_resources(ACCOUNT)[f"{machine.hostname}-volume"]["outputs"]
    assert fleet.ask(machine, f"readlink {device}") == f"/run/rehearsal-volumes/{disk['diskId']}"
    outputs: dict[str, Any] = next(iter(fleet.list_resources(ACCOUNT).values()))["outputs"]["machines"]
    assert outputs[machine.machine]["volume_device"] == device


def test_one_machine_is_replaced_and_the_old_one_retired(replaced: tuple[RehearsedFleet, Done]) -> None:
    fleet, done = replaced
    assert done.code == 0, done.out + done.err
    assert fleet.get_only_machine(ACCOUNT).generation == 2
    assert [line.retired for line in fleet.lock.retired] == [f"{fleet.get_only_machine(ACCOUNT).node}.1"]
    kinds = list_kinds(fleet)
    assert (kinds.count("instance"), kinds.count("disk"), kinds.count("attachedDisk")) == (1, 1, 1)


def test_down_leaves_nothing(down: tuple[RehearsedFleet, Done]) -> None:
    fleet, done = down
    assert done.code == 0, done.out + done.err
    assert list_kinds(fleet) == []
    assert list((fleet.world_folder / "volumes").iterdir()) == []
