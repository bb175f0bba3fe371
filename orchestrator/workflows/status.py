"""status: what is, against what should be."""

from datetime import UTC, datetime
from fractions import Fraction

from orchestrator.policy.metrics import DEFAULT_THRESHOLD
from orchestrator.reconcile.concentration import compute_concentration
from orchestrator.reconcile.outages import find_outages
from orchestrator.reconcile.relaxation import judge_relaxed
from orchestrator.reconcile.review import review_lock
from orchestrator.reconcile.status import Status, count_standby
from orchestrator.workflows.check import measure
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.observe import look
from orchestrator.workflows.reach import fetch_outputs, list_endpoints
from orchestrator.workflows.up import require_fresh_lock


def fetch_status(deployment: Deployment, inputs: Inputs, now: float, threshold: Fraction = DEFAULT_THRESHOLD) -> Status:
    """Looks at every machine of the lock, lost ones too: they may be back. Those that are compromised are not asked."""
    lock = require_fresh_lock(inputs)
    outputs = fetch_outputs(deployment, inputs.fleet.list_stacks())
    asked = [machine for machine in lock.machines if machine.compromised is None]
    seen = look(deployment, lock, list_endpoints(deployment, asked, outputs))
    silent = [
        machine.machine
        for machine in lock.machines
        if machine.machine not in seen.observations or seen.observations[machine.machine].error
    ]
    alive = frozenset(verdict.machine for verdict in seen.verdicts.values() if verdict.in_sync)
    return Status(
        lock=lock,
        seen=seen,
        outages=find_outages(lock.machines, silent),
        concentration=compute_concentration(inputs.situation, lock, alive),
        findings=judge_relaxed(
            inputs.fleet, review_lock(inputs.situation, lock), lock, datetime.fromtimestamp(now, UTC)
        ),
        now=now,
        metrics=measure(inputs, threshold),
        standby=count_standby(inputs.fleet, lock, alive),
    )
