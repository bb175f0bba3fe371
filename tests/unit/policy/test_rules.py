"""What each rule asks for: its bounds, the cells it closes, and what is odd about it as written."""

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.model.fleet import Fleet, Group, MachineNeed
from orchestrator.policy.budget import Spending, evaluate_costs
from orchestrator.policy.candidates import AnyCell, Candidates, Cell, ClientCell
from orchestrator.policy.compile import compile_policy
from orchestrator.policy.evaluate import evaluate
from orchestrator.policy.missing import find_missing_facts
from orchestrator.policy.spread import compute_quotas
from tests.unit.placement.fleets import make_account, make_fleet, make_group, make_rule
from tests.unit.policy.encodings import compute_least
from tests.unit.policy.policies import PLACES, Spot, compile_for, compile_rule, describe, limits


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
    counts: dict[AnyCell, int] = {Cell("btc", "s1"): 4, Cell("btc", "s2"): 2, Cell("btc", "s4"): 3}
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
    counts: dict[AnyCell, int] = {Cell("g", "s1"): 3, Cell("h", "s2"): 1}
    [finding] = evaluate(counts, policy.bounds)
    assert (finding.subject, finding.value) == ("fleet, country FI", "32.25 stake")
    assert finding.bound == "at most 16.25 of 32.55 stake (50%)"


def test_min_domains_and_skew_count_known_eligible_domains() -> None:
    counts: dict[AnyCell, int] = {Cell("btc", "s1"): 4, Cell("btc", "s4"): 3}
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
    if of in ({"group": "eth"}, {"label": {"tier": "gold"}}):
        assert [bound.subject.group_names for bound in policy.bounds] == [("eth",)]


def test_pinned_nodes_in_a_closed_cell_count_against_caps_and_make_no_domain_eligible() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    candidates = Candidates(PLACES, (Cell("btc", "s1"),), pinned=frozenset({Cell("btc", "s2")}))
    rules = [make_rule(1, cap=1, per="country"), make_rule(2, skew=0, per="country")]
    german, finnish, skew = compile_policy(rules, fleet, candidates).bounds
    counts: dict[AnyCell, int] = {Cell("btc", "s2"): 2}
    assert (german.measure.value(counts), finnish.measure.value(counts)) == (0, 2)
    assert skew.measure.value(counts) == 0


def test_nodes_at_unknown_domains_are_reported_as_missing_facts() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    rules = [make_rule(3, cap="100%", per="country")]
    candidates = Candidates(PLACES, (Cell("btc", "s1"), Cell("btc", "s4")))
    assert find_missing_facts(rules, fleet, candidates, {Cell("btc", "s1"): 4}) == ()
    [finding] = find_missing_facts(rules, fleet, candidates, {Cell("btc", "s1"): 1, Cell("btc", "s4"): 3})
    assert (finding.rule, finding.level, finding.value, finding.source.line) == ("facts", "error", "3 nodes", 3)
    assert "(s4)" in finding.message


@pytest.mark.parametrize(
    ("amount", "count", "least"), [("50%", 5, 3), ("50%", 4, 2), ("34%", 100, 34), ("1%", 3, 1), (2, 9, 2)]
)
def test_minimums_and_what_is_kept_round_up(amount: Any, count: int, least: int) -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=count)])
    [there] = compile_for(fleet, min_nodes=amount, **{"in": {"country": "FI"}}).bounds
    [left] = compile_for(fleet, survive=1, per="country", keep=amount).bounds
    assert (there.low, left.low) == (least, least)


def test_min_nodes_counts_what_is_in_all_of_the_domains() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    policy = compile_for(fleet, min_nodes=2, **{"in": {"country": "FI"}})
    short: dict[AnyCell, int] = {Cell("btc", "s1"): 2, Cell("btc", "s2"): 1, Cell("btc", "s4"): 1}
    assert describe(short, policy) == [("btc", "1 nodes", "at least 2 of 4 nodes in country FI")]
    assert describe({Cell("btc", "s2"): 1, Cell("btc", "s3"): 1}, policy) == []


