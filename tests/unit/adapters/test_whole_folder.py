"""A cached folder is whole or absent: after errors, after kills, and with two at once."""

import multiprocessing
import time
from pathlib import Path

import pytest

from orchestrator.adapters.whole_folder import ensure_whole_folder


def write_slowly(draft: Path) -> None:
    (draft / "first").touch()
    time.sleep(0.1)
    (draft / "second").touch()
    with (draft.parent / "fills").open("a") as file:
        file.write("x")


def test_filled_once(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.parent.mkdir()
    for _ in range(2):
        assert ensure_whole_folder(folder, write_slowly) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["first", "second"]
    assert (folder.parent / "fills").read_text() == "x"


def test_failed_fill_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    def fail(draft: Path) -> None:
        (draft / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        ensure_whole_folder(tmp_path / "x", fail)
    assert [path.name for path in tmp_path.iterdir()] == [".x.lock"]
    ensure_whole_folder(tmp_path / "x", write_slowly)
    assert not (tmp_path / "x" / "half").exists()


def test_what_a_killed_run_left_is_not_taken_over(tmp_path: Path) -> None:
    def hang(draft: Path) -> None:
        (draft / "half").touch()
        time.sleep(60)

    killed = multiprocessing.get_context("fork").Process(target=ensure_whole_folder, args=(tmp_path / "x", hang))
    killed.start()
    while not (tmp_path / ".x.draft" / "half").exists():
        time.sleep(0.01)
    killed.kill()
    killed.join()
    ensure_whole_folder(tmp_path / "x", write_slowly)
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["first", "second"]
    assert not (tmp_path / ".x.draft").exists()


def test_two_at_once_fill_it_once(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=ensure_whole_folder, args=(tmp_path / "x", write_slowly)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert (tmp_path / "fills").read_text() == "x"
