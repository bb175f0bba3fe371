"""Closures: failure domains that work, and that a person keeps nodes out of."""

from typing import Literal

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import Placed
from orchestrator.model.loss import Loss

Closure = Literal["drained", "cordoned"]


class Closures(Frozen):
    """Domains in which nothing new is placed. What stands in a drained one moves out, in a cordoned one it stays."""

    drained: tuple[Loss, ...] = ()
    cordoned: tuple[Loss, ...] = ()

    def find(self, place: Placed) -> Closure | None:
        """How a place is closed; drained outweighs cordoned."""
        if any(domain.covers(place) for domain in self.drained):
            return "drained"
        return "cordoned" if any(domain.covers(place) for domain in self.cordoned) else None
