"""SARIF: held against OASIS's schema, with hostile names too."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given
from jsonschema import Draft4Validator, FormatChecker

from orchestrator.model.rule_ids import RULES
from orchestrator.model.source import Source
from orchestrator.report.sarif import escape_message, render_sarif
from tests.unit.report.verdicts import SPEC, make_finding, make_judged, make_rich_verdict, make_verdict, names, rename

SCHEMA = Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json"
RICH = make_rich_verdict()


@cache
def read_validator() -> Draft4Validator:
    return Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=FormatChecker())


def read(text: str) -> dict[str, Any]:
    """The run of a log that the schema allows."""
    log = json.loads(text)
    problems = [f"{error.json_path}: {error.message[:200]}" for error in read_validator().iter_errors(log)]
    assert problems == []
    [run] = log["runs"]
    assert isinstance(run, dict)
    return run


def test_the_schema_refuses_what_is_wrong() -> None:
    log = json.loads(render_sarif(RICH))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    log["runs"][0]["results"][1]["level"] = "fatal"
    assert len(list(read_validator().iter_errors(log))) == 2


def test_findings_stand_at_their_lines_with_the_lines_of_the_lock() -> None:
    result = read(render_sarif(RICH))["results"][0]
    assert result["ruleId"] == "PLC001"
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"] == {"uri": SPEC, "uriBaseId": "SRCROOT"}
    assert where["region"] == {"startLine": 22, "startColumn": 5}
    related = [each["physicalLocation"] for each in result["relatedLocations"]]
    assert [(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in related] == [
        ("fleet.lock", 2),
        ("fleet.lock", 3),
    ]


def test_every_rule_is_described_and_results_point_at_theirs() -> None:
    run = read(render_sarif(RICH))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [entry.id for entry in RULES]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_what_became_of_findings_and_what_excuses_them() -> None:
    results = read(render_sarif(RICH))["results"]
    assert [each["baselineState"] for each in results] == ["new", "new", "new", "unchanged", "unchanged", "absent"]
    assert [len(each["suppressions"]) for each in results] == [0, 0, 1, 0, 0, 0]
    [suppression] = results[2]["suppressions"]
    assert (suppression["kind"], suppression["justification"]) == ("inSource", "moves next week (until 2026-12-01)")


def test_fingerprints_of_a_report_differ() -> None:
    prints = [each["partialFingerprints"]["primaryLocationLineHash"] for each in read(render_sarif(RICH))["results"]]
    assert prints == ["0123456789abcdef:1", "1:1", "2:1", "3:1", "3:2", "4:1"]


def test_without_a_base_there_is_no_state() -> None:
    run = read(render_sarif(make_verdict([make_judged()], base=None, before=None)))
    assert "baselineState" not in run["results"][0]


def test_lines_are_real_and_paths_are_uris() -> None:
    odd = [
        make_judged(make_finding(source=Source("a b/ö%.yaml", 0, 0))),
        make_judged(make_finding(source=Source("/srv/x y.yaml", 3))),
    ]
    first, second = (
        each["locations"][0]["physicalLocation"] for each in read(render_sarif(make_verdict(odd)))["results"]
    )
    assert first["region"] == {"startLine": 1, "startColumn": 1}
    assert first["artifactLocation"]["uri"] == "a%20b/%C3%B6%25.yaml"
    assert second["artifactLocation"] == {"uri": "file:///srv/x%20y.yaml"}


def test_text_makes_no_link_and_takes_no_argument() -> None:
    assert escape_message("[a](http://x) {0} \\") == "\\[a\\](http://x) {{0}} \\\\"


@given(name=names)
def test_no_name_breaks_the_form(name: str) -> None:
    run = read(render_sarif(rename(RICH, name)))
    assert len(run["results"]) == len(RICH.findings)
    for result in run["results"]:
        assert result["message"]["text"] == escape_message(name)
        assert result["message"]["text"].isprintable()
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].isascii()


def test_of_thousands_of_lines_the_first_are_named() -> None:
    lines = tuple(Source("fleet.lock", number) for number in range(2, 5000))
    [result] = read(render_sarif(make_verdict([make_judged(related=lines)])))["results"]
    assert len(result["relatedLocations"]) == 20
