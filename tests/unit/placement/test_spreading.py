"""Behaviours that schedulers document: weighted division, minimum and maximum domains, skew with ineligible domains."""

from collections import Counter
from typing import Any

import pytest

from orchestrator.model.lock import Lock
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.placement.place import compute_plan
from tests.unit.placement.fleets import (
    make_account,
    make_flat_catalogue,
    make_fleet,
    make_group,
    make_lock,
    make_rule,
)


def place(
    count: int, prices: dict[str, str | None], *rules: dict[str, Any], lock: Lock | None = None, lost: str | None = None
) -> Plan:
    accounts = [make_account(name) for name in prices]
    policy = [make_rule(line + 1, **rule) for line, rule in enumerate(rules)]
    losses = [Loss(kind="account", value=lost)] if lost else []
    return compute_plan(
        make_fleet(accounts, [make_group(count=count)], policy), make_flat_catalogue(prices), {}, lock, losses
    )


def count(plan: Plan) -> dict[str, int]:
    carrying = [planned.machine for planned in plan.machines if planned.machine.state == "wanted"]
    return dict(Counter(machine.account for machine in carrying))


@pytest.mark.parametrize(
    ("nodes", "parts", "held"),
    [
        (9, {"a": 1, "b": 2}, {"a": 3, "b": 6}),
        (10, {"a": 1, "b": 1, "c": 1}, {"a": 4, "b": 3, "c": 3}),
        (10, {"c": 1, "b": 1, "a": 1}, {"a": 3, "b": 3, "c": 4}),
        (7, {"a": 3, "b": 2, "c": 1}, {"a": 4, "b": 2, "c": 1}),
        (5, {"a": 1}, {"a": 5}),
    ],
)
@pytest.mark.parametrize("cheapest", ["a", "b", "c"])
def test_a_first_placement_divides_by_the_largest_remainder_whatever_it_costs(
    nodes: int, parts: dict[str, int], held: dict[str, int], cheapest: str
) -> None:
    prices: dict[str, str | None] = {name: "10" if name == cheapest else "90" for name in ("a", "b", "c")}
    plan = place(nodes, prices, {"spread": parts, "per": "account"})
    assert plan.status == "optimal"
    assert count(plan) == held
    assert plan.findings == ()


def test_what_lies_between_floor_and_ceiling_stays() -> None:
    prices: dict[str, str | None] = {"a": "10", "b": "10", "c": "10"}
    first = place(10, prices, {"spread": {"a": 1, "b": 1, "c": 1}, "per": "account"})
    again = place(10, prices, {"spread": {"c": 1, "b": 1, "a": 1}, "per": "account"}, lock=make_lock(first))
    assert count(again) == {"a": 4, "b": 3, "c": 3}
    assert (again.relocations, again.findings) == (0, ())


def test_a_spread_gives_way_by_as_little_as_can_be_after_a_loss() -> None:
    prices: dict[str, str | None] = {"a": "10", "b": "10", "c": "10"}
    rule = {"spread": {"a": 1, "b": 1, "c": 1}, "per": "account"}
    plan = place(9, prices, rule, lock=make_lock(place(9, prices, rule)), lost="c")
    assert sum(count(plan).values()) == 9
    assert plan.relocations == 3
    assert {finding.rule for finding in plan.findings if finding.level == "error"} == {"spread"}


def test_at_most_so_many_domains_are_the_cheapest_of_them() -> None:
    prices: dict[str, str | None] = {"a": "10", "b": "20", "c": "30"}
    caps = {"cap": "50%", "per": "account"}
    assert count(place(6, prices, caps, {"max_domains": 2, "per": "account"})) == {"a": 3, "b": 3}
    assert place(6, prices, {"cap": "34%", "per": "account"}, {"max_domains": 2, "per": "account"}).status == (
        "infeasible"
    )
    assert count(place(6, prices, {"min_domains": 3, "per": "account"})) == {"a": 4, "b": 1, "c": 1}


