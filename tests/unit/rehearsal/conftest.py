"""A world for the rehearsed clouds, without any machine."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from orchestrator.rehearsal.stored import write_value
from orchestrator.rehearsal.world import World, find_worlds_folder


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with the folders of two accounts, in a state folder of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = find_worlds_folder() / "0123abcd"
    made = World(id="0123abcd", folder=folder, fleet="f", spec_path=Path("/f"), subnet=IPv4Network("10.213.9.0/24"))
    for inner in ("machines", "volumes", "accounts/alpha", "accounts/beta"):
        (folder / inner).mkdir(parents=True)
    write_value(folder / "world.json", made)
    return made
