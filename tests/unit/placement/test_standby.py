"""Standby nodes: placed like a group of their own, outside of shares and spreads, inside of what is allowed."""

from typing import Any

from orchestrator.model.fleet import Fleet, get_standby_name
from orchestrator.model.lock import MachineState
from orchestrator.model.plan import Plan
from orchestrator.placement.place import compute_plan
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_lock, make_rule
from tests.unit.placement.test_place import LOST_B, PRICES


def fleet_with_standby(policy: list[Any], **standby: Any) -> Fleet:
    spare = make_group(get_standby_name("btc"), 2).model_copy(update={"standby_of": "btc", **standby})
    return make_fleet([make_account(name) for name in PRICES], [make_group(count=4), spare], policy)


def place(fleet: Fleet, *rest: Any, **more: Any) -> Plan:
    return compute_plan(fleet, make_flat_catalogue(PRICES), {}, *rest, **more)


def list_accounts(plan: Plan, group: str) -> list[str]:
    machines = (planned.machine for planned in plan.machines)
    return sorted(m.account for m in machines if m.group == group and m.state is MachineState.WANTED)


def test_standby_nodes_count_in_no_share_and_no_spread() -> None:
    rules = [
        make_rule(20, cap="25%", per="account"),
        make_rule(21, cap=1, per="account", of="fleet"),
        make_rule(22, cap=4, per="country", of={"chain": "bitcoin"}),
    ]
    plan = place(fleet_with_standby(rules))
    assert (plan.status, plan.findings) == ("optimal", ())
    assert list_accounts(plan, "btc") == ["a", "b", "c", "d"]
    assert len(list_accounts(plan, "btc-standby")) == 2


def test_standby_nodes_stand_only_where_their_group_may() -> None:
    rules = [make_rule(20, allow=("c", "d"), per="account", of={"group": "btc"})]
    assert set(list_accounts(place(fleet_with_standby(rules)), "btc-standby")) <= {"c", "d"}
    rules = [make_rule(20, deny=("a", "b"), per="account")]
    assert set(list_accounts(place(fleet_with_standby(rules)), "btc-standby")) <= {"c", "d"}
    other = [make_rule(20, allow=("c",), per="account", of={"group": "other"})]
    assert set(list_accounts(place(fleet_with_standby(other)), "btc-standby")) <= {"a", "b"}  # the cheap ones


def test_a_standby_node_moves_after_a_loss_although_its_group_signs() -> None:
    """The group's own nodes are held; those that sign nothing are not."""
    fleet = fleet_with_standby([make_rule(20, cap=2, per="account", of={"group": "btc"})])
    signing = frozenset({"btc"})
    lock = make_lock(place(fleet, signing_groups=signing))
    before = list_accounts(place(fleet, lock, signing_groups=signing), "btc-standby")
    plan = place(fleet, lock, LOST_B, signing)
    assert len(list_accounts(plan, "btc-standby")) == 2
    assert "b" not in list_accounts(plan, "btc-standby")
    assert plan.relocations == before.count("b")


def test_standby_nodes_that_are_no_longer_asked_for_are_let_go() -> None:
    fleet = fleet_with_standby([])
    lock = make_lock(place(fleet))
    alone = fleet.model_copy(update={"groups": fleet.groups[:1]})
    states = {p.machine.state for p in place(alone, lock).machines if p.machine.group == "btc-standby"}
    assert states == {MachineState.RETIRING}
