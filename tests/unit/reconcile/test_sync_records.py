"""From looks at new machines to times: from when nothing was on them until they were first seen in sync."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.model.health import ClientHealth, Observation
from orchestrator.model.sync_record import SyncRecord, SyncRecords
from orchestrator.reconcile.status import Look
from orchestrator.reconcile.sync import SyncVerdict
from orchestrator.reconcile.sync_records import note_look, note_starts
from tests.unit.machines import make_machine
from tests.unit.placement.test_readiness import make_client

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MACHINE = make_machine("btc-1.1", clients={"node": "btcd"})
CLIENTS = {"btcd": make_client("btcd", "1")}
BARE = Observation(machine="btc-1.1")
ANSWERS = Observation(
    machine="btc-1.1", digest="sha256:1", clients=(ClientHealth(role="node", client="btcd", active=True),)
)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def start(*observed: Observation) -> SyncRecords:
    return note_starts({}, [MACHINE], observed, CLIENTS, START)


def look_at(records: SyncRecords, minutes: float, *, in_sync: bool, observation: Observation = ANSWERS) -> SyncRecords:
    verdict = SyncVerdict(machine="btc-1.1", in_sync=in_sync)
    return note_look(records, Look({"btc-1.1": observation}, {"btc-1.1": verdict}), after(minutes))


def test_a_machine_with_nothing_on_it_starts_its_time_once() -> None:
    records = start(BARE)
    record = records["btc-1.1"]
    assert (record.network, record.methods, record.started) == ("regtest", {"btcd": "genesis"}, START)
    assert note_starts(records, [MACHINE], [BARE], CLIENTS, after(5)) == records


@pytest.mark.parametrize("observation", [ANSWERS, Observation(machine="btc-1.1", error="no route")])
def test_one_that_stands_already_or_does_not_answer_is_not_measured(observation: Observation) -> None:
    assert start(observation) == {}


def test_its_time_ends_where_it_is_first_seen_in_sync() -> None:
    records = start(BARE)
    for minutes in (1, 59):
        records = look_at(records, minutes, in_sync=False)
        assert records["btc-1.1"].time is None
    records = look_at(records, 60, in_sync=True)
    assert records["btc-1.1"].time == timedelta(hours=1)
    assert look_at(records, 90, in_sync=True) == look_at(records, 90, in_sync=False) == records


@pytest.mark.parametrize(("last", "known"), [(54, True), (53.9, False), (None, False)])
def test_a_time_that_nobody_watched_the_end_of_is_none(last: float | None, known: bool) -> None:
    records = start(BARE)
    if last is not None:
        records = look_at(records, last, in_sync=False)
    assert (look_at(records, 60, in_sync=True)["btc-1.1"].time is not None) == known


def test_one_that_is_in_sync_at_the_first_look_took_at_most_as_long() -> None:
    assert look_at(start(BARE), 5, in_sync=True)["btc-1.1"].time == timedelta(minutes=5)
    assert look_at(start(BARE), 5.1, in_sync=True)["btc-1.1"].time is None


def test_a_machine_that_does_not_answer_was_not_seen_behind() -> None:
    silent = Observation(machine="btc-1.1", error="no route")
    records = look_at(start(BARE), 59, in_sync=False, observation=silent)
    assert records["btc-1.1"].behind is None


def test_what_is_gone_is_kept_where_it_was_measured_and_else_forgotten() -> None:
    pending = start(BARE)
    assert note_look(pending, Look({}, {}), after(9)) == {}
    done: dict[str, SyncRecord] = look_at(pending, 9, in_sync=True)
    assert note_look(done, Look({}, {}), after(10)) == done
