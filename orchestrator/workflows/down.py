"""down: remove the fleet's machines; its data stays unless its deletion is asked for by name."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from orchestrator.adapters.pins import forget_pins
from orchestrator.adapters.pulumi import list_stacks, open_stack
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.model.stack import StackResult
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.provision import claim, describe_event, refuse_other_layout, settle

PHASE = "down"

# Scopes of stacks/settings.py.
RELEASE_MACHINES = "release-machines"
RELEASE_ALL = "release-all"
RELEASE_DATA = "release-data"
DATA = "data"


def down(deployment: Deployment, inputs: Inputs, tell: OnProgress, *, delete_data: bool) -> dict[str, StackResult]:
    """Takes every account's stack down, side by side; one that fails holds up no other."""
    known = list_stacks(deployment.project)
    refuse_other_layout(known, inputs.fleet.list_stacks())
    names = [name for name in inputs.fleet.list_stacks() if name in known]
    claim(deployment, (open_stack(deployment.project, name, RELEASE_MACHINES) for name in names))
    work = remove_all if delete_data else remove_machines
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        results = dict(zip(names, pool.map(lambda name: work(deployment, name, tell), names), strict=True))
    gone = {name for name, result in results.items() if result.error is None}
    machines = inputs.lock.machines if inputs.lock else ()
    forgotten = (each.machine for each in machines if inputs.fleet.get_stack(each.account) in gone)
    forget_pins(deployment.pins, frozenset(forgotten))
    return results


def remove_machines(deployment: Deployment, name: str, tell: OnProgress) -> StackResult:
    """Lifts the protection of one account's machines, then declares its data alone."""
    return run_scopes(deployment, name, (RELEASE_MACHINES, DATA), tell)


def remove_all(deployment: Deployment, name: str, tell: OnProgress) -> StackResult:
    """Lifts all protection in one account, deletes everything, and forgets the stack.

    Where nothing is protected any more, a killed run was at the deleting: to lift protection once more would make anew
    what it has deleted.
    """
    stack = open_stack(deployment.project, name, RELEASE_ALL)
    result = settle(name, stack, tell)
    if result.error is None and stack.has_protected():
        gone = stack.fetch_outputs().get("scope") in (DATA, RELEASE_DATA)
        result = run_scopes(deployment, name, (RELEASE_DATA if gone else RELEASE_ALL,), tell)
    if result.error:
        return result
    result = stack.destroy(lambda event: tell(describe_event(event)))
    if result.error is None:
        stack.remove()
        tell(Progress(phase=PHASE, subject=name, status="removed"))
    return result


def run_scopes(deployment: Deployment, name: str, scopes: Sequence[str], tell: OnProgress) -> StackResult:
    """Updates one account in each scope in turn; the last result, or the first that failed.

    What a killed run was through with is not done again: to lift protection declares machines, deleted ones too.
    """
    stack = open_stack(deployment.project, name, scopes[0])
    result = settle(name, stack, tell)
    if result.error:
        return result
    applied = stack.fetch_outputs().get("scope")
    for scope in scopes[scopes.index(applied) :] if applied in scopes else scopes:
        tell(Progress(phase=PHASE, subject=name, status=scope))
        result = open_stack(deployment.project, name, scope).update(lambda event: tell(describe_event(event)))
        if result.error:
            break
    return result
