"""One fleet's worst day: an API down beside a drain, a loss in two rounds, an account closed, one compromised."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.model.lock import Machine, MachineState
from orchestrator.rehearsal.record import find_machine_folder
from tests.rehearsed_fleet import Done, RehearsedFleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

SPEC = """
fleet: worst
accounts:
  north: {provider: hetzner, regions: [hel1]}
  south: {provider: hetzner, regions: [nbg1]}
  west: {provider: hetzner, regions: [fsn1]}
groups:
  btc:
    chain: bitcoin
    network: regtest
    count: 2
    standby: {count: 1}
    clients: {node: [btcd]}
    machine: {vcpus: 2, memory: 4 GiB, disk: 100 GiB}
policy:
  - {name: one is left, survive: 1, per: account, keep: 1, level: warning}
  - {name: one at a time, max_moves: 1}
"""
NORTH, SOUTH, WEST = (f"account={name}" for name in ("north", "south", "west"))
SERVER = "hcloud:index/server:Server"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsedFleet]:
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    made = RehearsedFleet("worst", tmp_path_factory.mktemp("worst"), {}, hosts=0)
    made.spec.write_text(SPEC)
    made.must("place")
    yield made
    assert made.clean() == []


def rebalance(fleet: RehearsedFleet, *arguments: str, code: int = 0) -> Any:
    """The answer of a rebalance, which must end with `code`."""
    done: Done = fleet.rehearse("rebalance", "--hold", "1", *arguments)
    assert done.code == code, done.out + done.err
    return done.read()


def see_well(fleet: RehearsedFleet) -> Any:
    """The status, which must be green, with all of three nodes in sync."""
    done = fleet.rehearse("status")
    assert done.code == 0, done.out + done.err
    told = done.read()
    assert sum(machine["in_sync"] for machine in told["machines"] if machine["state"] == "wanted") == 3
    assert told["standby"] == [{"group": "btc", "wanted": 1, "placed": 1, "in_sync": 1}]
    return told


def list_wanted(fleet: RehearsedFleet, account: str) -> list[Machine]:
    return [each for each in fleet.lock.get_machines(account) if each.state is MachineState.WANTED]


def list_servers(fleet: RehearsedFleet, account: str) -> set[str]:
    """The servers that the engine has in an account."""
    return {name for name, resource in fleet.list_resources(account).items() if resource["type"] == SERVER}


def test_worst_day(fleet: RehearsedFleet) -> None:
    """One story, in order; at the end of each part all that should run is in sync."""
    fleet.must("up", "--rehearse")
    (leaving,), (staying,), (spare,) = (list_wanted(fleet, name) for name in ("west", "south", "north"))
    assert spare.group == "btc-standby"
    leave_a_drained_account_while_an_api_is_down(fleet, leaving, staying)
    lose_an_account_in_two_rounds(fleet)
    give_a_closed_account_up(fleet)
    destroy_what_is_compromised(fleet)


def leave_a_drained_account_while_an_api_is_down(fleet: RehearsedFleet, leaving: Machine, staying: Machine) -> None:
    fleet.must("rehearse", "lose", SOUTH, "--only", "api")
    done = rebalance(fleet, "--drain", WEST, "--lose", SOUTH, "--kind", "api")
    assert (done["plan"]["relocations"], done["result"]["left_out"]) == (1, ["south"])
    assert done["retired"].keys() == {leaving.machine}
    assert "in sync at height" in done["retired"][leaving.machine]
    assert (list_servers(fleet, "west"), list_wanted(fleet, "west")) == (set(), [])
    assert list_wanted(fleet, "south") == [staying]  # it runs on, and nothing new came
    told = see_well(fleet)
    assert (told["drained"], told["api_down"], told["lost"]) == ([WEST], [SOUTH], [])
    fleet.must("rehearse", "heal", SOUTH)


def lose_an_account_in_two_rounds(fleet: RehearsedFleet) -> None:
    gone = {machine.machine for machine in list_wanted(fleet, "north")}
    assert len(gone) == 2
    fleet.must("rehearse", "lose", NORTH)
    first = rebalance(fleet, "--heal", SOUTH, "--uncordon", WEST, "--lose", NORTH, code=3)
    assert (first["plan"]["relocations"], first["plan"]["moves_left"], first["result"]["left_out"]) == (1, 1, [])
    fleet.must("place")  # the second round
    begun = fleet.lock
    assert len(begun.header.moving or ()) == 1
    fleet.must("place")
    assert fleet.lock == begun  # it is not carried out yet, so there is no third
    second = rebalance(fleet)
    assert (second["plan"]["relocations"], second["plan"]["moves_left"]) == (0, 0)
    told = see_well(fleet)
    assert (told["lost"], told["drained"], told["api_down"], told["moving"]) == ([NORTH], [], [], [])
    assert {each.machine for each in fleet.lock.machines if each.state is MachineState.LOST} == gone


def give_a_closed_account_up(fleet: RehearsedFleet) -> None:
    """Its cloud answers nobody, so whatever asked it would fail."""
    before = {machine.machine for machine in fleet.lock.get_machines("north")}
    refused = fleet.rehearse("rebalance", "--lose", NORTH, "--kind", "terminated", "--confirm", "south")
    assert refused.code == 2
    assert len(list_servers(fleet, "north")) == 2
    done = rebalance(fleet, "--lose", NORTH, "--kind", "terminated", "--confirm", "north")
    assert (done["plan"]["relocations"], done["result"]["failures"]) == (0, {})
    assert before <= {line.retired for line in fleet.lock.retired}
    assert (fleet.lock.get_machines("north"), fleet.list_resources("north")) == ((), {})


def destroy_what_is_compromised(fleet: RehearsedFleet) -> None:
    """The machine runs and its API answers; all the same it is gone at once, and its node is elsewhere."""
    account, other = sorted(("south", "west"), key=lambda name: len(list_wanted(fleet, name)))
    (bad,) = list_wanted(fleet, account)
    address, folder = str(fleet.get_record(bad).address), find_machine_folder(fleet.world, fleet.name_in_world(bad))
    done = rebalance(fleet, "--lose", f"account={account}", "--kind", "compromised", "--confirm", account)
    assert done["retired"] == {bad.machine: f"account={account} was declared compromised"}
    assert list_servers(fleet, account) == set()
    assert not folder.exists()
    assert len(list_wanted(fleet, other)) == 3
    told = see_well(fleet)
    assert (told["terminated"], told["compromised"]) == (["north"], [f"account={account}"])
    for machine in list_wanted(fleet, other):  # nobody is told to call it any more
        assert address not in fleet.ask(machine, "cat /etc/node/btcd/peers.env")
