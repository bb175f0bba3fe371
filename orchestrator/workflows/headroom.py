"""headroom: ask the clouds for their quotas, and hold them against what the worst single loss would ask of them."""

from concurrent.futures import ThreadPoolExecutor

from orchestrator.adapters.pulumi import open_stack
from orchestrator.model.plan import Finding
from orchestrator.reconcile.headroom import compute_growths, review_headroom
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.provision import SCOPE_ALL, find_left_out


def check_headroom(deployment: Deployment, inputs: Inputs) -> tuple[Finding, ...]:
    """A finding for each quota that is short or not known; InvalidDocument where there is no lock."""
    lock = inputs.require_lock()
    silent = {*(lock.header.terminated or ()), *find_left_out(lock)}
    stacks = tuple(name for name in inputs.fleet.list_stacks() if name not in silent)
    with ThreadPoolExecutor(max_workers=max(1, len(stacks))) as pool:
        asked = pool.map(lambda name: open_stack(deployment.project, name, SCOPE_ALL).fetch_quotas(), stacks)
        quotas = tuple(quota for found in asked for quota in found)
    growths = compute_growths(inputs.fleet, inputs.catalogue, lock, inputs.signing_groups)
    return review_headroom(inputs.fleet, growths, quotas)
