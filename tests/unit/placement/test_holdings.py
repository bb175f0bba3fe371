"""What a node holds: where it is at home, whether it may stay there, and what it could go back to."""

from typing import Any

import pytest

from orchestrator.model.closure import Closures
from orchestrator.model.fleet import Fleet, Group
from orchestrator.model.lock import Machine, MachineState
from orchestrator.model.loss import Loss
from orchestrator.placement.columns import ColumnKey
from orchestrator.placement.holdings import Holding, count_cells, count_nodes, get_column_key, get_node_number
from orchestrator.policy.candidates import Cell, ClientCell
from tests.unit.placement.fleets import make_account, make_catalogue, make_fleet, make_group, make_type, make_zone
from tests.unit.placement.test_candidates import find, make_lock_of
from tests.unit.placement.test_places import make_host, make_machine

WANTED, HELD, LOST, RETIRING = MachineState.WANTED, MachineState.HELD, MachineState.LOST, MachineState.RETIRING
ZONES = [make_zone("p", zone=f"z{number}") for number in (1, 2, 3)]
TYPES = [make_type("p", disk_kind="ssd"), make_type("p", name="bare", local_disk_gib=0)]


def stand(name: str, zone: str = "z1", **fields: Any) -> Machine:
    node = name.rpartition(".")[0]
    where = {"account": "p", "provider": "p", "region": "r1", "zone": zone}
    return make_machine(machine=name, node=node, **{**where, **fields})


def hold(
    *machines: Machine, group: Group | None = None, fleet: Fleet | None = None, **more: Any
) -> tuple[Holding, ...]:
    fleet = fleet or make_fleet([make_account("p")], [group or make_group(count=3)])
    situation = find(fleet, make_catalogue(ZONES, TYPES), make_lock_of(*machines), more.pop("losses", ()), **more)
    return situation.holdings["btc"]


def key(zone: str, kind: str = "m", volume: tuple[int, str] = (0, "")) -> ColumnKey:
    return ColumnKey("btc", f"p/r1/{zone}", kind, *volume)


def test_nodes_come_by_number_and_their_machines_by_generation() -> None:
    found = hold(stand("btc-10.1"), stand("btc-2.10", state=RETIRING), stand("btc-2.9"), stand("btc-2.11"))
    assert [(holding.node, holding.number) for holding in found] == [("btc-2", 2), ("btc-10", 10)]
    assert [machine.machine for machine in found[0].entries] == ["btc-2.9", "btc-2.10", "btc-2.11"]
    assert get_node_number("a-b-12") == 12


@pytest.mark.parametrize(
    ("states", "home", "signer"),
    [
        ((WANTED, RETIRING), 1, 1),
        ((RETIRING, WANTED), 2, 2),
        ((WANTED, WANTED), 2, 2),
        ((WANTED, HELD), 1, 1),
        ((HELD, RETIRING), 1, 1),
        ((LOST, RETIRING), None, 1),
        ((LOST, LOST), None, 2),
        ((LOST, HELD), 2, 2),
        ((RETIRING, RETIRING), None, None),
    ],
)
def test_a_node_is_at_home_where_it_runs_and_a_signer_where_it_last_did(
    states: tuple[MachineState, MachineState], home: int | None, signer: int | None
) -> None:
    machines = [stand(f"btc-1.{number}", f"z{number}", state=state) for number, state in enumerate(states, 1)]
    for signing, expected in ((frozenset[str](), home), (frozenset({"btc"}), signer)):
        [holding] = hold(*machines, signing=signing)
        assert (holding.home.machine if holding.home else None) == (f"btc-1.{expected}" if expected else None)
        assert holding.pinned is (bool(signing) and expected is not None)
        assert holding.stay == (key(f"z{expected}") if expected else None)


def test_a_node_could_go_back_to_its_other_machines_but_a_signer_to_none() -> None:
    machines = [
        stand("btc-1.1", "z3", state=RETIRING),
        stand("btc-1.2", "z2", state=LOST),
        stand("btc-1.3", "z1"),
        stand("btc-1.4", "z2", machine_type="bare", volume_gib=20, volume_type="v", state=RETIRING),
        stand("btc-1.5", "z3", machine_type="bare", volume_gib=20, volume_type="w", state=RETIRING, refused="no_room"),
    ]
    [holding] = hold(*machines)
    assert holding.stay == key("z1")
    assert [(where, machine.machine) for where, machine in holding.adoptable] == [
        (key("z2", "bare", (20, "v")), "btc-1.4"),
        (key("z2"), "btc-1.2"),
        (key("z3"), "btc-1.1"),
    ]
    [signer] = hold(*machines, signing=frozenset({"btc"}))
    assert (signer.stay, signer.adoptable) == (key("z1"), ())


@pytest.mark.parametrize(
    ("machines", "standing"),
    [
        ([stand("btc-1.1")], True),
        ([stand("btc-1.1", state=LOST)], True),
        ([stand("btc-1.1", state=RETIRING)], False),
        ([stand("btc-1.1", state=RETIRING), stand("btc-1.2", state=RETIRING)], False),
        ([stand("btc-1.1", state=RETIRING), stand("btc-1.2", state=RETIRING, refused="no_room")], True),
    ],
)
def test_a_node_stands_unless_all_that_it_has_is_let_go(machines: list[Machine], standing: bool) -> None:
    [holding] = hold(*machines)
    assert holding.standing is standing


