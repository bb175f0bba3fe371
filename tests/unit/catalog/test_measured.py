"""Measured times in place of published ones: the median of the newest, where there are enough."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from orchestrator.catalog.measured import ENOUGH, NEWEST, apply_measured
from orchestrator.model.client import Ready
from orchestrator.model.sync_record import SyncRecord
from tests.unit.placement.test_readiness import make_client

START = datetime(2026, 1, 1, tzinfo=UTC)


def make_record(hours: float, day: int = 0, network: str = "regtest", method: str = "genesis") -> SyncRecord:
    started = START + timedelta(days=day)
    ended = started + timedelta(hours=hours)
    return SyncRecord.model_validate(
        {"network": network, "methods": {"c": method}, "started": started, "behind": ended, "in_sync": ended}
    )


def find(*records: SyncRecord) -> Ready | None:
    return apply_measured({"c": make_client("c", "30")}, records)["c"].get_ready("regtest")


def test_enough_machines_take_the_place_of_what_was_published() -> None:
    ready = find(make_record(1), make_record(9, day=1), make_record(2, day=2))
    assert ready is not None
    assert (ready.hours, ready.gigabytes) == (Decimal(2), Decimal(100))
    assert ready.source == "median of 3 machines of this fleet"
    assert str(ready.dated) == "2026-01-03"


@pytest.mark.parametrize(
    "others",
    [
        [],
        [make_record(1, network="mainnet")] * ENOUGH,
        [make_record(1, method="snapshot")] * ENOUGH,
        [make_record(1).model_copy(update={"behind": None})] * ENOUGH,
        [make_record(1).model_copy(update={"in_sync": None})] * ENOUGH,
    ],
)
def test_too_few_of_the_same_kind_change_nothing(others: list[SyncRecord]) -> None:
    ready = find(*[make_record(1)] * (ENOUGH - 1), *others)
    assert ready is not None
    assert (ready.hours, ready.source) == (Decimal(30), "a book")


def test_the_newest_count() -> None:
    old = [make_record(50) for _ in range(NEWEST)]
    new = [make_record(2, day=9) for _ in range(NEWEST)]
    assert find(*new, *old) == find(*old, *new)
    ready = find(*old, *new)
    assert ready is not None
    assert ready.hours == 2


def test_a_client_of_which_nothing_was_published_is_known_once_it_is_measured() -> None:
    ready = apply_measured({"c": make_client("c")}, [make_record(0.001)] * 3)["c"].get_ready("regtest")
    assert ready is not None
    assert (ready.hours, ready.gigabytes) == (Decimal("0.01"), None)


def test_a_client_that_is_no_more_is_passed_over() -> None:
    assert apply_measured({}, [make_record(1)] * 3) == {}
