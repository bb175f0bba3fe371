"""What Hetzner gets of each machine, whole; and that nothing of it can be left out unnoticed."""

from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.model.lock import Machine
from tests.unit.stacks.mutants import find_survivors
from tests.unit.stacks.registration import Registered, load_module, register, stacks_on_path
from tests.unit.stacks.scenario import Place, make_account, make_declaration, make_machine, make_machines

with stacks_on_path():
    from declaration import get_spread

    HETZNER = load_module("hetzner")

FIRST = Place("fsn1", "fsn1-dc14", None, "ccx13", "114690387", "volume")
SECOND = Place("hel1", "hel1-dc2", None, "ccx23", "114690387", "volume")
ACCOUNT = make_account("hetzner", regions=("fsn1", "hel1"))
CONFIG = {"hcloud:token": "t"}
MACHINES = (*make_machines((FIRST, SECOND)), make_machine("btc-3.1", FIRST, volume_gib=None))

ADDED: Mapping[str, dict[str, Any]] = {
    "hcloud:index/server:Server": {"ipv4Address": "192.0.2.1"},
    "hcloud:index/volume:Volume": {"linuxDevice": "/dev/disk/by-id/scsi-0HC_Volume_1"},
}

# How what an interrupted run made is looked up; declares nothing.
SEARCHING = frozenset({"list_labelled", "SEARCH", "build_subnet_id"})


def answer(kind: str, name: str, _inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Ids are numbers; here they follow from the name."""
    return str(1000 + sum(map(ord, name))), ADDED.get(kind, {})


def declare(
    module: Any = HETZNER,
    machines: tuple[Machine, ...] = MACHINES,
    config: Mapping[str, str] = CONFIG,
    **how: Any,
) -> tuple[Registered, Any]:
    """What the module registers, and exports."""
    return register(module, make_declaration(ACCOUNT, machines, **how), answer, config)


def declare_existing(module: Any = HETZNER) -> Registered:
    """What the module registers of a machine that was there before the fleet."""
    return declare(module, (make_machine("btc-9.1", FIRST, existing={"machine": "4711"}),))[0]


def test_a_server_from_before_the_fleet_keeps_its_name() -> None:
    existing, ordinary = declare_existing()["btc-9-1"], declare()[0]["btc-3-1"]
    assert set(existing["options"]["ignoreChanges"]) - set(ordinary["options"]["ignoreChanges"]) == {"name"}


@pytest.mark.slow
def test_nothing_can_be_left_out_unnoticed() -> None:
    def declare_all(module: Any) -> Any:
        return declare(module, MACHINES[-2:]), declare_existing(module)

    assert find_survivors("hetzner", declare_all, skipped=SEARCHING) == []


def test_placement_groups_have_room_for_every_node_twice() -> None:
    members: dict[str, set[str]] = {}
    for number in range(1, 60):
        machine = make_machine(f"btc-{number}.1", FIRST)
        members.setdefault(get_spread(machine, HETZNER.NODES_PER_PLACEMENT_GROUP), set()).add(machine.node)
    assert max(2 * len(nodes) for nodes in members.values()) <= 10
    assert len(members) == 12
