"""check: spec, lock and catalogue -> findings."""

from datetime import date

from orchestrator.model.plan import Finding
from orchestrator.reconcile.control_plane import review_control_plane
from orchestrator.reconcile.review import review_lock
from orchestrator.workflows.artifacts import find_unverified_artifacts
from orchestrator.workflows.inputs import Inputs


def check(inputs: Inputs, today: date) -> tuple[Finding, ...]:
    """Every finding on the lock and on what the fleet is run with; InvalidDocument where there is none to check."""
    lock = inputs.require_lock()
    return (
        *review_lock(inputs.fleet, lock, inputs.catalogue, lock.header.losses),
        *review_control_plane(inputs.fleet, lock, today),
        *find_unverified_artifacts(inputs.fleet, lock, inputs.clients),
    )
