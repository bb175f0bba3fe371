"""What is odd about a rule as written: what it leaves, what it asks for, and which names it could have meant."""

from typing import Any

import pytest

from orchestrator.model.plan import Finding
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.compile import compile_policy
from tests.unit.placement.fleets import make_account, make_fleet, make_group, make_rule
from tests.unit.policy.policies import PLACES, Spot, compile_for


def find(count: int = 4, stake: str = "1", **rule: Any) -> list[Finding]:
    fleet = make_fleet([make_account("a")], [make_group(count=count, stake=stake)])
    where = {} if "in" in rule else {"per": "country"}
    return list(compile_for(fleet, **{**where, **rule}).findings)


@pytest.mark.parametrize(
    ("rule", "value", "bound"),
    [
        ({"cap": "20%"}, "0 nodes", "at least 1 nodes"),
        ({"below": 0}, "0 nodes", "at least 1 nodes"),
        ({"below": 1}, "0 nodes", "at least 1 nodes"),
        ({"cap": 3, "by": "vcpus", "count": 1}, None, None),
        ({"cap": 1, "by": "vcpus"}, "1 vcpus", "at least 2 vcpus"),
        ({"below": "25%", "by": "vcpus"}, "1 vcpus", "at least 2 vcpus"),
        ({"cap": 1, "by": "stake", "stake": "2.5"}, "1 stake", "at least 2.5 stake"),
        ({"cap": 1}, None, None),
        ({"below": 2}, None, None),
        ({"cap": "25%"}, None, None),
    ],
)
def test_a_limit_of_less_than_one_node(rule: dict[str, Any], value: str | None, bound: str | None) -> None:
    assert [(each.value, each.bound) for each in find(**rule)] == ([] if value is None else [(value, bound)])


def test_a_limit_of_less_than_one_node_says_how_much_there_is() -> None:
    [finding] = find(cap=1, by="stake", stake="2.5")
    assert finding.message == ("btc: 1 of 10 stake leaves 1 per country, less than one node: write 25% or add nodes")
    [none] = find(below=0)
    assert none.message == "btc: 0 of 4 nodes leaves 0 per country, less than one node: write above 25% or add nodes"


@pytest.mark.parametrize(
    ("rule", "value", "bound"),
    [
        ({"min_nodes": 4}, None, None),
        ({"min_nodes": 5}, "4 nodes", "at least 5 nodes"),
        ({"min_nodes": 8, "by": "vcpus"}, None, None),
        ({"min_nodes": 9, "by": "vcpus"}, "8 vcpus", "at least 9 vcpus"),
        ({"min_nodes": 11, "by": "stake", "stake": "2.5"}, "10 stake", "at least 11 stake"),
    ],
)
def test_more_than_there_will_be(rule: dict[str, Any], value: str | None, bound: str | None) -> None:
    within: dict[str, Any] = {**rule, "in": {"country": "DE"}}
    found = find(**within)
    assert [(each.value, each.bound) for each in found] == ([] if value is None else [(value, bound)])


def test_a_rule_of_a_role_that_no_group_has_is_named_with_the_role() -> None:
    [finding] = find(skew=1, per="client.consensus")
    assert finding.message == (
        "skew 1 per client.consensus selects no group of this fleet with the role of client.consensus, "
        "so it asks for nothing"
    )
    [other] = find(skew=1, of={"group": "gone"})
    assert other.message.endswith("selects no group of this fleet, so it asks for nothing")
    assert (other.subject, other.value, other.bound) == ("", "", "")


def test_a_name_that_resembles_none_is_answered_with_what_there_is() -> None:
    places = {f"p{at}": Spot(f"C{at}") for at in range(9)}
    fleet = make_fleet([make_account("a")], [make_group()])
    rules = [make_rule(7, deny=("Atlantis",), per="country")]
    [finding] = compile_policy(rules, fleet, Candidates(places, tuple(Cell("btc", name) for name in places))).findings
    assert finding.message == (
        "deny Atlantis per country: no candidate is in country Atlantis: known: C0, C1, C2, C3, C4, C5, C6, C7"
    )
    [nowhere] = compile_policy(rules, fleet, Candidates(PLACES, (Cell("btc", "s4"),))).findings
    assert nowhere.message.endswith("no candidate is in country Atlantis: known: none")
    assert (nowhere.subject, nowhere.level) == ("Atlantis", "warning")
