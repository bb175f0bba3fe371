"""What a look at the whole fleet amounts to: who is in sync, what seems lost, what the policy says, is it well."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.health import Observation
from orchestrator.model.lock import CARRYING_STATES, Lock
from orchestrator.model.plan import Finding
from orchestrator.reconcile.concentration import Share
from orchestrator.reconcile.diversity import Diversity
from orchestrator.reconcile.outages import Outage
from orchestrator.reconcile.sync import SyncVerdict


@dataclass(frozen=True)
class Look:
    """One look at the fleet: what each machine said, and what it amounts to; both by machine id."""

    observations: Mapping[str, Observation]
    verdicts: Mapping[str, SyncVerdict]


@dataclass(frozen=True)
class Status:
    """One look at a whole fleet, and what it amounts to. `now` is in seconds since the epoch."""

    lock: Lock
    seen: Look
    outages: tuple[Outage, ...]
    concentration: tuple[Share, ...]
    findings: tuple[Finding, ...]
    now: float
    metrics: tuple[Diversity, ...] = ()

    @property
    def unwell(self) -> tuple[str, ...]:
        """The machines that should run and are not in sync."""
        return tuple(
            machine.machine
            for machine in self.lock.machines
            if machine.state in CARRYING_STATES and not self.seen.verdicts[machine.machine].in_sync
        )

    @property
    def well(self) -> bool:
        """Whether every machine that should run is in sync and no rule is broken."""
        return not self.unwell and not any(finding.level == "error" for finding in self.findings)
