"""JUnit XML: what fails, what is skipped and what passes; read back by the library that wrote it."""

from hypothesis import given
from junitparser import JUnitXml, TestSuite

from orchestrator.model.line import escape_line
from orchestrator.model.rule_ids import RULES
from orchestrator.model.source import Source
from orchestrator.report.junit import Case, render_junit
from tests.unit.report.verdicts import make_judged, make_rich_verdict, make_verdict, names, rename

RICH = make_rich_verdict()


def read(text: str) -> TestSuite:
    [suite] = JUnitXml.fromstring(text.encode())
    assert isinstance(suite, TestSuite)
    return suite


def test_each_rule_without_a_finding_is_a_test_that_passes() -> None:
    suite = read(render_junit(make_verdict()))
    assert [case.classname for case in suite] == [f"demo.{entry.id}" for entry in RULES]
    assert (suite.tests, suite.failures, suite.skipped) == (len(RULES), 0, 0)
    assert all(case.is_passed for case in suite)


def test_what_keeps_the_change_out_fails_at_its_line() -> None:
    suite = read(render_junit(RICH))
    assert (suite.failures, suite.errors, suite.skipped) == (1, 0, 1)
    [failed] = [Case.fromelem(case) for case in suite if case.is_failure]  # type: ignore[no-untyped-call]
    assert (failed.name, failed.classname) == ("cap: btc, account alpha: cap 50% per account", "demo.PLC001")
    assert (failed.file, failed.line) == ("fleet.yaml", 22)
    [failure] = failed.result
    assert failure.message == RICH.findings[0].finding.message
    assert "fleet.lock:2:1" in failure.text


def test_what_is_excused_is_skipped_with_its_reason() -> None:
    [skipped] = [case for case in read(render_junit(RICH)) if case.is_skipped]
    assert skipped.result[0].message == "moves next week (until 2026-12-01)"


def test_what_does_not_count_passes_and_is_told() -> None:
    cases = {case.name: case for case in read(render_junit(RICH))}
    told = cases["deny: btc, account alpha: deny FI per country (2)"].system_out
    assert told == "unchanged, error: fleet.yaml:23:5: btc, country FI: 1 nodes"


@given(name=names)
def test_no_name_breaks_the_form(name: str) -> None:
    plain, odd = (read(render_junit(verdict)) for verdict in (RICH, rename(RICH, name)))
    assert (odd.tests, odd.failures, odd.skipped) == (plain.tests, plain.failures, plain.skipped)
    [failure] = [case for case in odd if case.is_failure]
    assert failure.classname == escape_line(f"{name}.PLC001")
    assert failure.result[0].message == (escape_line(name) or None)


def test_of_thousands_of_lines_the_first_are_named() -> None:
    lines = tuple(Source("fleet.lock", number) for number in range(2, 5002))
    [failed] = [case for case in read(render_junit(make_verdict([make_judged(related=lines)]))) if case.is_failure]
    assert failed.result[0].text.endswith("fleet.lock:101:1\nand 4900 more lines of the lock")
