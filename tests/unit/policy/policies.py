"""Policies compiled for four places, one of which nobody knows the country of, and what bounds say of counts."""

from dataclasses import dataclass
from typing import Any

from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.fleet import Fleet
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import AnyCell, Candidates, Cell
from orchestrator.policy.compile import CompiledPolicy, compile_policy
from orchestrator.policy.evaluate import evaluate
from tests.unit.placement.fleets import make_account, make_fleet, make_group, make_rule


@dataclass(frozen=True)
class Spot:
    country: str | None

    def get_domain(self, kind: DomainKind) -> str | None:
        return self.country if kind == "country" else None


PLACES = {"s1": Spot("DE"), "s2": Spot("FI"), "s3": Spot("FI"), "s4": Spot(None)}


def compile_rule(fleet: Fleet | None = None, places: tuple[str, ...] = tuple(PLACES), **rule: Any) -> CompiledPolicy:
    return compile_for(fleet or make_fleet([make_account("a")], [make_group(count=12)]), places, per="country", **rule)


def compile_for(fleet: Fleet, places: Any = tuple(PLACES), **rule: Any) -> CompiledPolicy:
    cells = tuple(Cell(group.name, place) for group in fleet.groups for place in places)
    return compile_policy([make_rule(7, **rule)], fleet, Candidates(PLACES, cells))


def limits(bounds: tuple[Bound, ...]) -> list[tuple[str, str | None, int | None]]:
    return [(bound.subject.name, bound.domain, bound.high) for bound in bounds]


def describe(counts: dict[AnyCell, int], policy: CompiledPolicy) -> list[tuple[str, str, str]]:
    return [(each.subject, each.value, each.bound) for each in evaluate(counts, policy.bounds)]
