"""The looser forms of each rule: from the one next to what is written to the loosest, and what is one step."""

from fractions import Fraction
from typing import Any

import pytest

from orchestrator.model.fleet import Fleet
from orchestrator.model.quantity import parse_amount
from orchestrator.placement.candidates import compute_situation
from orchestrator.placement.loosen import Ladder, list_ladders, render_value
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_rule


def find_ladders(count: int = 12, prices: dict[str, str | None] | None = None, **rule: Any) -> tuple[Ladder, ...]:
    groups = [make_group("g", count, stake="2.5"), make_group("h", 3)]
    return find_ladders_of(make_fleet([], groups), prices or {"a": "20", "b": "10"}, **rule)


def find_ladders_of(fleet: Fleet, prices: dict[str, str | None], **rule: Any) -> tuple[Ladder, ...]:
    fleet = fleet.model_copy(update={"accounts": tuple(make_account(name) for name in prices)})
    return list_ladders(
        make_rule(7, **rule), compute_situation(fleet, make_flat_catalogue(prices), None, (), frozenset())
    )


def read(ladder: Ladder) -> tuple[str, str, str, int]:
    """The key, the form next to what is written, the loosest, and how many there are."""
    values = [render_value(ladder, ladder.get_value(index)) for index in (0, ladder.length - 1)]
    return (ladder.key, values[0], values[1], ladder.length)


@pytest.mark.parametrize(
    ("rule", "ladders"),
    [
        ({"cap": 2, "per": "account"}, [("cap", "3", "13", 11)]),
        ({"cap": 2, "per": "account", "of": "fleet"}, [("cap", "3", "16", 14)]),
        ({"cap": 2, "per": "account", "by": "stake"}, [("cap", "3", "31", 29)]),
        ({"cap": 2, "per": "account", "by": "vcpus"}, [("cap", "3", "25", 23)]),
        ({"below": "34%", "per": "account"}, [("below", "34.01%", "100%", 6600)]),
        ({"cap": "33.335%", "per": "account"}, [("cap", "33.34%", "100%", 6667)]),
        ({"skew": 1, "per": "account"}, [("skew", "2", "15", 14)]),
        ({"max_domains": 14, "per": "account"}, [("max_domains", "15", "15", 1)]),
        ({"max_domains": 15, "per": "account"}, []),
        ({"min_domains": 4, "per": "account"}, [("min_domains", "3", "1", 3)]),
        ({"min_domains": 1, "per": "account"}, []),
        ({"min_nodes": "50%", "in": {"account": "a"}}, [("min_nodes", "49.99%", "0.01%", 4999)]),
        ({"min_nodes": "33.335%", "in": {"account": "a"}}, [("min_nodes", "33.33%", "0.01%", 3333)]),
        ({"min_nodes": "0.01%", "in": {"account": "a"}}, []),
        ({"survive": 2, "keep": 3, "per": "account"}, [("keep", "2", "1", 2), ("survive", "1", "1", 1)]),
        ({"survive": 1, "keep": "50%", "per": "account"}, [("keep", "49.99%", "0.01%", 4999)]),
        ({"budget": "10.5 USD/month", "of": "fleet"}, [("budget", "11 USD/month", "301 USD/month", 291)]),
        ({"apart": ["g", "h"], "per": "account"}, []),
    ],
)
def test_each_form_is_a_step_looser(rule: dict[str, Any], ladders: list[tuple[str, str, str, int]]) -> None:
    assert [read(ladder) for ladder in find_ladders(**rule)] == ladders


@pytest.mark.parametrize(
    ("prices", "last"),
    [
        ({"a": "20", "b": "10"}, "6001 USD/month"),
        ({"a": "10", "b": "20"}, "6001 USD/month"),
        ({"a": "10", "b": None}, "3001 USD/month"),
        ({"a": "10.333"}, "3100 USD/month"),  # 10.33 each, to the cent
        ({"a": None}, None),
    ],
)
def test_a_budget_goes_up_to_what_the_dearest_machines_cost(prices: dict[str, str | None], last: str | None) -> None:
    fleet = make_fleet([], [make_group("g", 300)])
    ladders = find_ladders_of(fleet, prices, budget="2 USD/month", of="fleet")
    assert [read(ladder)[2] for ladder in ladders] == ([] if last is None else [last])


def test_a_group_that_nothing_fits_costs_nothing() -> None:
    machine = make_group().machine.model_copy(update={"vcpus": 64})
    fleet = make_fleet([], [make_group("g", 2), make_group("h", 300, machine=machine)])
    [ladder] = find_ladders_of(fleet, {"a": "10"}, budget="2 USD/month", of="fleet")
    assert read(ladder)[1:] == ("3 USD/month", "21 USD/month", 19)


def test_a_fleet_of_one_node_differs_by_one_at_most() -> None:
    [ladder] = find_ladders_of(make_fleet([], [make_group("g", 1)]), {"a": "1"}, skew=0, per="account")
    assert read(ladder) == ("skew", "1", "1", 1)


def test_a_form_is_the_rule_with_another_number_and_its_change_is_relative() -> None:
    [cap] = find_ladders(cap="30%", per="account")
    assert cap.get_form(99) == make_rule(7, cap="31%", per="account")
    assert cap.compute_change(99) == Fraction(1, 30)
    [least] = find_ladders(min_domains=4, per="account")
    assert least.get_form(1) == make_rule(7, min_domains=2, per="account")
    assert (least.compute_change(0), least.compute_change(1)) == (Fraction(1, 4), Fraction(1, 2))
    [skew] = find_ladders(skew=0, per="account")
    assert skew.compute_change(1) == 2  # nothing is relative to none: the number itself
    [budget] = find_ladders(budget="10.5 USD/month")
    assert budget.get_form(0) == make_rule(7, budget="11 USD/month")
    assert budget.compute_change(0) == Fraction(1, 21)
    assert parse_amount("31%") == Fraction(31, 100)
