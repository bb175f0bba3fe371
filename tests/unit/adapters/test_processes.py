"""What is told from /proc: start times, the dead, and processes by a mark in their environment."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from orchestrator.adapters.processes import Process, end_marked, find_marked, kill, parse_stat, read_process

MARK = "ORCHESTRATOR_TEST_MARK"
PARENT = "import subprocess, sys; subprocess.Popen(['sleep', '60']); print('started', flush=True); sys.stdin.read()"


def stat_line(name: str, state: str) -> str:
    return f"42 ({name}) {state} 1 42 42 0 -1 4194560 " + " ".join(str(number) for number in range(10, 30))


@pytest.mark.parametrize("name", ["sh", "a b", "(sd-pam)", "x) S 1 2 (y", ""])
def test_the_start_time_is_found_whatever_the_name(name: str) -> None:
    fields = "42 (x) S 1 42 42 0 -1 4194560 100 200 0 0 5 6 7 8 20 0 1 0 987654 12345 678"
    assert parse_stat(fields.replace("(x)", f"({name})")) == Process(pid=42, started=987654)


@pytest.mark.parametrize("state", ["Z", "X"])
def test_the_dead_are_no_processes(state: str) -> None:
    assert parse_stat(stat_line("sh", state)) is None


def test_this_process_is_alive_and_the_same_each_time() -> None:
    found = read_process(os.getpid())
    assert found is not None
    assert found == read_process(os.getpid())
    assert read_process(2**22 + 1) is None


@pytest.fixture
def marked() -> Iterator[subprocess.Popen[str]]:
    """A process with a child that left its group, both marked."""
    environment = {**os.environ, MARK: "/a/fleet"}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
        end_marked(MARK, "/a/fleet")


def test_children_of_a_killed_process_are_found_by_the_mark_and_ended(marked: subprocess.Popen[str]) -> None:
    assert len(set(find_marked(MARK, "/a/fleet"))) == 2
    marked.kill()
    marked.wait()
    (child,) = find_marked(MARK, "/a/fleet")
    assert child.pid != marked.pid
    assert end_marked(MARK, "/a/fleet") == 1
    assert read_process(child.pid) is None


def test_other_marks_are_left_alone(marked: subprocess.Popen[str]) -> None:
    for other in ("/a", "/a/fleet2", ""):
        assert end_marked(MARK, other) == 0
    assert marked.poll() is None


def test_a_process_that_got_the_number_later_is_left_alone(marked: subprocess.Popen[str]) -> None:
    kill(Process(pid=marked.pid, started=1))
    assert marked.poll() is None
