"""Rounds under `max_moves`: how many nodes move at once, which go first, and that rounds come to an end."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.model.closure import Closures
from orchestrator.model.fleet import Fleet, get_standby_name
from orchestrator.model.lock import Lock, MachineState
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from tests.unit.placement.fleets import make_account, make_fleet, make_group, make_lock, make_rule
from tests.unit.placement.test_place import ACCOUNTS, LOST_B, count, four_accounts, place

SKEW = {"skew": 1, "per": "account"}
CAP = {"cap": "34%", "per": "account"}


def four(most: int | None, *more: Any, count: int = 12) -> Fleet:
    rules = [make_rule(20, **SKEW), make_rule(21, **CAP), *more]
    return four_accounts(count, [*rules, make_rule(30, max_moves=most)] if most else rules)


def finish(plan: Plan) -> Lock:
    """The lock after a round was carried out: what was replaced is let go."""
    lock = make_lock(plan)
    left = tuple(machine for machine in lock.machines if machine.state is not MachineState.RETIRING)
    return lock.model_copy(update={"machines": left})


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_round_moves_no_more_than_the_limit_and_rounds_end_where_the_whole_plan_does(most: int) -> None:
    lock = make_lock(place(four(None)))
    whole = place(four(None), lock, LOST_B)
    plan, rounds = place(four(most), lock, LOST_B), 1
    assert (plan.relocations, plan.moves_left) == (min(most, 3), 3 - min(most, 3))
    assert plan.gives_way == (most < 3)
    while plan.moves_left:
        plan, rounds = place(four(most), finish(plan), LOST_B), rounds + 1
        assert plan.relocations <= most
    assert rounds == -(-3 // most)
    assert count(plan) == count(whole)


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    lock = make_lock(place(four(None)))
    assert place(four(3), lock, LOST_B).machines == place(four(None), lock, LOST_B).machines


def test_a_limit_makes_no_first_placement_infeasible() -> None:
    plan = place(four(1))
    assert (plan.status, plan.relocations, plan.moves_left, count(plan)) == ("optimal", 0, 0, dict.fromkeys("abcd", 3))


def test_nodes_that_nothing_runs_go_before_those_that_only_stand_wrong() -> None:
    lock = make_lock(place(four(None)))
    closures = Closures(drained=(Loss(kind="account", value="a"),))
    plan = place(four(3), lock, LOST_B, closures=closures)
    assert (plan.relocations, plan.moves_left) == (3, 3)
    assert count(plan, MachineState.LOST) == {"b": 3}
    assert count(plan)["a"] == 3  # they run on, and wait
    moved = {planned.machine.node for planned in plan.machines if planned.change == "relocate"}
    assert moved == {m.node for m in lock.machines if m.account == "b"}


def test_who_waits_for_a_machine_stays_declared_lost_and_keeps_its_clients() -> None:
    lock = make_lock(place(four(None)))
    plan = place(four(1), lock, LOST_B)
    before = {machine.machine: machine for machine in lock.machines}
    waiting = [p.machine for p in plan.machines if p.machine.state is MachineState.LOST]
    assert len(waiting) == 3  # one was replaced, two wait; none leaves the lock
    assert all(m.clients == before[m.machine].clients for m in waiting)
    assert len(count(plan)) == 3
    assert sum(count(plan).values()) == 10


def test_a_move_that_is_under_way_counts_until_its_old_machine_is_let_go() -> None:
    lock = make_lock(place(four(None)))
    drain = Closures(drained=(Loss(kind="account", value="b"),))
    first = place(four(2), lock, closures=drain)
    assert (first.relocations, first.moves_left) == (2, 1)
    again = place(four(2), make_lock(first), closures=drain)
    assert (again.relocations, again.moves_left) == (0, 1)
    assert make_lock(again).machines == make_lock(first).machines
    last = place(four(2), finish(first), closures=drain)
    assert (last.relocations, last.moves_left) == (1, 0)


def test_a_round_breaks_no_rule_that_another_choice_would_hold() -> None:
    """Groups x and y are to change places; one at a time, x has to leave c before y comes, or no more than 2 fit."""
    groups = [make_group("x", 2), make_group("y", 2)]
    accounts = [make_account(name) for name in ACCOUNTS]
    start = [make_rule(1, allow=("c",), per="account", of={"group": "x"})]
    start += [make_rule(2, allow=("d",), per="account", of={"group": "y"})]
    lock = make_lock(place(make_fleet(accounts, groups, start)))
    goal = [make_rule(1, allow=("a",), per="account", of={"group": "x"})]
    goal += [make_rule(2, allow=("c",), per="account", of={"group": "y"})]
    goal += [make_rule(3, cap=2, per="account", of="fleet"), make_rule(4, max_moves=1)]
    fleet = make_fleet(accounts, groups, goal)
    for _ in range(3):
        plan = place(fleet, lock)
        assert plan.relocations == 1
        assert "cap" not in {found.rule for found in plan.broken}
        lock = finish(plan)
    plan = place(fleet, lock)
    assert (plan.relocations, plan.moves_left, plan.holds) == (1, 0, True)
    assert count(plan) == {"a": 2, "c": 2}


def test_limits_of_groups_hold_each_on_its_own() -> None:
    groups = [make_group("x", 4), make_group("y", 4)]
    rules = [make_rule(20, cap=1, per="account"), make_rule(21, max_moves=1, of={"group": "x"})]
    wide = [make_account(name) for name in ACCOUNTS]
    lock = make_lock(place(make_fleet(wide, groups, rules[:1])))
    loose = [make_rule(20, cap=2, per="account"), rules[1]]
    plan = place(make_fleet(wide, groups, loose), lock, (*LOST_B, Loss(kind="account", value="a")))
    moved = [p.machine.group for p in plan.machines if p.change == "relocate"]
    assert sorted(moved) == ["x", "y", "y"]
    assert plan.moves_left == 1


@settings(max_examples=30, deadline=None)
@given(
    most=st.integers(1, 4),
    number=st.integers(6, 14),  # of five, no four accounts hold 34% each
    lost=st.sets(st.sampled_from("abcd"), min_size=1, max_size=2),
    drained=st.sets(st.sampled_from("abcd"), max_size=1),
)
def test_rounds_end_with_as_few_moves_in_all_as_the_whole_plan_has(
    most: int, number: int, lost: set[str], drained: set[str]
) -> None:
    losses = tuple(Loss(kind="account", value=name) for name in sorted(lost))
    closures = Closures(drained=tuple(Loss(kind="account", value=name) for name in sorted(drained - lost)))
    lock = make_lock(place(four(None, count=number)))
    whole = place(four(None, count=number), lock, losses, closures=closures)
    moves = 0
    for _ in range(number + 1):
        plan = place(four(most, count=number), lock, losses, closures=closures)
        assert plan.relocations <= most
        moves += plan.relocations
        if not plan.moves_left:
            break
        assert plan.relocations
        lock = finish(plan)
    assert plan.moves_left == 0
    assert moves == whole.relocations
    assert len(plan.broken) == len(whole.broken)


def test_rules_count_nodes_of_a_drained_domain_until_their_round_has_come() -> None:
    """Nine of twelve are left whichever account is lost, those that still wait in the drained one among them."""
    keep = make_rule(22, survive=1, per="account", keep="50%")
    lock = make_lock(place(four(None)))
    plan = place(four(1, keep), lock, closures=Closures(drained=(Loss(kind="account", value="b"),)))
    assert (plan.relocations, plan.moves_left, count(plan)["b"]) == (1, 2, 2)
    assert not plan.broken


def change_places(leaving: str, coming: str, *rules: Any, stay: str) -> tuple[Fleet, Lock]:
    """One group is to leave account c and another to come from d, one move at a time; two nodes of `s` are in c.

    These stay, or one of them is added or comes back from being retired in the same round.
    """

    def draw(numbers: dict[str, int], *more: Any, **at: str) -> Fleet:
        allowed = [make_rule(1, allow=(at[name],), per="account", of={"group": name}) for name in at]
        groups = [make_group(name, number) for name, number in sorted(numbers.items())]
        return make_fleet([make_account(name) for name in ACCOUNTS], groups, [*allowed, *more])

    start = {leaving: "c", coming: "d", "s": "c"}
    first = place(draw({leaving: 1, coming: 1, "s": 1 if stay == "added" else 2}, **start))
    if stay == "back":
        first = place(draw({leaving: 1, coming: 1, "s": 1}, **start), make_lock(first))
    goal = draw(
        {leaving: 1, coming: 1, "s": 2}, *rules, make_rule(9, max_moves=1), **{**start, leaving: "a", coming: "c"}
    )
    return goal, make_lock(first)


def list_moved(plan: Plan) -> list[str]:
    return [planned.machine.node for planned in plan.machines if planned.change == "relocate"]


@pytest.mark.parametrize("stay", ["stays", "added", "back"])
@pytest.mark.parametrize(("leaving", "coming"), [("p", "q"), ("q", "p")])
def test_who_comes_waits_for_who_leaves_where_no_more_than_so_many_fit(leaving: str, coming: str, stay: str) -> None:
    fleet, lock = change_places(leaving, coming, make_rule(3, cap=3, per="account", of="fleet"), stay=stay)
    plan = place(fleet, lock)
    assert (list_moved(plan), count(plan)) == ([f"{leaving}-1"], {"a": 1, "c": 2, "d": 1})
    last = place(fleet, finish(plan))
    assert (list_moved(last), last.moves_left, count(last)) == ([f"{coming}-1"], 0, {"a": 1, "c": 3})


@pytest.mark.parametrize("stay", ["stays", "added", "back"])
@pytest.mark.parametrize(("leaving", "coming"), [("p", "q"), ("q", "p")])
def test_who_leaves_waits_for_who_comes_where_so_many_must_stand(leaving: str, coming: str, stay: str) -> None:
    least = make_rule(3, min_nodes=3, of="fleet", **{"in": {"account": "c"}})
    fleet, lock = change_places(leaving, coming, least, stay=stay)
    plan = place(fleet, lock)
    assert (list_moved(plan), count(plan)) == ([f"{coming}-1"], {"c": 4})


@pytest.mark.parametrize(("kept", "other"), [("m", "n"), ("n", "m")])
def test_who_changes_its_client_goes_first_where_too_many_run_the_old_one(kept: str, other: str) -> None:
    """Three nodes run one client, and no more than two may; one of them stays where it is, two are to move."""
    accounts = [make_account(name) for name in ACCOUNTS]
    spare = make_rule(1, min_nodes=1, **{"in": {"account": "d"}})
    groups = [make_group("x", 3, clients={"node": (kept,)})]
    first = make_fleet(
        accounts, groups, [make_rule(2, allow=("c", "d"), per="account"), spare, make_rule(3, cap=2, per="account")]
    )
    lock = make_lock(place(first))
    assert count(place(first)) == {"c": 2, "d": 1}
    rules = [
        make_rule(2, allow=("a", "d"), per="account"),
        make_rule(3, cap=2, per="client.node"),
        make_rule(4, max_moves=1),
    ]
    fleet = make_fleet(accounts, [make_group("x", 3, clients={"node": (kept, other)})], rules)
    plan = place(fleet, lock)
    [moved] = [planned.machine for planned in plan.machines if planned.change == "relocate"]
    assert (moved.clients, plan.moves_left) == ({"node": other}, 1)
    assert not plan.broken


def test_nodes_that_go_back_to_machines_of_their_own_go_in_rounds_too() -> None:
    lock = make_lock(place(four(None), make_lock(place(four(None))), LOST_B))
    plan = place(four(1), lock)
    assert (plan.relocations, plan.moves_left, count(plan)["b"]) == (1, 2, 1)
    back = [planned.machine.machine for planned in plan.machines if planned.change == "relocate"]
    assert len(back) == 1
    assert set(back) < {"btc-4.1", "btc-5.1", "btc-6.1"}
    assert sum(count(plan).values()) == 12


def test_nodes_go_before_those_that_stand_by() -> None:
    spare = make_group(get_standby_name("aaa"), 4).model_copy(update={"standby_of": "aaa"})
    groups = [make_group("aaa", 4), spare, make_group("zzz", 4)]
    rules = [make_rule(20, cap=1, per="account"), make_rule(21, max_moves=2)]
    fleet = make_fleet([make_account(name) for name in ACCOUNTS], groups, rules)
    lock = make_lock(place(fleet))
    standing = {machine.group: machine for machine in lock.machines if machine.account == "a"}
    assert standing.keys() == {"aaa", "aaa-standby", "zzz"}
    plan = place(fleet, lock, (Loss(kind="account", value="a"),))
    assert sorted(p.machine.group for p in plan.machines if p.change == "relocate") == ["aaa", "zzz"]
    assert plan.moves_left >= 1
