"""The rule `budget`: the subject's machines cost at most so much a month."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import floor
from typing import NamedTuple

from orchestrator.model.missing import MissingFact, render_facts, render_filling
from orchestrator.model.plan import Finding
from orchestrator.model.rule import Budget
from orchestrator.policy.missing import describe_missing
from orchestrator.policy.subject import Members


class Spending(NamedTuple):
    """What a group's wanted and held machines cost a month, in US cents, and how many have no known price.

    `missing` are the prices that nobody knows, and `oldest` the date of the oldest that is known, "" where none says.
    """

    cents: int
    unpriced: int
    missing: frozenset[MissingFact] = frozenset()
    oldest: str = ""

    def add(self, other: "Spending") -> "Spending":
        """What both cost together."""
        dates = [date for date in (self.oldest, other.oldest) if date]
        missing = self.missing | other.missing
        return Spending(self.cents + other.cents, self.unpriced + other.unpriced, missing, min(dates, default=""))


NOTHING = Spending(0, 0)


def add_up(spendings: Iterable[Spending]) -> Spending:
    """What they cost together."""
    return reduce(Spending.add, spendings, NOTHING)


@dataclass(frozen=True, slots=True)
class CostLimit:
    """The most that the machines of the groups, standby ones among them, may cost a month, in US cents."""

    rule: Budget
    subject: Members
    cents: int


def compute_cost_limit(rule: Budget, members: Members) -> CostLimit:
    """The budget in whole cents, rounded down as caps are."""
    return CostLimit(rule, members, floor(rule.budget * 100))


def evaluate_costs(spent: Mapping[str, Spending], limits: Iterable[CostLimit]) -> tuple[Finding, ...]:
    """A finding for each budget that is overrun, and one for each that holds machines of which nobody knows the price.

    `spent` is by group. A machine without a price is no free machine: it is left out of the sum and said to be.
    """
    findings = []
    for limit in limits:
        own = {name: spent[name] for name in limit.subject.all_names if name in spent}
        total = add_up(own.values())
        if total.cents > limit.cents:
            findings.append(_describe_overrun(limit, total.cents))
        if total.unpriced:
            groups = frozenset(name for name, spending in own.items() if spending.unpriced)
            findings.append(_describe_unpriced(limit, groups, total))
    return tuple(findings)


def _describe_overrun(limit: CostLimit, cents: int) -> Finding:
    rule, subject = limit.rule, limit.subject.name
    value, bound = render_cents(cents), f"at most {render_cents(limit.cents)}"
    message = f"{subject}: {value}, where {rule.title} asks for {bound}"
    excess = Fraction(cents - limit.cents, 100)
    return Finding.of(rule, subject, message, value=value, bound=bound, excess=excess)


def _describe_unpriced(limit: CostLimit, groups: frozenset[str], spending: Spending) -> Finding:
    rule, subject, value = limit.rule, limit.subject, f"{spending.unpriced} machines"
    what = f" ({render_facts(spending.missing)})" if spending.missing else ""
    filling = render_filling(spending.missing) if spending.missing else "add prices to the catalogue"
    message = f"{subject.name}: {value} have no known price{what} and are left out of {rule.title}; {filling}"
    return describe_missing(rule, subject, groups, message, value=value, bound="a known price")


def render_cents(cents: int) -> str:
    """Such as "250.00 USD/month"."""
    return f"{Decimal(cents) / 100:.2f} USD/month"