@pytest.mark.parametrize(
    ("machine", "need", "fits"),
    [
        ({}, {}, True),
        ({"chain": "ethereum"}, {}, False),
        ({"network": "mainnet"}, {}, False),
        ({"account": "q"}, {}, False),
        ({"provider": "q"}, {}, False),
        ({}, {"vcpus": 4}, False),
        ({}, {"disk": 100}, True),
        ({}, {"disk": 101}, False),
        ({"machine_type": "bare"}, {}, False),
        ({"machine_type": "bare", "volume_gib": 10, "volume_type": "v"}, {}, True),
        ({"machine_type": "bare", "volume_gib": 10, "volume_type": "v"}, {"disk": "10.5"}, False),
        ({"machine_type": "bare", "volume_gib": 11, "volume_type": "v"}, {"disk": "10.5"}, True),
        ({"machine_type": "bare", "volume_gib": 99, "volume_type": "v"}, {"disk_kind": "nvme"}, False),
        ({"machine_type": "bare", "volume_gib": 99, "volume_type": "v"}, {"disk_kind": "ssd"}, True),
        ({"machine_type": "dropped"}, {"vcpus": 64}, True),
        ({"machine_type": "dropped"}, {"arch": "arm64"}, False),
        ({"machine_type": "dropped", "arch": "arm64"}, {"arch": "arm64"}, True),
        ({"machine_type": "dropped", "arch": "arm64"}, {}, False),
    ],
)
def test_a_machine_is_kept_while_it_is_what_the_group_needs(
    machine: dict[str, Any], need: dict[str, Any], fits: bool
) -> None:
    given = {"vcpus": 2, "memory": "4 GiB", "disk": "10 GiB", **need}
    if "disk" in need:
        given["disk"] = f"{need['disk']} GiB"
    group = make_group(count=3, machine=given)
    [holding] = hold(stand("btc-1.1", **machine), group=group)
    assert (holding.stay is not None) is fits


def test_an_account_that_lost_the_region_or_the_host_keeps_nothing_there() -> None:
    fleet = make_fleet([make_account("p", regions=("r2",))], [make_group()])
    [holding] = hold(stand("btc-1.1"), fleet=fleet)
    assert holding.stay is None
    metal = make_fleet([make_account("p", "ssh", hosts=(make_host("m1", region="r1", zone="z1"),))], [make_group()])
    on = {"provider": "ssh", "machine_type": "dropped"}
    kept, gone = hold(stand("btc-1.1", **on, host="m1"), stand("btc-2.1", **on, host="m2"), fleet=metal)
    assert (kept.stay is not None, gone.stay) == (True, None)


Z1 = Loss(kind="zone", value="p/z1")


@pytest.mark.parametrize(
    ("closed", "stays", "back"),
    [
        ({}, True, True),
        ({"losses": (Z1,)}, False, False),
        ({"closures": Closures(drained=(Z1,))}, False, False),
        ({"closures": Closures(cordoned=(Z1,))}, True, False),
    ],
)
def test_a_lost_or_drained_place_keeps_nothing_and_a_cordoned_one_takes_nothing_back(
    closed: dict[str, Any], stays: bool, back: bool
) -> None:
    home, away = hold(stand("btc-1.1"), stand("btc-2.1", state=RETIRING), stand("btc-2.2", "z2"), **closed)
    assert (home.stay is not None, bool(away.adoptable)) == (stays, back)
    [signer] = hold(stand("btc-1.1"), signing=frozenset({"btc"}), **closed)
    assert (signer.pinned, signer.held) == (True, not stays)
    assert not home.held


def test_cells_that_close_take_their_columns_away() -> None:
    [holding] = hold(stand("btc-1.1"), stand("btc-1.2", "z2", state=RETIRING), stand("btc-1.3", "z3", state=RETIRING))
    both = holding.restrict({Cell("btc", "p/r1/z1"), Cell("btc", "p/r1/z3")})
    assert (both.stay, [where for where, _ in both.adoptable]) == (key("z1"), [key("z3")])
    none = holding.restrict(set())
    assert (none.stay, none.adoptable) == (None, ())
    assert holding.restrict({Cell("btc", f"p/r1/z{number}") for number in (1, 2, 3)}) == holding


def test_nodes_are_counted_on_machines_that_carry_one() -> None:
    machines = [
        stand("btc-1.1"),
        stand("btc-2.1", state=HELD),
        stand("btc-3.1", state=RETIRING),
        stand("btc-4.1", state=LOST),
        stand("btc-5.1", "z2", clients={"node": "bcoin"}, host="m1"),
    ]
    there, host = Cell("btc", "p/r1/z1"), Cell("btc", "p/r1/z2/m1")
    assert count_cells(machines) == {there: 2, host: 1}
    btcd, bcoin = ClientCell("btc", "node", "btcd"), ClientCell("btc", "node", "bcoin")
    assert count_nodes(machines) == {there: 2, host: 1, btcd: 2, bcoin: 1}
    assert get_column_key(stand("btc-1.1", volume_gib=9, volume_type="v")) == key("z1", volume=(9, "v"))