def test_max_domains_counts_each_unknown_place_as_a_domain() -> None:
    places = {**PLACES, "s5": Spot(None)}
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    cells = tuple(Cell("btc", place) for place in places)
    policy = compile_policy([make_rule(7, max_domains=2, per="country")], fleet, Candidates(places, cells))
    assert describe(dict.fromkeys(cells[:3], 1), policy) == []
    assert describe(dict.fromkeys(cells, 1), policy) == [("btc", "4 domains", "at most 2")]


def test_survive_counts_standby_nodes_among_what_is_left_and_unknown_domains_as_lost() -> None:
    spare = make_group("btc-standby", 1, __standby_of__="btc")
    fleet = make_fleet([make_account("a")], [make_group(count=4), spare])
    policy = compile_for(fleet, survive=1, per="country", keep="75%")
    [bound] = policy.bounds
    assert (bound.subject.name, bound.low) == ("btc", 3)
    even: dict[AnyCell, int] = {Cell("btc", "s1"): 2, Cell("btc", "s2"): 2}
    assert describe(even, policy) == [
        ("btc", "2 nodes", "at least 3 of 4 nodes (75%) left after the loss of any one per country")
    ]
    assert describe({**even, Cell("btc-standby", "s1"): 1}, policy)[0][1] == "2 nodes"
    known = compile_for(fleet, ("s1", "s2", "s4"), survive=1, per="country", keep="25%")
    assert describe({Cell("btc", "s4"): 3, Cell("btc", "s1"): 1}, known)[0][1] == "0 nodes"


def test_apart_and_together() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4), make_group("h", 4)])
    apart = compile_for(fleet, apart=("g", "h"), per="country")
    together = compile_for(fleet, together=("g", "h"), per="country")
    shared: dict[AnyCell, int] = {Cell("g", "s2"): 2, Cell("h", "s3"): 1}
    assert describe(shared, apart) == [("g and h, country FI", "2 groups", "at most 1 of them")]
    assert describe(shared, together) == []
    split: dict[AnyCell, int] = {Cell("g", "s1"): 2, Cell("h", "s3"): 1}
    assert describe(split, apart) == []
    assert describe(split, together) == [("g and h, country DE", "2 nodes", "none of g where none of h stand")]
    unknown: dict[AnyCell, int] = {Cell("g", "s4"): 1, Cell("h", "s1"): 1}
    assert [subject for subject, _, _ in describe(unknown, apart)] == ["g and h, country DE"]
    assert [subject for subject, _, _ in describe(unknown, together)] == ["g and h, country s4"]
    assert describe({Cell("g", "s4"): 1, Cell("h", "s4"): 1}, together) == []


@pytest.mark.parametrize(
    ("parts", "wanted", "quotas"),
    [
        # The usual example of the largest remainder, in hundreds of votes, with the Hare quota.
        ({"a": 470, "b": 160, "c": 159, "d": 120, "e": 60, "f": 31}, 10, [5, 2, 1, 1, 1, 0]),
        ({"aws": 3, "gcp": 2, "hetzner": 1}, 6, [3, 2, 1]),
        ({"x": 1, "y": 1, "z": 1}, 4, [2, 1, 1]),
        ({"z": 1, "y": 1, "x": 1}, 5, [2, 2, 1]),
        ({"a": 1, "b": 0}, 3, [3, 0]),
    ],
)
def test_a_spread_is_the_largest_remainders(parts: dict[str, int], wanted: int, quotas: list[int]) -> None:
    found = compute_quotas(parts, wanted)
    assert list(found.values()) == quotas
    assert list(found) == list(parts)


def test_a_spread_lets_none_stand_elsewhere_and_either_side_of_the_ideal_do() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=5)])
    policy = compile_for(fleet, ("s1", "s2"), spread={"DE": 1, "SE": 1}, per="country")
    assert [(bound.domain, bound.low, bound.high) for bound in policy.bounds] == [
        ("DE", 2, 3),
        ("FI", 0, 0),
        ("SE", 2, 3),
    ]
    assert [(bound.domain, bound.low, bound.high) for bound in policy.preferences] == [("DE", 3, 3)]


