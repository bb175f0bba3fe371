"""Looks at machines -> records of how long they take to be in sync."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from orchestrator.model.client import ClientFacts
from orchestrator.model.health import Observation
from orchestrator.model.lock import Machine
from orchestrator.model.sync_record import SyncRecord, SyncRecords
from orchestrator.reconcile.status import Look


def is_bare(observation: Observation) -> bool:
    """Whether the machine answers and has nothing of ours on it yet: its time begins."""
    return observation.error is None and observation.digest is None and not observation.clients


def note_starts(
    records: Mapping[str, SyncRecord],
    machines: Iterable[Machine],
    observed: Iterable[Observation],
    clients: Mapping[str, ClientFacts],
    now: datetime,
) -> SyncRecords:
    """The records with those machines that were seen bare for the first time."""
    bare = {observation.machine for observation in observed if is_bare(observation)}
    started = {
        machine.machine: SyncRecord(
            network=machine.network,
            methods={name: clients[name].get_method(machine.network) for name in machine.clients.values()},
            started=now,
        )
        for machine in machines
        if machine.machine in bare and machine.machine not in records
    }
    return {**records, **started}


def note_look(records: Mapping[str, SyncRecord], look: Look, now: datetime) -> SyncRecords:
    """The records after a look at all machines of the lock; machines that are gone unmeasured are forgotten.

    One that does not answer shows neither that it is behind nor that it is in sync.
    """
    answering = {name for name, observation in look.observations.items() if observation.error is None}
    return {
        name: record.see(now, in_sync=look.verdicts[name].in_sync) if name in answering else record
        for name, record in records.items()
        if name in look.verdicts or record.in_sync is not None
    }
