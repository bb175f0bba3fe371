"""What a conflict's findings say of the rules in it: how many they are, and whom the tightest bound speaks of."""

from typing import Any

import pytest

from orchestrator.model.plan import Finding
from tests.unit.placement.fleets import make_account, make_fleet, make_group, make_rule
from tests.unit.placement.test_place import ACCOUNTS, place


def find_conflict(groups: dict[str, int], *rules: dict[str, Any]) -> list[Finding]:
    policy = [make_rule(line, **rule) for line, rule in enumerate(rules, 20)]
    fleet = make_fleet(
        [make_account(name) for name in ACCOUNTS], [make_group(name, number) for name, number in groups.items()], policy
    )
    plan = place(fleet)
    assert plan.status == "infeasible"
    return list(plan.conflict)


@pytest.mark.parametrize("groups", [{"g": 4, "h": 12}, {"h": 12, "g": 4}])
def test_of_several_groups_the_one_with_the_least_room_is_named(groups: dict[str, int]) -> None:
    [finding] = find_conflict(groups, {"cap": 2, "per": "account"})
    assert (finding.rule, finding.subject, finding.value, finding.bound) == ("cap", "h", "", "cap 2 per account")
    assert finding.message == (
        "cap 2 per account cannot hold (h: at most 2 of 12 nodes in each, account domains to be had: 4)"
    )


@pytest.mark.parametrize("groups", [{"g": 4, "h": 12}, {"h": 12, "g": 4}])
def test_of_rules_without_an_upper_limit_the_first_group_is_named(groups: dict[str, int]) -> None:
    [finding] = find_conflict(groups, {"survive": 4, "keep": 1, "per": "account"})
    first = next(iter(groups))
    assert finding.subject == first
    assert finding.message == (
        f"survive 4 per account, keep 1 cannot hold ({first}: at least 1 of {groups[first]} nodes left after the "
        "loss of any 4 per account, account domains to be had: 4)"
    )


def test_a_group_whose_nodes_are_asked_for_where_none_can_be_is_named_first() -> None:
    allow = {"allow": ["a"], "per": "account", "of": {"group": "h"}}
    findings = find_conflict({"g": 4, "h": 4}, allow, {"min_nodes": 2, "in": {"account": "b"}})
    assert [finding.rule for finding in findings] == ["allow", "min_nodes"]
    assert findings[1].subject == "h"
    assert findings[1].message == (
        "min_nodes 2 in account b cannot hold together with the other 1 named here (h: at least 2 of 4 nodes in "
        "account b, account domains to be had: 1)"
    )


def test_of_a_spread_the_domain_that_is_to_have_the_most_is_named() -> None:
    spread, cap = find_conflict({"g": 4}, {"spread": {"a": 1, "b": 3}, "per": "account"}, {"cap": 1, "per": "account"})
    assert (spread.rule, spread.subject, cap.rule) == ("spread", "g", "cap")
    assert spread.message == (
        "spread a: 1, b: 3 per account cannot hold together with the other 1 named here (g, account b: 3 of 4 nodes)"
    )


def test_of_a_spread_a_domain_where_nothing_can_be_is_named_before_all_others() -> None:
    [spread] = find_conflict({"g": 4}, {"spread": {"a": 3, "x": 1}, "per": "account"})
    assert spread.message == "spread a: 3, x: 1 per account cannot hold (g, account x: 1 of 4 nodes)"
