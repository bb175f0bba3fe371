"""The spec's section `review`: what it takes, what it refuses at which line, and that no lock depends on it."""

from pathlib import Path

import pytest

from orchestrator.model.errors import InvalidDocument
from orchestrator.spec import load_fleet
from tests.unit.specs import SPEC, write_spec

GOOD = """\
review:
  levels: {control: error, PLC207: warning}
  suppressions:
    - {rule: PLC001, subject: "btc, account alpha", reason: later, until: 2027-01-31}
    - {rule: cap, named: half, reason: later, until: "2027-01-31"}
"""
FIRST = len(SPEC.split("\n")) + 1  # the line after that of review:


def test_it_is_read_with_its_places_and_no_lock_depends_on_it(tmp_path: Path) -> None:
    plain = load_fleet(write_spec(tmp_path))
    fleet = load_fleet(write_spec(tmp_path, SPEC + GOOD))
    assert fleet.digest == plain.digest
    assert plain.review is None
    assert fleet.review is not None
    assert fleet.review.levels == {"control": "error", "PLC207": "warning"}
    one, other = fleet.review.suppressions
    assert one.until == other.until
    assert (one.source.line, other.source.line) == (FIRST + 2, FIRST + 3)


@pytest.mark.parametrize(
    ("section", "line", "said"),
    [
        ("  levels: {contrl: error}", 0, "there is no rule contrl"),
        ("  levels: {cap: warning}", 0, "cap is a rule of the policy"),
        ("  levels: {PLC001: warning}", 0, "PLC001 is a rule of the policy"),
        ("  levels: {spec: warning}", 0, "the level of spec is its own"),
        ("  levels: {control: off}", 0, "levels"),
        ("  suppressions:\n    - {rule: cpa, reason: x, until: 2027-01-31}", 1, "there is no rule cpa"),
        ("  suppressions:\n    - {rule: PLC110, reason: x, until: 2027-01-31}", 1, "PLC110 cannot be suppressed"),
        ("  suppressions:\n    - {rule: cap, until: 2027-01-31}", 1, "reason"),
        ("  suppressions:\n    - {rule: cap, reason: x}", 1, "until"),
        ('  suppressions:\n    - {rule: cap, reason: "", until: 2027-01-31}', 1, "reason"),
        ("  suppressions:\n    - {rule: cap, reason: x, until: soon}", 1, "until"),
        ("  suppressions:\n    - {rule: cap, reason: x, until: 2027-01-31, line: 3}", 1, "line"),
        ("  suppressions:\n    - cap", 1, "suppressions"),
        ("  suppressions: cap", 0, "suppressions"),
        ("  - cap", 0, "review"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_line(section: str, line: int, said: str, tmp_path: Path) -> None:
    path = write_spec(tmp_path, f"{SPEC}review:\n{section}\n")
    with pytest.raises(InvalidDocument) as caught:
        load_fleet(path)
    problem = caught.value.problems[0]
    assert said in str(problem)
    assert problem.source is not None
    assert problem.source.line in (FIRST + line, FIRST - 1)
