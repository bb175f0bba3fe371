"""What placement does, case by case: first placements, losses, recoveries, changes of the spec."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet, MachineNeed
from orchestrator.model.lock import Lock, MachineState, Retired
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.placement.place import compute_plan
from orchestrator.placement.to_lock import compute_lock_entries
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

ACCOUNTS = ("a", "b", "c", "d")
PRICES: dict[str, str | None] = {"a": "10", "b": "10", "c": "20", "d": "20"}
LOST_B = (Loss(kind="account", value="b"),)


def four_accounts(count: int = 12, policy: Sequence[Any] | None = None, **group: Any) -> Fleet:
    rules = [make_rule(20, skew=1, per="account"), make_rule(21, cap="34%", per="account")]
    return make_fleet(
        [make_account(name) for name in ACCOUNTS],
        [make_group(count=count, **group)],
        rules if policy is None else policy,
    )


def place(fleet: Fleet, lock: Lock | None = None, losses: Sequence[Loss] = (), **more: Any) -> Plan:
    return compute_plan(fleet, more.pop("catalogue", make_flat_catalogue(PRICES)), {}, lock, losses, **more)


def count(plan: Plan, state: MachineState = MachineState.WANTED) -> dict[str, int]:
    return dict(sorted(Counter(p.machine.account for p in plan.machines if p.machine.state is state).items()))


def changes(plan: Plan) -> Counter[str]:
    return Counter(planned.change for planned in plan.machines)


def get_value(plan: Plan, stage: str) -> int:
    return next(found.value for found in plan.stages if found.name == stage)


def test_first_placement_spreads_evenly_and_names_nodes() -> None:
    plan = place(four_accounts())
    assert plan.status == "optimal"
    assert count(plan) == {"a": 3, "b": 3, "c": 3, "d": 3}
    assert [p.machine.machine for p in plan.machines] == [f"btc-{n}.1" for n in range(1, 13)]
    assert changes(plan) == {"add": 12}
    assert plan.cost.amount == Decimal(180)
    assert {stage.claim for stage in plan.stages} == {"proven"}


def test_a_second_placement_changes_nothing() -> None:
    first = make_lock(place(four_accounts()))
    plan = place(four_accounts(), first)
    assert compute_lock_entries(plan) == (first.machines, first.retired)
    assert changes(plan) == {"keep": 12}
    assert plan.relocations == 0


def test_a_lost_account_is_replaced_with_the_fewest_moves() -> None:
    plan = place(four_accounts(), make_lock(place(four_accounts())), LOST_B)
    assert plan.status == "optimal"
    assert count(plan) == {"a": 4, "c": 4, "d": 4}
    assert count(plan, MachineState.LOST) == {"b": 3}
    assert plan.relocations == 3
    moved = [p.machine.machine for p in plan.machines if p.change == "relocate"]
    assert moved == ["btc-4.2", "btc-5.2", "btc-6.2"]


def test_planning_a_loss_again_changes_nothing() -> None:
    lock = make_lock(place(four_accounts(), make_lock(place(four_accounts())), LOST_B))
    plan = place(four_accounts(), lock, LOST_B)
    assert compute_lock_entries(plan)[0] == lock.machines
    assert plan.relocations == 0


def test_a_healed_account_takes_its_own_machines_back() -> None:
    lock = make_lock(place(four_accounts(), make_lock(place(four_accounts())), LOST_B))
    plan = place(four_accounts(), lock)
    assert count(plan) == {"a": 3, "b": 3, "c": 3, "d": 3}
    assert plan.relocations == 3
    assert get_value(plan, "new machines") == 0
    back = [p.machine.machine for p in plan.machines if p.change == "relocate"]
    assert back == ["btc-4.1", "btc-5.1", "btc-6.1"]
    leaving = [p.machine.machine for p in plan.machines if p.machine.state is MachineState.RETIRING]
    assert leaving == ["btc-4.2", "btc-5.2", "btc-6.2"]
    again = make_lock(plan)
    assert compute_lock_entries(place(four_accounts(), again))[0] == again.machines


def test_a_healed_machine_that_policy_does_not_want_back_is_let_go() -> None:
    fleet = four_accounts(policy=[make_rule(21, cap="34%", per="account")])
    lock = make_lock(place(fleet, make_lock(place(fleet)), LOST_B))
    lost = count(place(fleet, lock, LOST_B), MachineState.LOST)
    plan = place(fleet, lock)
    assert plan.relocations == 0
    assert count(plan, MachineState.LOST) == {}
    assert count(plan, MachineState.RETIRING) == lost


def test_a_node_goes_back_to_its_retiring_machine_when_the_new_one_is_lost() -> None:
    fleet = four_accounts()
    lost_b = make_lock(place(fleet, make_lock(place(fleet)), LOST_B))
    healed = make_lock(place(fleet, lost_b))
    plan = place(fleet, healed, LOST_B)
    assert compute_lock_entries(plan)[0] == lost_b.machines
    assert get_value(plan, "new machines") == 0


def test_a_price_refresh_moves_nothing() -> None:
    lock = make_lock(place(four_accounts()))
    dearer = make_flat_catalogue({"a": "99", "b": "98", "c": "1", "d": "2"})
    plan = place(four_accounts(), lock, catalogue=dearer)
    assert compute_lock_entries(plan)[0] == lock.machines
    assert plan.cost.amount == Decimal(600)


def test_a_catalogue_that_forgets_a_zone_and_its_types_moves_nothing() -> None:
    lock = make_lock(place(four_accounts(policy=[])))
    catalogue = make_flat_catalogue({"b": "1"})
    plan = place(four_accounts(policy=[]), lock, catalogue=catalogue)
    assert compute_lock_entries(plan)[0] == lock.machines
    assert plan.cost.unpriced == count(plan)["a"]


def test_a_cheaper_type_does_not_replace_one_that_fits() -> None:
    lock = make_lock(place(four_accounts()))
    zones = [make_zone(name) for name in ACCOUNTS]
    types = [
        make_type(name, name=kind, price=price) for name in ACCOUNTS for kind, price in (("m", "10"), ("tiny", "1"))
    ]
    plan = place(four_accounts(), lock, catalogue=make_catalogue(zones, types))
    assert compute_lock_entries(plan)[0] == lock.machines


def test_adding_a_node_moves_none() -> None:
    lock = make_lock(place(four_accounts()))
    plan = place(four_accounts(13), lock)
    assert changes(plan) == {"keep": 12, "add": 1}
    assert plan.machines[-1].machine.machine == "btc-13.1"


def test_removing_nodes_retires_as_many_and_moves_none() -> None:
    lock = make_lock(place(four_accounts()))
    plan = place(four_accounts(8), lock)
    assert changes(plan) == {"keep": 8, "retire": 4}
    assert count(plan) == {"a": 2, "b": 2, "c": 2, "d": 2}
    assert compute_lock_entries(place(four_accounts(8), make_lock(plan)))[0] == make_lock(plan).machines


def test_a_node_asked_for_again_takes_its_retiring_machine_back() -> None:
    lock = make_lock(place(four_accounts()))
    fewer = make_lock(place(four_accounts(8), lock))
    plan = place(four_accounts(12), fewer)
    assert compute_lock_entries(plan)[0] == lock.machines
    assert plan.relocations == 0


def test_a_generation_is_never_used_twice() -> None:
    fleet = four_accounts(1, policy=[])
    lock = make_lock(place(fleet)).model_copy(
        update={
            "machines": (),
            "retired": (Retired(retired="btc-1.7", node="btc-1", account="a", evidence="gone"),),
        }
    )
    plan = place(fleet, lock)
    assert [p.machine.machine for p in plan.machines] == ["btc-1.8"]
    assert plan.retired == lock.retired


def test_a_group_that_leaves_the_spec_is_retired() -> None:
    lock = make_lock(place(four_accounts()))
    fleet = make_fleet([make_account(name) for name in ACCOUNTS], [make_group("other", 1)])
    plan = place(fleet, lock)
    assert changes(plan) == {"add": 1, "retire": 12}


def test_an_impossible_policy_names_a_smallest_set_of_rules_with_lines() -> None:
    rules = [
        make_rule(20, cap="50%", per="account"),
        make_rule(21, cap="25%", per="account", name="no-account-majority"),
        make_rule(22, deny=("A",), per="country"),
    ]
    plan = place(four_accounts(policy=rules))
    assert plan.status == "infeasible"
    assert not plan.machines
    assert [(found.name, found.source.line) for found in plan.conflict] == [
        ("no-account-majority", 21),
        ("deny A per country", 22),
    ]
    assert "btc: at most 3 of 12 nodes (25%) in each, account domains to be had: 3" in plan.conflict[0].message


def test_a_cap_that_rounds_to_zero_says_what_would_do() -> None:
    plan = place(four_accounts(4, policy=[make_rule(20, cap="20%", per="account")]))
    assert plan.status == "infeasible"
    [finding] = plan.findings
    assert finding.source.line == 20
    assert "write 25%" in finding.message


def test_a_need_that_no_site_meets_is_told_at_the_group() -> None:
    need = MachineNeed(vcpus=64, memory=Decimal(4), disk=Decimal(10))
    plan = place(four_accounts(machine=need))
    assert plan.status == "infeasible"
    assert [(found.rule, found.source.line) for found in plan.conflict] == [("machine", 10)]


def test_too_few_machines_are_told_as_capacity() -> None:
    catalogue = small_catalogue(capacity=2)
    plan = place(four_accounts(policy=[]), catalogue=catalogue)
    assert [found.rule for found in plan.conflict] == ["capacity"]


def small_catalogue(capacity: int) -> Catalogue:
    zones = [make_zone(name, capacity=capacity) for name in ACCOUNTS]
    return make_catalogue(zones, [make_type(name) for name in ACCOUNTS])


def test_after_a_loss_a_plan_is_partial_rather_than_none() -> None:
    fleet = four_accounts(8)
    catalogue = small_catalogue(capacity=2)
    lock = make_lock(place(fleet, catalogue=catalogue))
    plan = place(fleet, lock, LOST_B, catalogue=catalogue)
    assert plan.status == "partial"
    assert count(plan) == {"a": 2, "c": 2, "d": 2}
    assert [unplaced.node for unplaced in plan.unplaced] == ["btc-3", "btc-4"]
    assert "site a/r1/z1: 0 free" in plan.unplaced[0].why
    assert (
        compute_lock_entries(place(fleet, make_lock(plan), LOST_B, catalogue=catalogue))[0] == make_lock(plan).machines
    )


def test_after_a_loss_spreading_bends_and_says_so() -> None:
    rules = [make_rule(20, cap="25%", per="account"), make_rule(21, deny=("D",), per="country", of={"group": "other"})]
    fleet = four_accounts(4, policy=rules)
    plan = place(fleet, make_lock(place(fleet)), LOST_B)
    assert plan.status == "optimal"
    assert get_value(plan, "excess") == 1
    assert [(f.rule, f.source.line) for f in plan.findings if f.level == "error"] == [("cap", 20)]


def test_data_residency_stays_hard_after_a_loss() -> None:
    rules = [make_rule(20, allow=("A", "B"), per="country")]
    fleet = four_accounts(2, policy=[*rules, make_rule(21, cap=1, per="account")])
    lock = make_lock(place(fleet))
    plan = place(fleet, lock, (*LOST_B, Loss(kind="account", value="a")))
    assert plan.status == "partial"
    assert len(plan.unplaced) == 2
    assert "no open site" in plan.unplaced[0].why


def test_a_denied_machine_waits_where_it_is_while_nothing_else_can_be_had() -> None:
    lock = make_lock(place(make_fleet([make_account("a"), make_account("b")], [make_group(count=1)])))
    fleet = make_fleet(
        [make_account("a"), make_account("b")], [make_group(count=1)], [make_rule(20, allow=("B",), per="country")]
    )
    plan = place(fleet, lock, LOST_B, catalogue=make_flat_catalogue({"a": "10", "b": "20"}))
    assert [(p.machine.machine, p.machine.state) for p in plan.machines] == [("btc-1.1", MachineState.WANTED)]
    assert [unplaced.node for unplaced in plan.unplaced] == ["btc-1"]


def test_a_policy_move_wants_the_new_machine_and_lets_the_old_one_run_on() -> None:
    fleet = four_accounts(3, policy=[])
    lock = make_lock(place(fleet))
    plan = place(four_accounts(3, policy=[make_rule(20, cap=1, per="account")]), lock)
    assert plan.relocations == 3 - len(count(place(fleet)))
    assert sum(count(plan, MachineState.RETIRING).values()) == plan.relocations
    assert all(number == 1 for number in count(plan).values())


def test_a_signing_node_is_held_not_moved() -> None:
    fleet = four_accounts()
    signing = frozenset({"btc"})
    lock = make_lock(place(fleet, signing_groups=signing))
    plan = place(fleet, lock, LOST_B, signing_groups=signing)
    assert plan.relocations == 0
    assert count(plan, MachineState.HELD) == {"b": 3}
    held = [found for found in plan.findings if found.rule == "fence"]
    assert [found.subject for found in held] == ["btc-4", "btc-5", "btc-6"]
    healed = place(fleet, make_lock(plan), signing_groups=signing)
    assert compute_lock_entries(healed)[0] == lock.machines


def test_a_signing_node_is_held_where_policy_no_longer_wants_it() -> None:
    signing = frozenset({"btc"})
    lock = make_lock(place(four_accounts(), signing_groups=signing))
    fleet = four_accounts(policy=[make_rule(20, deny=("A",), per="country")])
    plan = place(fleet, lock, signing_groups=signing)
    assert count(plan, MachineState.HELD) == {"a": 3}
    assert plan.relocations == 0


def beside_a_signer(policy: Sequence[Any]) -> Fleet:
    """A group that signs, alone on account a, and one that may move."""
    own = make_rule(20, allow=("a",), per="account", of={"group": "signer"})
    groups = [make_group("btc", count=3), make_group("signer", count=2)]
    return make_fleet([make_account(name) for name in ACCOUNTS], groups, [own, *policy])


SIGNING = frozenset({"signer"})


def test_a_rule_that_speaks_of_a_signer_too_gives_way_by_no_more_than_the_signer_costs() -> None:
    lock = make_lock(place(beside_a_signer([]), signing_groups=SIGNING))
    plan = place(beside_a_signer([make_rule(21, cap=1, per="account", of="fleet")]), lock, signing_groups=SIGNING)
    assert plan.status == "optimal"
    assert count(plan) == {"a": 2, "b": 1, "c": 1, "d": 1}
    (broken,) = (found for found in plan.findings if found.rule == "cap")
    assert (broken.subject.partition(",")[0], broken.value) == ("fleet", "2 nodes")


def test_a_signer_is_no_excuse_for_the_nodes_beside_it() -> None:
    lock = make_lock(place(beside_a_signer([]), signing_groups=SIGNING))
    nowhere = make_rule(22, deny=("c", "d"), per="account", of={"group": "btc"})
    fleet = beside_a_signer([make_rule(21, cap=1, per="account", of="fleet"), nowhere])
    plan = place(fleet, lock, signing_groups=SIGNING)
    assert plan.status == "infeasible"
    assert plan.conflict


def test_a_warning_costs_money_but_no_moves() -> None:
    lock = make_lock(place(four_accounts(4, policy=[])))
    rule = make_rule(20, cap=1, per="account", level="warning")
    fleet = four_accounts(4, policy=[rule])
    assert place(fleet, lock).relocations == 0
    assert [found.level for found in place(fleet, lock).findings] == ["warning", "warning"]
    assert count(place(fleet)) == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_an_unpriced_machine_is_used_last_and_counted() -> None:
    fleet = four_accounts(4, policy=[make_rule(20, cap="50%", per="account")])
    cheap = place(fleet, catalogue=make_flat_catalogue({"a": None, "b": "500", "c": "900", "d": None}))
    assert count(cheap) == {"b": 2, "c": 2}
    needed = place(fleet, catalogue=make_flat_catalogue({"a": None, "b": "500"}))
    assert needed.cost.unpriced == 2
    assert needed.cost.amount == Decimal(1000)


def test_a_loss_that_hits_nothing_is_said() -> None:
    plan = place(four_accounts(), losses=[Loss(kind="account", value="bb")])
    assert [found.rule for found in plan.findings] == ["lose"]
    assert "known: a, b, c, d" in plan.findings[0].message


def test_clients_are_handed_out_evenly_and_stay_with_their_node() -> None:
    clients = {"node": ("btcd", "bitcoin-core")}
    lock = make_lock(place(four_accounts(clients=clients)))
    assert Counter(machine.clients["node"] for machine in lock.machines) == {"btcd": 6, "bitcoin-core": 6}
    plan = place(four_accounts(clients=clients), lock, LOST_B)
    before = {machine.node: machine.clients for machine in lock.machines}
    assert all(p.machine.clients == before[p.machine.node] for p in plan.machines)


def test_a_client_that_is_no_longer_offered_changes_in_place() -> None:
    lock = make_lock(place(four_accounts(clients={"node": ("btcd", "bitcoin-core")})))
    plan = place(four_accounts(clients={"node": ("bitcoin-core",)}), lock)
    assert plan.client_changes == 6
    assert plan.relocations == 0
    assert changes(plan) == {"keep": 6, "client": 6}


@pytest.mark.parametrize("kind", ["account", "provider", "region", "zone", "operator"])
def test_every_kind_of_loss_takes_what_it_covers(kind: Any) -> None:
    value = {"region": "b/r1", "zone": "b/z1"}.get(kind, "b")
    plan = place(four_accounts(), make_lock(place(four_accounts())), [Loss(kind=kind, value=value)])
    assert count(plan) == {"a": 4, "c": 4, "d": 4}


def test_a_node_on_its_way_out_does_not_come_back_in_place_of_a_lost_one() -> None:
    rules = [make_rule(20, cap=1, per="account")]
    fleet = four_accounts(2, policy=rules)
    first = make_lock(place(fleet))
    lost, kept = first.machines
    leaving = first.model_copy(update={"machines": (lost, kept.model_copy(update={"state": MachineState.RETIRING}))})
    plan = place(four_accounts(1, policy=rules), leaving, [Loss(kind="account", value=lost.account)])
    states = {planned.machine.machine: planned.machine.state for planned in plan.machines}
    assert states == {
        "btc-1.1": MachineState.LOST,
        "btc-1.2": MachineState.WANTED,
        "btc-2.1": MachineState.RETIRING,
    }
