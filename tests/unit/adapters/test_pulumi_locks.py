"""What a killed engine left behind in a backend of local files: locks, and half-written attributes."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.pulumi import PulumiProject, mend_local_state, remove_dead_locks


@pytest.fixture
def engines() -> Iterator[dict[str, int]]:
    """Processes by what became of them; what lives calls itself pulumi, as the engine does."""
    dead, zombie = subprocess.Popen(["true"]), subprocess.Popen(["true"])
    alive = subprocess.Popen(["pulumi", "60"], executable="/bin/sleep")
    other = subprocess.Popen(["sleep", "60"])
    dead.wait()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays unreaped
    yield {"dead": dead.pid, "zombie": zombie.pid, "alive": alive.pid, "other": other.pid}
    zombie.wait()
    for process in (alive, other):
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("holder", "stays"),
    [
        ({"pid": "dead", "hostname": "here"}, False),
        ({"pid": "alive", "hostname": "here"}, True),
        ({"pid": "zombie", "hostname": "here"}, False),
        ({"pid": "other", "hostname": "here"}, False),  # another program got the engine's number since
        ({"pid": "dead", "hostname": "elsewhere.invalid"}, True),
        ({"nobody": 1}, True),
    ],
)
def test_only_locks_of_the_dead_on_this_computer_go(
    tmp_path: Path, holder: dict[str, object], stays: bool, engines: dict[str, int]
) -> None:
    told = {"here": socket.gethostname(), **engines}
    lock = tmp_path / ".pulumi" / "locks" / "organization" / "project" / "alpha" / "1.json"
    other = lock.parent.parent / "beta" / "1.json"
    for path in (lock, other):
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({key: told.get(str(value), value) for key, value in holder.items()}))
    remove_dead_locks(PulumiProject(tmp_path, {"PULUMI_BACKEND_URL": f"file://{tmp_path}"}), "alpha")
    assert lock.exists() is stays
    assert other.exists()


def test_other_backends_are_left_alone(tmp_path: Path) -> None:
    remove_dead_locks(PulumiProject(tmp_path, {"PULUMI_BACKEND_URL": "s3://bucket"}), "alpha")


@pytest.mark.parametrize("suffix", ["", "?metadata=skip"])
def test_empty_attributes_go_and_all_else_stays(tmp_path: Path, suffix: str) -> None:
    stacks = tmp_path / ".pulumi" / "stacks" / "project"
    stacks.mkdir(parents=True)
    contents = {"alpha.json": "{}", "alpha.json.attrs": "", "beta.json": "", "beta.json.attrs": '{"md5": ""}'}
    for name, text in contents.items():
        (stacks / name).write_text(text)
    mend_local_state(PulumiProject(tmp_path, {"PULUMI_BACKEND_URL": f"file://{tmp_path}{suffix}"}))
    assert {path.name for path in stacks.iterdir()} == set(contents) - {"alpha.json.attrs"}


def test_nothing_is_mended_elsewhere(tmp_path: Path) -> None:
    mend_local_state(PulumiProject(tmp_path, {"PULUMI_BACKEND_URL": "s3://bucket"}))
    mend_local_state(PulumiProject(tmp_path, {"PULUMI_BACKEND_URL": f"file://{tmp_path}/nowhere"}))
