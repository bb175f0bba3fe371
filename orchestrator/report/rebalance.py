"""What a rebalance came to, as text and as JSON."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from orchestrator.model.lock import Retired
from orchestrator.model.plan import Plan


def render_cost_difference(before: Decimal, plan: Plan) -> str:
    """What the fleet costs more or less than before."""
    difference = plan.cost.amount - before
    sign = "+" if difference > 0 else ""
    return f"cost: {sign}{difference:,.2f} {plan.cost.currency}/month against {before:,.2f} before"


def render_retirement(retired: Sequence[Retired], waiting: Mapping[str, str]) -> str:
    """A line a machine that was let go, with the evidence, and one for each that waits, with what for."""
    lines = [f"retired {line.retired}: {line.evidence}" for line in retired]
    lines += [f"kept {machine} for now: {why}" for machine, why in sorted(waiting.items())]
    return "\n".join(lines)
