"""What the page of a review says: the answer, the numbers beside it, and which findings come first."""

from dataclasses import replace
from decimal import Decimal

import pytest

from orchestrator.reconcile.verdict import MachineChange, MonthlyCost
from orchestrator.report.review_page import FINDINGS_SHOWN, MOVES_SHOWN, Figure, lay_out_page
from tests.unit.report.moved_fleet import make_finding, make_judged, make_moved_verdict

WARNING = make_judged(make_finding(level="warning"))


@pytest.mark.parametrize(
    ("fields", "state", "headline"),
    [
        ({}, "blocked", "Blocked by 1 error"),
        ({"fail_on": "warning"}, "blocked", "Blocked by 1 error and 1 warning"),
        ({"fail_on": "none"}, "passes", "Passes"),
        ({"findings": (WARNING,)}, "passes", "Passes"),
        ({"findings": (WARNING, WARNING), "fail_on": "warning"}, "blocked", "Blocked by 2 warnings"),
        ({"counted": "all"}, "blocked", "Blocked by 2 errors"),
        ({"findings": (), "before": None, "base": None}, "passes", "Passes"),
    ],
)
def test_the_answer(fields: dict[str, object], state: str, headline: str) -> None:
    page = lay_out_page(make_moved_verdict(**fields))
    assert (page.state, page.headline) == (state, headline)


def test_nothing_changes() -> None:
    verdict = make_moved_verdict(findings=(), machines=())
    shares = tuple(replace(share, before=share.after) for share in verdict.shares)
    page = lay_out_page(replace(verdict, shares=shares, before=verdict.after))
    assert page.headline == "Passes: nothing changes"
    assert all(figure.before == figure.after for figure in page.figures)


def test_the_numbers_at_the_top() -> None:
    assert lay_out_page(make_moved_verdict()).figures == (
        Figure("nodes", "13", "13", "1 added, 2 moved, 1 retired, 1 with other clients"),
        Figure("worst single loss", "54 %", "75 %", "provider=aws"),
        Figure("worst pair", "69 %", "85 %", "country=DE and country=US"),
        Figure("USD a month", "1,204.50", "1,311.20", "1 machine without a price, prices of 2026-01-31"),
    )


def test_a_fleet_with_no_base_has_no_numbers_of_before() -> None:
    page = lay_out_page(make_moved_verdict(before=None, base=None))
    assert {figure.before for figure in page.figures} == {None}
    assert [picture.when for picture in page.maps] == ["after"]
    assert [row.name for row in page.costs] == ["now"]


def test_new_findings_come_first_and_the_others_by_what_became_of_them() -> None:
    page = lay_out_page(make_moved_verdict())
    assert [(row.where, row.level, row.blocks) for row in page.open] == [
        ("fleet.yaml:19:5", "error", True),
        ("fleet.yaml:27:5", "warning", False),
    ]
    assert [(title, [row.message for row in rows]) for title, rows in page.other] == [
        ("excused", ["excused one"]),
        ("there before", ["known one"]),
        ("fixed", ["mended one"]),
    ]
    assert page.open[0].related == ("fleet.lock:3:1", "fleet.lock:9:1")
    assert "orchestrator place" in page.open[0].advice
    assert page.other[0][1][0].excuse == "moves back next week until 2026-12-31 (fleet.yaml:40:5)"


def test_what_keeps_the_change_out_is_shown_however_much_else_there_is() -> None:
    error = make_judged(make_finding())
    page = lay_out_page(make_moved_verdict(findings=(*(WARNING,) * (FINDINGS_SHOWN + 1), error)))
    assert page.open[0].blocks
    assert (len(page.open), page.findings_left) == (FINDINGS_SHOWN, 2)


def test_a_finding_of_the_base_that_counts_is_no_longer_aside() -> None:
    page = lay_out_page(make_moved_verdict(counted="all"))
    assert "known one" in [row.message for row in page.open]
    assert dict(page.other)["there before"] == ()


def test_signers_have_a_list_of_their_own() -> None:
    page = lay_out_page(make_moved_verdict())
    assert [(row.node, row.fence) for row in page.signers] == [("eth-2", "its deletion")]
    assert [row.fate for row in page.moves] == ["moves", "retired", "added", "moves", "changes its clients"]


def test_what_a_month_costs_and_the_difference() -> None:
    verdict = make_moved_verdict()
    cheaper = replace(verdict.after, cost=MonthlyCost(Decimal(1000), 0, ""))
    rows = lay_out_page(replace(verdict, after=cheaper)).costs
    assert [(row.name, row.amount, row.priced_on) for row in rows] == [
        ("before", "1,204.50", "2026-01-31"),
        ("after", "1,000.00", "–"),
        ("difference", "−204.50", ""),
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    moves = tuple(MachineChange(f"n-{n}", "g", "added", None, "a/b/c") for n in range(MOVES_SHOWN + 5))
    page = lay_out_page(make_moved_verdict(machines=moves, findings=(WARNING,) * (FINDINGS_SHOWN + 3)))
    assert (len(page.moves), page.moves_left) == (MOVES_SHOWN, 5)
    assert (len(page.open), page.findings_left) == (FINDINGS_SHOWN, 3)
    assert page.moves_title == f"{MOVES_SHOWN + 5} added"
