"""What a world is short of: kept across processes, taken back one by one."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from orchestrator.rehearsal.exhaustion import (
    Exhausted,
    Quota,
    exhaust,
    find_vcpu_quota,
    is_exhausted,
    read_shortages,
    restock,
    set_quota,
)
from orchestrator.rehearsal.world import World

LARGE = Exhausted(provider="aws", region="us-east-1", machine_type="m7i.large")
SMALL = Exhausted(provider="aws", region="us-east-1", machine_type="m7i.small")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(id="0123abcd", folder=tmp_path, fleet="f", spec_path=Path("/f"), subnet=IPv4Network("10.213.9.0/24"))


def test_a_fresh_world_is_short_of_nothing(world: World) -> None:
    assert not is_exhausted(world, "aws", "us-east-1", "m7i.large")
    assert find_vcpu_quota(world, "aws", "us-east-1") is None


def test_what_is_exhausted_is_so_in_that_region_alone_until_it_is_restocked(world: World) -> None:
    exhaust(world, LARGE)
    exhaust(world, SMALL)
    exhaust(world, LARGE)
    assert is_exhausted(world, "aws", "us-east-1", "m7i.large")
    assert not is_exhausted(world, "aws", "eu-west-1", "m7i.large")
    assert not is_exhausted(world, "gcp", "us-east-1", "m7i.large")
    restock(world, LARGE)
    assert read_shortages(world).exhausted == (SMALL,)


def test_a_quota_takes_the_place_of_the_region_s_earlier_one(world: World) -> None:
    set_quota(world, Quota(provider="gcp", region="us-central1", vcpus=24))
    set_quota(world, Quota(provider="gcp", region="europe-west4", vcpus=8))
    set_quota(world, Quota(provider="gcp", region="us-central1", vcpus=2))
    assert find_vcpu_quota(world, "gcp", "us-central1") == 2
    assert find_vcpu_quota(world, "gcp", "europe-west4") == 8