def test_client_rules_count_clients_of_the_groups_that_have_the_role() -> None:
    eth = make_group("eth", 4, chain="ethereum", clients={"execution": ("geth", "besu")})
    fleet = make_fleet([make_account("a")], [make_group("btc", 8), eth])
    policy = compile_for(fleet, cap="50%", per="client.execution", of="fleet")
    assert [(bound.subject.name, bound.domain, bound.high) for bound in policy.bounds] == [
        ("fleet", "besu", 2),
        ("fleet", "geth", 2),
    ]
    counts: dict[AnyCell, int] = {ClientCell("eth", "execution", "geth"): 3, ClientCell("eth", "execution", "besu"): 1}
    assert describe(counts, policy) == [("fleet, client.execution geth", "3 nodes", "at most 2 of 4 nodes (50%)")]
    assert [finding.rule for finding in compile_for(fleet, cap="50%", per="client.consensus").findings] == ["cap"]


def test_denied_clients_are_bounds_that_never_give_way() -> None:
    fleet = make_fleet([make_account("a")], [make_group("btc", 8, clients={"node": ("btcd", "bitcoin-core")})])
    for rule in ({"deny": ("btcd",)}, {"allow": ("bitcoin-core",)}):
        policy = compile_for(fleet, per="client.node", **rule)
        [bound] = policy.bounds
        assert (bound.domain, bound.high, bound.hard) == ("btcd", 0, True)
        assert describe({ClientCell("btc", "node", "btcd"): 2}, policy) == [
            ("btc, client.node btcd", "2 nodes", "none")
        ]
        assert len(policy.candidates.cells) == 4
        assert policy.closed == ()


def test_what_pinned_nodes_run_counts_though_it_is_offered_no_more() -> None:
    fleet = make_fleet([make_account("a")], [make_group("btc", 4)])
    old = ClientCell("btc", "node", "bcoin")
    candidates = Candidates(PLACES, (Cell("btc", "s1"),), pinned=frozenset({old}))
    policy = compile_policy([make_rule(7, cap=1, per="client.node")], fleet, candidates)
    assert describe({old: 2}, policy) == [("btc, client.node bcoin", "2 nodes", "at most 1 of 4 nodes")]


def test_a_budget_and_a_rounds_limit_are_values() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4), make_group("h", 4)])
    [limit] = compile_for(fleet, budget="25.509 USD/month", of="fleet").cost_limits
    assert (limit.subject.group_names, limit.cents) == (("g", "h"), 2550)
    each = compile_for(fleet, budget="25 USD/month").cost_limits
    assert [found.subject.name for found in each] == ["g", "h"]
    [moves] = compile_for(fleet, max_moves=5).move_limits
    assert (moves.subject.name, moves.most, moves.rule.source.line) == ("fleet", 5, 7)


def test_an_overrun_budget_and_missing_prices_are_findings_apart() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4)])
    limits = compile_for(fleet, budget="25 USD/month").cost_limits
    assert evaluate_costs({"g": Spending(2500, 0)}, limits) == ()
    over, missing = evaluate_costs({"g": Spending(2501, 2)}, limits)
    assert (over.rule, over.level, over.value, over.bound) == (
        "budget",
        "error",
        "25.01 USD/month",
        "at most 25.00 USD/month",
    )
    assert (missing.rule, missing.level, missing.value) == ("facts", "error", "2 machines")
    assert missing.bound == "a known price"


@pytest.mark.parametrize(
    ("rule", "reading"),
    [
        ({"cap": 1, "per": "country"}, "against every domain"),
        ({"min_domains": 1, "per": "country"}, "towards none"),
        ({"max_domains": 1, "per": "country"}, "as in a domain of their own"),
        ({"survive": 1, "keep": 1, "per": "country"}, "as lost"),
        ({"min_nodes": 1, "in": {"country": "DE"}}, "towards none"),
    ],
)
def test_a_missing_fact_says_how_the_rule_reads_it(rule: dict[str, Any], reading: str) -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    candidates = Candidates(PLACES, (Cell("btc", "s4"),))
    [finding] = find_missing_facts([make_rule(3, **rule)], fleet, candidates, {Cell("btc", "s4"): 3})
    assert f"counts them {reading};" in finding.message


