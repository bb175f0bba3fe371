"""Shares, HHI and Nakamoto coefficient against their definitions, by brute force and by hand."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.metrics import compute_hhi, compute_nakamoto, compute_shares

WEIGHTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 50), max_size=7)
THRESHOLDS = st.fractions(0, 1, max_denominator=30)


@given(WEIGHTS, st.integers(0, 20))
def test_shares_are_of_the_whole_largest_first_and_the_unknown_is_with_the_largest(
    weights: dict[str, int], unknown: int
) -> None:
    shares = compute_shares(weights, unknown)
    whole = sum(weights.values()) + unknown
    assert sum(shares) == (1 if whole else 0)
    assert list(shares) == sorted(shares, reverse=True)
    if whole:
        assert shares[0] == Fraction(max(weights.values(), default=0) + unknown, whole)
        assert len(shares) == (sum(weight > 0 for weight in weights.values()) or 1)


@given(WEIGHTS, THRESHOLDS)
def test_no_fewer_domains_reach_the_threshold(weights: dict[str, int], threshold: Fraction) -> None:
    shares = compute_shares(weights)
    reached = [
        number
        for number in range(1, len(shares) + 1)
        if any(sum(chosen) > threshold for chosen in combinations(shares, number))
    ]
    assert compute_nakamoto(shares, threshold) == (min(reached) if reached else None)


@given(WEIGHTS, st.integers(1, 20))
def test_the_unknown_makes_no_distribution_look_better_than_any_truth(weights: dict[str, int], unknown: int) -> None:
    feared = compute_shares(weights, unknown)
    for truth in [*weights, "elsewhere"]:
        known = compute_shares({**weights, truth: weights.get(truth, 0) + unknown})
        assert compute_hhi(known) <= compute_hhi(feared)
        worst, real = compute_nakamoto(feared), compute_nakamoto(known)
        assert worst is not None
        assert real is not None
        assert worst <= real


@pytest.mark.parametrize(
    ("weights", "hhi", "third", "half"),
    [
        ({"a": 1}, 10_000, 1, 1),
        ({"a": 1, "b": 1, "c": 1}, Fraction(10_000, 3), 2, 2),  # a third is not above a third
        ({"a": 1, "b": 1, "c": 1, "d": 1}, 2_500, 2, 3),
        ({"a": 30, "b": 30, "c": 20, "d": 20}, 2_600, 2, 2),  # the example of the Department of Justice
    ],
)
def test_by_hand(weights: dict[str, int], hhi: Fraction, third: int, half: int) -> None:
    shares = compute_shares(weights)
    assert compute_hhi(shares) == hhi
    assert compute_nakamoto(shares) == third
    assert compute_nakamoto(shares, Fraction(1, 2)) == half


def test_of_nothing_there_is_nothing() -> None:
    assert compute_shares({}) == ()
    assert compute_hhi(()) == 0
    assert compute_nakamoto(()) is None
    assert compute_nakamoto(compute_shares({"a": 1}), Fraction(1)) is None
