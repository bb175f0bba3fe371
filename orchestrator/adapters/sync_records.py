"""How long machines took to be in sync: a file beside the lock, shared like it; a machine a line."""

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orchestrator.documents.text_file import invalid, read_text, write_text
from orchestrator.model.sync_record import SyncRecords

SYNCS_NAME = "fleet.syncs.json"  # beside the spec
RECORDS = TypeAdapter(SyncRecords)


def read_sync_records(path: Path) -> SyncRecords:
    """Records by machine id, none where there is no file; InvalidDocument where it is not what this module writes."""
    if not path.exists():
        return {}
    try:
        return RECORDS.validate_json(read_text(path))
    except ValidationError:
        hint = "restore it from version control, or remove it: measured times are lost with it, and nothing else"
        raise invalid(path, "does not hold times to be in sync", hint) from None


def write_sync_records(path: Path, records: SyncRecords) -> None:
    """Writes the file whole, sorted, one machine a line, so that reviews and merges see single machines."""
    lines = ",\n".join(
        f"  {json.dumps(machine)}: {json.dumps(record.model_dump(mode='json', exclude_none=True))}"
        for machine, record in sorted(records.items())
    )
    write_text(path, f"{{\n{lines}\n}}\n")
