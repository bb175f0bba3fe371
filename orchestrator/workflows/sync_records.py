"""Measures how long new machines take to be in sync, from looks that `up` takes anyway."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.adapters.sync_records import read_sync_records, write_sync_records
from orchestrator.model.client import ClientFacts
from orchestrator.model.health import Observation
from orchestrator.model.lock import Machine
from orchestrator.reconcile.status import Look
from orchestrator.reconcile.sync_records import note_look, note_starts

# How often it is written down that machines are still behind: what a killed command loses of it.
WRITTEN_EVERY = timedelta(minutes=1)


def record_starts(
    path: Path, machines: Iterable[Machine], observed: Iterable[Observation], clients: Mapping[str, ClientFacts]
) -> None:
    """Writes down those machines that are seen bare for the first time, before anything is put on them."""
    before = read_sync_records(path)
    after = note_starts(before, machines, observed, clients, datetime.now(UTC))
    if after != before:
        write_sync_records(path, after)


def record_looks(path: Path, take_look: Callable[[], Look]) -> Callable[[], Look]:
    """`take_look`, with what it shows of machines on record written down."""
    records = read_sync_records(path)
    written, at = records, datetime.now(UTC)

    def look() -> Look:
        nonlocal records, written, at
        seen, now = take_look(), datetime.now(UTC)
        records = note_look(records, seen, now)
        came = {name for name, record in records.items() if record.in_sync}
        fresh = came != {name for name, record in written.items() if record.in_sync}
        if records != written and (fresh or now - at >= WRITTEN_EVERY):
            write_sync_records(path, records)
            written, at = records, now
        return seen

    return look
