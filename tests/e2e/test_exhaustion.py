"""Capacity in an outage: an API that is down moves nothing; a cloud that has run out is gone round, or that is said."""

import os
from collections.abc import Iterator

import pytest

from orchestrator.model.lock import Machine, MachineState
from tests.rehearsed_fleet import RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

REGIONS = {"hetzner-a": "fsn1", "hetzner-b": "hel1"}
CHEAPEST = "ccx13"
LOST = "account=hetzner-b"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsedFleet]:
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    made = make_fleet("short", tmp_path_factory.mktemp("short"), REGIONS, hosts=1, count=3)
    yield made
    assert made.clean() == []


def find_node(fleet: RehearsedFleet, node: str) -> Machine:
    """The machine that carries the node."""
    return next(each for each in fleet.lock.machines if each.node == node and each.state is MachineState.WANTED)


def test_exhaustion(fleet: RehearsedFleet) -> None:
    """One story, in order: up, API down, loss in a short market, a quota that leaves a node without a machine."""
    fleet.must("up", "--rehearse")
    machines = fleet.lock.machines
    assert {machine.machine_type for machine in machines if machine.account != "metal"} == {CHEAPEST}

    fleet.must("rehearse", "lose", LOST, "--only", "api")
    fleet.must("status", "--rehearse")
    moved = fleet.rehearse("rebalance").read()
    assert moved["plan"]["relocations"] == 0
    assert fleet.lock.machines == machines
    fleet.must("rehearse", "heal", LOST)

    (mine,) = fleet.lock.get_machines("hetzner-b")
    fleet.must("rehearse", "exhaust", "provider=hetzner", "region=fsn1", f"type={CHEAPEST}")
    fleet.must("rehearse", "lose", LOST)
    done = fleet.rehearse("rebalance", "--lose", LOST)
    assert done.code == 0, done.out + done.err
    assert [(each["account"], each["machine_type"], each["code"]) for each in done.read()["result"]["refused"]] == [
        ("hetzner-a", CHEAPEST, "resource_unavailable")
    ]
    replacement = find_node(fleet, mine.node)
    assert replacement.account == "hetzner-a"
    assert replacement.machine_type != CHEAPEST
    assert fleet.ask(replacement, "hostname") == replacement.hostname
    (refused,) = fleet.lock.retired
    assert (refused.node, refused.refused) == (mine.node, "resource_unavailable")
    assert refused.retired != replacement.machine
    names = fleet.list_resources("hetzner-a")
    assert not [name for name in names if name.startswith(refused.retired.replace(".", "-"))]

    fleet.must("rehearse", "quota", "provider=hetzner", "region=fsn1", "vcpus=1")
    fleet.write_spec(4)
    fleet.run("place")
    partial = fleet.rehearse("up")
    assert partial.code == 3
    assert [each["node"] for each in partial.read()["unplaced"]] == ["btc-4"]
    assert "resource_limit_exceeded" in partial.read()["unplaced"][0]["why"]
    assert partial.read()["behind"] == []
    assert not [machine for machine in fleet.lock.machines if machine.node == "btc-4"]
