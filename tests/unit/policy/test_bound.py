"""How far a value lies outside a bound."""

import pytest

from orchestrator.policy.bound import Bound
from orchestrator.policy.measures import Sum
from orchestrator.policy.subject import Members
from tests.unit.placement.fleets import make_group, make_rule


@pytest.mark.parametrize(
    ("low", "high", "value", "excess"),
    [
        (2, 6, 1, 1),
        (2, 6, 2, 0),
        (2, 6, 4, 0),
        (2, 6, 6, 0),
        (2, 6, 9, 3),
        (None, 6, 5, 0),
        (None, 6, 8, 2),
        (2, None, 3, 0),
        (2, None, 0, 2),
        (None, None, 5, 0),
        (0, 0, 1, 1),
    ],
)
def test_excess_is_the_distance_to_the_nearest_limit(
    low: int | None, high: int | None, value: int, excess: int
) -> None:
    rule = make_rule(7, cap=1, per="country")
    bound = Bound(rule, Members("g", (make_group("g"),)), Sum(()), low=low, high=high)
    assert bound.compute_excess(value) == excess
