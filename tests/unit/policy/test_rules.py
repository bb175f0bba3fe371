"""What each rule asks for: its bounds, the cells it closes, and what is odd about it as written."""

from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.fleet import Fleet
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.compile import CompiledPolicy, compile_policy
from orchestrator.policy.evaluate import evaluate
from orchestrator.policy.missing import find_missing_facts
from tests.unit.placement.fleets import make_account, make_fleet, make_group, make_rule


@dataclass(frozen=True)
class Spot:
    country: str | None

    def get_domain(self, kind: DomainKind) -> str | None:
        return self.country if kind == "country" else None


PLACES = {"s1": Spot("DE"), "s2": Spot("FI"), "s3": Spot("FI"), "s4": Spot(None)}


def compile_rule(fleet: Fleet | None = None, places: tuple[str, ...] = tuple(PLACES), **rule: Any) -> CompiledPolicy:
    fleet = fleet or make_fleet([make_account("a")], [make_group(count=12)])
    cells = tuple(Cell(group.name, place) for group in fleet.groups for place in places)
    return compile_policy([make_rule(7, per="country", **rule)], fleet, Candidates(PLACES, cells))


def limits(bounds: tuple[Bound, ...]) -> list[tuple[str, str | None, int | None]]:
    return [(bound.subject.name, bound.domain, bound.high) for bound in bounds]


@pytest.mark.parametrize(
    ("rule", "count", "most"),
    [
        ({"cap": "34%"}, 12, 4),
        ({"cap": "33%"}, 12, 3),
        ({"cap": "33%"}, 100, 33),
        ({"cap": "100%"}, 12, 12),
        ({"cap": 5}, 12, 5),
        ({"below": "33%"}, 12, 3),
        ({"below": "25%"}, 12, 2),
        ({"below": "33%"}, 100, 32),
        ({"below": 5}, 12, 4),
    ],
)
def test_limits_are_exact_and_below_is_strict(rule: dict[str, Any], count: int, most: int) -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=count)])
    bounds = compile_rule(fleet, ("s1", "s2", "s3"), **rule).bounds
    assert limits(bounds) == [("btc", "DE", most), ("btc", "FI", most)]


def test_an_unknown_domain_counts_in_every_cap() -> None:
    bounds = compile_rule(cap="50%").bounds
    counts = {Cell("btc", "s1"): 4, Cell("btc", "s2"): 2, Cell("btc", "s4"): 3}
    assert [bound.measure.value(counts) for bound in bounds] == [7, 5]
    [finding] = evaluate(counts, bounds)
    assert (finding.subject, finding.value, finding.bound) == (
        "btc, country DE",
        "7 nodes",
        "at most 6 of 12 nodes (50%)",
    )
    assert finding.source.line == 7


def test_with_no_known_domain_the_unknown_is_one() -> None:
    assert limits(compile_rule(places=("s4",), cap=2).bounds) == [("btc", "(unknown)", 2)]


def test_stake_is_weighed_exactly() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 3, stake="0.1"), make_group("h", 1, stake="32.25")])
    policy = compile_rule(fleet, ("s1", "s2"), cap="50%", by="stake", of="fleet")
    counts = {Cell("g", "s1"): 3, Cell("h", "s2"): 1}
    [finding] = evaluate(counts, policy.bounds)
    assert (finding.subject, finding.value) == ("fleet, country FI", "32.25 stake")
    assert finding.bound == "at most 16.25 of 32.55 stake (50%)"


def test_min_domains_and_skew_count_known_eligible_domains() -> None:
    counts = {Cell("btc", "s1"): 4, Cell("btc", "s4"): 3}
    [few] = compile_rule(min_domains=2).bounds
    assert few.measure.value(counts) == 1
    [skew] = compile_rule(skew=1).bounds
    assert skew.measure.value(counts) == 7
    [without_finland] = compile_rule(places=("s1",), skew=1).bounds
    assert without_finland.measure.value(counts) == 0


def test_allow_and_deny_close_unknown_domains_too() -> None:
    assert [cell.place for cell in compile_rule(allow=("DE",)).candidates.cells] == ["s1"]
    assert [cell.place for cell in compile_rule(deny=("DE",)).candidates.cells] == ["s2", "s3"]


def test_a_warning_closes_nothing() -> None:
    assert len(compile_rule(deny=("DE",), level="warning").candidates.cells) == 4


def test_a_name_that_no_candidate_has_is_a_warning() -> None:
    [finding] = compile_rule(deny=("D",)).findings
    assert finding.level == "warning"
    assert "did you mean DE?" in finding.message


@pytest.mark.parametrize(
    ("rule", "enough"),
    [({"cap": "20%"}, "write 25%"), ({"below": "25%"}, "write above 25%"), ({"cap": 0}, "write 25%")],
)
def test_a_limit_below_one_node_says_what_would_do(rule: dict[str, Any], enough: str) -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    [finding] = compile_rule(fleet, **rule).findings
    assert finding.level == "error"
    assert enough in finding.message


@pytest.mark.parametrize(
    ("of", "names"),
    [
        (None, ["btc", "eth"]),
        ("fleet", ["fleet"]),
        ({"group": "eth"}, ["eth"]),
        ({"chain": "bitcoin"}, ["chain=bitcoin"]),
        ({"label": {"tier": "gold"}}, ["tier=gold"]),
        ({"chain": "ethereum", "network": "mainnet"}, []),
    ],
)
def test_subjects(of: Any, names: list[str]) -> None:
    fleet = make_fleet(
        [make_account("a")], [make_group("btc"), make_group("eth", chain="ethereum", labels={"tier": "gold"})]
    )
    policy = compile_rule(fleet, ("s1",), skew=1, of=of)
    assert [bound.subject.name for bound in policy.bounds] == names
    assert len(policy.findings) == (0 if names else 1)


def test_pinned_nodes_in_a_closed_cell_count_against_caps_and_make_no_domain_eligible() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    candidates = Candidates(PLACES, (Cell("btc", "s1"),), pinned=frozenset({Cell("btc", "s2")}))
    rules = [make_rule(1, cap=1, per="country"), make_rule(2, skew=0, per="country")]
    german, finnish, skew = compile_policy(rules, fleet, candidates).bounds
    counts = {Cell("btc", "s2"): 2}
    assert (german.measure.value(counts), finnish.measure.value(counts)) == (0, 2)
    assert skew.measure.value(counts) == 0


def test_nodes_at_unknown_domains_are_reported_as_missing_facts() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    rules = [make_rule(3, cap="100%", per="country")]
    candidates = Candidates(PLACES, (Cell("btc", "s1"), Cell("btc", "s4")))
    assert find_missing_facts(rules, fleet, candidates, {Cell("btc", "s1"): 4}) == ()
    [finding] = find_missing_facts(rules, fleet, candidates, {Cell("btc", "s1"): 1, Cell("btc", "s4"): 3})
    assert (finding.rule, finding.level, finding.value, finding.source.line) == ("facts", "warning", "3 nodes", 3)
    assert "(s4)" in finding.message