def test_rules_without_a_domain_miss_no_facts() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    rules = [make_rule(3, max_moves=1), make_rule(4, budget="1 USD/month"), make_rule(5, cap=1, per="client.node")]
    assert find_missing_facts(rules, fleet, Candidates(PLACES, (Cell("btc", "s4"),)), {Cell("btc", "s4"): 3}) == ()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"min_nodes": 5, "in": {"country": "DE"}}, "asks for 5 nodes, and there are 4 in all"),
        ({"survive": 1, "keep": 6, "per": "country"}, "asks for 6 nodes, and there are 5 in all"),
        ({"min_nodes": 1, "in": {"country": "D"}}, "no candidate is in country D: did you mean DE?"),
        ({"spread": {"F": 1}, "per": "country"}, "no candidate is in country F: did you mean FI?"),
        ({"deny": ("btc",), "per": "client.node"}, "no candidate is in client.node btc: did you mean btcd?"),
        ({"skew": 1, "per": "client.consensus"}, "selects no group of this fleet with the role of client.consensus"),
    ],
)
def test_what_can_never_be_met_or_is_no_name_is_said(rule: dict[str, Any], words: str) -> None:
    spare = make_group("btc-standby", 1, __standby_of__="btc")
    fleet = make_fleet([make_account("a")], [make_group(count=4), spare])
    [finding] = compile_for(fleet, **rule).findings
    assert words in finding.message
    assert finding.source.line == 7


def make_two() -> Fleet:
    """Two groups of four, of which one has more stake and vCPUs a node than the other, each with a standby node."""
    need = MachineNeed(vcpus=8, memory=Decimal(4), disk=Decimal(10))
    heavy = make_group("h", 4, stake="2.5", machine=need)
    spare = [make_group(f"{name}-standby", 1, __standby_of__=name) for name in ("g", "h")]
    return make_fleet([make_account("a")], [make_group("g", 4), heavy, *spare])


@pytest.mark.parametrize(
    ("by", "spread", "few", "standing"),
    [
        ("nodes", ("4 nodes", "at most 3 of 8 nodes (50%)"), "4 of 8 nodes", "4 nodes"),
        ("stake", ("10 stake", "at most 6.5 of 14 stake (50%)"), "7 of 14 stake", "4 stake"),
        ("vcpus", ("32 vcpus", "at most 19 of 40 vcpus (50%)"), "20 of 40 vcpus", "8 vcpus"),
    ],
)
def test_every_weighed_rule_weighs_nodes_stake_and_processors(
    by: str, spread: tuple[str, str], few: str, standing: str
) -> None:
    apart: dict[AnyCell, int] = {Cell("g", "s1"): 4, Cell("h", "s2"): 4}
    below = compile_for(make_two(), below="50%", by=by, of="fleet", per="country")
    assert describe(apart, below)[-1] == ("fleet, country FI", *spread)
    there = compile_for(make_two(), min_nodes="50%", by=by, of="fleet", **{"in": {"country": "DE"}})
    found = [] if by == "nodes" else [("fleet", standing, f"at least {few} (50%) in country DE")]
    assert describe(apart, there) == found
    left = compile_for(make_two(), survive=1, keep="50%", by=by, of="fleet", per="country")
    worst = "left after the loss of any one per country"
    assert describe(apart, left) == [("fleet", standing, f"at least {few} (50%) {worst}")] * (by != "nodes")


def test_an_absolute_amount_is_as_many_coins_as_it_says() -> None:
    apart: dict[AnyCell, int] = {Cell("g", "s1"): 4, Cell("h", "s2"): 4}
    policy = compile_for(make_two(), cap=5, by="stake", of="fleet", per="country")
    assert describe(apart, policy) == [("fleet, country FI", "10 stake", "at most 5 of 14 stake")]


def test_survive_says_how_many_domains_are_lost() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    policy = compile_for(fleet, ("s1", "s2"), survive=2, per="country", keep=1)
    counts: dict[AnyCell, int] = {Cell("btc", "s1"): 2, Cell("btc", "s2"): 2}
    worst = "at least 1 of 4 nodes left after the loss of any 2 per country"
    assert describe(counts, policy) == [("btc", "0 nodes", worst)]


def test_min_domains_and_skew_say_what_is_short() -> None:
    counts: dict[AnyCell, int] = {Cell("btc", "s1"): 4}
    assert describe(counts, compile_rule(min_domains=2)) == [("btc", "1 domains", "at least 2")]
    assert describe(counts, compile_rule(skew=3)) == [("btc", "4 nodes", "a difference of at most 3")]
    assert describe(counts, compile_rule(skew=4)) == []


