"""Machines that nobody may trust: which are marked, and that the mark outlasts their domain's healing."""

from orchestrator.model.loss import Loss
from orchestrator.placement.places import compute_unlisted_place, get_place_name
from orchestrator.reconcile.compromise import mark_compromised
from tests.unit.machines import make_machine, make_small_lock

LOCK = make_small_lock([make_machine("btc-1.1"), make_machine("btc-2.1", "beta"), make_machine("btc-2.2", "gamma")])
PLACES = {get_place_name(machine): compute_unlisted_place(machine, ()) for machine in LOCK.machines}
BETA, REGION = Loss(kind="account", value="beta"), Loss(kind="region", value="hetzner/fsn1")


def test_machines_in_the_domain_are_marked_with_it() -> None:
    marked = mark_compromised(LOCK, PLACES, (BETA,))
    assert [machine.compromised for machine in marked.machines] == [None, "account=beta", None]


def test_the_first_mark_stays() -> None:
    marked = mark_compromised(mark_compromised(LOCK, PLACES, (BETA,)), PLACES, (REGION,))
    assert [machine.compromised for machine in marked.machines] == [str(REGION), "account=beta", str(REGION)]


def test_where_nothing_is_compromised_the_lock_is_the_same() -> None:
    assert mark_compromised(LOCK, PLACES, ()) is LOCK
    assert mark_compromised(LOCK, PLACES, (Loss(kind="account", value="delta"),)) is LOCK
