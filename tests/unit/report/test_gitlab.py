"""GitLab's code quality report: what stands, each under a fingerprint of its own."""

import json
from typing import Any

from hypothesis import given

from orchestrator.model.line import escape_line
from orchestrator.report.gitlab import render_gitlab
from tests.unit.report.verdicts import make_rich_verdict, make_verdict, names, rename

RICH = make_rich_verdict()


def read(text: str) -> list[dict[str, Any]]:
    """The issues, each with all that GitLab asks for."""
    issues = json.loads(text)
    for issue in issues:
        assert issue.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1
    assert isinstance(issues, list)
    return issues


def test_what_stands_is_told() -> None:
    issues = read(render_gitlab(RICH))
    assert [issue["check_name"] for issue in issues] == ["PLC001 cap", "PLC108 drained", "PLC006 deny", "PLC006 deny"]
    assert [issue["severity"] for issue in issues] == ["major", "minor", "major", "major"]
    assert issues[0]["location"] == {"path": "fleet.yaml", "lines": {"begin": 22}}


def test_fingerprints_are_unique_and_stay() -> None:
    prints = [issue["fingerprint"] for issue in read(render_gitlab(RICH))]
    assert prints == ["0123456789abcdef", "1", "3", "3-2"]


def test_an_empty_report_is_a_list() -> None:
    assert read(render_gitlab(make_verdict())) == []


@given(name=names)
def test_no_name_breaks_the_form(name: str) -> None:
    issues = read(render_gitlab(rename(RICH, name)))
    assert [issue["description"] for issue in issues] == [escape_line(name)] * 4
