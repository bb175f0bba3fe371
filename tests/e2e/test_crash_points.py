"""kill -9 of a command's whole process group, at each of thirty points: the same command goes on and converges.

The points of a stage follow one another: a command is killed, run again, killed at the next point, until at the end of
the stage it is left alone and must converge. So each point but the last is followed by a run that has to settle what
the kill left before it comes to its own. While the clouds are delayed, they have what the engine does not know of.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

from orchestrator.adapters.lease import MARK
from orchestrator.adapters.processes import find_marked
from orchestrator.adapters.rehearsal import prepare_rehearsal
from orchestrator.lockfile import read_lock
from orchestrator.rehearsal.delay import Delay, set_delay
from orchestrator.workflows.deployment import request_rehearsal
from orchestrator.workflows.inputs import Where, read_inputs
from tests.rehearsed_fleet import RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "hetzner-a"
LONGEST_SECONDS = 120.0
HELD_SECONDS = 600.0  # that the clouds hold back their answers: longer than any run


@dataclass(frozen=True)
class Point:
    """The `nth` progress of a phase with a status, and the files of the rehearsal that are there by then."""

    phase: str
    status: str
    nth: int = 1
    until: tuple[str, ...] = ()


def made(*files: str) -> tuple[str, ...]:
    """The rehearsed cloud's own files of resources."""
    return tuple(f"accounts/{ACCOUNT}/{file}.json" for file in files)


PREVIEW = Point("provision", "previewing")
FIRST = made("network/*", "sshKey/*", "firewall/*", "placementGroup/*")
SUBNETS = made(*(f"networkSubnet/*10.64.{third}.0*" for third in (0, 64, 128, 192)))

# Where the cloud has made something and the engine does not know of it yet.
UNRECORDED = {
    "previewing": PREVIEW,
    "network made": Point("provision", "previewing", until=made("network/*")),
    "keys and firewalls made": Point("provision", "previewing", until=FIRST),
    "subnets made": Point("provision", "previewing", until=SUBNETS),
    "server made": Point("provision", "previewing", until=made("server/*")),
    "volume made": Point("provision", "previewing", until=made("volume/*")),
    "volume attached": Point("provision", "previewing", until=made("attachment/*")),
}
# The same command's later parts, the clouds answering at once.
REACHED = {
    "adopted": Point("provision", "adopted"),
    "update begun": Point("provision", "^(create|same|update) "),
    "waiting for SSH": Point("reach", "waiting for SSH"),
    "between pin and host key": Point("reach", "waiting for SSH", until=("fleet.hostkeys.json",)),
    "reached": Point("reach", "reached"),
    "to be configured": Point("configure", "to be configured"),
    **{f"Ansible, event {number}": Point("configure", ": [a-z]+$", nth=number) for number in (3, 12, 21)},
    "in sync": Point("sync", "."),
}
# A node less: its machine is let go.
RETIRED = {
    "lock written, nothing applied": PREVIEW,
    "to be let go, applied": Point("provision", "changes made"),
    "evidence given, lock not written": Point("retire", "."),
    "lock written, nothing deleted": Point("provision", "previewing", nth=3),
    "deleting": Point("provision", "delete .* …"),
    "deleted in part": Point("provision", "delete .* done"),
}
REMOVED = {
    "down begun": Point("down", "release-machines"),
    "down: protection lifted": Point("provision", "update .* done"),
    "down: data alone declared": Point("down", "data"),
    "down: deleting": Point("provision", "delete .* …"),
    "down: deleted in part": Point("provision", "delete .* done", nth=3),
}
DELETED = {
    "delete data: begun": Point("provision", "delete .* …"),
    "delete data: in part": Point("provision", "delete .* done"),
}
UP = ("up", "--rehearse")
REBALANCE = ("rebalance", "--rehearse", "--hold", "0")
DOWN = ("down", "--rehearse", "--yes")
DELETE = ("down", "--rehearse", "--delete-data", "--confirm", "crashed")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsedFleet]:
    """A fleet of one machine at a cloud; its rehearsal is there, and nothing is provisioned."""
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    fleet = make_fleet("crashed", tmp_path_factory.mktemp("crashed"), {ACCOUNT: "fsn1"}, hosts=0, count=1)
    with fleet.at_home():
        prepare_rehearsal(request_rehearsal(read_inputs(Where(fleet.spec))))
    yield fleet
    assert fleet.clean() == []


@pytest.fixture(scope="module")
def fleet(alone: RehearsedFleet) -> RehearsedFleet:
    """The same fleet with a second machine, on an enrolled host."""
    grown = replace(alone, hosts=1)
    grown.write_spec(count=2)
    grown.must("place")
    return grown


