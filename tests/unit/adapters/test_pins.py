"""Pinned host keys: kept whole, one machine a line, never half."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters.pins import add_pin, forget_pins, read_pins, write_pins
from orchestrator.model.errors import InvalidDocument

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(words, st.lists(words, max_size=2).map(tuple), max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, pins: dict[str, tuple[str, ...]]) -> None:
    path = tmp_path_factory.getbasetemp() / "pins.json"
    write_pins(path, pins)
    assert read_pins(path) == pins
    assert len(path.read_text(encoding="utf-8").split("\n")) == max(len(pins), 1) + 3


def test_no_file_is_no_pins(tmp_path: Path) -> None:
    assert read_pins(tmp_path / "gone") == {}


def test_pins_are_added_replaced_and_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    add_pin(path, "btc-2.1", "ssh-ed25519 A")
    add_pin(path, "btc-1.1", "ssh-ed25519 B")
    add_pin(path, "btc-2.1", "ssh-ed25519 C")
    assert read_pins(path) == {"btc-1.1": ("ssh-ed25519 B",), "btc-2.1": ("ssh-ed25519 C",)}
    forget_pins(path, frozenset({"btc-2.1", "unknown"}))
    assert read_pins(path) == {"btc-1.1": ("ssh-ed25519 B",)}
    assert [entry.name for entry in tmp_path.iterdir()] == ["pins.json"]


def test_forgetting_what_is_not_pinned_makes_no_file(tmp_path: Path) -> None:
    forget_pins(tmp_path / "pins.json", frozenset({"btc-1.1"}))
    assert not list(tmp_path.iterdir())


def test_many_threads_lose_no_pin(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: add_pin(path, f"m{number}", "key"), range(40)))
    assert len(read_pins(path)) == 40


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"a": 5}', "null", "<<<<<<< HEAD\n"])
def test_what_holds_no_pins_is_refused_and_not_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pins.json"
    path.write_text(text)
    with pytest.raises(InvalidDocument, match="does not hold pinned host keys"):
        add_pin(path, "btc-1.1", "key")
    assert path.read_text() == text


@pytest.mark.parametrize("value", ["ssh-ed25519 AAAA", {"a": 1}, [1], [None], [["x"]]])
def test_a_key_that_is_not_a_list_of_text_is_refused(tmp_path: Path, value: object) -> None:
    path = tmp_path / "pins.json"
    path.write_text(json.dumps({"btc-1.1": value}))
    with pytest.raises(InvalidDocument, match="does not hold pinned host keys"):
        read_pins(path)
