"""`orchestrator up` killed at some moment: the same command converges, makes nothing twice, and leaves no orphans."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsed_fleet import COMMAND, RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

SEED = 20261123
LONGEST_DELAY = 3.0
PATIENCE_SECONDS = 120.0


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[RehearsedFleet]:
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    made = make_fleet("killed", tmp_path, {"hetzner-a": "fsn1"}, hosts=1, count=2)
    yield made
    assert made.clean() == []


def kill_up(fleet: RehearsedFleet, sign: str, delay: float) -> None:
    """Starts `up`, and kills its whole process group `delay` seconds after it has said `sign`."""
    log = fleet.folder / "killed.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*COMMAND, "up", "--rehearse"],
            cwd=fleet.folder,
            env=fleet.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while sign not in log.read_text() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, log.read_text()


def test_killed_up_converges(fleet: RehearsedFleet) -> None:
    """Killed while it previews, and again while it configures."""
    chance = random.Random(SEED)
    lock = fleet.lock_path.read_bytes()
    for sign in ("previewing", "to be configured"):
        kill_up(fleet, sign, chance.uniform(0, LONGEST_DELAY))
    done = fleet.rehearse("up")
    assert done.code == 0, done.out + done.err
    assert done.read()["machines"]["wanted"] == 2
    assert fleet.lock_path.read_bytes() == lock
    (world,) = fleet.must("rehearse", "list", "--format", "json").read()
    names = [fleet.name_in_world(machine) for machine in fleet.lock.machines]
    assert [(machine["name"], machine["running"]) for machine in world["machines"]] == [
        (n, True) for n in sorted(names)
    ]
    assert "nothing to change; 2 of 2" in fleet.must("up", "--rehearse").out


def test_up_killed_while_the_engine_creates_is_not_locked_out(fleet: RehearsedFleet) -> None:
    """Killed while the engine creates: its lock is removed, and whatever does not come up is named.

    Creates that happened without being recorded are not adopted yet; the cloud refuses to make them twice.
    """
    kill_up(fleet, "create", 0.0)
    done = fleet.rehearse("up")
    said = done.out + done.err
    assert done.code in (0, 3), said
    told = done.read()
    assert not any("currently locked" in why for why in told["failures"].values()), said
    assert done.code == 0 or told["failures"] or told["behind"], said
