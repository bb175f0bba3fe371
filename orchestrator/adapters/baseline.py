"""The baseline as a file: a finding a line, so that reviews and merges see single findings."""

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from orchestrator.documents.text_file import invalid, read_text, write_text
from orchestrator.model.baseline import Baseline, BaselineEntry, BaselineFile
from orchestrator.model.source import Source


def read_baseline(path: Path) -> Baseline:
    """The fingerprints in the file; InvalidDocument where it is missing or not what this module writes."""
    text = read_text(path)
    try:
        found = BaselineFile.model_validate_json(text)
    except ValidationError:
        hint = "write it anew with --write-baseline, or restore it from version control"
        raise invalid(path, "is no baseline", hint) from None
    lines = text.split("\n")
    return {entry.fingerprint: Source.at(path, _find_line(lines, entry.fingerprint)) for entry in found.findings}


def _find_line(lines: list[str], fingerprint: str) -> int:
    return next((number for number, line in enumerate(lines, start=1) if fingerprint in line), 1)


def write_baseline(path: Path, entries: Iterable[BaselineEntry]) -> None:
    """Writes the file whole, sorted by rule and subject."""
    ordered = sorted(entries, key=lambda entry: (entry.rule, entry.subject, entry.fingerprint))
    lines = ",\n".join(f"    {json.dumps(entry.model_dump(), ensure_ascii=False)}" for entry in ordered)
    findings = f"[\n{lines}\n  ]" if lines else "[]"
    write_text(path, f'{{\n  "format": 1,\n  "findings": {findings}\n}}\n')
