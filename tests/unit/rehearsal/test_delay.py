"""Answers that are held back, and let go."""

import threading
import time
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from orchestrator.rehearsal.delay import Delay, hold_answer, read_delay, set_delay
from orchestrator.rehearsal.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(id="0123abcd", folder=tmp_path, fleet="f", spec_path=tmp_path, subnet=IPv4Network("10.0.0.0/24"))


def hold_in_thread(world: World, ended: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=hold_answer, args=(world, ended))
    thread.start()
    return thread


def test_nothing_is_held_back_unless_asked_for(world: World) -> None:
    begun = time.monotonic()
    hold_answer(world, threading.Event())
    assert time.monotonic() - begun < 1
    assert read_delay(world).seconds == 0


def test_an_answer_is_held_back_until_the_delay_is_taken_away(world: World) -> None:
    set_delay(world, Delay(seconds=600))
    thread = hold_in_thread(world, threading.Event())
    thread.join(0.3)
    assert thread.is_alive()
    set_delay(world, Delay(seconds=0))
    thread.join(10)
    assert not thread.is_alive()


def test_nobody_waits_for_the_answer_to_a_dead_engine(world: World) -> None:
    set_delay(world, Delay(seconds=600))
    ended = threading.Event()
    thread = hold_in_thread(world, ended)
    ended.set()
    thread.join(10)
    assert not thread.is_alive()
