"""docs/lock.md holds every key of a lock's lines, and its examples are such lines."""

import json

import pytest

from orchestrator.model.lock import LockHeader, Machine, MachineState, Retired
from tests.unit.docs.pages import get_section, list_examples, map_keys, read_page

PAGE = read_page("lock.md")
SECTIONS: list[tuple[str, type[LockHeader] | type[Machine] | type[Retired]]] = [
    ("## The header", LockHeader),
    ("## A machine", Machine),
    ("## A retired machine", Retired),
]


@pytest.mark.parametrize(("heading", "model"), SECTIONS)
def test_every_key_is_documented(heading: str, model: type[LockHeader] | type[Machine] | type[Retired]) -> None:
    assert set(map_keys(get_section(PAGE, heading))) == set(model.model_fields)


def test_every_state_is_documented() -> None:
    assert set(map_keys(get_section(PAGE, "## States"))) == {str(state) for state in MachineState}


@pytest.mark.parametrize(("heading", "model"), SECTIONS)
def test_the_example_is_such_a_line(heading: str, model: type[LockHeader] | type[Machine] | type[Retired]) -> None:
    (example,) = list_examples(get_section(PAGE, heading), "json")
    read = model.model_validate(json.loads(example))
    assert json.loads(example) == read.model_dump(mode="json", exclude_none=True)
