"""Places in files, and errors that carry them."""

from pathlib import Path

import pytest

from orchestrator.cli.exit_codes import ExitCode, find_exit_code
from orchestrator.model import errors
from orchestrator.model.errors import InvalidDocument, OrchestratorError, StaleLock
from orchestrator.model.source import Source


def test_a_place_is_written_as_editors_read_it() -> None:
    assert str(Source.at(Path("a/fleet.yaml"), 3, 7)) == "a/fleet.yaml:3:7"
    assert str(Source.at("fleet.yaml")) == "fleet.yaml:1:1"
    assert Source.at("x", 2) == Source(file="x", line=2, column=1)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OrchestratorError("it broke"), "it broke"),
        (OrchestratorError("it broke", hint="mend it"), "it broke (mend it)"),
        (OrchestratorError("it broke", source=Source.at("f", 2)), "f:2:1: it broke"),
        (StaleLock("old", hint="place", source=Source.at("f", 2, 3)), "f:2:3: old (place)"),
    ],
)
def test_an_error_says_place_what_and_advice(error: OrchestratorError, text: str) -> None:
    assert str(error) == text


def test_an_invalid_document_says_every_problem_in_order() -> None:
    one, two = OrchestratorError("one", source=Source.at("f", 1)), OrchestratorError("two", hint="do", source=None)
    error = InvalidDocument([one, two])
    assert str(error) == "f:1:1: one\ntwo (do)"
    assert (error.message, error.source) == ("one", one.source)
    with pytest.raises(ValueError, match="at least one"):
        InvalidDocument([])


def test_every_error_of_the_outside_world_has_an_exit_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OrchestratorError)]
    assert len(kinds) >= 6
    for kind in kinds:
        error = InvalidDocument([OrchestratorError("x")]) if kind is InvalidDocument else kind("x")
        assert find_exit_code(error) is ExitCode.ERROR
    assert find_exit_code(PermissionError("x")) is ExitCode.ERROR
    assert find_exit_code(KeyError("x")) is None
    assert find_exit_code(AssertionError()) is None
