"""An infeasible fleet's conflict is minimal, and each repair is enough, alone and no larger than it need be."""

import os
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Plan, Repair
from orchestrator.model.quantity import parse_amount, render_amount
from orchestrator.model.rule import Rule
from orchestrator.placement.candidates import Situation, compute_situation
from orchestrator.placement.columns import Resource
from orchestrator.placement.explain import find_conflict
from orchestrator.placement.feasible import CAPACITY, Culprit, is_feasible
from orchestrator.placement.loosen import SHARE_STEPS
from orchestrator.placement.place import compute_plan
from orchestrator.placement.repair import find_first
from tests.unit.placement.enumerator import TinyFleet
from tests.unit.placement.fleets import (
    make_account,
    make_catalogue,
    make_flat_catalogue,
    make_fleet,
    make_group,
    make_rule,
    make_type,
    make_zone,
)
from tests.unit.placement.tiny_fleets import (
    make_real,
    make_real_catalogue,
    make_real_lock,
    make_world,
    place,
    tiny_fleets,
)

COUNTRIES = ("FI", "DE", "US")
KINDS = ("account", "country", "zone", "client.node")
SHARES = ("10%", "20%", "33.3%", "34%", "50%", "75%")
EXAMPLES = int(os.environ.get("INFEASIBLE_FLEETS", "60"))


def plan_of(fleet: Fleet, catalogue: Catalogue) -> Plan:
    return compute_plan(fleet, catalogue, {})


def find_situation(fleet: Fleet, catalogue: Catalogue) -> Situation:
    return compute_situation(fleet, catalogue, None, (), frozenset())


NUMBERED = ("skew", "min_domains", "max_domains")
VERBS = ("cap", "below", "allow", "deny", "min_nodes", "survive", "spread", "budget", *NUMBERED, "apart", "together")
CLIENTS = ("geth", "besu", "reth")


@st.composite
def amounts(draw: st.DrawFn) -> str | int:
    return draw(st.one_of(st.sampled_from(SHARES), st.integers(1, 4)))


@st.composite
def rules(draw: st.DrawFn, line: int, groups: int) -> Rule:
    verb = draw(st.sampled_from(VERBS if groups > 1 else VERBS[:-2]))
    fields = {"per": draw(st.sampled_from(KINDS)), **draw(verbs(verb))}
    if verb in ("min_nodes", "budget"):
        del fields["per"]
    if verb not in ("apart", "together") and draw(st.booleans()):
        fields["of"] = "fleet"
    return make_rule(line, **fields)


@st.composite
def verbs(draw: st.DrawFn, verb: str) -> dict[str, Any]:
    """The verb, and the keys that go with it."""
    match verb:
        case "cap" | "below":
            return {verb: draw(amounts()), "by": draw(st.sampled_from(["nodes", "stake"]))}
        case "allow" | "deny":
            kind, names = draw(st.sampled_from([("country", COUNTRIES), ("client.node", CLIENTS)]))
            return {verb: draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)), "per": kind}
        case "min_nodes":
            return {verb: draw(amounts()), "in": {"country": draw(st.sampled_from(COUNTRIES))}}
        case "survive" | "spread":
            parts = {"FI": draw(st.integers(0, 2)), "DE": draw(st.integers(1, 2))}
            survived = {verb: draw(st.integers(1, 3)), "keep": draw(amounts())}
            return survived if verb == "survive" else {"per": "country", verb: parts}
    if verb == "budget":
        return {verb: f"{draw(st.integers(1, 60))} USD/month"}
    return {verb: draw(st.integers(verb != "skew", 4)) if verb in NUMBERED else ["a", "b"]}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Fleet, Catalogue]:
    zones, types = [], []
    for number in range(draw(st.integers(1, 4))):
        country = draw(st.sampled_from((*COUNTRIES, None)))
        capacity = draw(st.sampled_from((None, 1, 3)))
        zones.append(make_zone(f"p{number}", country=country, capacity=capacity))
        types.append(make_type(f"p{number}"))
    clients = {"node": draw(st.sampled_from([CLIENTS, CLIENTS[:2], CLIENTS[:1]]))}
    groups = [
        make_group("a", draw(st.integers(1, 6)), stake="2", clients=clients),
        make_group("b", draw(st.integers(1, 4)), clients=clients),
    ][: draw(st.integers(1, 2))]
    policy = [draw(rules(line, len(groups))) for line in range(20, 20 + draw(st.integers(1, 4)))]
    accounts = [make_account(zone.provider) for zone in zones]
    return make_fleet(accounts, groups, policy), make_catalogue(zones, types)


