"""What differs between two locks, in words."""

from typing import Any

from orchestrator.lockfile import make_lock
from orchestrator.model.lock import LockHeader, Machine, Retired
from orchestrator.reconcile.lock_diff import compute_lock_diff
from tests.unit.machines import make_machine, make_small_lock

HEL = {"region": "hel1", "zone": "hel1-dc2"}


def tell(before: list[Machine], after: list[Machine], **header: Any) -> list[str]:
    changes = compute_lock_diff(make_small_lock(before), make_small_lock(after, **header))
    return [str(change) for change in changes]


def test_the_same_lock_says_nothing() -> None:
    machines = [make_machine("btc-1.1")]
    assert tell(machines, machines) == []
    assert compute_lock_diff(None, None) == ()


def test_a_move_is_told_from_where_to_where() -> None:
    old = make_machine("btc-1.1")
    assert tell([old], [make_machine("btc-1.1", state="retiring"), make_machine("btc-1.2", **HEL)]) == [
        "btc-1.2: takes the place of btc-1.1: from alpha/fsn1/fsn1-dc14 to alpha/hel1/hel1-dc2",
        "btc-1.1: is retiring, was wanted",
    ]
    assert tell([old], [make_machine("btc-1.1", state="lost"), make_machine("btc-1.2")])[0] == (
        "btc-1.2: takes the place of btc-1.1 at alpha/fsn1/fsn1-dc14"
    )
    assert tell([old], [make_machine("btc-1.1", **HEL)]) == [
        "btc-1.1: is said to stand at alpha/hel1/hel1-dc2, and stood at alpha/fsn1/fsn1-dc14"
    ]


def test_new_machines_and_those_that_are_gone() -> None:
    assert tell([], [make_machine("btc-1.1")]) == ["btc-1.1: is new at alpha/fsn1/fsn1-dc14 on ccx13, runs btcd"]
    assert tell([make_machine("btc-1.1")], []) == ["btc-1.1: is gone from alpha/fsn1/fsn1-dc14, and nothing says why"]
    header = LockHeader(fleet="demo", revision="", spec="s", facts="f")
    gone = Retired(retired="btc-1.1", node="btc-1", account="alpha", evidence="its provider confirmed it")
    changes = compute_lock_diff(make_small_lock([make_machine("btc-1.1")]), make_lock(header, None, (), [gone]))
    assert [str(change) for change in changes] == [
        "btc-1.1: is gone from alpha/fsn1/fsn1-dc14: its provider confirmed it"
    ]


def test_what_changes_of_a_machine_that_stays() -> None:
    old = make_machine("btc-1.1", clients={"node": "btcd"}, volume_gib=100)
    new = make_machine("btc-1.1", clients={"node": "bitcoin-core"}, volume_gib=200, machine_type="ccx23", state="held")
    assert tell([old], [new]) == [
        "btc-1.1: runs bitcoin-core in place of btcd (node)",
        "btc-1.1: is held, was wanted",
        "btc-1.1: machine type is ccx23, was ccx13",
        "btc-1.1: volume in GiB is 200, was 100",
    ]


def test_what_is_declared_of_the_fleet() -> None:
    assert tell([], [], lost=("account=alpha",), drained=("region=hetzner/hel1",)) == [
        "demo: account=alpha is declared lost",
        "demo: region=hetzner/hel1 is drained",
    ]
    changes = compute_lock_diff(make_small_lock([], lost=("account=alpha",)), make_small_lock([], fleet="other"))
    assert [str(change) for change in changes] == [
        "other: is another fleet: was demo",
        "other: account=alpha is no longer declared lost",
    ]


def test_nodes_come_in_their_order() -> None:
    machines = [make_machine(f"btc-{number}.1") for number in (10, 2, 1)]
    assert [change.subject for change in compute_lock_diff(None, make_small_lock(machines))] == [
        "btc-1.1",
        "btc-2.1",
        "btc-10.1",
    ]
