"""What no `up` may do: go on from another revision, delete or replace what no plan asked for."""

import pytest

from orchestrator.model.change import AccountChanges, ChangeSet
from orchestrator.model.errors import StaleLock, UnplannedChange
from orchestrator.model.lock import Lock
from orchestrator.model.stack import Operation, StackEvent, StackResult, StackStep
from orchestrator.workflows.provision import (
    SHARED_TYPES,
    describe_event,
    find_left_out,
    is_due,
    is_planned,
    refuse_doubles,
    refuse_interrupted,
    refuse_lost_state,
    refuse_stale,
    refuse_unplanned,
)
from tests.unit.machines import make_machine, make_small_lock

FIRST = make_small_lock([make_machine("btc-1.1")])
SECOND = make_small_lock([make_machine("btc-1.1"), make_machine("btc-2.1")], FIRST)
THIRD = make_small_lock([make_machine("btc-3.1")], SECOND)
SERVER = "hcloud:index/server:Server"
VOLUME = "hcloud:index/volume:Volume"
CHANGES = ChangeSet(accounts=(AccountChanges(account="alpha", deletable=frozenset({"btc-1-1"})),))


def step(operation: Operation, name: str = "btc-1-1", kind: str = SERVER) -> StackStep:
    return StackStep(operation=operation, name=name, type=kind)


def result(*steps: StackStep, applied: str | None = None, error: str | None = None) -> StackResult:
    return StackResult(account="alpha", steps=steps, applied=applied, error=error)


@pytest.mark.parametrize("applied", [None, THIRD.header.revision, SECOND.header.revision, FIRST.header.revision])
def test_a_lock_may_follow_any_of_its_ancestors(applied: str | None) -> None:
    refuse_stale(result(applied=applied), THIRD)


@pytest.mark.parametrize(
    ("lock", "applied"), [(FIRST, SECOND.header.revision), (THIRD, "0123456789abcdef"), (THIRD, "")]
)
def test_a_lock_from_before_or_from_elsewhere_is_refused(lock: Lock, applied: str) -> None:
    with pytest.raises(StaleLock, match="does not descend from") as caught:
        refuse_stale(result(applied=applied), lock)
    assert "account alpha" in str(caught.value)
    assert "orchestrator place" in caught.value.hint


@pytest.mark.parametrize(
    ("taken", "planned"),
    [
        (step("same"), True),
        (step("create"), True),
        (step("update", "btc-9-1"), True),
        (step("delete"), True),
        (step("delete", "btc-1-1-data", VOLUME), True),
        (step("delete", "btc-1-1-volume", "hcloud:index/volumeAttachment:VolumeAttachment"), True),
        (step("delete", "btc-1-10"), False),
        (step("delete", "btc-1-2"), False),
        (step("delete", "btc-9-1-data", VOLUME), False),
        (step("replace"), False),
        (step("replace", "btc-1-1-data", VOLUME), False),
        *((step(operation, "any", kind), True) for kind in sorted(SHARED_TYPES) for operation in ("delete", "replace")),
    ],
)
def test_only_retired_machines_may_be_deleted_and_none_replaced(taken: StackStep, planned: bool) -> None:
    assert is_planned(taken, frozenset({"btc-1-1"})) is planned
    if planned:
        refuse_unplanned(result(taken), CHANGES)
        return
    with pytest.raises(UnplannedChange, match="nothing was changed") as caught:
        refuse_unplanned(result(step("create"), taken), CHANGES)
    assert f"{taken.operation} {taken.name} ({taken.type})" in str(caught.value)


def test_no_type_with_data_is_shared() -> None:
    assert not any(word in kind.lower() for kind in SHARED_TYPES for word in ("server", "volume", "instance", "disk"))


def test_another_accounts_retired_machines_allow_nothing_here() -> None:
    elsewhere = ChangeSet(accounts=(AccountChanges(account="beta", deletable=frozenset({"btc-1-1"})),))
    with pytest.raises(UnplannedChange):
        refuse_unplanned(result(step("delete")), elsewhere)


