"""One stack for all accounts: three clouds in it, up, no change, the other layout refused, down."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rehearsed_fleet import RehearsedFleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

PLACES = {"amazon": "aws/us-east-1", "google": "gcp/us-central1", "hetzner-a": "fsn1"}
MACHINE_TYPES = {"aws:ec2/instance:Instance", "gcp:compute/instance:Instance", "hcloud:index/server:Server"}


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[RehearsedFleet]:
    """A node an account; cleaned up at the end, whatever happened."""
    folder = tmp_path_factory.mktemp("layout")
    fleet = RehearsedFleet("together", folder, PLACES, hosts=0, layout="fleet")
    fleet.write_spec(count=len(PLACES))
    fleet.must("place")
    yield fleet
    assert fleet.clean() == []


def list_stacks(fleet: RehearsedFleet) -> list[str]:
    return [stack["name"] for stack in json.loads(fleet.pulumi("stack", "ls", "--json").stdout)]


def read_clouds(fleet: RehearsedFleet) -> dict[Path, str]:
    """All that the rehearsed clouds remember of the fleet's accounts."""
    return {path: path.read_text() for name in PLACES for path in fleet.list_cloud(name)}


def test_one_stack_has_the_machines_of_all_clouds(fleet: RehearsedFleet) -> None:
    assert list_stacks(fleet) == ["fleet"]
    resources = fleet.list_resources("fleet")
    assert {each["type"] for each in resources.values()} >= MACHINE_TYPES
    outputs = next(iter(resources.values()))["outputs"]
    assert set(outputs["machines"]) == {machine.machine for machine in fleet.lock.machines}
    for machine in fleet.lock.machines:
        provider = resources[machine.hostname]["provider"].split("::")[-2]
        assert provider == machine.account  # with its own credentials, though the stack is shared


def test_plain_pulumi_sees_no_change_after_up(fleet: RehearsedFleet) -> None:
    done = fleet.pulumi("preview", "--expect-no-changes", "--stack", "fleet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unchanged" in done.stdout


def test_another_layout_is_refused_by_every_command_that_uses_stacks(fleet: RehearsedFleet) -> None:
    before = fleet.export("fleet")
    other = replace(fleet, layout="accounts")
    other.write_spec(count=len(PLACES))
    try:
        for command in (
            ("up",),
            ("status",),
            ("rebalance",),
            ("down",),
            ("down", "--delete-data", "--confirm", "together"),
        ):
            done = fleet.run(*command, "--rehearse", *(["--yes"] if command == ("down",) else []))
            assert done.code == 2, f"{command}: {done.out}{done.err}"
            assert "laid out in another way than its spec says: there is fleet" in done.err, command
    finally:
        fleet.write_spec(count=len(PLACES))
    assert list_stacks(fleet) == ["fleet"]
    assert fleet.export("fleet") == before


def test_a_lost_state_of_all_clouds_is_rebuilt(fleet: RehearsedFleet) -> None:
    before, known = read_clouds(fleet), set(fleet.list_resources("fleet"))
    removed = fleet.pulumi("stack", "rm", "fleet", "--yes", "--force")
    assert removed.returncode == 0, removed.stderr
    done = fleet.rehearse("recover")
    assert done.code == 0, done.out + done.err
    assert read_clouds(fleet) == before
    assert set(fleet.list_resources("fleet")) == known
    previewed = fleet.pulumi("preview", "--expect-no-changes", "--diff", "--stack", "fleet")
    assert previewed.returncode == 0, previewed.stdout + previewed.stderr


def test_down_leaves_nothing(fleet: RehearsedFleet) -> None:
    done = fleet.rehearse("down", "--delete-data", "--confirm", "together")
    assert done.code == 0, done.out + done.err
    assert [
        path for path in (fleet.world_folder / "accounts").rglob("*.json") if path.parent.parent.name in PLACES
    ] == []
    assert list_stacks(fleet) == []
