"""A program as plain data: what its rows allow, what its variables alone allow, and what cannot be held exactly."""

import pytest

from orchestrator.placement.program import EXACT_LIMIT, Program, compute_value, merge_terms
from orchestrator.policy.candidates import Cell


def make_program(low: int | None, high: int | None) -> Program:
    program = Program()
    x, y = program.add_whole(5), program.add_variable(0, None)
    program.add_row(((x, 2), (y, 1)), low, high)
    return program


@pytest.mark.parametrize(
    ("low", "high", "values", "holds"),
    [
        (4, 8, (1, 1), False),
        (4, 8, (1, 2), True),
        (4, 8, (2, 4), True),
        (4, 8, (2, 5), False),
        (None, 8, (2, 4), True),
        (None, 8, (2, 5), False),
        (4, None, (1, 2), True),
        (4, None, (1, 1), False),
        (None, None, (9, 9), True),
        (0, 0, (0, 0), True),
        (0, 0, (0, 1), False),
    ],
)
def test_rows_hold_between_their_limits(
    low: int | None, high: int | None, values: tuple[int, ...], holds: bool
) -> None:
    assert make_program(low, high).holds(values) is holds


def test_every_row_has_to_hold() -> None:
    program = make_program(None, 8)
    program.add_row(((0, 1),), 2, None)
    assert program.holds((2, 0))
    assert not program.holds((1, 0))


def test_a_row_has_one_term_a_variable() -> None:
    assert merge_terms(((3, 1), (1, 2), (3, 4), (2, 5), (2, -5))) == ((1, 2), (3, 5))
    program = make_program(None, None)
    program.add_row(((1, 1), (0, 1), (1, 1)), None, 3)
    assert program.rows[-1] == (((0, 1), (1, 2)), None, 3)


def test_what_an_expression_cannot_fall_below_follows_from_its_variables() -> None:
    program = Program()
    x, y, z = program.add_variable(1, 5), program.add_variable(0, None), program.add_whole(7)
    assert program.compute_least(((x, 2), (y, 3))) == 2
    assert program.compute_least(((x, 2), (z, -1))) == -5
    assert program.compute_least(((x, -2), (y, 1))) == -10
    assert program.compute_least(((x, 2), (y, -1))) is None
    assert program.compute_least(()) == 0


def test_a_cell_is_counted_by_all_variables_that_count_it() -> None:
    program, cell = Program(), Cell("g", "s")
    assert program.get_count(cell) == ()
    first, second = program.add_count(cell, 4), program.add_count(cell, 5)
    assert list(program.get_count(cell)) == [first, second]
    assert (program.lows, program.highs, program.whole) == ([0, 0], [4, 5], [True, True])
    assert program.add_variable(1, None) == 2
    assert (program.lows[2], program.highs[2], program.whole[2]) == (1, None, False)


def test_a_value_is_the_weighted_sum() -> None:
    assert compute_value(((0, 2), (2, -3)), (5, 9, 1)) == 7
    assert compute_value(((4, 2),), {4: 10**20}) == 2 * 10**20


@pytest.mark.parametrize("number", [EXACT_LIMIT, -EXACT_LIMIT])
def test_what_the_solver_cannot_hold_exactly_is_refused(number: int) -> None:
    assert EXACT_LIMIT == 2**53
    program = make_program(None, None)
    nearly = number - 1 if number > 0 else number + 1
    program.add_row(((0, nearly),), -abs(nearly), abs(nearly))
    for terms, low, high in (((0, number), None, None), ((0, 1), number, None), ((0, 1), None, number)):
        with pytest.raises(OverflowError, match="cannot be held exactly by the solver"):
            program.add_row((terms,), low, high)
