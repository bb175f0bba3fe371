"""Each measure's value and encoding agree, for any counts: the encoding solved by the real solver."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.placement.program import Program
from orchestrator.placement.solve import Solver
from orchestrator.policy.candidates import Cell
from orchestrator.policy.linear import Terms
from orchestrator.policy.measures import Counts, Distinct, Measure, Range, Sum

CELLS = [Cell("g", f"s{number}") for number in range(6)]
COUNTS = st.fixed_dictionaries({cell: st.integers(0, 9) for cell in CELLS})
DOMAINS = st.lists(st.sampled_from(range(4)), min_size=6, max_size=6)


def split(domains: list[int], used: int) -> tuple[tuple[Cell, ...], ...]:
    parts = [tuple(cell for cell, domain in zip(CELLS, domains, strict=True) if domain == at) for at in range(used)]
    return tuple(part for part in parts if part)


def encode(measure: Measure, counts: Counts) -> tuple[Program, Terms]:
    """The measure over variables that are fixed at the counts."""
    program = Program()
    for cell, count in counts.items():
        variable = program.add_count(cell, count)
        program.add_row(((variable, 1),), count, count)
    return program, measure.encode(program)


def compute_least(measure: Measure, counts: Counts) -> int:
    program, terms = encode(measure, counts)
    found = Solver(program).minimize(terms)
    assert found is not None
    assert found.proven
    return found.value


def compute_most(measure: Measure, counts: Counts) -> int:
    program, terms = encode(measure, counts)
    found = Solver(program).minimize(tuple((variable, -weight) for variable, weight in terms))
    assert found is not None
    return -found.value


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, st.lists(st.integers(0, 40), min_size=6, max_size=6))
def test_a_sum_is_its_encoding(counts: dict[Cell, int], weights: list[int]) -> None:
    measure = Sum(tuple(zip(CELLS, weights, strict=True)))
    assert measure.value(counts) == compute_least(measure, counts) == compute_most(measure, counts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, DOMAINS)
def test_distinct_domains_are_the_most_that_the_encoding_reaches(counts: dict[Cell, int], domains: list[int]) -> None:
    measure = Distinct(split(domains, 4))
    assert measure.value(counts) == compute_most(measure, counts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, DOMAINS)
def test_a_range_is_the_least_that_the_encoding_reaches(counts: dict[Cell, int], domains: list[int]) -> None:
    measure = Range(split(domains, 3), tuple(cell for cell, at in zip(CELLS, domains, strict=True) if at == 3))
    assert measure.value(counts) == compute_least(measure, counts)


def test_values_by_hand() -> None:
    a, b, c = CELLS[:3]
    counts = {a: 5, b: 2}
    assert Sum(((a, 32), (b, 1), (c, 7))).value(counts) == 162
    assert Distinct(((a, c), (b,), (c,))).value(counts) == 2
    assert Range(((a,), (b,), (c,))).value(counts) == 5
    assert Range(((a,), (b,)), unknown=(c,)).value({**counts, c: 4}) == 7
    assert Range((), unknown=(a,)).value(counts) == 5
    assert Range(()).value(counts) == 0
