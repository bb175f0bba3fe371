"""The state backend is lost: `up` does not take it for a new fleet, `recover` rebuilds it and touches nothing."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rehearsed_fleet import COMMAND, Done, RehearsedFleet, make_fleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

LIFE = "cat /etc/machine-id /proc/sys/kernel/random/boot_id; systemctl show -p MainPID --value btcd"
SUBNET = "10.64.128.0/18"
STRAY = "9999"
MARK = "recovering"


@dataclass(frozen=True)
class Drill:
    """The fleet after its backend was lost, and what each command said then."""

    fleet: RehearsedFleet
    lives: dict[str, str]
    clouds: dict[Path, str]
    refused: Done
    killed: Done
    halted: str
    recovered: Done


def read_lives(fleet: RehearsedFleet) -> dict[str, str]:
    """What would be another if a machine had been made anew, booted again, or its client started again."""
    return {machine.machine: fleet.ask(machine, LIFE) for machine in fleet.lock.machines}


def read_clouds(fleet: RehearsedFleet) -> dict[Path, str]:
    """All that the rehearsed clouds remember."""
    return {path: path.read_text() for path in sorted((fleet.world_folder / "accounts").rglob("*.json"))}


def kill_recovery(fleet: RehearsedFleet) -> Done:
    """A recovery, killed as soon as it has begun to import."""
    settings, said = fleet.world_folder / "Pulumi.hetzner-a.yaml", fleet.folder / "said"
    with said.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "recover", "--rehearse"],
            cwd=fleet.folder,
            env=fleet.environment,
            stdout=subprocess.DEVNULL,
            stderr=file,
            start_new_session=True,
        )
    while MARK not in settings.read_text() and process.poll() is None:
        time.sleep(0.05)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    return Done(process.wait(), "", said.read_text())


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsedFleet]:
    """A fleet of its own, up: what is recovered knows no user data, so other tests of the state could not share it."""
    regions = {"hetzner-a": "fsn1", "hetzner-b": "hel1"}
    fleet = make_fleet("forgotten", tmp_path_factory.mktemp("loss"), regions, hosts=1, count=3)
    try:
        fleet.must("up", "--rehearse")
        yield fleet
    finally:
        assert fleet.clean() == []


@pytest.fixture(scope="module")
def drill(fleet: RehearsedFleet) -> Drill:
    """The state goes, and with it what one account's stack was configured with."""
    lives, clouds = read_lives(fleet), read_clouds(fleet)
    shutil.rmtree(fleet.world_folder / "state")
    (fleet.world_folder / "Pulumi.hetzner-b.yaml").unlink()
    refused = fleet.rehearse("up")
    killed = kill_recovery(fleet)
    halted = fleet.pulumi("preview", "--stack", "hetzner-a").stdout
    return Drill(fleet, lives, clouds, refused, killed, halted, fleet.rehearse("recover"))


@pytest.fixture
def incomplete(fleet: RehearsedFleet) -> Iterator[RehearsedFleet]:
    """One account without its state, without one subnet, and with a volume that no lock line has."""
    cloud = fleet.world_folder / "accounts" / "hetzner-b"
    (subnet,) = [path for path in (cloud / "networkSubnet").glob("*.json") if SUBNET in path.read_text()]
    (volume,) = (cloud / "volume").glob("*.json")
    removed = fleet.pulumi("stack", "rm", "hetzner-b", "--yes", "--force", "--preserve-config")
    assert removed.returncode == 0, removed.stderr
    subnet.unlink()
    stray = volume.with_name(f"{STRAY}.json")
    stray.write_text(volume.read_text().replace("forgotten-btc", "forgotten-stray"))
    yield fleet
    stray.unlink()


def list_names(found: list[dict[str, str]]) -> set[str]:
    return {each["name"] for each in found}


def test_up_does_not_take_a_lost_state_for_a_new_fleet(drill: Drill) -> None:
    assert drill.refused.code == 2, drill.refused.out + drill.refused.err
    said = drill.refused.err.splitlines()[-1]
    assert "is empty, but btc-" in said
    assert "answered before; nothing was changed (orchestrator recover" in said


def test_a_killed_recovery_goes_on(drill: Drill) -> None:
    assert drill.killed.code == -signal.SIGKILL, drill.killed.err
    assert "the recovery of this stack's state is not finished: run orchestrator recover again" in drill.halted
    assert drill.recovered.code == 0, drill.recovered.out + drill.recovered.err
    assert MARK not in (drill.fleet.world_folder / "Pulumi.hetzner-a.yaml").read_text()


def test_everything_is_in_the_state_again(drill: Drill) -> None:
    answer = drill.recovered.read()
    for account, stack in answer["stacks"].items():
        assert (stack["missing"], stack["orphans"], stack["error"]) == ([], [], None)
        machines = {machine.hostname for machine in drill.fleet.lock.get_machines(account)}
        assert machines <= list_names(stack["found"])
        previewed = drill.fleet.pulumi("preview", "--stack", account, "--expect-no-changes")
        assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    assert {*answer["stacks"], *answer["kept"]} == {"hetzner-a", "hetzner-b", "metal"}


def test_machines_and_clouds_are_as_they_were(drill: Drill) -> None:
    assert read_clouds(drill.fleet) == drill.clouds
    done = drill.fleet.rehearse("up")
    assert done.code == 0, done.out + done.err
    assert (done.read()["resources_changed"], done.read()["machines_configured"]) == (0, 0)
    assert read_lives(drill.fleet) == drill.lives


def test_machines_and_data_are_protected_again(drill: Drill) -> None:
    for account in ("hetzner-a", "hetzner-b"):
        protected = {name for name, each in drill.fleet.list_resources(account).items() if each.get("protect")}
        (machine,) = drill.fleet.lock.get_machines(account)
        assert protected == {machine.hostname, f"{machine.hostname}-volume"}


def test_a_state_that_is_there_is_never_overwritten(drill: Drill) -> None:
    done = drill.fleet.rehearse("recover")
    assert done.code == 2
    assert "no stack of fleet forgotten has lost its state; nothing was done" in done.err


def test_what_is_missing_and_what_nobody_knows_is_named(drill: Drill, incomplete: RehearsedFleet) -> None:
    done = incomplete.rehearse("recover")
    assert done.code == 3, done.out + done.err
    answer = done.read()
    stack = answer["stacks"]["hetzner-b"]
    assert stack["error"] is None
    assert sorted(answer["kept"]) == ["hetzner-a", "metal"]
    assert list_names(stack["missing"]) == {"subnet-us-west"}
    assert [(each["id"], each["name"]) for each in stack["orphans"]] == [(STRAY, "forgotten-stray-2-1")]
    assert not list((incomplete.world_folder / "accounts/hetzner-b/networkSubnet").glob("*10.64.128*"))
    up = incomplete.rehearse("up")
    assert up.code == 0, up.out + up.err
    assert up.read()["resources_changed"] == 1
