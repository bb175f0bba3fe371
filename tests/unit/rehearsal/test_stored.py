"""Records on disk."""

from pathlib import Path

import pytest

from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument
from orchestrator.rehearsal.stored import read_value, write_value


class Thing(Frozen):
    name: str


def test_a_value_comes_back_and_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "thing.json"
    assert read_value(path, Thing) is None
    write_value(path, Thing(name="a"))
    write_value(path, Thing(name="b"))
    assert read_value(path, Thing) == Thing(name="b")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["thing.json"]


@pytest.mark.parametrize("text", ["", "{", '{"name": 1}', '{"name": "a", "more": 1}'])
def test_a_damaged_record_names_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "thing.json"
    path.write_text(text)
    with pytest.raises(InvalidDocument, match=r"thing\.json.*clean"):
        read_value(path, Thing)
