"""check: spec, lock and catalogue -> findings."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from orchestrator.model.plan import Finding
from orchestrator.policy.metrics import DEFAULT_THRESHOLD
from orchestrator.reconcile.control_plane import review_control_plane
from orchestrator.reconcile.diversity import Diversity, compute_diversity
from orchestrator.reconcile.relaxation import judge_relaxed
from orchestrator.reconcile.review import review_lock
from orchestrator.reconcile.standing import compute_lock_standing
from orchestrator.workflows.artifacts import find_unverified_artifacts
from orchestrator.workflows.inputs import Inputs


def check(inputs: Inputs, now: datetime) -> tuple[Finding, ...]:
    """Every finding on the lock and on what the fleet is run with; InvalidDocument where there is none to check."""
    return find_all(inputs, review_lock(inputs.situation, inputs.require_lock()), now)


def find_all(inputs: Inputs, reviewed: Iterable[Finding], now: datetime) -> tuple[Finding, ...]:
    """The same where the lock was reviewed already."""
    lock = inputs.require_lock()
    return (
        *judge_relaxed(inputs.fleet, reviewed, lock, now),
        *review_control_plane(inputs.fleet, lock, now.date()),
        *find_unverified_artifacts(inputs.fleet, lock, inputs.clients),
    )


def measure(inputs: Inputs, threshold: Fraction = DEFAULT_THRESHOLD) -> tuple[Diversity, ...]:
    """How diverse the lock's nodes stand; the Nakamoto coefficient is of `threshold`."""
    return compute_diversity(compute_lock_standing(inputs.situation, inputs.require_lock()), threshold)
