"""Worlds with real bridges: made twice, cleaned twice, cleaned after kill -9 at any moment."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from orchestrator.rehearsal.machine import create_machine
from orchestrator.rehearsal.network import has_link
from orchestrator.rehearsal.world import World, clean_world, clean_world_id, create_world, list_world_ids
from tests.machines.conftest import Reach, list_remains

pytestmark = pytest.mark.machines

CREATE_ALL = """
import sys
from concurrent.futures import ThreadPoolExecutor
from orchestrator.rehearsal.machine import NewMachine, create_machine
from orchestrator.rehearsal.world import open_world

world = open_world(sys.argv[1])
specs = [NewMachine.model_validate_json(line) for line in sys.stdin]
print("ready", flush=True)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda spec: create_machine(world, spec), specs))
"""


def test_a_world_is_made_once_and_cleaned_for_good(world: World) -> None:
    assert create_world(world.fleet, world.spec_path) == world
    assert has_link(world.bridge)
    clean_world(world)
    assert list_remains(world) == []
    clean_world(world)


def test_a_lost_bridge_comes_back(world: World) -> None:
    subprocess.run(["ip", "link", "delete", world.bridge], check=True)
    create_world(world.fleet, world.spec_path)
    assert has_link(world.bridge)


def test_worlds_do_not_overlap(world: World) -> None:
    other = create_world("other", world.spec_path)
    try:
        assert not other.subnet.overlaps(world.subnet)
        assert set(list_world_ids()) == {world.id, other.id}
    finally:
        clean_world(other)


def test_machines_are_found_without_any_record(world: World, make_spec: Callable[..., Reach]) -> None:
    reach = make_spec("metal-1")
    create_machine(world, reach.spec)
    reach.ask("true")
    (world.machines_folder / "metal-1" / "machine.json").unlink()
    (world.folder / "world.json").unlink()
    clean_world_id(world.id)
    assert list_remains(world) == []


@pytest.mark.parametrize("seed", range(6))
def test_kill_minus_nine_while_creating_leaves_nothing(
    world: World, make_spec: Callable[..., Reach], seed: int
) -> None:
    reaches = [make_spec(f"metal-{number}") for number in range(3)]
    lines = "".join(json.dumps(reach.spec.model_dump(mode="json")) + "\n" for reach in reaches)
    child = subprocess.Popen(
        [sys.executable, "-c", CREATE_ALL, world.id], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(lines)
    child.stdin.close()
    assert child.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).uniform(0.0, 0.5))
    child.send_signal(signal.SIGKILL)
    child.wait()
    if seed % 2:  # the same call again completes what was begun
        for reach in reaches:
            create_machine(world, reach.spec)
            reach.ask("true")
    clean_world(world)
    assert list_remains(world) == []
