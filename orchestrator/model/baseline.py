"""A baseline: findings that were there when the gate was put up, and that keep no change out."""

from collections.abc import Mapping
from typing import Literal

from orchestrator.model.base import Frozen
from orchestrator.model.source import Source

Baseline = Mapping[str, Source]
"""The fingerprints of the findings, each with its line in the file."""


class BaselineEntry(Frozen):
    """A finding of the baseline; `rule` and `subject` are for people, the fingerprint alone is compared."""

    fingerprint: str
    rule: str
    subject: str


class BaselineFile(Frozen):
    """The file as it is written."""

    format: Literal[1] = 1
    findings: tuple[BaselineEntry, ...]
