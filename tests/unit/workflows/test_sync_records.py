"""What `up` sees of new machines is on disk, and placement reads it from beside the spec."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.adapters.sync_records import SYNCS_NAME, read_sync_records, write_sync_records
from orchestrator.model.health import Observation
from orchestrator.reconcile.status import Look
from orchestrator.reconcile.sync import SyncVerdict
from orchestrator.workflows import sync_records
from orchestrator.workflows.inputs import Where, read_inputs
from orchestrator.workflows.place import place
from orchestrator.workflows.sync_records import record_looks, record_starts
from tests.unit.catalog.test_measured import make_record
from tests.unit.machines import make_machine
from tests.unit.placement.test_readiness import make_client
from tests.unit.specs import write_spec

MACHINES = [make_machine(f"btc-{number}.1", clients={"node": "btcd"}) for number in (1, 2)]


def show(**in_sync: bool) -> Look:
    verdicts = {
        f"btc-{number}.1": SyncVerdict(machine=f"btc-{number}.1", in_sync=in_sync[f"m{number}"]) for number in (1, 2)
    }
    return Look({name: Observation(machine=name, digest="sha256:1") for name in verdicts}, verdicts)


def test_looks_are_written_where_a_machine_comes_in_sync_and_not_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / SYNCS_NAME
    record_starts(
        path, MACHINES, [Observation(machine=each.machine) for each in MACHINES], {"btcd": make_client("btcd")}
    )
    started = read_sync_records(path)
    assert set(started) == {"btc-1.1", "btc-2.1"}
    seen = show(m1=False, m2=False)
    look = record_looks(path, lambda: seen)
    assert look() is seen
    assert read_sync_records(path) == started
    seen = show(m1=True, m2=False)
    look()
    records = read_sync_records(path)
    assert records["btc-1.1"].in_sync is not None
    assert records["btc-2.1"].in_sync is None
    assert records["btc-2.1"].behind is not None
    monkeypatch.setattr(sync_records, "WRITTEN_EVERY", timedelta(0))
    look()
    assert read_sync_records(path)["btc-2.1"].behind != records["btc-2.1"].behind


def test_placement_reads_them_from_beside_the_spec_and_moves_nothing_for_them(tmp_path: Path) -> None:
    where = Where(write_spec(tmp_path))
    published = read_inputs(where)
    (unknown,) = place(published).plan.syncs
    assert unknown.hours is None
    record = make_record(2).model_copy(update={"methods": {"btcd": "genesis"}})
    write_sync_records(tmp_path / SYNCS_NAME, {f"btc-{number}.1": record for number in range(3)})
    measured = read_inputs(where)
    placed = place(measured)
    (sync,) = placed.plan.syncs
    assert (sync.hours, sync.sources) == (Decimal(2), ("median of 3 machines of this fleet (2026-01-01)",))
    assert placed.lock == place(published).lock
