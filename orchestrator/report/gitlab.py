"""A verdict as a report of GitLab's code quality, which a merge request shows: what it brings and what it mends.

GitLab compares the reports of both branches itself, by fingerprint. So all findings that stand are in it, and none that
was fixed. The form is GitLab's "Code Quality report format".
"""

import json
from typing import Any

from orchestrator.model.line import escape_line
from orchestrator.model.rule import Level
from orchestrator.reconcile.verdict import Judged, Verdict
from orchestrator.report.fingerprints import number_findings

SEVERITY: dict[Level, str] = {"error": "major", "warning": "minor"}


def render_gitlab(verdict: Verdict) -> str:
    """The findings that stand and that nothing excuses, each with a fingerprint of its own."""
    standing = [judged for judged in verdict.findings if judged.became != "fixed" and judged.excuse is None]
    found = [describe_issue(judged, number) for judged, number in number_findings(standing)]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def describe_issue(judged: Judged, number: int) -> dict[str, Any]:
    """One finding; `number` is which one of its fingerprint it is."""
    finding = judged.finding
    return {
        "description": escape_line(finding.message),
        "check_name": f"{judged.rule_id} {finding.rule}",
        "fingerprint": judged.fingerprint if number == 1 else f"{judged.fingerprint}-{number}",
        "severity": SEVERITY[finding.level],
        "location": {"path": escape_line(finding.source.file), "lines": {"begin": max(finding.source.line, 1)}},
    }
