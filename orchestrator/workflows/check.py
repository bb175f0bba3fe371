"""check: spec, lock and catalogue -> findings."""

from orchestrator.model.plan import Finding
from orchestrator.reconcile.review import review_lock
from orchestrator.workflows.inputs import Inputs


def check(inputs: Inputs) -> tuple[Finding, ...]:
    """Every finding on the lock; InvalidDocument where there is none to check."""
    lock = inputs.require_lock()
    return review_lock(inputs.fleet, lock, inputs.catalogue, lock.header.losses)