def list_culprits(fleet: Fleet) -> list[Culprit]:
    return [*(rule for rule in fleet.policy if rule.level == "error"), CAPACITY]


def find_rule(fleet: Fleet, repair: Repair) -> Rule:
    return next(rule for rule in fleet.policy if rule.source == repair.source)


def write_form(rule: Rule, key: str, to: str) -> Rule:
    """The rule as a person writes it after the repair's words."""
    written = getattr(rule, key)
    if isinstance(written, tuple):
        value: Any = tuple(to.strip("[]").split(", "))
    elif key == "budget":
        value = Decimal(to.removesuffix(" USD/month"))
    else:
        value = parse_amount(to if to.endswith("%") else int(to))
    return rule.model_copy(update={key: value})


def apply(repair: Repair, fleet: Fleet, situation: Situation, rest: Sequence[Culprit]) -> bool:
    """Whether what the repair has to be enough for holds once it is done."""
    if repair.change == "capacity":
        named = [Resource(*each.rsplit(" ", 1)) for each in repair.name.split(", ")]
        free = {**situation.free, **dict(zip(named, map(int, repair.to.split(", ")), strict=True))}
        return is_feasible(replace(situation, free=free), rest)
    rule = find_rule(fleet, repair)
    others = [other for other in rest if other is not rule]
    return is_feasible(
        situation, others if repair.change == "remove" else [*others, write_form(rule, repair.change, repair.to)]
    )


def tighten(repair: Repair, fleet: Fleet) -> Rule | None:
    """The form of the rule one step short of the repair; None where that is what is written, or there is none."""
    rule = find_rule(fleet, repair)
    written = getattr(rule, repair.change)
    if isinstance(written, tuple):
        return None
    if repair.change == "budget":
        less = Decimal(repair.to.removesuffix(" USD/month")) - 1
        return rule.model_copy(update={"budget": less}) if less > written else None
    to = parse_amount(repair.to if repair.to.endswith("%") else int(repair.to))
    step: Fraction | int = Fraction(1, SHARE_STEPS) if isinstance(written, Fraction) else 1
    short = to - step if to > written else to + step
    return rule.model_copy(update={repair.change: short}) if min(written, to) < short < max(written, to) else None


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(cases())
def test_conflicts_are_minimal_and_repairs_are_enough_and_no_larger_than_need_be(
    case: tuple[Fleet, Catalogue],
) -> None:
    fleet, catalogue = case
    plan = plan_of(fleet, catalogue)
    assume(plan.status == "infeasible")
    check_explanation(plan, fleet, find_situation(fleet, catalogue))


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(tiny_fleets())
def test_so_they_are_with_a_lock_and_nodes_that_sign_where_sites_are_closed_or_refuse(tiny: TinyFleet) -> None:
    fleet, lock, world = make_real(tiny), make_real_lock(tiny), make_world(tiny)
    plan = place(tiny, lock)
    assume(plan.status == "infeasible")
    if any(found.rule == "machine" for found in plan.conflict):
        return  # no rule is to blame: no site takes the nodes that need one
    situation = compute_situation(
        fleet,
        make_real_catalogue(tiny),
        lock,
        world.losses,
        world.signing_groups,
        world.taints,
        closures=world.closures,
    )
    check_explanation(plan, fleet, situation)


def check_explanation(plan: Plan, fleet: Fleet, situation: Situation) -> None:
    conflict = find_conflict(situation)
    assert len(plan.conflict) == len(conflict) > 0
    assert not is_feasible(situation, conflict)
    for culprit in conflict:
        assert is_feasible(situation, [other for other in conflict if other is not culprit])
    assert plan.repairs, "whatever the conflict, something is enough for it"
    for repair in plan.repairs:
        rest = list_culprits(fleet) if repair.clears == "all" else list(conflict)
        if repair.change != "facts":
            assert apply(repair, fleet, situation, rest), repair.message
        if repair.change not in ("facts", "remove", "capacity") and (short := tighten(repair, fleet)):
            rule = find_rule(fleet, repair)
            assert not is_feasible(situation, [short, *(other for other in rest if other is not rule)]), repair.message


