"""The situation that a placement starts from: what can be had where, what is held, what is left of each resource."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.closure import Closures
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, LockHeader, Machine, MachineState
from orchestrator.model.loss import Loss
from orchestrator.model.site import Image, StoragePrice
from orchestrator.model.taint import Taint
from orchestrator.placement.candidates import Situation, compute_situation
from orchestrator.placement.columns import Resource
from orchestrator.policy.candidates import Cell, ClientCell
from tests.unit.placement.fleets import (
    make_account,
    make_catalogue,
    make_fleet,
    make_group,
    make_type,
    make_zone,
)
from tests.unit.placement.test_places import make_host, make_machine


def make_lock_of(*machines: Machine, **header: Any) -> Lock:
    head = LockHeader(fleet="test", revision="r", spec="sha256:0", facts="f", **header)
    return Lock(header=head, machines=machines, retired=())


def stand(number: int, **fields: Any) -> Machine:
    node = fields.pop("node", f"btc-{number}")
    where = {"account": "p", "provider": "p", "region": "r1", "zone": "z1"}
    return make_machine(machine=f"{node}.1", node=node, **{**where, **fields})


def find(
    fleet: Fleet, catalogue: Catalogue, lock: Lock | None = None, losses: Sequence[Loss] = (), **more: Any
) -> Situation:
    return compute_situation(fleet, catalogue, lock, losses, more.pop("signing", frozenset()), **more)


def one_account(count: int = 3, **group: Any) -> Fleet:
    return make_fleet([make_account("p")], [make_group(count=count, **group)])


def test_every_limit_of_a_site_and_a_type_is_a_resource_less_what_the_lock_uses() -> None:
    catalogue = make_catalogue(
        [make_zone("p", capacity=5)], [make_type("p", capacity=4), make_type("p", name="l", price="20")]
    )
    lock = make_lock_of(stand(1), stand(2, state=MachineState.RETIRING), stand(3, machine_type="l"))
    situation = find(one_account(), catalogue, lock)
    kind = Resource("machine type", "p/r1/m")
    assert dict(situation.free) == {Resource("site", "p/r1/z1"): 2, kind: 2}
    assert [(key.machine_type, column.resources) for key, column in situation.fresh.items()] == [
        ("l", (Resource("site", "p/r1/z1"),)),
        ("m", (Resource("site", "p/r1/z1"), kind)),
    ]
    assert set(find(one_account(), catalogue).free.values()) == {5, 4}


def test_no_less_than_nothing_is_left() -> None:
    catalogue = make_catalogue([make_zone("p", capacity=1)], [make_type("p")])
    lock = make_lock_of(stand(1), stand(2), stand(3))
    assert dict(find(one_account(), catalogue, lock).free) == {Resource("site", "p/r1/z1"): 0}


def test_an_enrolled_host_can_be_had_once_whatever_is_said_of_its_zone() -> None:
    hosts = (make_host("m1"), make_host("m2"))
    fleet = make_fleet([make_account("metal", "ssh", hosts=hosts)], [make_group()])
    types = [make_type("ssh", "ams", host.name, capacity=1) for host in hosts]
    catalogue = make_catalogue([make_zone("ssh", "ams", "cage-7", capacity=9)], types)
    images = (Image(provider="ssh", region="", arch="x86_64", image_id="i", os="debian"),)
    catalogue = catalogue.model_copy(update={"images": images})
    on = {"account": "metal", "provider": "ssh", "region": "ams", "zone": "cage-7", "host": "m1", "machine_type": "m1"}
    situation = find(fleet, catalogue, make_lock_of(stand(1, **on)))
    assert dict(situation.free) == {
        Resource("host", "metal/ams/cage-7/m1"): 0,
        Resource("host", "metal/ams/cage-7/m2"): 1,
    }
    assert [(key.place, key.machine_type, column.host, column.image) for key, column in situation.fresh.items()] == [
        ("metal/ams/cage-7/m1", "m1", "m1", None),
        ("metal/ams/cage-7/m2", "m2", "m2", None),
    ]


def test_a_new_machine_starts_from_the_newest_image_of_its_architecture() -> None:
    def image(name: str, region: str, date: str, arch: Any = "x86_64") -> Image:
        return Image(provider="p", region=region, arch=arch, image_id=name, os="debian", source_date=date)

    listed = [image("old", "r1", "2026-01-01"), image("new", "r1", "2026-02-01"), image("any", "", "2026-03-01")]
    listed += [image("arm", "r1", "2026-04-01", "arm64")]
    catalogue = make_catalogue([make_zone("p"), make_zone("p", "r2")], [make_type("p"), make_type("p", "r2")])
    catalogue = catalogue.model_copy(update={"images": tuple(listed)})
    found = find(one_account(), catalogue).fresh
    assert {key.place: column.image for key, column in found.items()} == {"p/r1/z1": "new", "p/r2/z1": "any"}


@pytest.mark.parametrize(
    ("taint", "left"),
    [
        ({"account": "p"}, []),
        ({"account": "p", "region": "r1"}, []),
        ({"account": "p", "region": "r1", "zone": "z1", "machine_type": "s"}, ["m"]),
        ({"account": "q"}, ["s"]),
        ({"account": "p", "region": "r2"}, ["s"]),
    ],
)
def test_what_is_refused_now_is_not_offered(taint: dict[str, str], left: list[str]) -> None:
    catalogue = make_catalogue([make_zone("p")], [make_type("p", name="s", price="5"), make_type("p", price="9")])
    taints = [Taint(code="no_room", until=0.0, **taint)]
    situation = find(one_account(), catalogue, taints=taints)
    assert [key.machine_type for key in situation.fresh] == left
    assert situation.taints == tuple(taints)


def test_what_stands_is_priced_as_today_and_uses_no_resource_anew() -> None:
    storage = [StoragePrice(provider="p", region="r1", kind="volume", type="v", usd_per_month_gib=Decimal(1))]
    catalogue = make_catalogue([make_zone("p", capacity=9)], [make_type("p"), make_type("p", name="l")], storage)
    lock = make_lock_of(
        stand(1, machine_type="l", image="i-1"),
        stand(2, machine_type="gone", arch="arm64", volume_gib=7, volume_type="w"),
        stand(3, volume_gib=20, volume_type="v"),
    )
    kept = {key.machine_type: column for key, column in find(one_account(), catalogue, lock).kept.items()}
    assert {name: column.offer.cents for name, column in kept.items()} == {"l": 1000, "gone": None, "m": 3000}
    gone = kept["gone"].offer
    assert (gone.machine_type, gone.arch, gone.volume_gib, gone.volume_type) == ("gone", "arm64", 7, "w")
    assert (gone.priced_on, gone.capacity) == ("", None)
    assert (kept["l"].image, kept["l"].resources, kept["l"].host) == ("i-1", (), None)
    assert (kept["m"].offer.volume_gib, kept["m"].offer.volume_type) == (20, "v")


def test_a_volume_of_an_unknown_type_has_no_price() -> None:
    lock = make_lock_of(stand(1, volume_gib=20, machine_type="m"))
    [column] = find(one_account(), make_catalogue([make_zone("p")], [make_type("p")]), lock).kept.values()
    assert (column.offer.cents, column.offer.volume_gib) == (None, 20)
    assert [missing.of for missing in column.offer.missing_prices] == ["volume unknown in p r1"]


def test_cells_are_where_machines_can_be_had_or_may_be_kept() -> None:
    catalogue = make_catalogue([make_zone("p"), make_zone("q", status="closed"), make_zone("s")], [make_type("p")])
    fleet = make_fleet([make_account("p"), make_account("q")], [make_group(count=3)])
    q = {"account": "q", "provider": "q"}
    s = {"account": "s", "provider": "s"}
    retiring = stand(2, **q, zone="z2", state=MachineState.RETIRING)
    lock = make_lock_of(stand(1, **q), retiring, stand(3, **s))
    situation = find(fleet, catalogue, lock)
    assert situation.candidates.cells == (Cell("btc", "p/r1/z1"), Cell("btc", "q/r1/z1"), Cell("btc", "q/r1/z2"))
    assert situation.candidates.pinned == frozenset()
    signing = find(fleet, catalogue, lock, signing=frozenset({"btc"})).candidates
    assert signing.cells == (Cell("btc", "p/r1/z1"), Cell("btc", "q/r1/z1"))
    assert signing.pinned == {
        Cell("btc", "q/r1/z1"),
        Cell("btc", "s/r1/z1"),
        ClientCell("btc", "node", "btcd"),
    }
    assert set(situation.places) == {"p/r1/z1", "q/r1/z1", "q/r1/z2", "s/r1/z1"}


def test_a_group_of_the_lock_that_the_fleet_lacks_still_has_its_places() -> None:
    other = stand(1, node="old-1", group="old", zone="z7")
    situation = find(one_account(), make_catalogue([make_zone("p")], [make_type("p")]), make_lock_of(other))
    assert "p/r1/z7" in situation.places
    assert situation.holdings == {"btc": ()}
    assert situation.kept == {}


def test_closures_are_the_locks_where_none_are_given() -> None:
    catalogue = make_catalogue([make_zone("p")], [make_type("p")])
    lock = make_lock_of(stand(1), stand(2, zone="z7"), drained=("account=p",))
    assert find(one_account(), catalogue, lock).places["p/r1/z1"].closure == "drained"
    assert find(one_account(), catalogue, lock).places["p/r1/z7"].closure == "drained"
    cordoned = Closures(cordoned=(Loss(kind="zone", value="p/z7"),))
    places = find(one_account(), catalogue, lock, closures=cordoned).places
    assert [places[name].closure for name in ("p/r1/z1", "p/r1/z7")] == [None, "cordoned"]
    assert find(one_account(), catalogue).places["p/r1/z1"].closure is None


def test_losses_are_of_listed_and_of_unlisted_places() -> None:
    losses = (Loss(kind="account", value="p"),)
    situation = find(one_account(), make_catalogue([make_zone("p")], []), make_lock_of(stand(1, zone="z7")), losses)
    assert [place.lost for place in situation.places.values()] == [True, True]
    assert situation.losses == losses


def test_a_situation_without_some_cells_offers_and_keeps_nothing_there() -> None:
    catalogue = make_catalogue([make_zone("p"), make_zone("p", zone="z2")], [make_type("p")])
    lock = make_lock_of(stand(1), stand(2, zone="z2"), stand(3, zone="z2", state=MachineState.RETIRING))
    whole = find(one_account(), catalogue, lock)
    assert [key.place for key in whole.fresh_by_group["btc"]] == ["p/r1/z1", "p/r1/z2"]
    part = whole.restrict(whole.candidates.remove(frozenset({Cell("btc", "p/r1/z2")})))
    assert [key.place for key in part.fresh] == ["p/r1/z1"]
    assert [key.place for key in part.fresh_by_group["btc"]] == ["p/r1/z1"]
    assert part.candidates.cells == (Cell("btc", "p/r1/z1"),)
    first, second, third = part.holdings["btc"]
    assert (first.stay is not None, second.stay, third.adoptable) == (True, None, ())
    assert whole.holdings["btc"][1].stay is not None
    assert len(whole.holdings["btc"][2].adoptable) == 1
    key = next(iter(part.kept))
    assert part.get_column(key) is whole.kept[key]
    fresh = next(iter(part.fresh))
    assert part.get_column(fresh) == (part.kept[fresh] if fresh in part.kept else part.fresh[fresh])


def test_groups_with_one_need_share_offers_and_others_do_not() -> None:
    large = make_group().machine.model_copy(update={"vcpus": 8})
    groups = [make_group("g"), make_group("h"), make_group("big", machine=large)]
    types = [make_type("p"), make_type("p", name="xl", vcpus=8, price="40")]
    fleet = make_fleet([make_account("p")], groups)
    found = find(fleet, make_catalogue([make_zone("p")], types)).fresh
    assert {(key.group, key.machine_type): column.offer.cents for key, column in found.items()} == {
        ("g", "m"): 1000,
        ("h", "m"): 1000,
        ("big", "xl"): 4000,
    }
