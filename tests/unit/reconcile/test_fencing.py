"""A signer is started on one machine and one disk alone, whatever else the lock or the cloud says."""

import pytest

from orchestrator.model.client import ClientFacts
from orchestrator.model.lock import Machine, MachineState, Retired
from orchestrator.model.loss import Loss
from orchestrator.model.signer import SignerClaim, SignerLook
from orchestrator.model.source import Source
from orchestrator.reconcile.fencing import find_held, judge_disk, judge_machine, list_signers
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group

MINE = make_machine("eth-1.2")


def retire(machine: str, refused: str | None = None, account: str = "alpha") -> Retired:
    return Retired(retired=machine, node="eth-1", account=account, evidence="x", refused=refused)


def judge(*others: Machine, retired: tuple[Retired, ...] = (), deleted: tuple[str, ...] = ()) -> str:
    lock = make_small_lock([MINE, *others]).model_copy(update={"retired": retired})
    return judge_machine(MINE, lock, frozenset(deleted))


def test_a_node_s_only_machine_ever_may_sign() -> None:
    assert judge(make_machine("eth-2.1")) == ""


@pytest.mark.parametrize("state", list(MachineState))
def test_no_other_machine_of_the_node_may_be_left_in_any_state(state: MachineState) -> None:
    assert "eth-1.1" in judge(make_machine("eth-1.1", state=state))
    assert "may still sign" in judge(make_machine("eth-1.3", state=state))


def test_a_machine_that_a_cloud_refused_to_make_never_signed() -> None:
    assert judge(retired=(retire("eth-1.1", refused="resource_unavailable"),)) == ""


def test_a_retired_machine_is_gone_when_its_provider_confirmed_the_deletion_and_not_before() -> None:
    before = (retire("eth-1.1"),)
    assert "nothing shows that eth-1.1" in judge(retired=before)
    assert judge(retired=before, deleted=("eth-1.1",)) == ""


def test_evidence_on_one_incarnation_is_none_on_another() -> None:
    before = (retire("eth-1.1", refused="no_room"), retire("eth-1.3"))
    assert "eth-1.1" not in judge(retired=before)
    assert "eth-1.3" in judge(retired=before)


@pytest.mark.parametrize("state", [MachineState.RETIRING, MachineState.LOST])
def test_a_machine_that_does_not_carry_the_node_may_not_sign(state: MachineState) -> None:
    machine = make_machine("eth-1.1", state=state)
    assert judge_machine(machine, make_small_lock([machine]), frozenset()) != ""


def test_a_held_machine_goes_on_signing_where_it_is() -> None:
    machine = make_machine("eth-1.1", state=MachineState.HELD)
    assert judge_machine(machine, make_small_lock([machine]), frozenset()) == ""


def test_a_compromised_machine_signs_no_more_and_its_deletion_shows_nothing() -> None:
    marked = MINE.model_copy(update={"compromised": "account=alpha", "state": MachineState.HELD})
    assert "declared compromised" in judge_machine(marked, make_small_lock([marked]), frozenset())
    gone = Retired(
        retired=f"{MINE.node}.9",
        node=MINE.node,
        account="alpha",
        evidence="account=alpha was declared compromised",
        compromised="account=alpha",
    )
    lock = make_small_lock([MINE]).model_copy(update={"retired": (gone,)})
    assert "can no longer sign" in judge_machine(MINE, lock, frozenset({gone.retired}))


CLAIM = SignerClaim(machine=MINE.machine, client="prysm-validator", disk="d1")


def test_the_first_start_needs_no_mark_and_takes_one_that_a_killed_run_left() -> None:
    for mark in (None, "d1"):
        assert judge_disk(MINE, "prysm-validator", (), SignerLook(active=False, mark=mark)) == ""


@pytest.mark.parametrize(("mark", "allowed"), [("d1", True), (None, False), ("d2", False)])
def test_later_starts_need_the_disk_that_it_signed_on(mark: str | None, allowed: bool) -> None:
    why = judge_disk(MINE, "prysm-validator", (CLAIM,), SignerLook(active=False, mark=mark))
    assert (why == "") is allowed


def test_another_client_lacks_the_database_of_the_one_that_signed() -> None:
    why = judge_disk(MINE, "lighthouse-validator", (CLAIM,), SignerLook(active=False, mark="d1"))
    assert "prysm-validator" in why


def test_whether_a_client_signs_is_in_its_file() -> None:
    facts = {
        name: ClientFacts(name=name, chain="c", role="r", signs=signs, version="1", ports={}, source=Source.at("x"))
        for name, signs in (("geth", False), ("prysm-validator", True))
    }
    machine = MINE.model_copy(update={"clients": {"execution": "geth", "validator": "prysm-validator"}})
    assert list_signers(machine, facts) == ("prysm-validator",)


def test_a_held_machine_says_what_would_free_it() -> None:
    fleet = make_fleet([make_account("a"), make_account("b")], [make_group()])
    held = [
        make_machine(name, state=MachineState.HELD).model_copy(
            update={"account": account, "provider": account, "region": "r1", "zone": "z1"}
        )
        for name, account in (("btc-1.1", "a"), ("btc-2.1", "b"), ("btc-3.1", "b"))
    ]
    held[2] = held[2].model_copy(update={"compromised": "account=b"})
    lock = make_small_lock(held)
    lost = lock.header.model_copy(update={"lost": (str(Loss(kind="account", value="a")),)})
    found = find_held(fleet, make_flat_catalogue({"a": "1", "b": "1"}), lock.model_copy(update={"header": lost}))
    assert found.unreached == {"btc-1.1", "btc-3.1"}
    assert "started nowhere" in found.why["btc-3.1"]
    assert "rebalance --heal" in found.why["btc-1.1"]
    assert "should stand elsewhere" in found.why["btc-2.1"]
