"""The rule `budget`: the subject's machines cost at most so much a month."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import floor
from typing import NamedTuple

from orchestrator.model.plan import Finding
from orchestrator.model.rule import Budget
from orchestrator.policy.subject import Members


class Spending(NamedTuple):
    """What a group's wanted and held machines cost a month, in US cents, and how many have no known price."""

    cents: int
    unpriced: int


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
        spending = [spent.get(name, Spending(0, 0)) for name in limit.subject.all_names]
        cents, unpriced = sum(each.cents for each in spending), sum(each.unpriced for each in spending)
        if cents > limit.cents:
            findings.append(_describe_overrun(limit, cents))
        if unpriced:
            findings.append(_describe_unpriced(limit, unpriced))
    return tuple(findings)


def _describe_overrun(limit: CostLimit, cents: int) -> Finding:
    rule, subject = limit.rule, limit.subject.name
    value, bound = render_cents(cents), f"at most {render_cents(limit.cents)}"
    message = f"{subject}: {value}, where {rule.title} asks for {bound}"
    return Finding.of(rule, subject, message, value=value, bound=bound)


def _describe_unpriced(limit: CostLimit, unpriced: int) -> Finding:
    rule, subject = limit.rule, limit.subject.name
    value = f"{unpriced} machines"
    return Finding(
        rule="facts",
        name=rule.title,
        level="warning",
        subject=subject,
        value=value,
        bound="a known price",
        message=f"{subject}: {value} have no known price and are left out of {rule.title}; add prices to the catalogue",
        source=rule.source,
    )


def render_cents(cents: int) -> str:
    """Such as "250.00 USD/month"."""
    return f"{Decimal(cents) / 100:.2f} USD/month"
