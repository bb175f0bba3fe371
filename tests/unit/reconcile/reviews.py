"""The review of a lock, for tests that have a fleet, a lock and a catalogue."""

from collections.abc import Sequence

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Finding
from orchestrator.placement.candidates import compute_lock_situation
from orchestrator.reconcile.review import review_lock


def review(fleet: Fleet, lock: Lock, catalogue: Catalogue, losses: Sequence[Loss] | None = None) -> tuple[Finding, ...]:
    return review_lock(compute_lock_situation(fleet, lock, catalogue, losses), lock)
