"""Declarations on top of a lock's header: what lasts, what the last word is, what contradicts itself."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.model.declaration import Declaration
from orchestrator.model.lock import LockHeader
from orchestrator.model.loss import Loss

A, B = Loss(kind="account", value="a"), Loss(kind="account", value="b")


def make_header(**said: Any) -> LockHeader:
    return LockHeader(fleet="f", revision="r", spec="s", facts="f", **said)


def test_what_was_declared_lasts_until_it_is_taken_back() -> None:
    header = make_header(lost=("account=a",), drained=("account=b",), cordoned=("country=DE",), terminated=("a",))
    nothing = Declaration()
    assert nothing.compute_losses(header) == (A,)
    assert nothing.compute_terminated(header) == ("a",)
    closures = nothing.compute_closures(header)
    assert (closures.drained, closures.cordoned) == ((B,), (Loss(kind="country", value="DE"),))
    back = Declaration(heal=(A,), uncordon=(B, Loss(kind="country", value="DE")))
    assert (back.compute_losses(header), back.compute_terminated(header)) == ((), ())
    assert back.compute_closures(header).drained == back.compute_closures(header).cordoned == ()


def test_the_last_word_on_a_closed_domain_counts() -> None:
    drained, cordoned = make_header(drained=("account=a",)), make_header(cordoned=("account=a",))
    closures = Declaration(cordon=(A,)).compute_closures(drained)
    assert (closures.drained, closures.cordoned) == ((), (A,))
    closures = Declaration(drain=(A,)).compute_closures(cordoned)
    assert (closures.drained, closures.cordoned) == ((A,), ())


def test_a_terminated_account_is_lost_too() -> None:
    declared = Declaration(terminate=(A,))
    assert (declared.compute_losses(None), declared.compute_terminated(None)) == ((A,), ("a",))


def test_a_compromised_domain_is_lost_too_until_it_is_healed() -> None:
    declared = Declaration(compromise=(A,))
    assert (declared.compute_losses(None), declared.compute_compromised(None)) == ((A,), (A,))
    header = make_header(lost=("account=a",), compromised=("account=a",))
    assert Declaration(lose=(A,)).compute_compromised(header) == (A,)
    assert Declaration(heal=(A,)).compute_compromised(header) == ()


def test_where_the_api_alone_is_down_nothing_is_lost() -> None:
    declared = Declaration(cut_off=(A,))
    assert (declared.compute_losses(None), declared.compute_closures(None).api_down) == ((), (A,))
    header = make_header(api_down=("account=a", "provider=p"))
    assert Declaration().compute_closures(header).api_down == (A, Loss(kind="provider", value="p"))
    for ends in (Declaration(heal=(A,)), Declaration(lose=(A,)), Declaration(compromise=(A,))):
        assert ends.compute_closures(header).api_down == (Loss(kind="provider", value="p"),)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"drain": (A,), "cordon": (A,)}, "account=a is to drain and to cordon"),
        ({"drain": (A, B), "uncordon": (B,)}, "account=b is to drain and to uncordon"),
        ({"terminate": (A,), "heal": (A,)}, "account=a is to terminate and to heal"),
        ({"terminate": (Loss(kind="country", value="DE"),)}, "country=DE is no account"),
        ({"compromise": (A,), "heal": (A,)}, "account=a is to compromise and to heal"),
        ({"cut_off": (A,), "heal": (A,)}, "account=a is to cut off and to heal"),
        ({"cut_off": (Loss(kind="country", value="DE"),)}, "country=DE has no API of its own"),
    ],
)
def test_contradictions_are_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Declaration(**said)
