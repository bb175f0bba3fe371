"""An account that is closed for good: who is retired on the word of a person, and who is not."""

from orchestrator.model.lock import MachineState
from orchestrator.model.loss import Loss
from orchestrator.placement.to_lock import compute_lock_entries
from orchestrator.reconcile.termination import retire_terminated
from tests.unit.placement.fleets import make_lock, make_rule
from tests.unit.placement.test_place import LOST_B, count, four_accounts, place


def test_machines_of_a_terminated_account_are_retired_and_their_ids_barred() -> None:
    lock = make_lock(place(four_accounts()))
    plan = retire_terminated(place(four_accounts(), lock, LOST_B), {"b"}, frozenset())
    gone = {machine.machine for machine in lock.machines if machine.account == "b"}
    assert {line.retired for line in plan.retired} == gone
    assert {line.evidence for line in plan.retired} == {"account b was declared terminated; its cloud was not asked"}
    assert {planned.machine.account for planned in plan.machines} == {"a", "c", "d"}
    assert plan.relocations == len(gone) == 3
    after = make_lock(plan)
    again = place(four_accounts(), after, LOST_B)
    assert compute_lock_entries(again) == (after.machines, after.retired)
    anew = place(four_accounts(), after)  # healed: it begins anew, and nothing there is taken for what was
    assert not gone & {planned.machine.machine for planned in anew.machines}


def test_machines_that_sign_are_not_retired_on_anyone_s_word() -> None:
    signing = frozenset({"btc"})
    lock = make_lock(place(four_accounts(), signing_groups=signing))
    plan = retire_terminated(place(four_accounts(), lock, LOST_B, signing_groups=signing), {"b"}, signing)
    assert (plan.retired, count(plan, MachineState.HELD)) == ((), {"b": 3})


def test_other_losses_retire_nothing() -> None:
    lock = make_lock(place(four_accounts()))
    both = (*LOST_B, Loss(kind="account", value="a"))
    plan = retire_terminated(place(four_accounts(), lock, both), {"a"}, frozenset())
    assert count(plan, MachineState.LOST) == {"b": 3}
    assert {line.account for line in plan.retired} == {"a"}


def test_nodes_whose_round_has_not_come_keep_their_line_until_it_has() -> None:
    limited = four_accounts(policy=[make_rule(20, skew=1, per="account"), make_rule(30, max_moves=2)])
    lock = make_lock(place(limited))
    plan = retire_terminated(place(limited, lock, LOST_B), {"b"}, frozenset())
    assert (plan.relocations, plan.moves_left, len(plan.retired)) == (2, 1, 2)
    assert count(plan, MachineState.LOST) == {"b": 1}
    last = retire_terminated(place(limited, make_lock(plan), LOST_B), {"b"}, frozenset())
    assert (last.relocations, last.moves_left, len(last.retired)) == (1, 0, 3)
