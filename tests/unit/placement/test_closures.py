"""Drained and cordoned domains: what leaves, what stays, and what the rules make of it."""

from typing import Any

import pytest

from orchestrator.model.closure import Closures
from orchestrator.model.lock import MachineState
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.placement.to_lock import compute_lock_entries
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_lock, make_rule
from tests.unit.placement.test_place import LOST_B, PRICES, changes, count, four_accounts, place
from tests.unit.reconcile.reviews import review

B = Loss(kind="account", value="b")
DRAINED = Closures(drained=(B,))
CORDONED = Closures(cordoned=(B,))


def test_a_drained_domain_is_left_and_its_machines_run_on_until_they_are_replaced() -> None:
    first = place(four_accounts())
    plan = place(four_accounts(), make_lock(first), closures=DRAINED)
    assert count(plan) == {"a": 4, "c": 4, "d": 4}
    assert count(plan, MachineState.RETIRING) == {"b": 3}
    assert count(plan, MachineState.LOST) == {}
    assert (plan.status, plan.relocations, plan.holds) == ("optimal", 3, True)


def test_a_drained_domain_does_not_count_as_empty_and_eligible() -> None:
    """The skew of the fleet would be 4 if the drained account were eligible."""
    lock = make_lock(place(four_accounts()))
    plan = place(four_accounts(), lock, closures=DRAINED)
    assert not plan.findings
    drained = make_lock(plan)
    header = drained.header.model_copy(update={"drained": ("account=b",)})
    findings = review(four_accounts(), drained.model_copy(update={"header": header}), make_flat_catalogue(PRICES), ())
    assert "skew" not in {found.rule for found in findings}
    assert "skew" in {found.rule for found in review(four_accounts(), drained, make_flat_catalogue(PRICES), ())}


def test_a_cordoned_domain_keeps_what_it_has_and_takes_nothing() -> None:
    fleet = four_accounts(policy=[])
    lock = make_lock(place(fleet))
    held = count(place(fleet))["b"]
    assert compute_lock_entries(place(fleet, lock, closures=CORDONED))[0] == lock.machines
    assert count(place(four_accounts(20, policy=[]), lock, closures=CORDONED))["b"] == held
    assert count(place(fleet, closures=CORDONED)).get("b", 0) == 0


def test_a_group_that_grows_with_every_site_cordoned_is_told_so() -> None:
    lock = make_lock(place(four_accounts(policy=[])))
    all_of_them = Closures(cordoned=tuple(Loss(kind="account", value=name) for name in PRICES))
    plan = place(four_accounts(14, policy=[]), lock, closures=all_of_them)
    assert plan.status == "infeasible"
    (found,) = plan.conflict
    assert (found.rule, found.subject) == ("machine", "btc")
    assert "2 nodes of btc need a new machine" in found.message
    assert "cordoned: a/r1/z1, b/r1/z1" in found.message


def test_no_node_goes_back_to_a_machine_of_its_own_in_a_cordoned_domain() -> None:
    lock = make_lock(place(four_accounts(), make_lock(place(four_accounts())), LOST_B))
    assert count(place(four_accounts(), lock))["b"] == 3
    plan = place(four_accounts(policy=[]), lock, closures=CORDONED)
    assert "b" not in count(plan)
    assert count(plan, MachineState.RETIRING) == {"b": 3}


def test_a_node_goes_back_to_its_machine_that_still_runs_when_a_drain_is_called_off() -> None:
    lock = make_lock(place(four_accounts(), make_lock(place(four_accounts())), closures=DRAINED))
    plan = place(four_accounts(), lock, closures=Closures())
    assert changes(plan)["add"] == 0
    assert count(plan) == {"a": 3, "b": 3, "c": 3, "d": 3}
    assert {planned.machine.generation for planned in plan.machines if planned.machine.account == "b"} == {1}


@pytest.mark.parametrize("cap", [4, 5])
def test_a_drain_without_room_breaks_no_rule_and_says_who_stays(cap: int) -> None:
    """Two accounts of three, each with at most `cap` of twelve nodes: what is above that stays where it is."""

    def fleet(limit: int) -> Any:
        accounts = [make_account(name) for name in ("a", "b", "c")]
        return make_fleet(accounts, [make_group()], [make_rule(20, cap=limit, per="account")])

    lock = make_lock(place(fleet(4)))
    plan = place(fleet(cap), lock, closures=DRAINED)
    staying = 12 - 2 * cap
    assert (plan.status, len(plan.unplaced), plan.relocations) == ("partial", staying, 4 - staying)
    assert count(plan) == {"a": cap, "b": staying, "c": cap}  # they run on where they are
    assert not plan.broken
    assert all("drained" in unplaced.why for unplaced in plan.unplaced)


def test_a_signer_in_a_drained_domain_is_held_and_counts_there() -> None:
    signing = frozenset({"btc"})
    lock = make_lock(place(four_accounts(), signing_groups=signing))
    plan = place(four_accounts(), lock, signing_groups=signing, closures=DRAINED)
    assert plan.relocations == 0
    assert count(plan, MachineState.HELD) == {"b": 3}
    assert {found.rule for found in plan.findings} >= {"fence"}
    assert all("its domain is drained" in found.message for found in plan.findings if found.rule == "fence")


def test_a_loss_beside_a_drain_lets_rules_give_way_and_loses_no_node() -> None:
    lock = make_lock(place(four_accounts()))
    closures = Closures(drained=(Loss(kind="account", value="a"),))
    plan: Plan = place(four_accounts(), lock, LOST_B, closures=closures)
    assert count(plan) == {"c": 6, "d": 6}
    assert (plan.status, plan.unplaced) == ("optimal", ())
    assert {found.rule for found in plan.broken} == {"cap"}


def test_closures_of_the_lock_hold_without_being_said_again() -> None:
    lock = make_lock(place(four_accounts()))
    header = lock.header.model_copy(update={"drained": ("account=b",)})
    plan = place(four_accounts(), lock.model_copy(update={"header": header}))
    assert "b" not in count(plan)
