"""check: spec, lock and catalogue -> findings."""

from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.plan import Finding
from orchestrator.model.source import Source
from orchestrator.reconcile.review import review_lock
from orchestrator.workflows.inputs import Inputs


def check(inputs: Inputs) -> tuple[Finding, ...]:
    """Every finding on the lock; InvalidDocument where there is none to check."""
    if inputs.lock is None:
        source = Source.at(inputs.where.lock_path)
        raise InvalidDocument([OrchestratorError("there is no lock", hint="run orchestrator place", source=source)])
    return review_lock(inputs.fleet, inputs.lock, inputs.catalogue, inputs.lock.header.losses)
