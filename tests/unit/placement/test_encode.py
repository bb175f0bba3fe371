"""The program's rows seen through plans: budgets, what nodes ran before, machines of which only so many can be had."""

from typing import Any

import pytest

from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock
from orchestrator.model.plan import Plan
from orchestrator.placement.place import compute_plan
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_lock, make_rule
from tests.unit.placement.test_place import LOST_B

PRICES: dict[str, str | None] = {"a": "10", "b": "10", "c": "20", "d": "20"}


def draw(*rules: dict[str, Any], **counts: int) -> Fleet:
    policy = [make_rule(line, **rule) for line, rule in enumerate(rules, 20)]
    groups = [make_group(name, number) for name, number in counts.items()]
    return make_fleet([make_account(name) for name in PRICES], groups, policy)


def place(fleet: Fleet, lock: Lock | None = None, *rest: Any, **more: Any) -> Plan:
    return compute_plan(fleet, make_flat_catalogue(PRICES), {}, lock, *rest, **more)


def get_values(plan: Plan, name: str) -> list[int]:
    return [stage.value for stage in plan.stages if stage.name == name]


def test_a_budget_of_level_warning_is_only_said() -> None:
    plan = place(draw({"budget": "15 USD/month", "level": "warning"}, g=2))
    assert plan.status == "optimal"
    assert [(finding.rule, finding.level, finding.value) for finding in plan.findings] == [
        ("budget", "warning", "20.00 USD/month")
    ]
    assert place(draw({"budget": "15 USD/month"}, g=2)).status == "infeasible"
    assert place(draw({"budget": "20 USD/month"}, g=2)).status == "optimal"


SPREAD = {"cap": 1, "per": "account"}


def test_after_a_loss_a_budget_gives_way_by_as_much_as_it_takes_in_cents() -> None:
    fleet = draw(SPREAD, {"budget": "20 USD/month"}, g=2)
    plan = place(fleet, make_lock(place(fleet)), LOST_B)
    assert get_values(plan, "over budget") == [1000]
    assert [finding.value for finding in plan.broken] == ["30.00 USD/month"]
    wide = draw(SPREAD, {"budget": "30 USD/month"}, g=2)
    kept = place(wide, make_lock(place(fleet)), LOST_B)
    assert (get_values(kept, "over budget"), kept.broken) == ([], ())


@pytest.mark.parametrize(("paid", "status"), [("g", "optimal"), ("h", "infeasible")])
def test_a_budget_gives_way_for_nodes_that_must_not_move_where_they_are_paid_from_it(paid: str, status: str) -> None:
    lock = make_lock(place(draw(g=2), signing_groups=frozenset({"g"})))
    fleet = draw({"budget": "15 USD/month", "of": {"group": paid}}, g=2, h=2)
    plan = place(fleet, lock, signing_groups=frozenset({"g"}))
    assert plan.status == status
    assert get_values(plan, "over budget") == ([500] if status == "optimal" else [])
    enough = draw({"budget": "20 USD/month", "of": {"group": "g"}}, g=2, h=2)  # no rule has to bear with anybody
    assert get_values(place(enough, lock, signing_groups=frozenset({"g"})), "over budget") == []


def test_budgets_count_the_groups_that_they_speak_of() -> None:
    assert place(draw({"budget": "20 USD/month", "of": {"group": "h"}}, g=9, h=2)).status == "optimal"
    assert place(draw({"budget": "20 USD/month", "of": "fleet"}, g=1, h=2)).status == "infeasible"


def test_what_nodes_ran_is_counted_wherever_they_ran_it() -> None:
    """Two nodes at two places run one client each; where one of them moves, neither has to be another's."""
    clients = {"node": ("m", "n")}
    rule = {"cap": 1, "per": "client.node"}
    spread = [make_rule(20, **SPREAD), make_rule(21, cap=2, per="client.node")]
    accounts = [make_account(name) for name in PRICES]
    lock = make_lock(place(make_fleet(accounts, [make_group("g", 2, clients={"node": ("m",)})], spread)))
    plan = place(make_fleet(accounts, [make_group("g", 2, clients=clients)], [spread[0], make_rule(21, **rule)]), lock)
    assert (get_values(plan, "clients replaced"), plan.client_changes) == ([1], 1)
    same = place(make_fleet(accounts, [make_group("g", 2, clients=clients)], spread), lock)
    assert (get_values(same, "clients replaced"), same.client_changes) == ([0], 0)


def test_a_number_of_domains_gives_way_to_nodes_that_must_not_move_by_as_little_as_can_be() -> None:
    """What signers bring about alone is no measure of it: they are in one account, and the others may not be there."""
    signing = frozenset({"g"})
    lock = make_lock(place(draw({"allow": ["a"], "per": "account"}, g=2), signing_groups=signing))
    away = {"deny": ["a"], "per": "account", "of": {"group": "h"}}
    plan = place(
        draw({"max_domains": 1, "per": "account", "of": "fleet"}, away, g=2, h=2), lock, signing_groups=signing
    )
    assert plan.status == "optimal"
    assert [(finding.rule, finding.value) for finding in plan.broken] == [("max_domains", "2 domains")]
    assert get_values(plan, "excess") == [1]
