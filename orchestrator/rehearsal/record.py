"""What is kept of a rehearsal machine, in its own folder: what it was made from and the state it should be in."""

import re
from ipaddress import IPv4Address
from pathlib import Path

from pydantic import Field

from orchestrator.adapters.processes import Process, read_process
from orchestrator.model.base import Frozen
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.failure_domain import DomainKind
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.process import find_processes
from orchestrator.rehearsal.stored import read_value, write_value
from orchestrator.rehearsal.world import World

MACHINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")


class MachineRecord(Frozen):
    """One machine: identity, place in the failure domains, what is attached to it, and whether it should be on.

    `digest` is of all that it was made from; `firewall` None is no firewall at all, () refuses everything.
    `pid` and `started` name the launcher of its last start; they are a hint that /proc confirms or refutes.
    """

    name: str
    address: IPv4Address
    hostname: str
    image: Path
    digest: str
    machine_id: str
    domains: dict[DomainKind, str] = Field(default_factory=dict)
    firewall: tuple[FirewallRule, ...] | None = None
    volumes: tuple[str, ...] = ()
    powered: bool = True
    pid: int | None = None
    started: int | None = None


def find_machine_folder(world: World, name: str) -> Path:
    """The machine's folder; ValueError for a name that is no DNS label or labels joined by dots."""
    if not MACHINE_NAME.fullmatch(name) or ".." in name:
        raise ValueError(f"{name!r} is no machine name")
    return world.machines_folder / name


def find_lock(world: World, name: str) -> Path:
    """The lock file that whoever changes the machine holds."""
    folder = find_machine_folder(world, name)
    return folder.with_name(f".{folder.name}.lock")


def read_record(world: World, name: str) -> MachineRecord | None:
    """The machine's record; None where there is no such machine."""
    return read_value(find_machine_folder(world, name) / "machine.json", MachineRecord)


def get_record(world: World, name: str) -> MachineRecord:
    """The machine's record; RemoteFailure where there is no such machine."""
    record = read_record(world, name)
    if record is None:
        raise RemoteFailure(f"the rehearsal {world.id} has no machine {name}")
    return record


def write_record(world: World, record: MachineRecord) -> None:
    """Keeps the record in its machine's folder."""
    write_value(find_machine_folder(world, record.name) / "machine.json", record)


def list_records(world: World) -> tuple[MachineRecord, ...]:
    """The records of all machines, sorted by name."""
    names = sorted(path.name for path in world.machines_folder.glob("*") if not path.name.startswith("."))
    found = (read_record(world, name) for name in names)
    return tuple(record for record in found if record is not None)


def find_launcher(world: World, record: MachineRecord) -> Process | None:
    """The process whose namespaces the machine lives in, while it runs; None where it is off."""
    recorded = find_recorded_launcher(record)
    if recorded is not None:
        return recorded
    found = find_processes(find_machine_folder(world, record.name))
    return found[0] if found else None


def find_recorded_launcher(record: MachineRecord) -> Process | None:
    """The launcher of the machine's last whole start, while it runs; None also for one that was never recorded."""
    process = None if record.pid is None else read_process(record.pid)
    return process if process is not None and process.started == record.started else None
