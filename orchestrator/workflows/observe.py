"""observe: probe every machine that should run, and judge whether it is in sync."""

import time
from collections.abc import Callable, Mapping

from orchestrator.adapters.probes import probe_machines
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.lock import Lock, MachineState
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.reconcile.status import Look
from orchestrator.reconcile.sync import compute_sync
from orchestrator.workflows.deployment import Deployment

PHASE = "sync"
POLL_SECONDS = 1.0


def look(deployment: Deployment, lock: Lock, endpoints: Mapping[str, Endpoint]) -> Look:
    """Probes all machines side by side."""
    observed = probe_machines(endpoints.values(), deployment.identity)
    verdicts = compute_sync(observed, lock)
    return Look(
        {observation.machine: observation for observation in observed},
        {verdict.machine: verdict for verdict in verdicts},
    )


def wait_for_sync(take_look: Callable[[], Look], lock: Lock, seconds: float, tell: OnProgress) -> Look:
    """Looks until every wanted machine is in sync or the time is up; the last look."""
    end = time.monotonic() + seconds
    while True:
        seen = take_look()
        behind = list_behind(lock, seen)
        for machine in lock.machines:
            verdict = seen.verdicts.get(machine.machine)
            if verdict is not None and machine.state is MachineState.WANTED:
                status = f"in sync at height {verdict.height}" if verdict.in_sync else verdict.why
                tell(Progress(phase=PHASE, subject=machine.machine, status=status))
        if not behind or time.monotonic() > end:
            return seen
        time.sleep(POLL_SECONDS)


def list_behind(lock: Lock, seen: Look) -> tuple[str, ...]:
    """The wanted machines that are not in sync."""
    return tuple(
        machine.machine
        for machine in lock.machines
        if machine.state is MachineState.WANTED and not seen.verdicts[machine.machine].in_sync
    )
