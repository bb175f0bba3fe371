"""The solver's answers against trying every whole point, one objective after another."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.placement.program import EXACT_LIMIT, Program, compute_value
from orchestrator.placement.solve import Solver
from orchestrator.policy.linear import Terms

VARIABLES, HIGH = 4, 3
WEIGHTS = st.lists(st.integers(-5, 9), min_size=VARIABLES, max_size=VARIABLES)
# Few variables count, so that an objective leaves something to those after it.
FEW_WEIGHTS = st.lists(st.sampled_from([0, 0, 0, 1, 1, -1, 3]), min_size=VARIABLES, max_size=VARIABLES)
POINTS = list(product(range(HIGH + 1), repeat=VARIABLES))


def to_terms(weights: list[int]) -> Terms:
    return tuple(enumerate(weights))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(WEIGHTS, st.integers(0, 25)), min_size=1, max_size=3),
    st.lists(WEIGHTS, min_size=3, max_size=3) | st.lists(FEW_WEIGHTS, min_size=4, max_size=4),
)
def test_every_stage_is_as_good_as_any_point(rows: list[tuple[list[int], int]], objectives: list[list[int]]) -> None:
    program = Program()
    for _ in range(VARIABLES):
        program.add_whole(HIGH)
    for weights, low in rows:
        program.add_row(to_terms(weights), low, None)
    points = [point for point in POINTS if program.holds(point)]
    solver = Solver(program)
    for weights in objectives:
        found = solver.minimize(to_terms(weights))
        assert (found is None) == (not points)
        if found is None:
            return
        best = min(compute_value(to_terms(weights), point) for point in points)
        assert (found.value, found.bound, found.values in points) == (best, best, True)
        solver.hold(to_terms(weights), found.value)
        points = [point for point in points if compute_value(to_terms(weights), point) == best]


def test_a_program_without_variables_holds_or_not() -> None:
    program = Program()
    assert Solver(program).minimize(()) is not None
    program.add_row((), 1, 1)
    assert Solver(program).minimize(()) is None


def test_numbers_that_the_solver_cannot_hold_are_refused() -> None:
    with pytest.raises(OverflowError, match="2\\^53"):
        Program().add_row((), None, EXACT_LIMIT)
