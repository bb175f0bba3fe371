"""Placement where clouds refuse new machines: another type, another site, or a node without a place; never a move."""

from collections.abc import Sequence
from typing import Any

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, MachineState
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.model.taint import Taint
from orchestrator.placement.place import compute_plan
from tests.unit.placement.fleets import (
    make_account,
    make_catalogue,
    make_fleet,
    make_group,
    make_lock,
    make_rule,
    make_type,
    make_zone,
)

LOST_B = (Loss(kind="account", value="b"),)


def two_accounts(count: int = 4, policy: Sequence[Any] = ()) -> Fleet:
    return make_fleet([make_account("a"), make_account("b")], [make_group(count=count)], policy)


def two_types() -> Catalogue:
    """Accounts a and b, each with a cheap and a dear machine type."""
    types = [make_type(account, name=name, price=price) for account in "ab" for name, price in (("s", "5"), ("l", "9"))]
    return make_catalogue([make_zone("a"), make_zone("b")], types)


def refuse(account: str, **where: str) -> Taint:
    return Taint(account=account, code="no_room", until=0.0, **where)


def place(fleet: Fleet, *taints: Taint, lock: Lock | None = None, losses: Sequence[Loss] = ()) -> Plan:
    return compute_plan(fleet, two_types(), {}, lock, losses, taints=taints)


def list_machines(plan: Plan) -> list[tuple[str, str]]:
    return sorted((planned.machine.account, planned.machine.machine_type) for planned in plan.machines)


def test_the_next_type_is_taken_where_one_is_refused() -> None:
    evenly = two_accounts(policy=[make_rule(20, skew=1, per="account")])
    plan = place(evenly, refuse("a", region="r1", zone="z1", machine_type="s"))
    assert plan.status == "optimal"
    assert list_machines(plan) == [("a", "l"), ("a", "l"), ("b", "s"), ("b", "s")]
    assert [(finding.rule, finding.level) for finding in plan.findings] == [("capacity", "warning")]


def test_another_account_is_taken_where_all_types_are_refused() -> None:
    evenly = two_accounts(policy=[make_rule(20, skew=1, per="account")])
    plan = place(evenly, refuse("a", region="r1"))
    assert list_machines(plan) == [("b", "s")] * 4
    assert plan.holds  # an account that takes nobody is no part of an even spread


def test_a_taint_of_another_place_changes_nothing() -> None:
    fleet = two_accounts()
    plain = place(fleet)
    assert place(fleet, refuse("a", region="r2"), refuse("c")).machines == plain.machines


def test_machines_that_stand_stay_where_new_ones_are_refused() -> None:
    fleet = two_accounts(count=4, policy=[make_rule(20, skew=1, per="account")])
    lock = make_lock(place(fleet))
    plan = place(fleet, refuse("a"), refuse("b"), lock=lock)
    assert plan.relocations == 0
    assert list_machines(plan) == [("a", "s"), ("a", "s"), ("b", "s"), ("b", "s")]


def test_nodes_stay_without_a_place_before_a_rule_gives_way() -> None:
    capped = two_accounts(policy=[make_rule(20, cap=2, per="account")])
    plan = place(capped, refuse("a"))
    assert plan.status == "partial"
    assert list_machines(plan) == [("b", "s"), ("b", "s")]
    assert [unplaced.node for unplaced in plan.unplaced] == ["btc-3", "btc-4"]
    assert all("refused for now: a any type (no_room)" in unplaced.why for unplaced in plan.unplaced)
    assert not any(finding.level == "error" for finding in plan.findings)


def test_after_a_loss_rules_give_way_before_nodes_stay_without_a_place() -> None:
    capped = two_accounts(policy=[make_rule(20, cap=2, per="account")])
    lock = make_lock(place(capped))
    plan = place(capped, refuse("a", machine_type="s"), lock=lock, losses=LOST_B)
    assert not plan.unplaced
    assert [machine for machine in list_machines(plan) if machine[0] == "a"] == [("a", "l")] * 2 + [("a", "s")] * 2


def test_nothing_at_all_to_be_had_is_a_partial_plan() -> None:
    plan = place(two_accounts(), refuse("a"), refuse("b"))
    assert plan.status == "partial"
    assert len(plan.unplaced) == 4


def test_a_node_never_goes_back_to_a_machine_that_was_refused() -> None:
    fleet = make_fleet([make_account("a"), make_account("b")], [make_group(count=1)])
    first = compute_plan(fleet, two_types(), {})
    lock = make_lock(first)
    left = {"state": MachineState.RETIRING, "refused": "no_room"}
    lock = lock.model_copy(update={"machines": (lock.machines[0].model_copy(update=left),)})
    plan = place(fleet, refuse("a", machine_type="s"), refuse("b", machine_type="s"), lock=lock)
    assert [(each.machine.machine, each.change) for each in plan.machines] == [
        ("btc-1.1", "retire"),
        ("btc-1.2", "relocate"),
    ]
