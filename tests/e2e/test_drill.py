"""The whole product, end to end: eight Bitcoin nodes over four accounts, one of which is lost and comes back."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.model.lock import Machine, MachineState
from tests.rehearsed_fleet import Done, RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

REGIONS = {"hetzner-a": "fsn1", "hetzner-b": "hel1", "hetzner-c": "nbg1"}
LOST = "hetzner-b"
RPC = "/usr/local/lib/orchestrator/rpc btcd"
PER_ACCOUNT = 2


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsedFleet]:
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    made = make_fleet("drill", tmp_path_factory.mktemp("drill"), REGIONS, hosts=3, count=4 * PER_ACCOUNT)
    yield made
    assert made.clean() == []


@dataclass(frozen=True)
class Lives:
    """What would be another if a machine had been made anew, rebooted, or its client restarted."""

    machine_id: str
    boot_id: str
    client_pid: str


def read_lives(fleet: RehearsedFleet, machines: list[Machine]) -> dict[str, Lives]:
    command = "cat /etc/machine-id /proc/sys/kernel/random/boot_id; systemctl show -p MainPID --value btcd"
    return {machine.machine: Lives(*fleet.ask(machine, command).split()) for machine in machines}


def list_wanted(fleet: RehearsedFleet) -> list[Machine]:
    return [machine for machine in fleet.lock.machines if machine.state is MachineState.WANTED]


def count_by_account(fleet: RehearsedFleet) -> dict[str, int]:
    return dict(Counter(machine.account for machine in list_wanted(fleet)))


def generate(fleet: RehearsedFleet, machine: Machine, blocks: int) -> None:
    fleet.ask(machine, f"{RPC} generate {blocks}")


def read_hashes(fleet: RehearsedFleet, height: int) -> set[str]:
    """The block hashes that the wanted machines tell at a height, each asked by its own RPC."""
    return {read_hash(fleet, machine, height) for machine in list_wanted(fleet)}


def read_hash(fleet: RehearsedFleet, machine: Machine, height: int) -> str:
    return fleet.ask(machine, f"{RPC} getblockhash {height}").strip('"')


def ask_status(fleet: RehearsedFleet, code: int) -> Any:
    """The status, which must end with that exit code; asked again while blocks still travel."""
    for _attempt in range(5):
        done = fleet.rehearse("status")
        if done.code == code:
            return done.read()
    raise AssertionError(f"exit code {done.code}: {done.out}{done.err}")


def check(done: Done) -> Any:
    """The answer of a command that must have done all."""
    assert done.code == 0, done.out + done.err
    return done.read()


def test_drill(fleet: RehearsedFleet) -> None:
    """One story, in order: up, blocks, up again, loss, rebalance, more blocks, healing, down."""
    up = check(fleet.rehearse("up"))
    assert up["machines"]["wanted"] == 8
    assert set(count_by_account(fleet).values()) == {PER_ACCOUNT}

    generate(fleet, fleet.lock.get_machines("hetzner-a")[0], 3)
    ask_status(fleet, 0)
    (third_block,) = read_hashes(fleet, 3)

    lives = read_lives(fleet, list_wanted(fleet))
    again = fleet.must("up", "--rehearse")
    assert "nothing to change; 8 of 8 machines in sync" in again.out
    assert read_lives(fleet, list_wanted(fleet)) == lives

    lost = fleet.lock.get_machines(LOST)
    survivors = [machine for machine in list_wanted(fleet) if machine.account != LOST]
    records = {machine.machine: fleet.get_record(machine).machine_id for machine in lost}
    fleet.must("rehearse", "lose", f"account={LOST}")
    seen = ask_status(fleet, 1)
    assert [outage["domain"] for outage in seen["outages"]] == [f"account={LOST}"]
    assert {machine["machine"] for machine in seen["machines"] if not machine["in_sync"]} == set(records)

    moved = check(fleet.rehearse("rebalance", "--lose", f"account={LOST}"))
    stage = next(stage for stage in moved["plan"]["stages"] if stage["name"] == "relocations")
    assert stage["claim"] in ("proven", "certified")
    assert moved["plan"]["relocations"] == stage["value"] == PER_ACCOUNT
    assert sorted(count_by_account(fleet).values()) == [2, 3, 3]
    assert LOST not in count_by_account(fleet)
    assert moved["retired"] == {}
    assert read_lives(fleet, survivors) == {machine.machine: lives[machine.machine] for machine in survivors}
    ask_status(fleet, 0)
    replacements = [machine for machine in list_wanted(fleet) if machine.machine not in lives]
    assert {machine.node for machine in replacements} == {machine.node for machine in lost}
    assert {read_hash(fleet, machine, 3) for machine in replacements} == {third_block}

    generate(fleet, survivors[-1], 2)
    ask_status(fleet, 0)
    (fifth_block,) = read_hashes(fleet, 5)

    fleet.must("rehearse", "heal", f"account={LOST}")
    healed = check(fleet.rehearse("rebalance", "--heal", f"account={LOST}", "--hold", "2"))
    assert set(healed["retired"]) == {machine.machine for machine in replacements}
    evidence = {line.retired: line.evidence for line in fleet.lock.retired}
    for machine in replacements:
        assert f"in sync at height 5, {fifth_block[:12]}" in evidence[machine.machine]
    assert fleet.lock.get_machines(LOST) == lost
    assert {machine.machine: fleet.get_record(machine).machine_id for machine in lost} == records
    returned = read_lives(fleet, list(lost))
    assert {name: life.machine_id for name, life in returned.items()} == {
        name: lives[name].machine_id for name in records
    }
    assert read_hashes(fleet, 5) == {fifth_block}
    assert read_lives(fleet, survivors) == {machine.machine: lives[machine.machine] for machine in survivors}
    assert set(count_by_account(fleet).values()) == {PER_ACCOUNT}
    ask_status(fleet, 0)

    check(fleet.rehearse("down", "--yes"))
    (world,) = fleet.must("rehearse", "list", "--format", "json").read()
    assert {machine["name"] for machine in world["machines"]} == {"metal-metal-1", "metal-metal-2", "metal-metal-3"}