def test_skew_is_over_eligible_domains_alone() -> None:
    prices: dict[str, str | None] = {"a": "10", "b": "20", "c": "30"}
    even = {"skew": 0, "per": "account"}
    assert count(place(6, prices, even)) == {"a": 2, "b": 2, "c": 2}
    assert count(place(6, prices, even, {"deny": ["c"], "per": "account"})) == {"a": 3, "b": 3}


def test_what_survives_the_loss_of_any_one_is_kept_whatever_it_costs() -> None:
    prices: dict[str, str | None] = {"a": "10", "b": "20", "c": "30"}
    assert count(place(6, prices, {"survive": 1, "per": "account", "keep": "50%"})) == {"a": 3, "b": 3}
    assert count(place(6, prices, {"survive": 1, "per": "account", "keep": "60%"})) == {"a": 2, "b": 2, "c": 2}
    assert count(place(6, prices, {"survive": 2, "per": "account", "keep": 2})) == {"a": 2, "b": 2, "c": 2}
    assert place(6, prices, {"survive": 2, "per": "account", "keep": 3}).status == "infeasible"


def test_a_budget_is_hard_until_a_loss_and_then_overrun_by_as_little_as_can_be() -> None:
    prices: dict[str, str | None] = {"a": "10", "b": "20", "c": "30"}
    spare = {"survive": 1, "per": "account", "keep": "50%"}
    budget = {"budget": "60 USD/month", "of": "fleet"}
    lock = make_lock(place(4, prices, spare, budget))
    assert place(4, prices, spare, {"budget": "59.99 USD/month"}).status == "infeasible"
    plan = place(4, prices, spare, budget, lock=lock, lost="a")
    assert count(plan) == {"b": 2, "c": 2}
    [finding] = [finding for finding in plan.findings if finding.rule == "budget"]
    assert (finding.value, finding.bound) == ("100.00 USD/month", "at most 60.00 USD/month")


ROLES = {"node": ("x", "y", "z")}


def count_clients(plan: Plan, group: str) -> dict[str, int]:
    found = (planned.machine for planned in plan.machines if planned.machine.group == group)
    return dict(Counter(machine.clients["node"] for machine in found))


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        ({"spread": {"z": 3, "x": 1}, "per": "client.node"}, {"x": 1, "z": 5}),
        ({"min_nodes": "60%", "in": {"client.node": "y"}}, {"y": 4}),
        ({"max_domains": 1, "per": "client.node"}, {"x": 6}),
        ({"allow": ["z"], "per": "client.node"}, {"z": 6}),
        ({"deny": ["x"], "per": "client.node"}, {"y": 3, "z": 3}),
        ({"survive": 2, "per": "client.node", "keep": 2}, {"x": 2, "y": 2, "z": 2}),
    ],
)
def test_rules_of_clients_are_rules_of_what_runs(rule: dict[str, Any], held: dict[str, int]) -> None:
    prices: dict[str, str | None] = {"a": "10"}
    fleet = make_fleet([make_account("a")], [make_group(count=6, clients=ROLES)], [make_rule(1, **rule)])
    plan = compute_plan(fleet, make_flat_catalogue(prices), {})
    assert plan.findings == ()
    assert held.items() <= count_clients(plan, "btc").items()


def test_groups_apart_and_together_by_client() -> None:
    groups = [make_group(name, 3, clients=ROLES) for name in ("g", "h")]
    prices: dict[str, str | None] = {"a": "10"}
    for verb in ("apart", "together"):
        rule = make_rule(1, **{verb: ("g", "h"), "per": "client.node"})
        plan = compute_plan(make_fleet([make_account("a")], groups, [rule]), make_flat_catalogue(prices), {})
        one, other = (set(count_clients(plan, name)) for name in ("g", "h"))
        assert (one & other == set()) if verb == "apart" else (one <= other)
        assert plan.findings == ()
