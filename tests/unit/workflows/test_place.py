"""place and the plan of a rebalance: what is read, decided and written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.lockfile import compute_revision, read_lock
from orchestrator.model.declaration import Declaration
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.lock import MachineState
from orchestrator.model.loss import Loss
from orchestrator.workflows.check import check
from orchestrator.workflows.inputs import Inputs, Where, read_inputs
from orchestrator.workflows.place import place, write_placement
from orchestrator.workflows.rebalance import plan_rebalance
from tests.unit.specs import SPEC, change, write_spec

LOST = Loss(kind="account", value="alpha")


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return read_inputs(Where(write_spec(tmp_path)))


def settle(inputs: Inputs, lose: tuple[Loss, ...] = (), heal: tuple[Loss, ...] = ()) -> Inputs:
    """The inputs after a placement was written."""
    write_placement(inputs, place(inputs, Declaration(lose=lose, heal=heal)))
    return read_inputs(inputs.where)


def test_a_first_placement_is_a_lock_of_this_spec(inputs: Inputs) -> None:
    placement = place(inputs)
    assert placement.lock is not None
    assert not inputs.where.lock_path.exists()  # place writes nothing
    header = placement.lock.header
    assert (header.fleet, header.spec, header.facts) == ("demo", inputs.fleet.digest, inputs.facts_digest)
    assert header.revision == compute_revision(placement.lock)
    assert header.parent is None
    assert write_placement(inputs, placement)
    assert read_lock(inputs.where.lock_path) == placement.lock


def test_the_same_again_is_nothing_to_write(inputs: Inputs) -> None:
    placed = settle(inputs)
    before = inputs.where.lock_path.stat().st_mtime_ns
    again = place(placed)
    assert again.lock == placed.lock
    assert not write_placement(placed, again)
    assert inputs.where.lock_path.stat().st_mtime_ns == before


def test_a_loss_is_remembered_until_it_is_healed(inputs: Inputs) -> None:
    lost = settle(settle(inputs), (LOST,))
    assert lost.lock is not None
    assert lost.lock.header.losses == (LOST,)
    gone = [machine for machine in lost.lock.machines if machine.account == "alpha"]
    assert {machine.state for machine in gone} == {MachineState.LOST}
    still = place(lost)
    assert still.lock == lost.lock
    healed = settle(lost, heal=(LOST,))
    assert healed.lock is not None
    assert healed.lock.header.lost == ()
    assert healed.lock.header.ancestors[0] == lost.lock.header.revision


def test_what_cannot_be_placed_writes_no_lock(tmp_path: Path) -> None:
    inputs = read_inputs(Where(write_spec(tmp_path, change(SPEC, "cap: 50%", "cap: 25%"))))
    placement = place(inputs)
    assert (placement.plan.status, placement.lock) == ("infeasible", None)
    assert not write_placement(inputs, placement)
    assert not inputs.where.lock_path.exists()


def test_a_rebalance_is_planned_without_writing(inputs: Inputs) -> None:
    placed = settle(inputs)
    before = inputs.where.lock_path.read_bytes()
    planned = plan_rebalance(placed, Declaration(lose=(LOST,)))
    assert planned.plan.relocations == 2
    assert planned.before == place(placed).plan.cost.amount > 0
    assert planned.placement.lock is not None
    assert planned.placement.lock.header.losses == (LOST,)
    assert inputs.where.lock_path.read_bytes() == before


def test_a_rebalance_with_nothing_to_do_keeps_the_lock(inputs: Inputs) -> None:
    placed = settle(inputs)
    planned = plan_rebalance(placed, Declaration())
    assert (planned.plan.relocations, planned.placement.lock) == (0, placed.lock)
    assert planned.before == planned.plan.cost.amount


def test_losing_and_healing_the_same_domain_is_healing(inputs: Inputs) -> None:
    placed = settle(inputs)
    planned = plan_rebalance(placed, Declaration(lose=(LOST,), heal=(LOST,)))
    assert planned.placement.lock == placed.lock


def test_more_nodes_are_added_without_a_move(inputs: Inputs, tmp_path: Path) -> None:
    settle(inputs)
    more = read_inputs(Where(write_spec(tmp_path, change(SPEC, "count: 4", "count: 6"))))
    plan = place(more).plan
    assert plan.relocations == 0
    assert sorted(planned.change for planned in plan.machines) == ["add"] * 2 + ["keep"] * 4
    assert place(replace(more, lock=None)).plan.status == "optimal"


def test_closures_are_remembered_until_they_are_opened(inputs: Inputs) -> None:
    placed = settle(inputs)
    roomy = change(SPEC, "cap: 50%", "cap: 100%")
    write_spec(inputs.where.spec.parent, roomy)
    drained = place(read_inputs(placed.where), Declaration(drain=(LOST,)))
    assert write_placement(placed, drained)
    again = read_inputs(placed.where)
    assert again.lock is not None
    assert again.lock.header.drained == ("account=alpha",)
    assert {m.account for m in again.lock.machines if m.state is MachineState.WANTED} == {"beta"}
    assert place(again).lock == again.lock
    back = place(again, Declaration(uncordon=(LOST,))).lock
    assert back is not None
    assert back.header.drained is None
    cordoned = place(again, Declaration(cordon=(LOST,))).lock
    assert cordoned is not None
    assert (cordoned.header.drained, cordoned.header.cordoned) == (None, ("account=alpha",))


def test_a_drain_that_the_rules_leave_no_room_for_moves_nobody(inputs: Inputs) -> None:
    plan = place(settle(inputs), Declaration(drain=(LOST,))).plan
    assert (plan.status, plan.relocations, len(plan.unplaced)) == ("partial", 0, 2)


def test_a_terminated_account_leaves_the_lock_with_its_machines(inputs: Inputs) -> None:
    placed = settle(inputs)
    lock = place(placed, Declaration(terminate=(LOST,))).lock
    assert lock is not None
    assert (lock.header.terminated, lock.header.lost) == (("alpha",), ("account=alpha",))
    assert {machine.account for machine in lock.machines} == {"beta"}
    assert {line.account for line in lock.retired} == {"alpha"}
    write_placement(placed, place(placed, Declaration(terminate=(LOST,))))
    again = read_inputs(placed.where)
    assert place(again).lock == again.lock
    healed = place(again, Declaration(heal=(LOST,))).lock
    assert healed is not None
    assert (healed.header.terminated, healed.header.lost) == (None, ())
    assert {line.retired for line in healed.retired}.isdisjoint({machine.machine for machine in healed.machines})


def test_one_stack_for_all_accounts_gives_one_up_unless_a_machine_there_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = change(SPEC, "fleet: demo\n", "fleet: demo\nlayout: fleet\n")
    together = settle(read_inputs(Where(write_spec(tmp_path, text))))
    lock = place(together, Declaration(terminate=(LOST,))).lock
    assert lock is not None
    assert {machine.account for machine in lock.machines} == {"beta"}
    monkeypatch.setattr(Inputs, "signing_groups", frozenset({"btc"}))
    with pytest.raises(InvalidDocument, match="has to stay in the state"):
        place(together, Declaration(terminate=(LOST,)))


def test_a_rule_that_relaxes_is_in_the_lock_since_it_gave_way(inputs: Inputs, tmp_path: Path) -> None:
    placed = settle(
        read_inputs(Where(write_spec(tmp_path, change(SPEC, "per: account}", "per: account, relax: 72h}"))))
    )
    start = datetime(2026, 11, 23, 12, 0, 1, 5, tzinfo=UTC)
    lost = place(placed, Declaration(lose=(LOST,)), now=start)
    assert lost.lock is not None
    (relaxed,) = lost.lock.header.relaxed or ()
    assert (relaxed.rule, relaxed.cause, relaxed.since) == ("half", ("account=alpha",), start.replace(microsecond=0))
    assert write_placement(placed, lost)
    again = read_inputs(placed.where)
    assert place(again, now=start + timedelta(hours=1)).lock == again.lock  # the start stays
    levels = {found.rule: found.level for found in check(again, start + timedelta(hours=71)) if found.rule == "cap"}
    assert levels == {"cap": "warning"}
    ended = {found.rule: found.level for found in check(again, start + timedelta(hours=73))}
    assert (ended["cap"], ended["relax"]) == ("error", "error")
    healed = place(again, Declaration(heal=(LOST,))).lock
    assert healed is not None
    assert healed.header.relaxed is None


def test_a_compromised_account_s_machines_are_marked_and_never_wanted_again(inputs: Inputs) -> None:
    placed = settle(inputs)
    assert placed.lock is not None
    before = {machine.machine for machine in placed.lock.machines if machine.account == "alpha"}
    write_placement(placed, place(placed, Declaration(compromise=(LOST,))))
    again = read_inputs(placed.where)
    assert again.lock is not None
    assert (again.lock.header.compromised, again.lock.header.lost) == (("account=alpha",), ("account=alpha",))
    gone = {machine.machine: machine for machine in again.lock.machines if machine.account == "alpha"}
    assert gone.keys() == before
    assert {(each.state, each.compromised) for each in gone.values()} == {(MachineState.RETIRING, "account=alpha")}
    assert place(again).lock == again.lock
    healed = settle(again, heal=(LOST,)).lock
    assert healed is not None
    assert healed.header.compromised is None
    still = {each.machine: each for each in healed.machines if each.compromised}
    assert still.keys() == before
    assert {each.state for each in still.values()} == {MachineState.RETIRING}
    wanted = {each.machine for each in healed.machines if each.state is MachineState.WANTED}
    assert len(wanted) == 4
    assert wanted.isdisjoint(before)


def test_where_the_api_alone_is_down_nothing_moves_and_nothing_new_comes(inputs: Inputs, tmp_path: Path) -> None:
    placed = settle(inputs)
    assert placed.lock is not None
    write_placement(placed, place(placed, Declaration(cut_off=(LOST,))))
    again = read_inputs(placed.where)
    assert again.lock is not None
    assert again.lock.machines == placed.lock.machines
    assert (again.lock.header.api_down, again.lock.header.lost) == (("account=alpha",), ())
    roomy = change(change(SPEC, "count: 4", "count: 6"), "cap: 50%", "cap: 100%")
    write_spec(tmp_path, roomy)
    grown = place(read_inputs(placed.where)).lock
    assert grown is not None
    new = [machine for machine in grown.machines if machine not in placed.lock.machines]
    assert [machine.account for machine in new] == ["beta", "beta"]
    healed = place(again, Declaration(heal=(LOST,))).lock
    assert healed is not None
    assert healed.header.api_down is None


def test_a_domain_that_is_lost_is_not_one_whose_api_alone_is_down(inputs: Inputs) -> None:
    lost = settle(settle(inputs), (LOST,))
    with pytest.raises(InvalidDocument, match="more than its API is gone"):
        place(lost, Declaration(cut_off=(LOST,)))


def test_a_second_placement_before_a_round_is_carried_out_changes_nothing(inputs: Inputs, tmp_path: Path) -> None:
    write_spec(tmp_path, SPEC + "  - {max_moves: 1}\n")
    placed = settle(read_inputs(inputs.where))
    first = settle(placed, (LOST,))
    assert first.lock is not None
    assert len(first.lock.header.moving or ()) == 1
    again = place(first)
    assert again.lock == first.lock
    assert again.plan.moves_left == 1
