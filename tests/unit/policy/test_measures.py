"""Each measure's value and encoding agree, for any counts: the encoding solved by the real solver."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.policy.candidates import AnyCell, Cell, ClientCell
from orchestrator.policy.measures import Conditional, Distinct, Range, Sum, Survivors, TopK, Used
from tests.unit.policy.encodings import compute_least, compute_most

CELLS: list[AnyCell] = [Cell("g", "s0"), Cell("g", "s1"), Cell("h", "s0"), Cell("h", "s2")]
CELLS += [ClientCell("g", "node", "btcd"), ClientCell("h", "node", "btcd")]
COUNTS = st.fixed_dictionaries({cell: st.integers(0, 9) for cell in CELLS})
DOMAINS = st.lists(st.sampled_from(range(4)), min_size=6, max_size=6)


def split(domains: list[int], used: int) -> tuple[tuple[AnyCell, ...], ...]:
    parts = [tuple(cell for cell, domain in zip(CELLS, domains, strict=True) if domain == at) for at in range(used)]
    return tuple(part for part in parts if part)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, st.lists(st.integers(0, 40), min_size=6, max_size=6))
def test_a_sum_is_its_encoding(counts: dict[AnyCell, int], weights: list[int]) -> None:
    measure = Sum(tuple(zip(CELLS, weights, strict=True)))
    assert measure.value(counts) == compute_least(measure, counts) == compute_most(measure, counts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, DOMAINS)
def test_distinct_domains_are_the_most_that_the_encoding_reaches(
    counts: dict[AnyCell, int], domains: list[int]
) -> None:
    measure = Distinct(split(domains, 4))
    assert measure.value(counts) == compute_most(measure, counts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, DOMAINS)
def test_a_range_is_the_least_that_the_encoding_reaches(counts: dict[AnyCell, int], domains: list[int]) -> None:
    measure = Range(split(domains, 3), tuple(cell for cell, at in zip(CELLS, domains, strict=True) if at == 3))
    assert measure.value(counts) == compute_least(measure, counts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, DOMAINS)
def test_used_domains_are_neither_more_nor_fewer_than_the_encoding_reaches(
    counts: dict[AnyCell, int], domains: list[int]
) -> None:
    measure = Used(split(domains, 4), most=dict.fromkeys({cell.group for cell in CELLS}, 54))
    assert measure.value(counts) == compute_least(measure, counts) == compute_most(measure, counts)


@st.composite
def worst(draw: st.DrawFn) -> TopK:
    weights = draw(st.lists(st.integers(1, 40), min_size=6, max_size=6))
    domains = draw(DOMAINS)
    parts = [
        Sum(tuple((cell, weight) for cell, weight, at in zip(CELLS, weights, domains, strict=True) if at == part))
        for part in range(4)
    ]
    return TopK(tuple(parts[:3]), draw(st.integers(1, 4)), parts[3])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(COUNTS, worst())
def test_the_fullest_domains_hold_the_least_that_the_encoding_reaches(
    counts: dict[AnyCell, int], measure: TopK
) -> None:
    assert measure.value(counts) == compute_least(measure, counts)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(COUNTS, worst())
def test_survivors_are_the_most_that_the_encoding_reaches(counts: dict[AnyCell, int], lost: TopK) -> None:
    measure = Survivors(Sum.count(CELLS), lost)
    assert measure.value(counts) == compute_most(measure, counts)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(COUNTS, DOMAINS)
def test_what_stands_alone_is_the_least_that_the_encoding_reaches(
    counts: dict[AnyCell, int], domains: list[int]
) -> None:
    parts = [tuple(cell for cell, at in zip(CELLS, domains, strict=True) if at == part) for part in (0, 1)]
    # What the cells can hold at most is what the encoding may be told, and no less than they do hold.
    for most in (54, max(1, sum(counts[cell] for cell in parts[0]))):
        measure = Conditional(parts[0], parts[1], most)
        assert measure.value(counts) == compute_least(measure, counts)


def test_the_largest_are_counted_by_hand() -> None:
    a, b, c, d = CELLS[:4]
    counts = {a: 5, b: 2, c: 4}
    domains = (Sum(((a, 1), (b, 2))), Sum(((c, 3),)), Sum(((d, 9),)))
    assert TopK(domains, 1).value(counts) == 12
    assert TopK(domains, 2).value(counts) == 21
    assert TopK(domains, 9, Sum(((b, 1),))).value(counts) == 23
    assert Survivors(Sum.count((a, b, c)), TopK((Sum.count((a,)), Sum.count((b, c))), 1)).value(counts) == 5
    assert Used(((a, d), (d,), (c,)), {}).value(counts) == 2
    assert Conditional((a, c), (b,), 9).value(counts) == 0
    assert Conditional((a, c), (d,), 9).value(counts) == 9


def test_values_by_hand() -> None:
    a, b, c = CELLS[:3]
    counts = {a: 5, b: 2}
    assert Sum(((a, 32), (b, 1), (c, 7))).value(counts) == 162
    assert Distinct(((a, c), (b,), (c,))).value(counts) == 2
    assert Range(((a,), (b,), (c,))).value(counts) == 5
    assert Range(((a,), (b,)), unknown=(c,)).value({**counts, c: 4}) == 7
    assert Range((), unknown=(a,)).value(counts) == 5
    assert Range(()).value(counts) == 0