@pytest.mark.parametrize(
    ("preview", "due"),
    [
        (result(applied=THIRD.header.revision), False),
        (result(step("same"), step("read"), applied=THIRD.header.revision), False),
        (result(step("create"), applied=THIRD.header.revision), True),
        (result(applied=SECOND.header.revision), True),
        (result(applied=None), True),
        (result(step("create"), error="API down"), False),
    ],
)
def test_an_account_is_updated_where_it_differs_and_its_preview_went_well(preview: StackResult, due: bool) -> None:
    assert is_due(preview, THIRD) is due


def test_events_are_told_in_words() -> None:
    told = describe_event(StackEvent(account="alpha", step=step("create"), phase="done"))
    assert (told.phase, told.subject, told.status) == ("provision", "alpha", "create btc-1-1 done")


@pytest.mark.parametrize(
    ("previewed", "pinned", "refused"),
    [
        (result(step("create")), {"btc-1.1"}, True),
        (result(step("create")), {"btc-2.1"}, False),  # another account's machine
        (result(step("create")), set(), False),  # a first up
        (result(step("create"), step("same", "network")), {"btc-1.1"}, False),  # a first up that came halfway
        (result(step("create"), applied="0123456789abcdef"), {"btc-1.1"}, False),
        (result(error="no answer"), {"btc-1.1"}, False),  # an account that is lost holds up no other
    ],
)
def test_a_state_that_was_lost_is_not_taken_for_a_new_one(
    previewed: StackResult, pinned: set[str], *, refused: bool
) -> None:
    if not refused:
        refuse_lost_state(previewed, FIRST.machines, pinned)
        return
    with pytest.raises(UnplannedChange, match=r"stack alpha is empty, but btc-1\.1 answered before") as caught:
        refuse_lost_state(previewed, FIRST.machines, pinned)
    assert "orchestrator recover" in caught.value.hint


@pytest.mark.parametrize(
    ("taken", "existing", "refused"),
    [
        (step("create"), {"machine": "4711"}, True),
        (step("create"), {}, True),
        (step("create"), None, False),
        (step("import"), {"machine": "4711"}, False),
        (step("update"), {"machine": "4711"}, False),
        (step("create", "btc-1-1-volume", VOLUME), {"machine": "4711"}, False),
    ],
)
def test_a_machine_that_was_there_before_is_never_made(
    taken: StackStep, existing: dict[str, str] | None, refused: bool
) -> None:
    lock = make_small_lock([make_machine("btc-1.1", existing=existing)])
    if not refused:
        refuse_doubles(result(taken), lock)
        return
    with pytest.raises(UnplannedChange, match=r"account alpha: btc-1\.1 ran before they were imported") as caught:
        refuse_doubles(result(taken), lock)
    assert "orchestrator recover" in caught.value.hint


@pytest.mark.parametrize(
    ("down", "left_out"),
    [
        ((), set()),
        (("account=alpha",), {"alpha"}),
        (("provider=hetzner",), {"alpha", "beta"}),
        (("provider=aws",), set()),
    ],
)
def test_accounts_whose_api_is_declared_down_are_left_out(down: tuple[str, ...], left_out: set[str]) -> None:
    lock = make_small_lock([make_machine("btc-1.1"), make_machine("btc-2.1", "beta")], api_down=down)
    assert find_left_out(lock) == left_out


def test_what_was_left_out_is_not_updated_though_it_carries_an_older_revision() -> None:
    left = StackResult(account="alpha", applied=FIRST.header.revision, left_out=True)
    refuse_stale(left, THIRD)
    assert not is_due(left, THIRD)
    with pytest.raises(StaleLock):
        refuse_stale(StackResult(account="alpha", applied="0123456789abcdef", left_out=True), THIRD)


def test_an_account_is_not_cut_out_of_a_shared_stack_that_is_not_settled() -> None:
    refuse_interrupted("alpha", done=True)
    with pytest.raises(UnplannedChange, match="nothing was changed") as caught:
        refuse_interrupted("alpha", done=False)
    assert "rebalance --lose account=alpha" in caught.value.hint