def test_a_spread_says_what_each_domain_should_have() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=5)])
    policy = compile_for(fleet, ("s1", "s2"), spread={"DE": 1, "FI": 1}, per="country")
    counts: dict[AnyCell, int] = {Cell("btc", "s1"): 4, Cell("btc", "s2"): 1}
    assert describe(counts, policy) == [
        ("btc, country DE", "4 nodes", "2 to 3 of 5 nodes"),
        ("btc, country FI", "1 nodes", "2 to 3 of 5 nodes"),
    ]
    assert describe({Cell("btc", "s1"): 3, Cell("btc", "s2"): 2}, policy) == []
    assert [(each.where, each.wording, each.rule.source.line) for each in policy.preferences] == [
        ("btc, country DE", "3", 7),
        ("btc, country FI", "2", 7),
    ]
    assert [each.measure.value(counts) for each in policy.preferences] == [4, 1]
    exact = compile_for(fleet, ("s1", "s2"), spread={"DE": 3, "FI": 2}, per="country")
    assert [bound for _, _, bound in describe(counts, exact)] == ["3 of 5 nodes", "2 of 5 nodes"]


def test_a_spread_counts_unknown_places_against_every_upper_bound_and_towards_no_lower_one() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=5)])
    policy = compile_for(fleet, ("s1", "s2", "s4"), spread={"DE": 1, "FI": 1}, per="country")
    assert [(bound.domain, bound.low, bound.high) for bound in policy.bounds] == [
        ("DE", 2, None),
        ("DE", None, 3),
        ("FI", 2, None),
        ("FI", None, 3),
    ]
    counts: dict[AnyCell, int] = {Cell("btc", "s1"): 1, Cell("btc", "s2"): 1, Cell("btc", "s4"): 3}
    whole = "2 to 3 of 5 nodes"
    assert describe(counts, policy) == [
        ("btc, country DE", "1 nodes", whole),
        ("btc, country DE", "4 nodes", whole),
        ("btc, country FI", "1 nodes", whole),
        ("btc, country FI", "4 nodes", whole),
    ]


def test_standby_nodes_keep_apart_with_their_group() -> None:
    fleet = make_fleet(
        [make_account("a")],
        [make_group("g", 4), make_group("h", 4), make_group("g-standby", 1, __standby_of__="g")],
    )
    apart = compile_for(fleet, ("s1", "s2"), apart=("g", "h"), per="country")
    beside = [("g and h, country DE", "2 groups", "at most 1 of them")]
    assert describe({Cell("g-standby", "s1"): 1, Cell("h", "s1"): 1}, apart) == beside
    assert describe({Cell("g-standby", "s1"): 1, Cell("g", "s1"): 1}, apart) == []
    together = compile_for(fleet, ("s1", "s2"), together=("g", "h"), per="country")
    alone: dict[AnyCell, int] = {Cell("g-standby", "s1"): 1, Cell("g", "s2"): 1, Cell("h", "s2"): 1}
    assert describe(alone, together) == [("g and h, country DE", "1 nodes", "none of g where none of h stand")]


def test_another_groups_standby_nodes_are_no_company() -> None:
    together = compile_for(make_two(), ("s1", "s2"), together=("g", "h"), per="country")
    lone: dict[AnyCell, int] = {Cell("g", "s1"): 1, Cell("h-standby", "s1"): 1, Cell("h", "s2"): 1}
    assert describe(lone, together) == [("g and h, country DE", "1 nodes", "none of g where none of h stand")]


def test_where_no_domain_is_known_groups_may_not_both_stand() -> None:
    fleet = make_fleet([make_account("a")], [make_group(name, 4) for name in "ghi"])
    apart = compile_for(fleet, ("s4",), apart=("g", "h", "i"), per="country")
    [both] = describe({Cell("g", "s4"): 1, Cell("i", "s4"): 1}, apart)
    assert both == ("g and h and i, country (unknown)", "2 groups", "at most 1 of them")


