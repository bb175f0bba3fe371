"""What fits a need and for how much; where a host, a volume, an address or a missing price comes in."""

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.model.fleet import MachineNeed
from orchestrator.model.site import StoragePrice
from orchestrator.placement.columns import Offer
from orchestrator.placement.offers import OfferBook
from orchestrator.placement.place import compute_plan
from tests.unit.placement.fleets import (
    at,
    make_account,
    make_catalogue,
    make_fleet,
    make_group,
    make_rule,
    make_type,
    make_zone,
)

ZONE = make_zone("p")


def need_of(**fields: Any) -> MachineNeed:
    return MachineNeed.model_validate({"vcpus": 2, "memory": "4 GiB", "disk": "50 GiB", **fields})


def find_offers(types: list[Any], storage: list[StoragePrice] | None = None, **need: Any) -> tuple[Offer, ...]:
    return OfferBook(make_catalogue([ZONE], types, storage or [])).compute_offers(need_of(**need), ZONE)


def offers_of(types: list[Any], storage: list[StoragePrice] | None = None, **need: Any) -> list[tuple[Any, ...]]:
    found = find_offers(types, storage, **need)
    return [(offer.machine_type, offer.volume_gib, offer.volume_type, offer.cents) for offer in found]


def volume(kind: str, price: str | None, region: str = "r1") -> StoragePrice:
    usd = None if price is None else Decimal(price)
    return StoragePrice(provider="p", region=region, kind="volume", type=kind, usd_per_month_gib=usd)


def test_the_cheapest_fitting_type_is_taken() -> None:
    types = [
        make_type("p", name="small", vcpus=1, price="1"),
        make_type("p", name="m", price="9"),
        make_type("p", name="l"),
    ]
    assert offers_of(types) == [("m", 0, "", 900)]


@pytest.mark.parametrize(
    ("facts", "need", "fits"),
    [
        ({"cpu": "shared"}, {}, False),
        ({"cpu": "shared"}, {"cpu": "shared"}, True),
        ({"cpu": "dedicated"}, {"cpu": "shared"}, True),
        ({"memory_gib": Decimal("3.9")}, {}, False),
        ({"arch": "arm64"}, {}, False),
        ({"arch": "arm64"}, {"arch": "arm64"}, True),
        ({"disk_kind": None}, {"disk_kind": "nvme"}, False),
        ({"disk_kind": "nvme"}, {"disk_kind": "ssd"}, True),
        ({"local_disk_gib": 49}, {}, False),
        ({"zones": ("z1", "z2")}, {}, True),
        ({"zones": ("z2",)}, {}, False),
    ],
)
def test_what_fits(facts: dict[str, Any], need: dict[str, Any], fits: bool) -> None:
    assert bool(offers_of([make_type("p", **facts)], **need)) is fits


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_no_chain_data_goes_to_local_disks_that_are_empty_after_a_stop(cloud: str) -> None:
    price = StoragePrice(provider=cloud, region="", kind="volume", type="v", usd_per_month_gib=Decimal("0.1"))
    book = OfferBook(make_catalogue([make_zone(cloud)], [make_type(cloud, disk_kind="nvme")], [price]))
    (offer,) = book.compute_offers(need_of(), make_zone(cloud))
    assert (offer.volume_gib, offer.volume_type) == (50, "v")
    assert book.compute_offers(need_of(disk_kind="nvme"), make_zone(cloud)) == ()


def test_a_volume_meets_the_disk_and_is_priced_to_the_cent() -> None:
    small = make_type("p", local_disk_gib=10)
    storage = [
        volume("fast", "0.0448"),
        volume("faster", "0.2"),
        volume("slow", "0.01").model_copy(update={"disk_kind": "hdd"}),
    ]
    assert offers_of([small], storage, disk="50.5 GiB") == [("m", 51, "fast", 1228)]
    assert offers_of([small], storage, disk_kind="hdd")[0][2] == "slow"
    assert offers_of([small], storage, disk_kind="nvme") == []


def test_a_provider_wide_price_serves_where_a_region_has_none() -> None:
    small = make_type("p", local_disk_gib=0)
    assert offers_of([small], [volume("any", "0.1", region="")]) == [("m", 50, "any", 1500)]


def test_an_address_is_part_of_the_price() -> None:
    address = StoragePrice(provider="p", region="", kind="address", type="ipv4", usd_per_month=Decimal("0.6"))
    assert offers_of([make_type("p")], [address]) == [("m", 0, "", 1060)]


def egress(from_gb: int, usd: str | None, kind: str = "internet") -> StoragePrice:
    price = None if usd is None else Decimal(usd)
    return StoragePrice(provider="p", region="", kind="egress", type=kind, from_gb=from_gb, usd_per_gb=price)


@pytest.mark.parametrize(
    ("wanted", "cents"),
    [("100 GB", 1000), ("101 GB", 1010), ("1100 GB", 1000 + 100 * 10 + 900 * 5)],
)
def test_expected_egress_is_part_of_the_price_step_by_step(wanted: str, cents: int) -> None:
    steps = [egress(200, "0.05"), egress(0, "0"), egress(100, "0.1"), egress(0, "9", "internet-china")]
    assert offers_of([make_type("p")], steps, egress=wanted)[0][3] == cents


def test_egress_without_a_price_is_a_missing_fact_and_none_is_asked_for_what_is_not_expected() -> None:
    assert offers_of([make_type("p")], [], egress="1 GB")[0][3] is None
    assert offers_of([make_type("p")], [egress(0, None)], egress="1 GB")[0][3] is None
    assert offers_of([make_type("p")], [egress(0, "9")])[0][3] == 1000


