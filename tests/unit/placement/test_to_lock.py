"""A plan as the body of the lock to come; an infeasible one has none."""

import pytest

from orchestrator.placement.to_lock import compute_lock_entries
from tests.unit.placement.fleets import make_rule
from tests.unit.placement.test_place import four_accounts, place


def test_an_infeasible_plan_is_no_lock() -> None:
    plan = place(four_accounts(policy=[make_rule(20, cap=1, per="account")]))
    with pytest.raises(ValueError, match=r"^an infeasible plan has no machines to lock$"):
        compute_lock_entries(plan)


def test_a_plans_machines_are_the_locks_in_the_same_order() -> None:
    plan = place(four_accounts())
    machines, retired = compute_lock_entries(plan)
    assert [machine.machine for machine in machines] == [planned.machine.machine for planned in plan.machines]
    assert retired == ()
