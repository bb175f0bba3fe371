"""One controller at a time, also when the one before was killed; what it left at work ends first."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.adapters.lease import MARK, Holder, hold_lease, read_holder
from orchestrator.adapters.processes import find_marked, read_process
from orchestrator.model.errors import Busy

HOLD = """
import subprocess, sys
from pathlib import Path
from orchestrator.adapters.lease import hold_lease
with hold_lease(Path(sys.argv[1]), "up"):
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease, and has started a child that outlives it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()
        holder.wait()


def make_holder(**given: object) -> Holder:
    return Holder.model_validate(
        {
            "token": 1,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": 1,
            "command": "up",
            "since": "2026-11-23T08:00:00+00:00",
            **given,
        }
    )


def test_a_second_holder_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    with (
        hold_lease(folder, "up"),
        pytest.raises(Busy, match="another orchestrator command"),
        hold_lease(folder, "down"),
    ):
        pytest.fail("held twice")
    with hold_lease(folder, "down"):
        pass


def test_the_refusal_says_who_is_at_work(tmp_path: Path) -> None:
    with another_holder(tmp_path) as other:
        with pytest.raises(Busy) as caught, hold_lease(tmp_path, "down"):
            pytest.fail("held twice")
        said = str(caught.value)
    assert f"orchestrator up, process {other.pid} on {socket.gethostname()}, since 20" in said


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold_lease(tmp_path, "up"):
        raise KeyError("x")
    with hold_lease(tmp_path, "up"):
        pass


def test_two_fleets_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with hold_lease(tmp_path / "a", "up"), hold_lease(tmp_path / "b", "up"):
        pass


def test_a_killed_holder_lets_go_and_what_it_started_is_ended_first(tmp_path: Path) -> None:
    with another_holder(tmp_path) as holder:
        (child,) = (process for process in find_marked(MARK, str(tmp_path)) if process.pid != holder.pid)
        holder.kill()
        holder.wait()
        assert read_process(child.pid) == child
        with hold_lease(tmp_path, "up"):
            assert read_process(child.pid) is None


def test_children_of_a_living_holder_are_left_alone(tmp_path: Path) -> None:
    with another_holder(tmp_path):
        before = set(find_marked(MARK, str(tmp_path)))
        with pytest.raises(Busy), hold_lease(tmp_path, "up"):
            pytest.fail("held twice")
        assert set(find_marked(MARK, str(tmp_path))) == before != set()


def test_every_holder_has_a_higher_token_than_the_one_before(tmp_path: Path) -> None:
    tokens = []
    for _ in range(3):
        with hold_lease(tmp_path, "up") as lease:
            tokens.append(lease.holder.token)
    with another_holder(tmp_path):
        pass
    with hold_lease(tmp_path, "up") as lease:
        lease.raise_token(100)
    with hold_lease(tmp_path, "up") as lease:
        tokens.append(lease.holder.token)
    assert tokens == [1, 2, 3, 101]


def test_an_unreadable_record_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "lease.json").write_text('{"token": ')
    with hold_lease(tmp_path, "up") as lease:
        assert lease.holder.token == 1


def test_the_record_says_how_it_ended(tmp_path: Path) -> None:
    with hold_lease(tmp_path, "up") as lease:
        lease.at_release((tmp_path / "released").touch)
        found = read_holder(tmp_path / "lease.json")
        assert found == lease.holder
        assert not (tmp_path / "released").exists()
    assert (tmp_path / "released").exists()
    assert json.loads((tmp_path / "lease.json").read_text())["released"] is True
    assert MARK not in os.environ


@pytest.mark.parametrize(
    ("holder", "dead"),
    [
        (make_holder(), True),  # its number belongs to this process, which began at another time
        (make_holder(pid=2**22 + 1), True),
        (make_holder(host="elsewhere.invalid"), False),
        (make_holder(host="elsewhere.invalid", released=True), True),
        (make_holder(started=None), False),
    ],
)
def test_only_the_dead_of_this_computer_are_known_to_be_dead(holder: Holder, dead: bool) -> None:
    assert holder.is_dead() is dead


def test_this_process_is_alive(tmp_path: Path) -> None:
    with hold_lease(tmp_path, "up") as lease:
        assert not lease.holder.is_dead()
