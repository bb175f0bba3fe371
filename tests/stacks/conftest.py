"""One small rehearsed fleet for all tests of the stacks: a machine an account, up once."""

import os
from collections.abc import Iterator

import pytest

from tests.rehearsed_fleet import RehearsedFleet, make_fleet


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsedFleet]:
    """The fleet as it is after `place`; cleaned up at the end, whatever happened."""
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    regions = {"hetzner-a": "fsn1", "hetzner-b": "hel1"}
    fleet = make_fleet("small", tmp_path_factory.mktemp("stacks"), regions, hosts=2, count=3)
    yield fleet
    assert fleet.clean() == []


@pytest.fixture(scope="session")
def fleet(rehearsed: RehearsedFleet) -> RehearsedFleet:
    """The fleet, up. Tests leave it as they found it, but those of test_lifecycle.py, which come last."""
    rehearsed.must("up", "--rehearse")
    return rehearsed
