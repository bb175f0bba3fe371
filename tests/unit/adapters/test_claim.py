"""Which controller has the stacks, where several computers share a backend."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.adapters import claim
from orchestrator.adapters.claim import claim_stacks, is_shared, refuse_taken_over
from orchestrator.adapters.lease import Holder, Lease, hold_lease
from orchestrator.adapters.pulumi import AccountStack, PulumiProject
from orchestrator.model.errors import Busy

NOBODY = 2**22 + 1  # no process has that number


class Tagged:
    """A stack of a shared backend, as far as claims go; `interloper` writes right after each write."""

    def __init__(self, holder: Holder | None = None, interloper: Holder | None = None) -> None:
        self.holder = holder
        self.interloper = interloper
        self.broken = 0

    def read_claim(self) -> Holder | None:
        return self.holder

    def write_claim(self, holder: Holder) -> None:
        self.holder = self.interloper or holder

    def release_claim(self, holder: Holder) -> None:
        self.write_claim(holder.release())

    def break_lock(self) -> None:
        self.broken += 1


def as_stacks(*stacks: Tagged) -> list[AccountStack]:
    return cast("list[AccountStack]", list(stacks))


def make_holder(**given: Any) -> Holder:
    known = {"token": 7, "host": "elsewhere.invalid", "pid": 1, "started": 1, "command": "up", "since": "2026-11-23"}
    return Holder.model_validate({**known, **given})


@pytest.fixture(autouse=True)
def no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "SECOND_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(AccountStack, "read_claim", Tagged.read_claim)


@pytest.fixture
def lease(tmp_path: Path) -> Iterator[Lease]:
    with hold_lease(tmp_path, "up") as held:
        yield held


def test_free_stacks_are_claimed_with_a_higher_token_than_any_before(lease: Lease) -> None:
    stacks = Tagged(), Tagged(make_holder(token=41, released=True)), Tagged(make_holder(token=3, released=True))
    claim_stacks(as_stacks(*stacks), lease)
    assert lease.holder.token == 42
    assert [stack.holder for stack in stacks] == [lease.holder] * 3
    assert [stack.broken for stack in stacks] == [0] * 3


def test_a_second_claim_of_the_same_command_changes_nothing(lease: Lease) -> None:
    stack = Tagged()
    claim_stacks(as_stacks(stack), lease)
    first = lease.holder
    stack.interloper = make_holder()
    claim_stacks(as_stacks(stack), lease)
    assert (stack.holder, lease.holder) == (first, first)


def test_claims_are_released_with_the_lease(tmp_path: Path) -> None:
    stack = Tagged()
    with hold_lease(tmp_path, "up") as lease:
        claim_stacks(as_stacks(stack), lease)
        assert stack.holder is not None
        assert not stack.holder.released
    assert stack.holder.released


def test_a_holder_on_another_computer_is_respected(lease: Lease) -> None:
    free, taken = Tagged(), Tagged(make_holder())
    with pytest.raises(Busy, match=r"up, process 1 on elsewhere.invalid, since 2026-11-23") as caught:
        claim_stacks(as_stacks(free, taken), lease)
    assert "--take-over" in caught.value.hint
    assert (free.holder, taken.holder, taken.broken) == (None, make_holder(), 0)


def test_it_is_passed_by_on_a_persons_word(tmp_path: Path) -> None:
    taken = Tagged(make_holder())
    with hold_lease(tmp_path, "up", take_over=True) as lease:
        claim_stacks(as_stacks(taken), lease)
        assert taken.holder == lease.holder
    assert taken.broken == 1
    assert lease.holder.token == 8


def test_a_dead_holder_of_this_computer_is_passed_by_and_its_locks_are_broken(lease: Lease) -> None:
    stack = Tagged(make_holder(host=socket.gethostname(), pid=NOBODY))
    claim_stacks(as_stacks(stack), lease)
    assert (stack.holder, stack.broken) == (lease.holder, 1)


def test_a_living_holder_of_this_computer_is_respected_whoever_says_otherwise(tmp_path: Path) -> None:
    with hold_lease(tmp_path / "other", "down") as other:
        living = other.holder.model_copy(update={"pid": os.getppid(), "started": None})
    with hold_lease(tmp_path, "up", take_over=True) as lease, pytest.raises(Busy):
        claim_stacks(as_stacks(Tagged(living)), lease)


def test_of_two_that_claim_at_once_the_later_stands(lease: Lease) -> None:
    other = make_holder(token=8)
    stack = Tagged(interloper=other)
    with pytest.raises(Busy, match=r"elsewhere.invalid"):
        claim_stacks(as_stacks(stack), lease)
    assert stack.holder == other


def test_a_controller_that_was_taken_for_dead_stops(lease: Lease) -> None:
    stack = Tagged()
    claim_stacks(as_stacks(stack), lease)
    (one,) = as_stacks(stack)
    refuse_taken_over(one, lease)
    stack.holder = make_holder(token=lease.holder.token + 1)
    with pytest.raises(Busy):
        refuse_taken_over(one, lease)


@pytest.mark.parametrize(
    ("url", "shared"), [("file:///a/folder", False), ("s3://bucket", True), ("https://api.pulumi.com", True)]
)
def test_only_folders_are_not_shared(tmp_path: Path, url: str, shared: bool) -> None:
    assert is_shared(PulumiProject(tmp_path, {"PULUMI_BACKEND_URL": url})) is shared
