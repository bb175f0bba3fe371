"""A verdict as SARIF 2.1.0, the form that code scanning reads.

The form is that of OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01"; numbers in
comments are its sections.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from orchestrator import __version__
from orchestrator.model.line import escape_line
from orchestrator.model.rule_ids import RULES, RuleEntry
from orchestrator.model.source import Source
from orchestrator.reconcile.verdict import Became, Excuse, Judged, Verdict
from orchestrator.report.fingerprints import number_findings

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"
FINGERPRINT = "primaryLocationLineHash"  # the one that GitHub matches alerts by
BASELINE_STATE: dict[Became, str] = {"new": "new", "unchanged": "unchanged", "fixed": "absent"}
MOST_RELATED = 20  # a cap can be about thousands of lines, and hosts show the first few
INDEX_OF = {entry.id: index for index, entry in enumerate(RULES)}


def render_sarif(verdict: Verdict) -> str:
    """The findings as one run of one tool; what was fixed is there as absent, what is excused as suppressed."""
    return json.dumps(describe_log(verdict), ensure_ascii=False) + "\n"


def describe_log(verdict: Verdict) -> dict[str, Any]:
    """The whole log as plain data."""
    run = {
        "tool": {"driver": describe_driver()},
        # 3.17.3: what follows the last slash names one run of the category, and it has no name.
        "automationDetails": {"id": f"orchestrator-check/{quote(escape_line(verdict.fleet), safe='')}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder in which the check was run."}}},
        "results": [describe_result(*each, verdict) for each in number_findings(verdict.findings)],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def describe_driver() -> dict[str, Any]:
    """The tool and all its rules, found or not, so that an index always means the same."""
    return {
        "name": "orchestrator check",
        "semanticVersion": __version__,
        "rules": [describe_rule(entry) for entry in RULES],
    }


def describe_rule(entry: RuleEntry) -> dict[str, Any]:
    """A rule with what must hold and what to do."""
    advice = f"{entry.sentence}\n\n{entry.advice}\n\nMore in {entry.page} of the orchestrator."
    return {
        "id": entry.id,
        "name": entry.name,
        "shortDescription": {"text": f"{entry.name}: {escape_message(entry.sentence)}"},
        "fullDescription": {"text": escape_message(entry.sentence)},
        "help": {"text": escape_message(advice), "markdown": advice},
        "defaultConfiguration": {"level": entry.level},
    }


def describe_result(judged: Judged, number: int, verdict: Verdict) -> dict[str, Any]:
    """One finding; `number` is which one of its fingerprint it is."""
    finding = judged.finding
    state = {} if verdict.base is None else {"baselineState": BASELINE_STATE[judged.became]}
    return {
        "ruleId": judged.rule_id,
        "ruleIndex": INDEX_OF[judged.rule_id],
        "level": finding.level,
        "message": {"text": escape_message(finding.message)},
        "locations": [describe_location(finding.source)],
        "relatedLocations": describe_related(judged.related),
        "partialFingerprints": {FINGERPRINT: f"{judged.fingerprint}:{number}"},
        # 3.27.23: absent means that nobody looked, empty that nothing excuses it.
        "suppressions": [] if judged.excuse is None else [describe_suppression(judged.excuse, verdict.spec)],
        **state,
    }


def describe_related(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """The lines of the lock that a finding at a rule's line is about, each once, the first of very many."""
    return [
        {"id": number, **describe_location(source), "message": {"text": "the line of the lock that this is about"}}
        for number, source in enumerate(list(dict.fromkeys(sources))[:MOST_RELATED], start=1)
    ]


def describe_suppression(excuse: Excuse, spec: str) -> dict[str, Any]:
    """Why a finding does not count: by the spec itself, or by a baseline beside it."""
    until = f" (until {excuse.until})" if excuse.until else ""
    return {
        "kind": "inSource" if excuse.source.file == spec else "external",
        "status": "accepted",
        "justification": escape_line(f"{excuse.reason}{until}"),
        "location": describe_location(excuse.source),
    }


def describe_location(source: Source) -> dict[str, Any]:
    """A line and column of a file; both count from 1, here as there (3.30)."""
    region = {"startLine": max(source.line, 1), "startColumn": max(source.column, 1)}
    return {"physicalLocation": {"artifactLocation": describe_file(source.file), "region": region}}


@cache
def describe_file(path: str) -> dict[str, str]:
    """A file below the folder of the check by its path there, any other by its whole path (3.4)."""
    pure = PurePath(escape_line(path))
    encoded = quote(pure.as_posix(), safe="/")
    return {"uri": f"file://{encoded}"} if pure.is_absolute() else {"uri": encoded, "uriBaseId": ROOT}


def escape_message(text: str) -> str:
    r"""Text that is text alone: links are written [words](place) and arguments {0} there (3.11.5 and 3.11.6)."""
    escaped = escape_line(text.replace("\n", " ")).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return escaped.replace("{", "{{").replace("}", "}}")