def kill_at(fleet: RehearsedFleet, command: tuple[str, ...], point: Point) -> None:
    """Runs the command, which is killed at the point; what stands after any kill is held against it."""
    lock = fleet.lock_path.read_bytes()
    path = fleet.folder / "point.json"
    path.write_text(json.dumps(asdict(point) | {"until": [str(fleet.world_folder / each) for each in point.until]}))
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed_command", str(path), *command],
        cwd=fleet.folder,
        env={**fleet.environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        timeout=LONGEST_SECONDS,
    )
    assert done.returncode == -signal.SIGKILL, f"{point}: {done.returncode}: {done.stdout}{done.stderr}"
    assert read_lock(fleet.lock_path) is not None
    assert command == REBALANCE or fleet.lock_path.read_bytes() == lock
    assert list_doubles(fleet) == []


def list_cloud(fleet: RehearsedFleet) -> dict[tuple[str, str], str]:
    """The names of all that the rehearsed account has, by kind and file."""
    folder = fleet.world_folder / "accounts" / ACCOUNT
    return {
        (path.parent.name, path.stem): json.loads(path.read_text()).get("name", path.stem)
        for path in folder.glob("*/*.json")
    }


def list_doubles(fleet: RehearsedFleet) -> list[tuple[str, str]]:
    """Kinds and names that the rehearsed account has more than once."""
    counted = Counter((kind, name) for (kind, _), name in list_cloud(fleet).items())
    return [each for each, number in counted.items() if number > 1]


def converge(fleet: RehearsedFleet, command: tuple[str, ...]) -> str:
    """The same command, left alone: it comes to its end, and nothing is left of the kills. What it said."""
    done = fleet.run(*command)
    said = done.out + done.err
    assert done.code == 0, said
    assert "nobody's" not in said
    assert list_doubles(fleet) == []
    assert not any(find_marked(MARK, str(fleet.world_folder / "controller")))
    return said


def assert_as_declared(fleet: RehearsedFleet) -> None:
    """Machines, cloud and states are what the lock says, and another `up` changes nothing."""
    (world,) = fleet.must("rehearse", "list", "--format", "json").read()
    running = {machine["name"] for machine in world["machines"] if machine["running"]}
    wanted = {fleet.name_in_world(machine) for machine in fleet.lock.machines}
    hosts = {f"metal-metal-{number}" for number in range(1, fleet.hosts + 1)}
    assert running == wanted | hosts
    servers = sorted(name for (kind, _), name in list_cloud(fleet).items() if kind == "server")
    assert servers == sorted(fleet.name_in_world(machine) for machine in fleet.lock.get_machines(ACCOUNT))
    for account in (ACCOUNT, "metal"):
        assert "pending_operations" not in json.loads(fleet.export(account))["deployment"]
        previewed = fleet.pulumi("preview", "--expect-no-changes", "--stack", account)
        assert previewed.returncode == 0, previewed.stdout + previewed.stderr


@pytest.mark.parametrize("name", UNRECORDED)
def test_killed_while_a_cloud_answers(alone: RehearsedFleet, name: str) -> None:
    set_delay(alone.world, Delay(seconds=HELD_SECONDS))
    try:
        kill_at(alone, UP, UNRECORDED[name])
    finally:
        set_delay(alone.world, Delay())


@pytest.mark.parametrize("name", REACHED)
def test_killed_on_the_way(fleet: RehearsedFleet, name: str) -> None:
    kill_at(fleet, UP, REACHED[name])


def test_up_converges(fleet: RehearsedFleet) -> None:
    lock = fleet.lock_path.read_bytes()
    converge(fleet, UP)
    assert fleet.lock_path.read_bytes() == lock
    assert_as_declared(fleet)
    assert "nothing to change; 2 of 2" in fleet.must(*UP).out


@pytest.mark.parametrize("name", RETIRED)
def test_rebalance_killed(fleet: RehearsedFleet, name: str) -> None:
    fleet.write_spec(count=1)
    kill_at(fleet, REBALANCE, RETIRED[name])


def test_rebalance_converges(fleet: RehearsedFleet) -> None:
    converge(fleet, REBALANCE)
    assert [machine.machine for machine in fleet.lock.machines] == ["btc-1.1"]
    assert [line.retired for line in fleet.lock.retired] == ["btc-2.1"]
    assert_as_declared(fleet)


@pytest.mark.parametrize("name", REMOVED)
def test_down_killed(fleet: RehearsedFleet, name: str) -> None:
    kill_at(fleet, DOWN, REMOVED[name])


def test_down_converges(fleet: RehearsedFleet) -> None:
    converge(fleet, DOWN)
    assert {kind for kind, _ in list_cloud(fleet)} == {"volume"}


@pytest.mark.parametrize("name", DELETED)
def test_deleting_the_data_killed(fleet: RehearsedFleet, name: str) -> None:
    kill_at(fleet, DELETE, DELETED[name])


def test_deleting_the_data_converges(fleet: RehearsedFleet) -> None:
    converge(fleet, DELETE)
    assert list_cloud(fleet) == {}
    assert json.loads(fleet.pulumi("stack", "ls", "--json").stdout) == []


def test_there_are_thirty_points() -> None:
    assert sum(map(len, (UNRECORDED, REACHED, RETIRED, REMOVED, DELETED))) >= 30
