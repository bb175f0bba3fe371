"""One small rehearsed fleet for most tests of the stacks, a machine an account, up once; others place their own."""

import os
from collections.abc import Iterator

import pytest

from tests.rehearsed_fleet import RehearsedFleet, make_fleet


@pytest.fixture(scope="session")
def as_root() -> None:
    """Machines need root."""
    if os.geteuid() != 0:
        pytest.skip("machines need root")


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[RehearsedFleet]:
    """The shared fleet as it is after `place`; cleaned up at the end, whatever happened."""
    regions = {"hetzner-a": "fsn1", "hetzner-b": "hel1"}
    fleet = make_fleet("small", tmp_path_factory.mktemp("stacks"), regions, hosts=2, count=3)
    yield fleet
    assert fleet.clean() == []


@pytest.fixture(scope="session")
def raised() -> set[str]:
    """The names of the fleets that are up."""
    return set()


@pytest.fixture(scope="module")
def placed(rehearsed: RehearsedFleet) -> RehearsedFleet:
    """A fleet after `place`: the shared one, where a module has none of its own."""
    return rehearsed


@pytest.fixture(scope="module")
def fleet(placed: RehearsedFleet, raised: set[str]) -> RehearsedFleet:
    """The fleet, up. Tests leave the shared one as they found it, but those of test_lifecycle.py, which come last."""
    if placed.name not in raised:
        placed.must("up", "--rehearse")
        raised.add(placed.name)
    return placed
