"""Locks that a killed engine left behind."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from orchestrator.adapters.pulumi import PulumiProject, remove_dead_locks


def find_dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("holder", "stays"),
    [
        ({"pid": "dead", "hostname": "here"}, False),
        ({"pid": os.getpid(), "hostname": "here"}, True),
        ({"pid": "dead", "hostname": "elsewhere.invalid"}, True),
        ({"nobody": 1}, True),
    ],
)
def test_only_locks_of_the_dead_on_this_computer_go(tmp_path: Path, holder: dict[str, object], stays: bool) -> None:
    told = {"dead": find_dead_pid(), "here": socket.gethostname()}
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
