"""Repairs case by case: lists, limited resources, unknown facts, and what is left where no looser form is enough."""

from typing import Any

import pytest

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Plan, Repair
from orchestrator.placement.place import compute_plan
from tests.unit.placement.fleets import (
    make_account,
    make_catalogue,
    make_flat_catalogue,
    make_fleet,
    make_group,
    make_lock,
    make_rule,
    make_type,
    make_zone,
)
from tests.unit.placement.test_places import make_host


def explain(fleet: Fleet, countries: dict[str, str | None] | None = None, **capacities: int) -> Plan:
    """The plan where each account has one zone, in the country given (its own name in capitals)."""
    names = [account.name for account in fleet.accounts]
    where = {name: name.upper() for name in names} | (countries or {})
    zones = [make_zone(name, country=where[name], capacity=capacities.get(name)) for name in names]
    return compute_plan(fleet, make_catalogue(zones, [make_type(name) for name in names]), {})


def repair_of(plan: Plan, change: str) -> Repair:
    assert plan.status == "infeasible"
    [found] = [repair for repair in plan.repairs if repair.change == change]
    return found


def twelve(names: str, *policy: Any) -> Fleet:
    return make_fleet([make_account(name) for name in names], [make_group(count=12)], policy)


@pytest.mark.parametrize(
    ("denied", "most", "to", "message"),
    [
        ("ABC", 12, "[B, C]", "take A out of deny A, B, C per country"),
        ("ABC", 6, "[A]", "take B, C out of deny A, B, C per country"),
    ],
)
def test_as_few_domains_as_will_do_are_denied_no_more(denied: str, most: int, to: str, message: str) -> None:
    rules = [make_rule(20, deny=list(denied), per="country"), make_rule(21, cap=most, per="account")]
    repair = repair_of(explain(twelve("abc", *rules)), "deny")
    assert (repair.to, repair.message, repair.source.line) == (to, message, 20)


def test_a_list_that_would_be_left_empty_is_removed() -> None:
    rules = [make_rule(20, deny=["A", "B"], per="country"), make_rule(21, cap=6, per="account")]
    plan = explain(twelve("ab", *rules))
    repair = repair_of(plan, "remove")
    assert (repair.to, repair.source.line) == ("", 20)
    assert repair.message == "remove deny A, B per country, or make it level: warning; no looser form of it is enough"


@pytest.mark.parametrize(
    ("most", "to", "message"),
    [
        (6, "[A, B]", "add B to allow A per country"),
        (4, "[A, B, C]", "add B, C to allow A per country"),
    ],
)
def test_as_few_domains_as_will_do_are_allowed_too(most: int, to: str, message: str) -> None:
    rules = [make_rule(20, allow=["A"], per="country"), make_rule(21, cap=most, per="account")]
    repair = repair_of(explain(twelve("abc", *rules)), "allow")
    assert (repair.to, repair.message) == (to, message)


def test_resources_of_which_none_can_be_spared_grow_together() -> None:
    rules = [make_rule(20, cap=6, per="account"), make_rule(21, deny=["C"], per="country")]
    repair = repair_of(explain(twelve("abc", *rules), a=4, b=5, c=5), "capacity")
    assert repair.message == "have 6 machines free of site a/r1/z1 and 6 machines free of site b/r1/z1 (now 4, 5)"
    assert (repair.name, repair.to) == ("site a/r1/z1, site b/r1/z1", "6, 6")
    assert (repair.rule, repair.source.line, repair.clears) == ("capacity", 10, "all")


def test_each_resource_that_is_enough_alone_is_told_the_smallest_growth_first() -> None:
    plan = explain(twelve("ab"), a=2, b=8)
    assert [(repair.name, repair.to) for repair in plan.repairs] == [("site b/r1/z1", "10"), ("site a/r1/z1", "4")]


def test_of_a_site_that_is_full_each_machine_more_counts_as_one() -> None:
    plan = explain(make_fleet([make_account("a"), make_account("b")], [make_group(count=3)]), a=1, b=0)
    assert [(repair.name, repair.to) for repair in plan.repairs] == [("site a/r1/z1", "3"), ("site b/r1/z1", "2")]


def test_more_machines_come_before_a_rule_that_goes() -> None:
    fleet = make_fleet(
        [make_account("a"), make_account("b")],
        [make_group("g", 2), make_group("h", 2)],
        [make_rule(20, apart=["g", "h"], per="country")],
    )
    plan = explain(fleet, a=3, b=1)
    assert [(repair.change, repair.to) for repair in plan.repairs] == [("capacity", "2"), ("remove", "")]


