"""Closures: failure domains that work, and that a person keeps nodes out of."""

from typing import Literal, get_args

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import Placed
from orchestrator.model.loss import Loss

Closure = Literal["drained", "api_down", "cordoned"]


class Closures(Frozen):
    """Domains in which nothing new is placed. What stands in a drained one moves out, in the others it stays.

    In those of `api_down` machines run, and nothing can be made or deleted while the API does not answer.
    """

    drained: tuple[Loss, ...] = ()
    cordoned: tuple[Loss, ...] = ()
    api_down: tuple[Loss, ...] = ()

    def find(self, place: Placed) -> Closure | None:
        """How a place is closed; drained outweighs the others."""
        for closure in get_args(Closure):
            if any(domain.covers(place) for domain in getattr(self, closure)):
                found: Closure = closure
                return found
        return None
