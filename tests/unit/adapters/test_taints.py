"""Where clouds refused of late: remembered until its time is over."""

from pathlib import Path

import pytest

from orchestrator.adapters.taints import add_taints, read_taints
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.taint import Taint


def make_taint(account: str, until: float) -> Taint:
    return Taint(account=account, region="r", code="no_room", until=until)


def test_taints_are_kept_until_their_time_is_over(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    assert read_taints(folder, 0.0) == ()
    add_taints(folder, [make_taint("b", 10.0), make_taint("a", 20.0)], 0.0)
    assert [taint.account for taint in read_taints(folder, 9.0)] == ["a", "b"]
    assert [taint.account for taint in read_taints(folder, 10.0)] == ["a"]
    assert add_taints(folder, [make_taint("a", 40.0)], 15.0) == (make_taint("a", 40.0),)


@pytest.mark.parametrize("text", ["", "{", "5", '[{"account": 5}]'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "taints.json").write_text(text)
    with pytest.raises(InvalidDocument, match="does not hold taints"):
        read_taints(tmp_path, 0.0)
