"""A genesis is made once, whole or not at all, by the program that the network's file names."""

from pathlib import Path

import pytest

from orchestrator.adapters.genesis import ensure_genesis
from orchestrator.model.development_network import DevelopmentNetwork
from orchestrator.model.errors import RemoteFailure

NETWORK = DevelopmentNetwork(
    chain="sample",
    network="dev",
    version="1",
    artifacts={"go": {}},
    inputs={"rules": "4 s a slot\n", "draft": "not for machines\n"},
    command=("{programs}/make", "--time={now}"),
    files=("rules", "genesis"),
)


def write_program(folder: Path, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "make").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "make").chmod(0o755)
    return folder


def test_it_is_made_once_of_the_inputs_and_the_time(tmp_path: Path) -> None:
    programs = write_program(tmp_path / "programs", 'umask 077; cat rules draft > genesis; echo "$1" >> genesis')
    folder = ensure_genesis(NETWORK, programs, tmp_path / "fleet.genesis" / "sample-dev", now=100)
    assert sorted(path.name for path in folder.iterdir()) == ["genesis", "rules"]
    assert (folder / "genesis").read_text() == "4 s a slot\nnot for machines\n--time=100\n"
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in folder.iterdir())
    ensure_genesis(NETWORK, programs, folder, now=200)
    assert (folder / "genesis").read_text().endswith("--time=100\n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo it does not add up >&2; exit 3", "make ended with exit code 3: it does not add up"),
        ("echo nothing done", "make made no genesis: nothing done"),
    ],
)
def test_a_program_that_fails_leaves_nothing(tmp_path: Path, body: str, words: str) -> None:
    folder = tmp_path / "sample-dev"
    with pytest.raises(RemoteFailure, match=words):
        ensure_genesis(NETWORK, write_program(tmp_path / "programs", body), folder, now=100)
    assert not folder.exists()
    ensure_genesis(NETWORK, write_program(tmp_path / "programs", "touch genesis"), folder, now=100)
    assert (folder / "genesis").exists()


def test_what_a_killed_run_left_is_no_genesis(tmp_path: Path) -> None:
    draft = tmp_path / ".sample-dev.draft"
    draft.mkdir()
    (draft / "half").write_text("a killed run's")
    folder = ensure_genesis(NETWORK, write_program(tmp_path / "p", "touch genesis"), tmp_path / "sample-dev", now=1)
    assert not (folder / "half").exists()
