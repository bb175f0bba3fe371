"""Enrolled hosts become zones and machine types; contradictions are named with both lines."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.hosts import hosts_to_facts
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.host import EnrolledHost
from orchestrator.model.source import Source


def make_host(name: str, line: int = 1, **facts: Any) -> EnrolledHost:
    values: dict[str, Any] = {
        "name": name,
        "address": "192.0.2.1",
        "host_key": "ssh-ed25519 AAAA",
        "operator": "acme",
        "region": "zurich",
        "zone": "zurich-1",
        "vcpus": 4,
        "memory_gib": Decimal(16),
        "disk_gib": 500,
        "__source__": Source.at("hosts.yaml", line),
    }
    return EnrolledHost.model_validate(values | facts)


def test_a_host_is_a_machine_type_to_be_had_once_in_its_own_zone() -> None:
    host = make_host(
        "metal-1", country="CH", asn="64500", cpu="shared", disk_kind="nvme", disk_iops=9000, usd_per_month=Decimal(80)
    )
    (zone,), (kind,) = hosts_to_facts([host])
    assert (zone.provider, zone.region, zone.zone, zone.country, zone.asn) == (
        "ssh",
        "zurich",
        "zurich-1",
        "CH",
        "64500",
    )
    assert zone.capacity is None
    assert (kind.provider, kind.region, kind.name, kind.zones, kind.capacity) == (
        "ssh",
        "zurich",
        "metal-1",
        ("zurich-1",),
        1,
    )
    assert (kind.vcpus, kind.cpu, kind.memory_gib, kind.local_disk_gib) == (4, "shared", Decimal(16), 500)
    assert (kind.disk_kind, kind.local_disk_iops, kind.usd_per_month) == ("nvme", 9000, Decimal(80))
    assert kind.origin.source == host.source


def test_a_zones_facts_need_be_stated_by_one_of_its_hosts_only() -> None:
    hosts = [make_host("a"), make_host("b", country="CH"), make_host("c", continent="Europe", country="CH")]
    (zone,), kinds = hosts_to_facts(hosts)
    assert (zone.country, zone.continent, zone.asn) == ("CH", "Europe", None)
    assert [kind.name for kind in kinds] == ["a", "b", "c"]


@pytest.mark.parametrize("fact", ["country", "operator", "asn", "facility"])
def test_hosts_of_one_zone_that_disagree_are_both_named(fact: str) -> None:
    values = {"country": ("CH", "DE"), "operator": ("acme", "umbrella"), "asn": ("1", "2"), "facility": ("x", "y")}[
        fact
    ]
    hosts = [make_host("a", 3, **{fact: values[0]}), make_host("b", 9, **{fact: values[1]})]
    with pytest.raises(InvalidDocument) as caught:
        hosts_to_facts(hosts)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"hosts.yaml:9:1: zone zurich-1: {fact} is {values[1]} for b but {values[0]} for a")
    assert "hosts.yaml:3:1" in str(problem)


def test_the_same_zone_name_in_another_region_is_another_zone() -> None:
    zones, _ = hosts_to_facts([make_host("a", country="CH"), make_host("b", region="bern", country="DE")])
    assert [(zone.region, zone.country) for zone in zones] == [("bern", "DE"), ("zurich", "CH")]


def test_a_name_is_given_once() -> None:
    with pytest.raises(InvalidDocument, match=r"hosts.yaml:9:1: host a is also at hosts.yaml:3:1"):
        hosts_to_facts([make_host("a", 3), make_host("a", 9, zone="zurich-2")])


def test_facts_are_spelt_as_in_the_catalogue() -> None:
    with pytest.raises(InvalidDocument, match=r"hosts.yaml:5:1: host a: country is 'ch' \(write the ISO 3166 code"):
        hosts_to_facts([make_host("a", 5, country="ch")])


def test_no_hosts_are_no_facts() -> None:
    assert hosts_to_facts([]) == ((), ())


@given(st.permutations([make_host(name, line) for line, name in enumerate("abcde", 1)]))
def test_the_order_of_hosts_makes_no_difference(hosts: list[EnrolledHost]) -> None:
    assert hosts_to_facts(hosts) == hosts_to_facts(sorted(hosts, key=lambda host: host.name))
