"""How late the clouds of a world say that they made a resource: the moment in which a kill costs most."""

import time
from pathlib import Path
from threading import Event

from pydantic import Field

from orchestrator.model.base import Frozen
from orchestrator.rehearsal.stored import read_value, write_value
from orchestrator.rehearsal.world import World, share_world

POLL_SECONDS = 0.05


class Delay(Frozen):
    """Seconds between making a resource and saying so."""

    seconds: float = Field(default=0, ge=0)


def set_delay(world: World, delay: Delay) -> None:
    """Sets the delay, for answers that are held back already too."""
    with share_world(world):
        write_value(_find_file(world), delay)


def read_delay(world: World) -> Delay:
    """The world's delay."""
    return read_value(_find_file(world), Delay) or Delay()


def hold_answer(world: World, ended: Event) -> None:
    """Returns once the delay is over, or at once where nobody waits for an answer any more."""
    made = time.monotonic()
    while time.monotonic() - made < read_delay(world).seconds and not ended.wait(POLL_SECONDS):
        pass


def _find_file(world: World) -> Path:
    return world.folder / "delay.json"
