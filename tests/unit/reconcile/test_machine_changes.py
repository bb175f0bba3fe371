"""What happens to nodes between two locks, and what has to be shown before one that signs may sign elsewhere."""

import pytest

from orchestrator.catalog.clients import load_clients
from orchestrator.lockfile import make_lock
from orchestrator.model.lock import Lock, LockHeader, Machine, Retired
from orchestrator.reconcile.machine_changes import compute_machine_changes
from orchestrator.reconcile.verdict import MachineChange
from orchestrator.workflows.inputs import find_clients
from tests.unit.machines import make_machine, make_small_lock

CLIENTS = load_clients(find_clients())
SIGNING = {"execution": "geth", "consensus": "prysm", "validator": "prysm-validator"}
HEL = {"region": "hel1", "zone": "hel1-dc2"}


def compare(before: list[Machine], after: list[Machine]) -> tuple[MachineChange, ...]:
    return compute_machine_changes(make_small_lock(before), make_small_lock(after), CLIENTS)


def test_a_lock_that_stays_changes_nobody() -> None:
    machines = [make_machine("btc-1.1"), make_machine("btc-2.1", state="held")]
    assert compare(machines, machines) == ()


def test_each_fate_is_told_with_its_places_in_the_order_of_nodes() -> None:
    before = [make_machine("btc-2.1"), make_machine("btc-3.1"), make_machine("btc-10.1"), make_machine("btc-4.1")]
    after = [
        make_machine("btc-1.1"),
        make_machine("btc-2.1", state="retiring"),
        make_machine("btc-2.2", **HEL),
        make_machine("btc-3.1", state="retiring"),
        make_machine("btc-10.1", clients={"node": "bitcoin-core"}),
        make_machine("btc-4.1", state="retiring"),
        make_machine("btc-4.2"),
    ]
    fsn, hel = "alpha/fsn1/fsn1-dc14", "alpha/hel1/hel1-dc2"
    assert [(each.node, each.fate, each.before, each.after) for each in compare(before, after)] == [
        ("btc-1", "added", None, fsn),
        ("btc-2", "relocated", fsn, hel),
        ("btc-3", "retired", fsn, None),
        ("btc-4", "relocated", f"{fsn} (btc-4.1)", f"{fsn} (btc-4.2)"),
        ("btc-10", "client", "node btcd", "node bitcoin-core"),
    ]
    assert not any(each.signs or each.fence for each in compare(before, after))


def test_without_a_base_every_node_is_added() -> None:
    [change] = compute_machine_changes(None, make_small_lock([make_machine("btc-1.1")]), CLIENTS)
    assert change.fate == "added"


def signer(name: str, **fields: object) -> Machine:
    facts: dict[str, object] = {"chain": "ethereum", "network": "dev", "clients": SIGNING}
    return make_machine(name, **{**facts, **fields})  # type: ignore[arg-type]


OLD = signer("eth-1.1")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            [signer("eth-1.1", state="retiring"), signer("eth-1.2", **HEL)],
            "eth-1.1 (retiring at alpha/fsn1/fsn1-dc14) may",
        ),
        (
            [signer("eth-1.2", **HEL)],
            "nothing shows that eth-1.1 (alpha/fsn1/fsn1-dc14) can no longer sign: its line is gone",
        ),
        ([signer("eth-1.1", **HEL)], "its line was moved to alpha/hel1/hel1-dc2"),
        ([signer("eth-1.1", clients={**SIGNING, "validator": "other"})], None),
    ],
)
def test_a_node_that_signs_is_fenced(after: list[Machine], said: str | None) -> None:
    [change] = compare([OLD], after)
    assert change.signs
    assert (change.fence is None) == (said is None)
    assert said is None or said in (change.fence or "")


def test_another_signer_on_the_same_disk_is_fenced() -> None:
    clients = {**CLIENTS, "other": CLIENTS["prysm-validator"]}
    after = make_small_lock([signer("eth-1.1", clients={**SIGNING, "validator": "other"})])
    [change] = compute_machine_changes(make_small_lock([OLD]), after, clients)
    assert change.fate == "client"
    assert change.fence == "eth-1.1 signed with prysm-validator, whose slashing-protection database other lacks"


def test_a_retired_line_is_no_evidence_in_a_review() -> None:
    header = LockHeader(fleet="demo", revision="", spec="s", facts="f")
    gone = Retired(retired="eth-1.1", node="eth-1", account="alpha", evidence="deleted")
    after: Lock = make_lock(header, None, [signer("eth-1.2", **HEL)], [gone])
    [change] = compute_machine_changes(make_small_lock([OLD]), after, CLIENTS)
    assert change.fence == "nothing shows that eth-1.1 (retired from account alpha) can no longer sign"


def test_a_signer_that_is_retired_for_good_needs_nothing() -> None:
    [change] = compare([OLD], [])
    assert (change.fate, change.signs, change.fence) == ("retired", True, None)