def test_volumes_that_cannot_be_told_their_operations_are_passed_over() -> None:
    storage = [
        StoragePrice(provider="gcp", region="", kind="volume", type=kind, usd_per_month_gib=Decimal(usd))
        for kind, usd in (("pd-ssd", "0.1"), ("hyperdisk-balanced", "0.2"))
    ]
    book = OfferBook(make_catalogue([make_zone("gcp")], [make_type("gcp")], storage))
    assert [offer.volume_type for offer in book.compute_offers(need_of(), make_zone("gcp"))] == ["pd-ssd"]
    (fast,) = book.compute_offers(need_of(iops=6000), make_zone("gcp"))
    assert fast.volume_type == "hyperdisk-balanced"


def test_volumes_and_local_disks_that_are_known_to_do_fewer_operations_are_no_candidates() -> None:
    def find(iops: int, disk: int | None = None, *limits: int | None) -> list[str]:
        storage = [
            volume(f"v{number}", "1").model_copy(update={"most_iops": limit}) for number, limit in enumerate(limits)
        ]
        kind = make_type("p", local_disk_gib=0 if disk is None else 100, local_disk_iops=disk)
        return [offer.volume_type for offer in find_offers([kind], storage, iops=iops)]

    assert find(3000, None, 3000) == ["v0"]
    assert find(3001, None, 3000) == []
    assert find(3001, None, 3000, 5000) == ["v1"]
    assert find(3001, None, None, 5000) == ["v1"]  # one that is known to do goes before one that may
    assert find(3001, None, None, 3000) == ["v0"]
    assert find(3000, 3000, 9000) == [""]
    assert find(3001, 3000, 9000) == ["v0"]


def test_an_offer_names_the_facts_that_it_lacks() -> None:
    (bare,) = find_offers([make_type("p", price=None)], iops=9, egress="1 GB")
    assert {(missing.fact, missing.of) for missing in bare.missing_prices} == {
        ("usd_per_month", "m in p r1"),
        ("usd_per_gb", "egress internet in p r1"),
    }
    assert {missing.fact for missing in bare.missing_needs} == {"local_disk_iops", "usd_per_gb"}
    (volumed,) = find_offers([make_type("p", local_disk_gib=0)], [volume("v", None, "")], iops=9)
    assert [missing.fact for missing in volumed.missing_prices] == ["usd_per_month_gib"]
    assert [missing.of for missing in volumed.missing_needs] == ["volume v in p"]
    (known,) = find_offers([make_type("p", local_disk_iops=9)], iops=9)
    assert known.missing_prices == known.missing_needs == ()


def test_any_missing_price_makes_an_offer_unpriced_and_last() -> None:
    types = [make_type("p", name="a", price=None), make_type("p", name="b", price="99")]
    assert offers_of(types) == [("b", 0, "", 9900)]
    assert offers_of([make_type("p", local_disk_gib=0)], [volume("v", None)]) == [("m", 50, "v", None)]


def test_of_offers_without_a_price_the_one_of_which_most_is_known_to_be_cheap_is_taken() -> None:
    large = make_type("p", name="a", price="90")
    small = make_type("p", name="b", price="20")
    nameless = make_type("p", name="0", price=None)
    assert [offer.machine_type for offer in find_offers([large, small, nameless], egress="1 GB")] == ["b"]
    sizes = [make_type("p", name=name, price=None, vcpus=vcpus) for name, vcpus in (("a", 96), ("b", 2), ("c", 4))]
    assert [offer.machine_type for offer in find_offers(sizes)] == ["b"]


def test_types_of_limited_number_are_offered_up_to_the_first_unlimited() -> None:
    types = [
        make_type("p", name="rare", price="1", capacity=1),
        make_type("p", name="plenty", price="2"),
        make_type("p", name="dear", price="3"),
    ]
    assert [offer[0] for offer in offers_of(types)] == ["rare", "plenty"]
    fleet = make_fleet([make_account("p")], [make_group(count=3)])
    plan = compute_plan(fleet, make_catalogue([ZONE], types), {})
    assert [planned.machine.machine_type for planned in plan.machines] == ["plenty", "plenty", "rare"]


def make_host(name: str, operator: str, price: str) -> dict[str, Any]:
    return {
        "name": name,
        "address": "192.0.2.1",
        "host_key": "ssh-ed25519 AAAA",
        "operator": operator,
        "region": "home",
        "zone": "rack",
        "country": "DE",
        "vcpus": 2,
        "memory_gib": Decimal(4),
        "disk_gib": 100,
        "usd_per_month": Decimal(price),
        "__source__": at(1),
    }


def test_an_enrolled_host_takes_one_machine_of_all_groups_and_knows_its_operator() -> None:
    hosts = [make_host("h1", "anna", "5"), make_host("h2", "ben", "6"), make_host("h3", "anna", "7")]
    metal = make_account("metal", "ssh", hosts=hosts)
    types = [
        make_type("ssh", "home", name=host["name"], price=str(host["usd_per_month"]), zones=("rack",), capacity=1)
        for host in hosts
    ]
    catalogue = make_catalogue([make_zone("ssh", "home", "rack", country="DE")], types)
    fleet = make_fleet([metal], [make_group("x", 2), make_group("y", 1)])
    plan = compute_plan(fleet, catalogue, {})
    assert sorted(str(planned.machine.host) for planned in plan.machines) == ["h1", "h2", "h3"]
    assert all(planned.machine.host == planned.machine.machine_type for planned in plan.machines)
    one_each = make_fleet([metal], [make_group("x", 2)], [make_rule(5, cap=1, per="operator")])
    assert {planned.machine.host for planned in compute_plan(one_each, catalogue, {}).machines} == {"h1", "h2"}
    assert compute_plan(make_fleet([metal], [make_group("x", 4)]), catalogue, {}).status == "infeasible"