def test_no_bound_speaks_of_a_domain_that_one_group_alone_can_be_in() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4), make_group("h", 4)])
    candidates = Candidates(PLACES, (Cell("g", "s1"), Cell("g", "s2"), Cell("h", "s2")))
    policy = compile_policy([make_rule(7, apart=("g", "h"), per="country")], fleet, candidates)
    assert [bound.domain for bound in policy.bounds] == ["FI"]


def test_a_rule_of_groups_that_are_not_in_the_fleet_asks_for_nothing() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4)])
    policy = compile_for(fleet, apart=("x", "y"), per="country")
    assert policy.bounds == ()
    [finding] = policy.findings
    assert "selects no group" in finding.message


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ({"apart": ("g", "h"), "per": "country"}, [1, 2]),
        ({"together": ("g", "h"), "per": "country"}, [5, 0]),
        ({"max_domains": 1, "per": "country", "of": "fleet"}, [2]),
    ],
)
def test_the_solver_reads_of_the_fullest_domain_what_the_review_reads(rule: dict[str, Any], values: list[int]) -> None:
    counts: dict[AnyCell, int] = {
        Cell("g", "s1"): 4,
        Cell("g-standby", "s1"): 1,
        Cell("g", "s2"): 4,
        Cell("h", "s2"): 4,
        Cell("h-standby", "s2"): 0,
    }
    measures = [bound.measure for bound in compile_for(make_two(), ("s1", "s2"), **rule).bounds]
    full = [measure for measure in measures if measure.value(counts) == compute_least(measure, counts)]
    assert [measure.value(counts) for measure in full] == values


def test_a_warning_about_places_is_no_bound() -> None:
    assert compile_rule(deny=("DE",), level="warning").bounds == ()


def test_a_client_is_in_no_domain_of_another_role() -> None:
    cell = ClientCell("eth", "execution", "geth")
    candidates = Candidates({}, ())
    assert candidates.get_domain(cell, "client.execution") == "geth"
    assert candidates.get_domain(cell, "client.consensus") is None
    assert candidates.get_domain(cell, "country") is None


def test_places_that_are_closed_have_no_bound() -> None:
    assert compile_rule(deny=("DE",)).bounds == ()
    assert compile_rule(allow=("DE",)).bounds == ()


def test_a_budget_counts_nothing_for_a_group_without_machines() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4), make_group("h", 4)])
    limits = compile_for(fleet, budget="25 USD/month", of="fleet").cost_limits
    assert evaluate_costs({"g": Spending(2500, 0)}, limits) == ()


def make_pair(names: tuple[str, ...], **fields: Any) -> Group:
    clients = {"execution": names, "consensus": ("lighthouse", "teku")}
    return make_group("eth", 4, chain="ethereum", clients=clients, **fields)


def test_client_rules_see_the_clients_of_their_role_and_groups_alone() -> None:
    fleet = make_fleet([make_account("a")], [make_pair(("geth", "besu")), make_group("btc", 4)])
    counts: dict[AnyCell, int] = {
        ClientCell("eth", "execution", "geth"): 4,
        ClientCell("eth", "consensus", "teku"): 2,
        ClientCell("eth", "consensus", "lighthouse"): 2,
        ClientCell("btc", "node", "btcd"): 9,
    }
    kind = "client.execution"
    assert describe(counts, compile_for(fleet, min_domains=2, per=kind)) == [("eth", "1 domains", "at least 2")]
    assert describe(counts, compile_for(fleet, skew=3, per=kind)) == [("eth", "4 nodes", "a difference of at most 3")]
    least = compile_for(fleet, min_nodes=3, **{"in": {kind: "besu"}})
    assert describe(counts, least) == [("eth", "0 nodes", "at least 3 of 4 nodes in client.execution besu")]
    assert describe({ClientCell("eth", "execution", "besu"): 3}, least) == []


