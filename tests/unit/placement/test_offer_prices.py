"""Which of several prices an offer takes, and of which date it says to be."""

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.model.site import StoragePrice
from orchestrator.placement.offers import OfferBook, takes_iops
from tests.unit.placement.fleets import make_catalogue, make_type, make_zone
from tests.unit.placement.test_offers import find_offers, need_of, offers_of, volume


def address(kind: str, price: str | None) -> StoragePrice:
    usd = None if price is None else Decimal(price)
    return StoragePrice(provider="p", region="", kind="address", type=kind, usd_per_month=usd)


def egress(from_gb: int, usd: str | None, date: str = "") -> StoragePrice:
    price = None if usd is None else Decimal(usd)
    fields: dict[str, Any] = {"kind": "egress", "type": "internet", "from_gb": from_gb, "source_date": date}
    return StoragePrice(provider="p", region="", usd_per_gb=price, **fields)


@pytest.mark.parametrize(
    ("prices", "taken"),
    [
        ({"a": None, "b": "0.2", "c": "0.1"}, "c"),
        ({"a": "0.5", "b": "0"}, "b"),
        ({"b": "0.1", "a": "0.1"}, "a"),
        ({"a": None, "b": "2"}, "b"),
    ],
)
def test_the_cheapest_volume_is_taken_one_without_a_price_last(prices: dict[str, str | None], taken: str) -> None:
    storage = [volume(kind, price) for kind, price in prices.items()]
    assert [offer[2] for offer in offers_of([make_type("p", local_disk_gib=0)], storage)] == [taken]


@pytest.mark.parametrize(
    ("prices", "cents"),
    [({"a": None, "b": "2", "c": "1"}, 1100), ({"a": "0.5", "b": "0"}, 1000), ({"a": None}, None)],
)
def test_the_cheapest_address_is_taken_one_without_a_price_last(
    prices: dict[str, str | None], cents: int | None
) -> None:
    storage = [address(kind, price) for kind, price in prices.items()]
    assert [offer[3] for offer in offers_of([make_type("p")], storage)] == [cents]


@pytest.mark.parametrize(
    ("has", "asked", "fits"),
    [
        ({"cpu": "burstable"}, {"cpu": "shared"}, False),
        ({"cpu": "shared"}, {"cpu": "burstable"}, True),
        ({"cpu": "burstable"}, {"cpu": "burstable"}, True),
        ({"disk_kind": "hdd"}, {"disk_kind": "ssd"}, False),
        ({"disk_kind": "ssd"}, {"disk_kind": "hdd"}, True),
        ({"disk_kind": "ssd"}, {"disk_kind": "nvme"}, False),
        ({"disk_kind": "nvme"}, {"disk_kind": "nvme"}, True),
    ],
)
def test_kinds_of_processors_and_disks_are_ranked(has: dict[str, Any], asked: dict[str, Any], fits: bool) -> None:
    assert bool(offers_of([make_type("p", **has)], **asked)) is fits


@pytest.mark.parametrize(
    ("provider", "kind", "told"),
    [("aws", "gp3", True), ("aws", "io1", True), ("aws", "io2", True), ("aws", "gp2", False), ("gcp", "pd-ssd", False)],
)
def test_only_some_volumes_can_be_told_their_operations(provider: str, kind: str, told: bool) -> None:
    volume_of = StoragePrice(provider=provider, region="", kind="volume", type=kind, usd_per_month_gib=Decimal(1))
    assert takes_iops(volume_of, 100) is told


def test_what_an_enrolled_host_sends_is_its_owners_affair() -> None:
    book = OfferBook(make_catalogue([make_zone("ssh")], [make_type("ssh")]))
    (offer,) = book.compute_offers(need_of(egress="100 GB"), make_zone("ssh"))
    assert (offer.cents, offer.missing_prices) == (1000, ())


def test_an_offer_is_of_its_oldest_price() -> None:
    kind = make_type("p", local_disk_gib=0, source_date="2026-03-01")
    storage = [
        volume("v", "1").model_copy(update={"source_date": "2026-02-01"}),
        address("ipv4", "1").model_copy(update={"source_date": "2026-04-01"}),
        egress(0, "0.1", "2026-01-02"),
        egress(100, "0.1", "2026-01-01"),
        egress(200, "0.1"),
    ]
    assert find_offers([kind], storage)[0].priced_on == "2026-02-01"
    assert find_offers([kind], storage, egress="1 GB")[0].priced_on == "2026-01-01"
    assert find_offers([make_type("p")], [egress(0, "1")], egress="1 GB")[0].priced_on == ""
    assert find_offers([make_type("p")], [], egress="1 GB")[0].priced_on == ""
    assert find_offers([make_type("p")], [egress(0, None, "2026-01-01")], egress="1 GB")[0].priced_on == ""


def test_a_price_of_traffic_beyond_what_is_expected_need_not_be_known() -> None:
    steps = [egress(0, "0.1"), egress(100, None)]
    assert offers_of([make_type("p")], steps, egress="100 GB")[0][3] == 2000
    assert offers_of([make_type("p")], steps, egress="101 GB")[0][3] is None
