"""Findings as text and as JSON: file, line, what is wrong."""

from collections.abc import Iterable
from typing import Any

from orchestrator.model.plan import Finding


def render_findings(findings: Iterable[Finding]) -> str:
    """One line a finding, as compilers write them, so that editors jump there."""
    return "".join(f"{finding.source}: {finding.level}: {finding.message} [{finding.rule}]\n" for finding in findings)


def list_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as plain data, in the shape that docs/commands.md promises to scripts."""
    return [
        {
            **finding.model_dump(mode="json", exclude={"source", "excess"}),
            "file": finding.source.file,
            "line": finding.source.line,
            "column": finding.source.column,
        }
        for finding in findings
    ]


def count_of(number: int, noun: str) -> str:
    """A number of things: "1 error", "2 errors"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
