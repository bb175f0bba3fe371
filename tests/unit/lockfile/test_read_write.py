"""A lock is read back as it was written, and is there whole or not at all."""

import json
import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.lockfile import parse_lock, read_lock, render_lock, write_lock
from orchestrator.lockfile.order import by_node_and_generation
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.lock import Lock, LockHeader, Machine, Retired
from tests.unit.lockfile.strategies import locks

PATH = Path("fleet.lock")
HEADER = LockHeader(fleet="demo", revision="r", spec="s", facts="f")


def machine(name: str, **fields: str) -> Machine:
    facts = dict.fromkeys(("chain", "network", "account", "provider", "region", "zone", "machine_type", "arch"), "x")
    node = name.partition(".")[0]
    own = {"machine": name, "node": node, "group": node.rpartition("-")[0], "clients": {}}
    return Machine.model_validate({**facts, **own, **fields})


LOCK = Lock(
    header=HEADER,
    machines=(machine("btc-1.1"), machine("btc-2.1")),
    retired=(Retired(retired="btc-2.2", node="btc-2", account="a", evidence="gone"),),
)


def sort(lock: Lock) -> Lock:
    return lock.model_copy(
        update={
            "machines": tuple(sorted(lock.machines, key=by_node_and_generation)),
            "retired": tuple(sorted(lock.retired, key=by_node_and_generation)),
        }
    )


@given(locks)
def test_whatever_is_written_is_read_back(lock: Lock) -> None:
    text = render_lock(lock)
    assert parse_lock(text, PATH) == sort(lock)
    assert render_lock(parse_lock(text, PATH)) == text


@given(locks, st.randoms(use_true_random=False))
def test_the_order_in_memory_says_nothing(lock: Lock, random: Random) -> None:
    machines = list(lock.machines)
    random.shuffle(machines)
    assert render_lock(lock.model_copy(update={"machines": tuple(machines)})) == render_lock(lock)


@given(locks, st.data())
def test_a_lock_that_was_cut_short_is_never_read_as_a_shorter_one(lock: Lock, data: st.DataObject) -> None:
    text = render_lock(lock)
    end = data.draw(st.integers(0, len(text) - 1))
    if text[:end].endswith("\n"):
        return  # whole lines: the revision tells, see test_revision
    with pytest.raises(InvalidDocument):
        parse_lock(text[:end], PATH)


def test_one_object_a_line_in_the_order_that_people_count_in() -> None:
    lock = Lock(header=HEADER, machines=tuple(machine(name) for name in ("btc-10.1", "btc-2.10", "btc-2.9", "abc-1.1")))
    lines = [json.loads(line) for line in render_lock(lock).splitlines()]
    assert lines[0]["fleet"] == "demo"
    assert [line["machine"] for line in lines[1:]] == ["abc-1.1", "btc-2.9", "btc-2.10", "btc-10.1"]
    assert "image" not in lines[1]  # what is unset is left out


ONE, TWO = (json.loads(line) for line in render_lock(LOCK).splitlines()[1:3])


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["<<<<<<< HEAD"], "fleet.lock:2:1: a merge conflict stands in the lock (take one side"),
        (["======="], "fleet.lock:2:1: a merge conflict"),
        ([">>>>>>> theirs"], "fleet.lock:2:1: a merge conflict"),
        ([json.dumps(ONE), json.dumps(ONE)], "fleet.lock:3:1: machine btc-1.1 stands in line 2 already"),
        (
            [json.dumps(ONE), '{"retired": "btc-1.1", "node": "btc-1", "account": "a", "evidence": "e"}'],
            "fleet.lock:3:1: machine btc-1.1 stands in line 2 already",
        ),
        (['{"machine": '], "fleet.lock:2:1: this line is not JSON"),
        (["[1]"], "fleet.lock:2:1: this line is not a JSON object"),
        ([""], "fleet.lock:2:1: this line is not JSON"),
        ([json.dumps({**ONE, "stat": "wanted"})], "fleet.lock:2:1: stat: Extra inputs are not permitted"),
        ([json.dumps({**ONE, "state": "dead"})], "fleet.lock:2:1: state: Input should be 'wanted', 'retiring'"),
        ([json.dumps({"machine": "btc-1.1"})], "fleet.lock:2:1: node: Field required"),
        ([json.dumps({"retired": "btc-1.1"})], "fleet.lock:2:1: node: Field required"),
        (["[" * 100000], "fleet.lock:2:1: this line is not JSON"),
        (["\u2028"], "fleet.lock:2:1: this line is not JSON"),
    ],
)
def test_what_is_no_lock_is_refused_at_its_line(lines: list[str], error: str) -> None:
    text = "\n".join([render_lock(LOCK).splitlines()[0], *lines, ""])
    with pytest.raises(InvalidDocument) as caught:
        parse_lock(text, PATH)
    assert str(caught.value).splitlines()[0].startswith(error)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "fleet.lock:1:1: fleet.lock is empty"),
        (render_lock(LOCK)[:-1], "fleet.lock:4:1: fleet.lock ends in the middle of a line, so it was cut short"),
        (render_lock(LOCK)[:-40], "fleet.lock:4:1: fleet.lock ends in the middle of a line"),
        (render_lock(LOCK).partition("\n")[2], "fleet.lock:1:1: this line is out of place"),
        ("hello\n", "fleet.lock:1:1: this line is not JSON"),
    ],
)
def test_what_is_no_lock_at_all_is_refused(text: str, error: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse_lock(text, PATH)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize("name", ["btc-1", "btc-1.x", "btc-1.0", "../btc.1", "btc-1.1\\n", "b;rm.1", ".1"])
def test_what_is_no_machine_id_is_refused(name: str) -> None:
    text = render_lock(LOCK).replace('"btc-1.1"', f'"{name}"')
    with pytest.raises(InvalidDocument, match=r"fleet\.lock:2:1: machine: "):
        parse_lock(text, PATH)


def test_a_lock_with_lines_of_windows_is_the_same_lock() -> None:
    assert parse_lock(render_lock(LOCK).replace("\n", "\r\n"), PATH) == LOCK


def test_no_file_is_no_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "fleet.lock") is None


def test_a_lock_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "fleet.lock"
    path.write_text("old")
    write_lock(LOCK, path)
    assert read_lock(path) == LOCK
    assert [entry.name for entry in tmp_path.iterdir()] == ["fleet.lock"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_lock_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "fleet.lock"
    write_lock(LOCK, path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if broken == "fsync" else Path, broken, fail)
    with pytest.raises(OrchestratorError, match=r"fleet\.lock:1:1: fleet\.lock cannot be written: No space"):
        write_lock(LOCK.model_copy(update={"machines": ()}), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["fleet.lock"]


def test_a_lock_in_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OrchestratorError, match=r"fleet\.lock cannot be written: No such file"):
        write_lock(LOCK, tmp_path / "gone" / "fleet.lock")
