"""The identities that were last told: kept whole, and made again where the file is lost or spoilt."""

from pathlib import Path

import pytest

from orchestrator.adapters.identities import read_identities, write_identities


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "controller" / "identities.json"
    assert read_identities(path) == {}
    told = {"eth-1.1": {"geth": "ab12", "prysm": "16Uiu2"}, "eth-2.1": {"geth": "cd34"}}
    write_identities(path, told)
    assert read_identities(path) == told
    assert [each.name for each in path.parent.iterdir()] == ["identities.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"eth-1.1": {"geth": "ab --rpc"}}', '{"eth-1.1": "ab"}'])
def test_a_spoilt_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "identities.json").write_text(text)
    assert read_identities(tmp_path / "identities.json") == {}
