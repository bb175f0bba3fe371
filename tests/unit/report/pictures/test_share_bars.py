"""Bars of shares: their order, what is over its cap, and what is left out."""

from fractions import Fraction

from orchestrator.reconcile.verdict import ShareChange
from orchestrator.report.pictures.share_bars import BARS_SHOWN, lay_out_shares
from tests.unit.report.moved_fleet import make_moved_verdict


def test_broken_caps_come_first_then_caps_then_the_rest() -> None:
    charts = lay_out_shares(make_moved_verdict().shares)
    assert [(chart.subject, chart.kind, chart.over, chart.is_capped) for chart in charts] == [
        ("fleet", "country", True, True),
        ("group eth", "client.execution", False, True),
        ("fleet", "continent", False, False),
        ("group eth", "client.execution", False, False),
    ]
    assert [bar.domain for bar in charts[0].bars] == ["DE", "US", "FI"]


def test_a_share_at_its_cap_is_not_over() -> None:
    half = Fraction(1, 2)
    (chart,) = lay_out_shares([ShareChange("fleet", "country", "DE", None, half, half)])
    assert not chart.over
    assert (chart.bars[0].before, chart.bars[0].before_text, chart.bars[0].after) == (None, "–", 50)


def test_shares_of_nodes_and_of_stake_are_charts_of_their_own() -> None:
    charts = lay_out_shares(make_moved_verdict().shares)
    assert [chart.by for chart in charts if chart.kind == "client.execution"] == ["nodes", "stake"]


def test_of_many_domains_the_fullest_are_shown_and_those_over_their_cap_first_of_all() -> None:
    shares = [ShareChange("fleet", "zone", f"z{n:02}", None, Fraction(n, 400), None) for n in range(20)]
    over = ShareChange("fleet", "zone", "tiny", None, Fraction(1, 400), Fraction(0))
    (chart,) = lay_out_shares([*shares, over])
    assert (len(chart.bars), chart.left) == (BARS_SHOWN, 21 - BARS_SHOWN)
    assert [bar.domain for bar in chart.bars[:2]] == ["tiny", "z19"]


def test_the_summary_says_what_the_bars_show() -> None:
    (first, *_) = lay_out_shares(make_moved_verdict().shares)
    assert first.summary.startswith("DE 38 % before, 54 % after, over its cap; US 31 % before")
