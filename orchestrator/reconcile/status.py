"""What a look at the whole fleet amounts to: who is in sync, what seems lost, what the policy says, is it well."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from orchestrator.model.fleet import Fleet
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
class StandbyCount:
    """The standby nodes of a group: how many the spec asks for, how many have a machine, how many are in sync."""

    group: str
    wanted: int
    placed: int
    in_sync: int


def count_standby(fleet: Fleet, lock: Lock, alive: Collection[str]) -> tuple[StandbyCount, ...]:
    """A count for each group that has standby nodes, in the spec's order; `alive` are machine ids."""
    counts = []
    for group in fleet.groups:
        if group.standby_of is not None:
            own = [each.machine for each in lock.machines if each.group == group.name and each.state in CARRYING_STATES]
            counts.append(StandbyCount(group.standby_of, group.count, len(own), sum(name in alive for name in own)))
    return tuple(counts)


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
    standby: tuple[StandbyCount, ...] = ()

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
