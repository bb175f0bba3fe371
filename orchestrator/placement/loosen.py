"""The looser forms of a rule, from the next one to the loosest: what an explanation searches for one that is enough."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from orchestrator.model.fleet import Fleet
from orchestrator.model.quantity import render_amount
from orchestrator.model.rule import Budget, Rule
from orchestrator.placement.candidates import Situation
from orchestrator.policy.subject import compute_subjects

# Shares are sought in hundredths of a percent: finer than anybody writes one, and few enough to search.
SHARE_STEPS = 10_000

Value = int | Fraction


def _keep(value: Value) -> Value:
    return value


@dataclass(frozen=True, slots=True)
class Ladder:
    """Forms of a rule that differ in the number at `key`, each looser than the one before; none where it is empty.

    `first` is the form next to what is written, `last` the loosest; values are `first`, `first` + 1, … on a scale of
    `steps` to one whole (1 for whole numbers, SHARE_STEPS for shares), downwards where they are below what is written.
    `write` makes of such a number what the rule holds.
    """

    rule: Rule
    key: str
    written: Value
    first: int
    last: int
    steps: int = 1
    write: Callable[[Value], Any] = _keep

    @property
    def length(self) -> int:
        """How many forms there are."""
        rising = self.is_rising
        return max(0, (self.last - self.first if rising else self.first - self.last) + 1)

    @property
    def is_rising(self) -> bool:
        """Whether a larger number is looser."""
        return Fraction(self.first, self.steps) > self.written

    def get_value(self, index: int) -> Value:
        """The number of the form at `index`, from 0."""
        number = self.first + index if self.is_rising else self.first - index
        return number if self.steps == 1 else Fraction(number, self.steps)

    def get_form(self, index: int) -> Rule:
        """The rule in the form at `index`."""
        return self.rule.model_copy(update={self.key: self.write(self.get_value(index))})

    def compute_change(self, index: int) -> Fraction:
        """How far the form's number lies from the one written, relative to that."""
        distance = Fraction(self.get_value(index)) - Fraction(self.written)
        return abs(distance) / (Fraction(self.written) or 1)


def list_ladders(rule: Rule, situation: Situation) -> tuple[Ladder, ...]:
    """The ladders of a rule, by its verb; none for a verb that has no number."""
    find = LADDERS.get(rule.verb)
    return () if find is None else tuple(ladder for ladder in find(rule, situation) if ladder.length)


def _raise_limit(rule: Rule, situation: Situation) -> Sequence[Ladder]:
    """`cap` and `below`: up to all of the wanted weight, and above it where it is below that must lie above."""
    return (_raise(rule, rule.verb, _find_most_weight(rule, situation.fleet) + 1),)


def _raise_number(rule: Rule, situation: Situation) -> Sequence[Ladder]:
    """`skew`, `max_domains`: up to the number of nodes."""
    return (_raise(rule, rule.verb, max(sum(group.count for group in situation.fleet.groups), 1)),)


def _lower_number(rule: Rule, _: Situation) -> Sequence[Ladder]:
    """`min_domains`, `min_nodes`: down to one."""
    return (_lower(rule, rule.verb),)


def _lower_survival(rule: Rule, _: Situation) -> Sequence[Ladder]:
    """`survive`: less to keep, or fewer losses to survive."""
    return (_lower(rule, "keep"), _lower(rule, rule.verb))


def _raise_budget(rule: Budget, situation: Situation) -> Sequence[Ladder]:
    """`budget`: up to what the dearest machines for all would cost, in whole dollars."""
    columns = (*situation.fresh.items(), *situation.kept.items())
    dearest: dict[str, int] = {}
    for key, column in columns:
        dearest[key.group] = max(dearest.get(key.group, 0), column.offer.cents or 0)
    most = sum(group.count * dearest.get(group.name, 0) for group in situation.fleet.groups) // 100 + 1
    return (Ladder(rule, "budget", Fraction(rule.budget), floor(rule.budget) + 1, most, write=_to_dollars),)


def _to_dollars(value: Value) -> Decimal:
    return Decimal(int(value))


LADDERS: Mapping[str, Callable[[Any, Situation], Sequence[Ladder]]] = {
    "cap": _raise_limit,
    "below": _raise_limit,
    "skew": _raise_number,
    "max_domains": _raise_number,
    "min_domains": _lower_number,
    "min_nodes": _lower_number,
    "survive": _lower_survival,
    "budget": _raise_budget,
}


def _raise(rule: Rule, key: str, most: int) -> Ladder:
    written: Value = getattr(rule, key)
    if isinstance(written, Fraction):
        return Ladder(rule, key, written, floor(written * SHARE_STEPS) + 1, SHARE_STEPS, SHARE_STEPS)
    return Ladder(rule, key, written, written + 1, most)


def _lower(rule: Rule, key: str) -> Ladder:
    written: Value = getattr(rule, key)
    if isinstance(written, Fraction):
        return Ladder(rule, key, written, ceil(written * SHARE_STEPS) - 1, 1, SHARE_STEPS)
    return Ladder(rule, key, written, written - 1, 1)


def _find_most_weight(rule: Rule, fleet: Fleet) -> int:
    """The largest wanted weight of a subject of the rule, rounded up to a whole number."""
    by = getattr(rule, "by", "nodes")
    totals = [
        sum(
            Decimal(group.count)
            * (group.stake if by == "stake" else Decimal(group.machine.vcpus if by == "vcpus" else 1))
            for group in members.groups
        )
        for members in compute_subjects(rule, fleet)
    ]
    return ceil(max(totals, default=0))


def render_value(ladder: Ladder, value: Value) -> str:
    """A number as it is written in a spec."""
    return f"{float(value):g} USD/month" if ladder.write is _to_dollars else render_amount(value)
