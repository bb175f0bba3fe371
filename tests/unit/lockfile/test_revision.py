"""Revisions: a digest of all else, kept where nothing changes, and the way down to what is applied."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.lockfile import compute_revision, make_lock, parse_lock, render_lock
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.lock import ANCESTORS_KEPT, Lock, LockHeader
from tests.unit.lockfile.strategies import locks

PATH = Path("fleet.lock")


def settle(lock: Lock, parent: Lock | None = None) -> Lock:
    """The lock as the orchestrator would write it."""
    return make_lock(lock.header, parent, lock.machines, lock.retired)


@given(locks)
def test_a_lock_that_was_written_carries_its_own_revision(lock: Lock) -> None:
    made = settle(lock)
    assert made.header.revision == compute_revision(made) == compute_revision(parse_lock(render_lock(made), PATH))
    assert len(made.header.revision) == 16
    assert made.header.ancestors == ()


@given(locks, st.data())
def test_any_edit_by_hand_changes_the_revision(lock: Lock, data: st.DataObject) -> None:
    text = render_lock(settle(lock))
    start = data.draw(st.integers(0, len(text) - 1))
    edited = text[:start] + data.draw(st.sampled_from("abc019 ,.-")) + text[start + 1 :]
    try:
        read = parse_lock(edited, PATH)
    except InvalidDocument:
        return
    assume(read != settle(lock))  # a blank between two values says nothing
    assert compute_revision(read) != read.header.revision


@given(locks)
def test_whole_lines_that_are_missing_change_the_revision(lock: Lock) -> None:
    text = render_lock(settle(lock))
    assume(text.count("\n") > 1)
    shorter = parse_lock("\n".join(text.split("\n")[:-2]) + "\n", PATH)
    assert compute_revision(shorter) != shorter.header.revision


@given(locks)
def test_no_change_keeps_the_parent_itself(lock: Lock) -> None:
    made = settle(lock)
    assert settle(lock, made) is made


@given(locks, st.sampled_from(("spec", "facts", "lost")))
def test_another_spec_or_loss_is_a_new_revision_on_top(lock: Lock, field: str) -> None:
    made = settle(lock)
    value: object = (*made.header.lost, "zone=x/y") if field == "lost" else "another"
    child = settle(lock.model_copy(update={"header": made.header.model_copy(update={field: value})}), made)
    assert child.header.parent == made.header.revision
    assert child.header.revision != made.header.revision
    assert (child.machines, child.retired) == (made.machines, made.retired)


def test_a_parent_that_was_edited_by_hand_is_not_kept() -> None:
    made = make_lock(LockHeader(fleet="a", revision="", spec="s", facts="f"), None, (), ())
    edited = made.model_copy(update={"header": made.header.model_copy(update={"fleet": "b"})})
    child = settle(edited, edited)
    assert child.header.revision == compute_revision(child)
    assert child.header.parent == edited.header.revision


def test_ancestors_go_back_sixty_four_revisions_newest_first() -> None:
    lock: Lock | None = None
    revisions: list[str] = []
    for number in range(ANCESTORS_KEPT + 6):
        header = LockHeader(fleet="a", revision="", spec=f"sha256:{number}", facts="f")
        lock = make_lock(header, lock, (), ())
        revisions.insert(0, lock.header.revision)
    assert lock is not None
    assert ANCESTORS_KEPT == 64
    assert list(lock.header.ancestors) == revisions[1 : ANCESTORS_KEPT + 1]
    assert parse_lock(render_lock(lock), PATH) == lock


def test_more_ancestors_than_are_kept_are_refused() -> None:
    header = {"fleet": "a", "revision": "r", "spec": "s", "facts": "f", "ancestors": ["0"] * (ANCESTORS_KEPT + 1)}
    with pytest.raises(ValueError, match="at most 64"):
        LockHeader.model_validate(header)
