"""Requirements as they are written on the command line."""

from fractions import Fraction

import pytest

from orchestrator.model.requirement import Requirement


@pytest.mark.parametrize(
    ("text", "name", "limit"),
    [
        ("recoverable", "recoverable", None),
        ("share=34%", "share", Fraction(34, 100)),
        ("stake=1/3", "stake", Fraction(1, 3)),
        ("hours=1.5", "hours", Fraction(3, 2)),
        ("broken=0", "broken", Fraction(0)),
    ],
)
def test_what_is_written_is_what_is_meant(text: str, name: str, limit: Fraction | None) -> None:
    found = Requirement.parse(text)
    assert (found.name, found.limit, str(found)) == (name, limit, text)


@pytest.mark.parametrize(
    "text",
    ["", "shares=1", "recoverable=1", "share", "share=", "share=a", "share=34", "nodes=3%", "nodes=-1", "nodes=1/0"],
)
def test_a_slip_is_answered_with_what_there_is(text: str) -> None:
    with pytest.raises(ValueError, match=r"requirement|limit"):
        Requirement.parse(text)
