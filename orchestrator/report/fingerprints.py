"""Fingerprints as platforms want them: no two of one report alike."""

from collections import Counter
from collections.abc import Iterable, Iterator

from orchestrator.reconcile.verdict import Judged


def number_findings(findings: Iterable[Judged]) -> Iterator[tuple[Judged, int]]:
    """Each finding with which one of its fingerprint it is, from 1."""
    seen: Counter[str] = Counter()
    for judged in findings:
        seen[judged.fingerprint] += 1
        yield judged, seen[judged.fingerprint]
