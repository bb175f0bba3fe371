"""The baseline's file: written sorted, a finding a line, and read with the line of each."""

from pathlib import Path

import pytest

from orchestrator.adapters.baseline import read_baseline, write_baseline
from orchestrator.model.baseline import BaselineEntry
from orchestrator.model.errors import InvalidDocument


def test_what_was_written_is_read_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    entries = [
        BaselineEntry(fingerprint="b" * 32, rule="skew", subject='a "quoted", ü'),
        BaselineEntry(fingerprint="a" * 32, rule="cap", subject="btc, provider acme"),
    ]
    write_baseline(path, entries)
    assert {known: source.line for known, source in read_baseline(path).items()} == {"a" * 32: 4, "b" * 32: 5}
    text = path.read_text(encoding="utf-8")
    write_baseline(path, reversed(entries))
    assert path.read_text(encoding="utf-8") == text


def test_an_empty_one_excuses_nothing(tmp_path: Path) -> None:
    write_baseline(tmp_path / "known.json", [])
    assert read_baseline(tmp_path / "known.json") == {}


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2, "findings": []}', '{"findings": [{"rule": "cap"}]}'])
def test_what_is_none_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDocument, match="is no baseline"):
        read_baseline(path)
