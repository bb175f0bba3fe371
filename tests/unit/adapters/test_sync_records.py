"""The file of times to be in sync: a machine a line, read back as it was written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.adapters.sync_records import read_sync_records, write_sync_records
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.sync_record import SyncRecord

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
RECORD = SyncRecord(network="regtest", methods={"btcd": "genesis"}, started=START)


def test_records_are_read_back_as_they_were_written_a_machine_a_line(tmp_path: Path) -> None:
    path = tmp_path / "fleet.syncs.json"
    records = {"b-1.1": RECORD, "a-1.1": RECORD.see(START, in_sync=True)}
    write_sync_records(path, records)
    assert read_sync_records(path) == records
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line[:10] for line in lines] == ["{", '  "a-1.1":', '  "b-1.1":', "}"]
    assert '"behind"' not in lines[2]


def test_no_file_is_no_record(tmp_path: Path) -> None:
    assert read_sync_records(tmp_path / "fleet.syncs.json") == {}


NAIVE = '{"a": {"network": "x", "methods": {}, "started": "2026-11-23T12:00:00"}}'


@pytest.mark.parametrize("text", ["", "[]", '{"a": {"network": "x"}}', NAIVE])
def test_another_file_is_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fleet.syncs.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDocument, match="does not hold times to be in sync"):
        read_sync_records(path)