def test_standby_nodes_with_the_role_survive_as_their_groups_do() -> None:
    spare = make_group("eth-standby", 1, chain="ethereum", clients={"execution": ("geth",)}, __standby_of__="eth")
    fleet = make_fleet([make_account("a")], [make_pair(("geth", "besu")), spare])
    policy = compile_for(fleet, survive=1, keep=3, per="client.execution")
    counts: dict[AnyCell, int] = {
        ClientCell("eth", "execution", "geth"): 2,
        ClientCell("eth", "execution", "besu"): 2,
        ClientCell("eth-standby", "execution", "geth"): 1,
    }
    [(_, left, _)] = describe(counts, policy)
    assert left == "2 nodes"
    assert describe({**counts, ClientCell("eth", "execution", "besu"): 3}, policy) == []
    both = ("eth", "eth-standby")
    assert [bound.subject.all_names for bound in policy.bounds] == [both]


def test_rules_of_two_kinds_of_domain_see_their_own() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4)])
    candidates = Candidates(PLACES, (Cell("g", "s1"), Cell("g", "s2")))
    rules = [make_rule(7, cap=1, per="country"), make_rule(8, cap=2, per="region")]
    bounds = compile_policy(rules, fleet, candidates).bounds
    assert [(bound.where, bound.high) for bound in bounds] == [
        ("g, country DE", 1),
        ("g, country FI", 1),
        ("g, region (unknown)", 2),
    ]


def test_a_group_that_can_stand_nowhere_has_no_domains() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4), make_group("h", 4)])
    candidates = Candidates(PLACES, (Cell("g", "s1"),))
    bounds = compile_policy([make_rule(7, cap=1, per="country")], fleet, candidates).bounds
    assert [bound.where for bound in bounds] == ["g, country DE"]


@pytest.mark.parametrize(("number", "shown"), [(3, "(p0, p1, p2)"), (4, "(p0, p1, p2 …)")])
def test_a_missing_fact_names_the_first_places(number: int, shown: str) -> None:
    places = {f"p{at}": Spot(None) for at in range(number)}
    fleet = make_fleet([make_account("a")], [make_group(count=number)])
    cells = tuple(Cell("btc", place) for place in places)
    rules = [make_rule(3, cap=1, per="country")]
    [finding] = find_missing_facts(rules, fleet, Candidates(places, cells), dict.fromkeys(cells, 1))
    assert shown in finding.message


@pytest.mark.parametrize(
    ("of", "name"),
    [({"chain": "bitcoin", "network": "regtest"}, "chain=bitcoin, network=regtest"), ({}, "all groups")],
)
def test_a_selector_is_called_by_what_it_gives(of: Any, name: str) -> None:
    [bound] = compile_rule(skew=1, of=of).bounds
    assert bound.subject.name == name


def test_a_cell_that_is_open_and_holds_pinned_nodes_counts_once() -> None:
    fleet = make_fleet([make_account("a")], [make_group(count=4)])
    cell = Cell("btc", "s1")
    candidates = Candidates(PLACES, (cell,), pinned=frozenset({cell}))
    [bound] = compile_policy([make_rule(1, cap=1, per="country")], fleet, candidates).bounds
    assert bound.measure.value({cell: 2}) == 2
    assert not bound.hard


def test_bounds_of_unknown_places_come_in_the_order_of_their_names() -> None:
    places = {"z": Spot(None), "a": Spot(None)}
    fleet = make_fleet([make_account("a")], [make_group("g", 4), make_group("h", 4)])
    cells = tuple(Cell(group, place) for group in "gh" for place in places)
    policy = compile_policy([make_rule(7, together=("g", "h"), per="country")], fleet, Candidates(places, cells))
    assert [bound.domain for bound in policy.bounds] == ["a", "z"]


def test_standby_nodes_are_no_part_of_what_is_wanted_and_have_room_all_the_same() -> None:
    groups = [make_group("g", 1), make_group("h", 1), make_group("g-standby", 5, __standby_of__="g")]
    fleet = make_fleet([make_account("a")], groups)
    shares = compile_for(fleet, ("s1", "s2"), spread={"DE": 1, "FI": 1}, per="country", of={"group": "g"})
    assert {bound.wording for bound in shares.bounds} == {"0 to 1 of 1 nodes"}
    [german, _] = compile_for(fleet, ("s1", "s2"), apart=("g", "h"), per="country").bounds
    full: dict[AnyCell, int] = {Cell("g", "s1"): 1, Cell("g-standby", "s1"): 5, Cell("h", "s1"): 0}
    assert german.measure.value(full) == compute_least(german.measure, full) == 1
