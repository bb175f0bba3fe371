"""simulate: what the loss of each domain would take, from spec and lock or from an inventory."""

from collections.abc import Sequence
from difflib import get_close_matches

from orchestrator.model.domain import Domain
from orchestrator.model.errors import OrchestratorError
from orchestrator.reconcile.blast_radius import BlastRadius, compute_blast_radii, compute_scenario, list_domains
from orchestrator.reconcile.standing import Standing, compute_lock_standing
from orchestrator.workflows.inputs import Inputs

MOST_NAMED = 12


def read_lock_standing(inputs: Inputs) -> Standing:
    """Who stands where by the lock; InvalidDocument where there is none."""
    return compute_lock_standing(inputs.fleet, inputs.require_lock(), inputs.catalogue)


def simulate(standing: Standing, lost: Sequence[Domain]) -> tuple[BlastRadius, ...]:
    """The loss of `lost`, all at once; without any the loss of each domain in use, the worst first."""
    refuse_unknown(standing, lost)
    return (compute_scenario(standing, lost),) if lost else compute_blast_radii(standing)


def refuse_unknown(standing: Standing, lost: Sequence[Domain]) -> None:
    """A domain that no node is in is a slip of the pen: its loss would be shown to take nothing."""
    domains = list_domains(standing)
    for domain in lost:
        if domain not in domains:
            known = [other.value for other in domains if other.kind == domain.kind]
            near = get_close_matches(domain.value, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known[:MOST_NAMED]) or 'none'}"
            raise OrchestratorError(f"no node is in {domain}", hint=hint)
