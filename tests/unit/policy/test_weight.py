"""What cannot be counted exactly is refused, with the place that it is written at."""

import pytest

from orchestrator.model.errors import InvalidDocument
from orchestrator.policy.subject import Members
from orchestrator.policy.weight import MOST_WEIGHT, compute_weights, render_weight
from tests.unit.placement.fleets import make_group


def test_weights_of_more_than_15_digits_are_refused() -> None:
    fits = Members("g", (make_group("g", 10**6, stake="1000000000"),))
    assert compute_weights(fits, "stake").wanted == MOST_WEIGHT
    large = Members("g", (make_group("g", 10**6, stake="1000000000.1"),))
    with pytest.raises(InvalidDocument) as caught:
        compute_weights(large, "stake")
    [problem] = caught.value.problems
    assert problem.message == "the stake of g cannot be counted exactly: it takes more than 15 digits"
    assert problem.hint == "write them in fewer digits"
    assert problem.source == large.groups[0].source


@pytest.mark.parametrize(
    ("value", "scale", "text"), [(30, 1, "30"), (325, 10, "32.5"), (1, 3, "0.333333"), (0, 1, "0"), (100, 100, "1")]
)
def test_a_weight_is_read_without_trailing_zeros(value: int, scale: int, text: str) -> None:
    assert render_weight(value, scale) == text