def test_a_change_that_is_not_enough_is_no_repair() -> None:
    policy = [make_rule(20, cap="30%", per="account"), make_rule(21, allow=["A", "B"], per="country")]
    fleet = make_fleet([make_account(name) for name in "abc"], [make_group(count=12)], policy)
    plan = plan_of(fleet, make_flat_catalogue({"a": "1", "b": "2", "c": "3"}))
    assert plan.status == "infeasible"
    # 30% of 12 is 3 each. In two accounts 6 each are enough; with C too 9 can stand, so that is no repair.
    assert [(repair.source.line, repair.change, repair.to, repair.clears) for repair in plan.repairs] == [
        (20, "cap", "50%", "all")
    ]


def test_the_smallest_relative_change_comes_first() -> None:
    policy = [make_rule(20, cap="40%", per="account"), make_rule(21, allow=["A", "B"], per="country")]
    fleet = make_fleet([make_account(name) for name in "abc"], [make_group(count=12)], policy)
    plan = plan_of(fleet, make_flat_catalogue({"a": "1", "b": "2", "c": "3"}))
    assert [(repair.source.line, repair.change, repair.to) for repair in plan.repairs] == [
        (20, "cap", "50%"),
        (21, "allow", "[A, B, C]"),
    ]


def test_a_share_is_loosened_to_the_hundredth_of_a_percent_that_works() -> None:
    fleet = make_fleet(
        [make_account(name) for name in "abc"], [make_group(count=7)], [make_rule(20, cap="30%", per="account")]
    )
    [repair] = plan_of(fleet, make_flat_catalogue({"a": "1", "b": "2", "c": "3"})).repairs
    assert (repair.change, repair.to) == ("cap", "42.86%")  # 3 of 7 are 42.857…%


def test_what_is_not_known_is_told_apart_from_what_is_impossible() -> None:
    zones = [make_zone("a", country="FI"), make_zone("b")]
    catalogue = make_catalogue(zones, [make_type("a"), make_type("b")])
    fleet = make_fleet(
        [make_account("a"), make_account("b")],
        [make_group(count=2)],
        [make_rule(20, min_domains=2, per="country")],
    )
    facts, loosening = plan_of(fleet, catalogue).repairs
    assert (facts.change, facts.to) == ("facts", "country")
    assert "b/r1/z1" in facts.message
    assert (loosening.change, loosening.to) == ("min_domains", "1")
    known = make_catalogue([zones[0], zones[1].model_copy(update={"country": "SE"})], catalogue.machine_types)
    assert plan_of(fleet, known).status == "optimal"


def test_more_capacity_is_a_repair() -> None:
    catalogue = make_catalogue([make_zone("a", capacity=2)], [make_type("a")])
    [repair] = plan_of(make_fleet([make_account("a")], [make_group(count=5)]), catalogue).repairs
    assert (repair.change, repair.name, repair.to) == ("capacity", "site a/r1/z1", "5")


def test_of_two_conflicts_a_repair_says_that_it_clears_one() -> None:
    policy = [
        make_rule(20, cap=1, per="account", of={"group": "a"}),
        make_rule(21, cap=1, per="account", of={"group": "b"}),
    ]
    fleet = make_fleet([make_account("p")], [make_group("a", 3), make_group("b", 3)], policy)
    plan = plan_of(fleet, make_flat_catalogue({"p": "1"}))
    assert [finding.source.line for finding in plan.conflict] == [21]
    assert [(repair.to, repair.clears) for repair in plan.repairs] == [("3", "conflict")]
    assert "another" in plan.repairs[0].message


def test_every_repair_can_be_read_back_from_what_is_written() -> None:
    for number in range(1, SHARE_STEPS + 1, 7):
        share = Fraction(number, SHARE_STEPS)
        assert parse_amount(render_amount(share)) == share


@pytest.mark.parametrize(("length", "enough", "found"), [(0, 0, None), (5, 9, None), (5, 0, 0), (5, 4, 4), (5, 2, 2)])
def test_the_first_that_is_enough_is_found(length: int, enough: int, found: int | None) -> None:
    assert find_first(length, lambda index: index >= enough) == found
