"""Places: a site a cloud zone and account, one an enrolled host with the host's own facts, and those off the lists."""

from typing import Any

import pytest

from orchestrator.model.closure import Closures
from orchestrator.model.host import EnrolledHost
from orchestrator.model.lock import Machine
from orchestrator.model.loss import Loss
from orchestrator.placement.places import Place, compute_places, compute_unlisted_place
from tests.unit.placement.fleets import at, make_account, make_catalogue, make_fleet, make_group, make_zone

FACTS: dict[str, Any] = {
    "facility": "AMS1",
    "country": "NL",
    "jurisdiction": "NL",
    "operator_jurisdiction": "US",
    "continent": "EU",
    "asn": "64500",
    "latitude": 52.25,
    "longitude": 4.75,
}
SIZE: dict[str, Any] = {"vcpus": 4, "memory_gib": 16, "disk_gib": 480}


def make_host(name: str, region: str = "ams", zone: str = "cage-7", **fields: Any) -> EnrolledHost:
    where = {"name": name, "address": "192.0.2.11", "host_key": "ssh-ed25519 AAAA", "operator": "colo"}
    return EnrolledHost.model_validate({**where, "region": region, "zone": zone, **SIZE, **fields, "__source__": at(3)})


def find_places(hosts: list[EnrolledHost], zones: list[Any], **more: Any) -> dict[str, Place]:
    account = make_account("metal", "ssh", hosts=tuple(hosts), regions=more.pop("regions", ()))
    fleet = make_fleet([account], [make_group()])
    return dict(compute_places(fleet, make_catalogue(zones, []), more.pop("losses", ()), **more))


def test_an_enrolled_host_is_a_place_with_facts_of_its_own() -> None:
    [place] = find_places([make_host("m1", **FACTS)], []).values()
    assert (place.name, place.host, place.site.operator, place.open) == ("metal/ams/cage-7/m1", "m1", "colo", True)
    zone = place.site.zone
    assert {name: getattr(zone, name) for name in FACTS} == FACTS
    assert (zone.provider, zone.region, zone.zone, zone.zone_id, zone.status) == (
        "ssh",
        "ams",
        "cage-7",
        None,
        "active",
    )


def test_a_listed_zone_gives_a_host_its_id_and_status_and_no_other_fact() -> None:
    listed = make_zone("ssh", "ams", "cage-7", zone_id="id-7", status="closed", country="DE")
    [place] = find_places([make_host("m1", country="NL")], [listed]).values()
    zone = place.site.zone
    assert (zone.zone_id, zone.status, zone.country, place.open) == ("id-7", "closed", "NL", False)
    elsewhere = make_zone("ssh", "ams", "cage-8", zone_id="id-8", status="closed")
    [other] = find_places([make_host("m1")], [elsewhere]).values()
    assert (other.site.zone.zone_id, other.open) == (None, True)


def test_hosts_outside_the_regions_of_the_account_are_no_places() -> None:
    hosts = [make_host("m1"), make_host("m2", region="fra")]
    assert list(find_places(hosts, [], regions=("fra",))) == ["metal/fra/cage-7/m2"]


def test_places_are_sorted_and_know_what_is_lost_or_closed() -> None:
    hosts = [make_host("m2", zone="z2"), make_host("m1", zone="z1"), make_host("m3", zone="z3")]
    losses = (Loss(kind="zone", value="ssh/z1"),)
    drained = Closures(drained=(Loss(kind="zone", value="ssh/z3"),))
    found = find_places(hosts, [], losses=losses, closures=drained)
    assert [(name.rpartition("/")[2], place.lost, place.closure) for name, place in found.items()] == [
        ("m1", True, None),
        ("m2", False, None),
        ("m3", False, "drained"),
    ]


def make_machine(**fields: Any) -> Machine:
    where = {"account": "a", "provider": "p", "region": "r9", "zone": "z9", "machine_type": "m", "arch": "x86_64"}
    named = {"machine": "btc-1.1", "node": "btc-1", "group": "btc", "chain": "bitcoin", "network": "regtest"}
    return Machine.model_validate({**where, **named, "clients": {"node": "btcd"}, **fields})


@pytest.mark.parametrize(("host", "name"), [(None, "a/r9/z9"), ("m1", "a/r9/z9/m1")])
def test_a_zone_that_is_listed_no_more_keeps_its_name_and_takes_nothing_new(host: str | None, name: str) -> None:
    place = compute_unlisted_place(make_machine(host=host), ())
    assert (place.name, place.host, place.lost, place.open, place.closure) == (name, host, False, False, None)
    assert (place.site.account, place.site.operator, place.site.zone.country) == ("a", "p", None)
    assert place.site.zone.status == "unlisted"


def test_a_zone_that_is_listed_no_more_can_be_lost_and_drained() -> None:
    r9 = Loss(kind="region", value="p/r9")
    assert compute_unlisted_place(make_machine(), (r9,)).lost
    assert not compute_unlisted_place(make_machine(), (Loss(kind="region", value="p/r8"),)).lost
    assert compute_unlisted_place(make_machine(), (), Closures(cordoned=(r9,))).closure == "cordoned"