def test_enrolled_hosts_cannot_be_had_more_often() -> None:
    """Four hosts, three of them in one country: two groups of two cannot keep apart."""
    hosts = [make_host(f"m{number}", zone=f"z{number}", country="B" if number == 4 else "A") for number in (1, 2, 3, 4)]
    fleet = make_fleet(
        [make_account("metal", "ssh", hosts=tuple(hosts))],
        [make_group("g", 2), make_group("h", 2)],
        [make_rule(20, apart=["g", "h"], per="country")],
    )
    types = [make_type("ssh", "ams", host.name, capacity=1) for host in hosts]
    plan = compute_plan(fleet, make_catalogue([], types), {})
    assert [(finding.rule, finding.source.line) for finding in plan.conflict] == [("apart", 20), ("capacity", 10)]
    full = plan.conflict[1]
    assert (full.name, full.level, full.subject, full.value, full.bound) == (
        "what the sites can take",
        "error",
        "fleet",
        "",
        "",
    )
    assert full.message == (
        "the capacity of the sites and the number of enrolled hosts cannot hold together with the other 1 named here: "
        "add regions, accounts or hosts, or lower a count"
    )
    assert [(repair.change, repair.to, repair.name) for repair in plan.repairs] == [
        ("remove", "", "apart g, h per country"),
        ("capacity", "", ""),
    ]
    assert plan.repairs[1].message == "enrol more hosts, add regions, or lower a count"


@pytest.mark.parametrize(("number", "shown"), [(3, "b/r1/z1, c/r1/z1, d/r1/z1"), (4, "b/r1/z1, c/r1/z1, d/r1/z1 …")])
def test_the_first_places_of_which_a_fact_is_unknown_are_named(number: int, shown: str) -> None:
    names = "abcde"[: number + 1]
    fleet = twelve(names, make_rule(20, min_domains=2, per="country"))
    repair = repair_of(explain(fleet, dict.fromkeys(names[1:])), "facts")
    assert repair.message == (
        f"the country of {number} places is unknown ({shown}), and known it could be enough: add country to "
        "a row of your own (--catalog)"
    )
    assert (repair.to, repair.source.line, repair.clears) == ("country", 20, "all")


@pytest.mark.parametrize(
    "rule",
    [
        {"allow": ["FI"], "per": "country"},
        {"min_nodes": 2, "in": {"country": "FI"}},
        {"min_domains": 2, "per": "country"},
    ],
)
def test_an_unknown_fact_that_could_be_what_is_asked_for_is_told(rule: dict[str, Any]) -> None:
    assert repair_of(explain(twelve("ab", make_rule(20, **rule)), {"a": "DE", "b": None}), "facts").to == "country"


def test_facts_that_are_known_are_not_what_is_missing() -> None:
    """Three of four places are in one country, and known: wherever the fourth is, there are two at most."""
    fleet = twelve("abcd", make_rule(20, min_domains=3, per="country"))
    plan = explain(fleet, {"a": "DE", "b": "DE", "c": "DE", "d": None})
    assert [(repair.change, repair.to) for repair in plan.repairs] == [("min_domains", "1")]


def closed(fleet: Fleet, lock: Any) -> Plan:
    """The plan where account a takes nothing new, and b is left."""
    zones = [make_zone("a", status="closed"), make_zone("b")]
    return compute_plan(fleet, make_catalogue(zones, [make_type("a"), make_type("b")]), {}, lock)


def make_standing(count: int, asked: int, *policy: Any) -> tuple[Fleet, Any]:
    """Account a alone, so many nodes in it, and a fleet that asks for another number."""
    before = make_fleet([make_account("a")], [make_group(count=count)])
    lock = make_lock(compute_plan(before, make_flat_catalogue({"a": "1"}), {}))
    return make_fleet([make_account("a")], [make_group(count=asked)], policy), lock


def test_nodes_that_need_a_machine_where_none_can_be_had_are_counted() -> None:
    fleet, lock = make_standing(2, 5)
    [finding] = closed(fleet, lock).conflict
    assert (finding.rule, finding.value, finding.source.line) == ("machine", "no site offers 3 more", 10)
    assert finding.message.startswith("3 nodes of btc need a new machine, and no open site")


def test_nodes_that_can_go_back_to_a_retiring_machine_need_none() -> None:
    _, lock = make_standing(3, 3)
    fewer = make_fleet([make_account("a")], [make_group(count=2)])
    retiring = make_lock(closed(fewer, lock))
    more = make_fleet([make_account("a")], [make_group(count=4)])
    [finding] = closed(more, retiring).conflict
    assert finding.value == "no site offers 1 more"
    again = make_fleet([make_account("a")], [make_group(count=3)])
    assert closed(again, retiring).status == "optimal"


def test_where_all_can_stay_a_rule_is_to_blame_and_no_machine() -> None:
    fleet, lock = make_standing(2, 2, make_rule(20, cap=1, per="account"))
    assert [(finding.rule, finding.source.line) for finding in closed(fleet, lock).conflict] == [("cap", 20)]
