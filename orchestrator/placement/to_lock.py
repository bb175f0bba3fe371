"""A plan as the body of the lock to come."""

from orchestrator.model.lock import Machine, Retired
from orchestrator.model.plan import Plan


def compute_lock_entries(plan: Plan) -> tuple[tuple[Machine, ...], tuple[Retired, ...]]:
    """The lock's machines and retired lines, in the lock's order. ValueError for an infeasible plan: it has none."""
    if plan.status == "infeasible":
        raise ValueError("an infeasible plan has no machines to lock")
    return tuple(planned.machine for planned in plan.machines), plan.retired
