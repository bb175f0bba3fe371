"""Subnets, addresses and names of a world's network."""

import json
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import OrchestratorError
from orchestrator.rehearsal.network import POOL, compute_mac, compute_veth, parse_routes, pick_subnet

SUBNETS = list(POOL.subnets(new_prefix=24))


@given(st.text(max_size=20), st.sets(st.sampled_from(SUBNETS), max_size=255))
def test_a_subnet_is_stable_in_the_pool_and_free(seed: str, taken: set[IPv4Network]) -> None:
    subnet = pick_subnet(seed, sorted(taken))
    assert subnet == pick_subnet(seed, sorted(taken, reverse=True))
    assert subnet.prefixlen == 24
    assert subnet.subnet_of(POOL)
    assert subnet not in taken


def test_a_wider_route_moves_the_subnet_on() -> None:
    first = pick_subnet("fleet", [])
    assert not pick_subnet("fleet", [first.supernet(new_prefix=20)]).overlaps(first.supernet(new_prefix=20))


def test_a_full_pool_is_said() -> None:
    with pytest.raises(OrchestratorError, match="in use"):
        pick_subnet("fleet", [IPv4Network("10.0.0.0/8")])


def test_routes_leave_the_default_out() -> None:
    routes = [
        {"dst": "default"},
        {"dst": "0.0.0.0/0"},
        {"dst": "10.213.4.0/24"},
        {"dst": "192.0.2.7"},
        {"dst": "fe80::/64"},
    ]
    assert parse_routes(json.dumps(routes)) == (IPv4Network("10.213.4.0/24"), IPv4Network("192.0.2.7/32"))
    assert parse_routes("") == ()


@given(st.sampled_from(SUBNETS), st.integers(2, 254))
def test_hardware_addresses_are_local_unicast_and_names_fit(subnet: IPv4Network, host: int) -> None:
    first = int(compute_mac(subnet[host]).partition(":")[0], 16)
    assert first & 0b11 == 0b10
    assert len(compute_veth("0123abcd", subnet[host])) <= 15


def test_hardware_addresses_differ_with_the_address() -> None:
    assert compute_mac(IPv4Address("10.213.0.2")) != compute_mac(IPv4Address("10.213.1.2"))
