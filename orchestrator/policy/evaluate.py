"""Bounds held against counts, in plain whole numbers."""

from collections.abc import Iterable
from fractions import Fraction

from orchestrator.model.plan import Finding
from orchestrator.policy.bound import Bound
from orchestrator.policy.measures import Counts
from orchestrator.policy.weight import render_weight


def evaluate(counts: Counts, bounds: Iterable[Bound]) -> tuple[Finding, ...]:
    """A finding for each bound that the counts break, in the bounds' order."""
    return tuple(
        compute_finding(bound, value) for bound in bounds if bound.compute_excess(value := bound.measure.value(counts))
    )


def compute_finding(bound: Bound, value: int) -> Finding:
    """The finding that says that `value` lies outside the bound."""
    rule = bound.rule
    held = f"{render_weight(value, bound.scale)} {bound.unit}"
    message = f"{bound.where}: {held}, where {rule.title} asks for {bound.wording}"
    excess = Fraction(bound.compute_excess(value), bound.scale)
    return Finding.of(rule, bound.where, message, value=held, bound=bound.wording, excess=excess)
