"""Rules that may give way for a while after a loss: what is recorded, what it spares, and when that ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.reconcile.relaxation import compute_relaxed, judge_relaxed
from tests.unit.placement.fleets import make_flat_catalogue, make_lock, make_rule
from tests.unit.placement.test_place import LOST_B, PRICES, four_accounts, get_value, place
from tests.unit.reconcile.reviews import review as review_lock

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOST_AB = (Loss(kind="account", value="a"), *LOST_B)


def fleet_with(**rule: Any) -> Fleet:
    """Twelve nodes on four accounts with at most three in each, which no three accounts can hold."""
    return four_accounts(policy=[make_rule(20, cap="25%", per="account", **rule)])


def lose(fleet: Fleet, lock: Lock | None = None) -> tuple[Plan, Lock]:
    plan = place(fleet, lock or make_lock(place(fleet)), LOST_B)
    return plan, make_lock(plan)


def relax(fleet: Fleet, plan: Plan, lock: Lock, at: datetime = NOW, before: Lock | None = None) -> Lock:
    relaxed = compute_relaxed(fleet, plan.findings, LOST_B, before, at)
    return lock.model_copy(
        update={"header": lock.header.model_copy(update={"relaxed": relaxed or None, "lost": ("account=b",)})}
    )


def review(fleet: Fleet, lock: Lock, at: datetime) -> dict[str, str]:
    """The level of the findings on the policy, by rule."""
    findings = judge_relaxed(fleet, review_lock(fleet, lock, make_flat_catalogue(PRICES)), lock, at)
    return {found.rule: found.level for found in findings if found.rule in ("cap", "relax")}


def test_a_rule_that_gave_way_is_recorded_with_cause_and_start() -> None:
    fleet = fleet_with(relax="72h")
    plan, lock = lose(fleet)
    (relaxed,) = relax(fleet, plan, lock).header.relaxed or ()
    assert (relaxed.rule, relaxed.cause, relaxed.since) == ("cap 25% per account", ("account=b",), NOW)


def test_in_its_time_it_is_a_warning_and_then_an_error_with_its_expiry() -> None:
    fleet = fleet_with(relax="72h")
    lock = relax(fleet, *lose(fleet))
    assert review(fleet, lock, NOW) == {"cap": "warning"}
    assert review(fleet, lock, NOW + timedelta(hours=72, seconds=-1)) == {"cap": "warning"}
    assert review(fleet, lock, NOW + timedelta(hours=72)) == {"cap": "error", "relax": "error"}
    findings = judge_relaxed(
        fleet, review_lock(fleet, lock, make_flat_catalogue(PRICES)), lock, NOW + timedelta(days=4)
    )
    (expiry,) = (finding for finding in findings if finding.rule == "relax")
    assert str(expiry.source) == "fleet.yaml:20:1"
    assert expiry.message == (
        "cap 25% per account was to give way for 72h after the loss of account=b; that ended at 2026-11-26 12:00 UTC"
    )


def test_a_rule_that_does_not_relax_is_an_error_at_once() -> None:
    fleet = fleet_with()
    lock = relax(fleet, *lose(fleet))
    assert lock.header.relaxed is None
    assert review(fleet, lock, NOW) == {"cap": "error"}


def test_the_start_stays_when_it_is_placed_again_and_goes_when_the_rule_holds() -> None:
    fleet = fleet_with(relax="72h")
    plan, bare = lose(fleet)
    lock = relax(fleet, plan, bare)
    later = NOW + timedelta(hours=30)
    assert compute_relaxed(fleet, plan.findings, LOST_AB, lock, later) == lock.header.relaxed
    assert compute_relaxed(fleet, plan.findings, (), lock, later) == lock.header.relaxed  # not yet moved back
    assert compute_relaxed(fleet, (), LOST_B, lock, later) == ()


def test_without_a_loss_nothing_relaxes() -> None:
    fleet = fleet_with(relax="72h")
    plan, _ = lose(fleet)
    assert compute_relaxed(fleet, plan.findings, (), None, NOW) == ()


def test_the_record_does_not_spare_a_rule_whose_relax_was_taken_out() -> None:
    lock = relax(fleet_with(relax="72h"), *lose(fleet_with(relax="72h")))
    assert review(fleet_with(), lock, NOW) == {"cap": "error"}


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [
        ({"priority": 5}, {}, "second"),
        ({}, {"priority": 5}, "first"),
        ({"relax": "1h"}, {}, "first"),
        ({}, {"relax": "1h"}, "second"),
        ({"relax": "1h", "priority": 1}, {}, "second"),
    ],
)
def test_what_gives_way_first_is_of_the_lower_priority_then_what_relaxes(
    first: dict[str, Any], second: dict[str, Any], broken: str
) -> None:
    """Account a is to have at least three of six nodes, and at most two."""
    rules = [
        make_rule(20, name="first", min_nodes=3, **{"in": {"account": "a"}}, **first),
        make_rule(21, name="second", cap=2, per="account", **second),
    ]
    plan = place(four_accounts(6, policy=rules), make_lock(place(four_accounts(6, policy=[]))), LOST_B)
    assert {found.name for found in plan.broken} == {broken}


def test_stages_of_excess_are_named_by_rank() -> None:
    rules = [
        make_rule(20, cap=2, per="account", priority=7),
        make_rule(21, cap=3, per="account", relax="1h"),
    ]
    plan = place(four_accounts(policy=rules), None, LOST_B)
    names = [stage.name for stage in plan.stages if stage.name.startswith("excess")]
    assert names == ["excess, priority 7", "excess", "excess, relaxed"]
    assert get_value(plan, "excess, priority 7") == 6
