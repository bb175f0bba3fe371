"""Who is on the move: the nodes of a round, until their new machines were seen in sync."""

from orchestrator.model.lock import LockHeader
from orchestrator.reconcile.rounds import compute_moving, sort_nodes
from tests.unit.placement.fleets import make_lock, make_rule
from tests.unit.placement.test_place import LOST_B, four_accounts, place

LIMITED = four_accounts(policy=[make_rule(20, skew=1, per="account"), make_rule(30, max_moves=2)])


def make_header(*moving: str) -> LockHeader:
    return LockHeader(fleet="f", revision="r", spec="s", facts="f", moving=moving)


def test_a_round_s_relocations_are_on_the_move() -> None:
    plan = place(LIMITED, make_lock(place(LIMITED)), LOST_B)
    moved = [planned.machine.node for planned in plan.machines if planned.change == "relocate"]
    assert len(moved) == 2
    assert compute_moving(LIMITED, plan, None) == sort_nodes(moved)


def test_a_first_placement_moves_nobody() -> None:
    assert compute_moving(LIMITED, place(LIMITED), None) == ()


def test_who_was_on_the_move_stays_so_as_long_as_a_machine_is_wanted() -> None:
    plan = place(LIMITED)
    assert compute_moving(LIMITED, plan, make_header("btc-2", "btc-99")) == ("btc-2",)


def test_without_a_limit_nobody_asks() -> None:
    free = four_accounts()
    plan = place(free, make_lock(place(free)), LOST_B)
    assert plan.relocations
    assert compute_moving(free, plan, make_header("btc-2")) == ()


def test_nodes_are_sorted_by_group_and_number() -> None:
    assert sort_nodes(["eth-1", "btc-10", "btc-9", "btc-9"]) == ("btc-9", "btc-10", "eth-1")
