"""How far the last stages get: the levels that no plan can fall below, and large fleets whose sites cost the same."""

import pytest

from benchmarks.cases import Case
from orchestrator.placement.place import compute_plan
from orchestrator.placement.program import Program
from orchestrator.placement.solve import Solver
from orchestrator.placement.stages import Division


@pytest.mark.parametrize(
    ("room", "number", "unplaced", "peak"),
    [
        ((9, 9, 9), 7, 0, 3),  # three in one of them, whichever it is
        ((1, 2, 9), 9, 0, 6),  # what is full leaves the rest to what is not
        ((9, 9), 7, 3, 2),
        ((9,), 0, 0, 0),
        ((), 0, 0, 0),
    ],
)
def test_the_fullest_domain_has_at_least_what_an_even_division_leaves(
    room: tuple[int, ...], number: int, unplaced: int, peak: int
) -> None:
    program = Program()
    domains = tuple(((program.add_whole(high), 1),) for high in room)
    without = ((program.add_whole(unplaced), 1),)
    assert Division(domains, number, without).compute_least_peak(Solver(program)) == peak


def test_what_must_be_in_a_domain_counts() -> None:
    program = Program()
    domains = tuple(((program.add_whole(9), 1),) for _ in range(3))
    solver = Solver(program)
    solver.raise_low(0, 5)
    assert Division(domains, 7, ()).compute_least_peak(solver) == 5


def test_the_fullest_domain_has_the_largest_count() -> None:
    division = Division((((0, 1), (1, 1)), ((2, 1),)), 9, ())
    assert division.compute_peak((1, 3, 2)) == 4
    assert division.compute_peak((1, 3, 5)) == 5
    assert Division((), 9, ()).compute_peak((1, 3, 5)) == 0


def test_a_large_fleet_is_spread_over_sites_that_cost_the_same() -> None:
    case = Case(5_000, 100, "tied")
    plan = compute_plan(case.make_fleet(), case.make_catalogue(), {})
    zone = next(stage for stage in plan.stages if stage.name == "largest zone")
    assert zone.bound <= zone.value <= 1.25 * zone.bound, "without a search it is twenty times as much"
    assert (zone.claim == "proven") == (zone.value == zone.bound)
