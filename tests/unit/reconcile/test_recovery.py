"""What a plan under a loss takes beyond the plan without it."""

from decimal import Decimal
from fractions import Fraction

import pytest

from orchestrator.model.plan import Cost, Finding, Plan, Sync, Unplaced
from orchestrator.model.source import Source
from orchestrator.reconcile.recovery import compute_recovery

BEFORE = Plan(status="optimal", relocations=1, cost=Cost(amount=Decimal(10)))


def make_finding(line: int) -> Finding:
    names = dict.fromkeys(("rule", "name", "subject", "value", "bound", "message"), "cap")
    return Finding(**names, level="error", source=Source.at("fleet.yaml", line))


def test_only_what_is_new_counts() -> None:
    known, new = make_finding(1), make_finding(2)
    before = BEFORE.model_copy(update={"findings": (known,), "unplaced": (Unplaced(node="a-1", why="full"),)})
    after = before.model_copy(update={"relocations": 4, "cost": Cost(amount=Decimal(7)), "findings": (known, new)})
    recovery = compute_recovery(before, after)
    assert (recovery.relocations, recovery.cost_difference, recovery.broken) == (3, Decimal(-3), (new,))
    assert recovery.unplaced == 0
    assert not recovery.possible
    assert compute_recovery(before, before).possible


def test_an_infeasible_answer_is_no_recovery() -> None:
    recovery = compute_recovery(BEFORE, Plan(status="infeasible", conflict=(make_finding(3),)))
    assert not recovery.possible
    assert "cap" in recovery.why


@pytest.mark.parametrize(
    ("hours", "longest"), [((), Fraction(0)), (("3", "5.5"), Fraction(11, 2)), (("3", None), None)]
)
def test_it_takes_as_long_as_the_slowest_and_nobody_knows_where_one_is_not_known(
    hours: tuple[str | None, ...], longest: Fraction | None
) -> None:
    syncs = tuple(Sync(group="g", nodes=1, hours=None if each is None else Decimal(each)) for each in hours)
    assert compute_recovery(BEFORE, BEFORE.model_copy(update={"syncs": syncs})).hours == longest
