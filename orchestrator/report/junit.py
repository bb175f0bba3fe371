"""A verdict as JUnit XML, the form that every CI shows as tests: one for each rule, and one for each finding."""

from collections.abc import Iterator

from junitparser import Attr, Failure, IntAttr, JUnitXml, Skipped, TestCase, TestSuite

from orchestrator.model.line import escape_line
from orchestrator.model.rule_ids import RULES
from orchestrator.reconcile.verdict import Excuse, Judged, Verdict
from orchestrator.report.fingerprints import number_findings

MOST_RELATED = 100


class Case(TestCase):
    """A test with the file and line that readers of JUnit XML look for."""

    file = Attr()
    line = IntAttr()


def render_junit(verdict: Verdict) -> str:
    """One suite: what keeps the change out fails, what is excused is skipped, all else passes."""
    suite = TestSuite(escape_line(f"orchestrator check {verdict.fleet}"))
    suite.add_testcases(list(list_cases(verdict)))
    document = JUnitXml("orchestrator check")
    document.add_testsuite(suite)
    body: bytes = document.tostring()  # type: ignore[no-untyped-call] # the library's types are not whole
    return f"<?xml version='1.0' encoding='utf-8'?>\n{body.decode()}\n"


def list_cases(verdict: Verdict) -> Iterator[Case]:
    """By rule: its findings, or one test that passes."""
    blocking = {id(judged) for judged in verdict.blocking}
    numbered = list(number_findings(verdict.findings))
    for entry in RULES:
        found = [(judged, number) for judged, number in numbered if judged.rule_id == entry.id]
        for judged, number in found:
            case = build_finding_case(judged, number, verdict.fleet)
            if id(judged) in blocking:
                case.result = build_failure(judged)
            elif judged.excuse is not None:
                case.result = build_skip(judged.excuse)
            else:
                case.system_out = f"{judged.became}, {judged.finding.level}: {render_place(judged)}"
            yield case
        if not found:
            yield build_case(entry.name, entry.id, verdict.fleet)


def build_case(name: str, rule_id: str, fleet: str) -> Case:
    """A test of one rule that passes."""
    return Case(escape_line(name), classname=escape_line(f"{fleet}.{rule_id}"), time=0.0)


def build_finding_case(judged: Judged, number: int, fleet: str) -> Case:
    """A test of one finding, without what came of it; `number` is which one of its fingerprint it is."""
    finding = judged.finding
    again = f" ({number})" if number > 1 else ""
    case = build_case(f"{finding.rule}: {finding.subject}: {finding.name}{again}", judged.rule_id, fleet)
    case.file, case.line = escape_line(finding.source.file), max(finding.source.line, 1)
    return case


def build_failure(judged: Judged) -> Failure:
    """What keeps the change out, with the lines of the lock that it is about."""
    failure = Failure(escape_line(judged.finding.message), judged.finding.level)
    left = len(judged.related) - MOST_RELATED
    more = [f"and {left} more lines of the lock"] if left > 0 else []
    failure.text = "\n".join([render_place(judged), *map(str, judged.related[:MOST_RELATED]), *more])
    return failure


def build_skip(excuse: Excuse) -> Skipped:
    """Why a finding does not count."""
    until = f" (until {excuse.until})" if excuse.until else ""
    return Skipped(escape_line(f"{excuse.reason}{until}"))


def render_place(judged: Judged) -> str:
    """The finding as compilers write them."""
    return f"{judged.finding.source}: {escape_line(judged.finding.message)}"
