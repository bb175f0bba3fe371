"""What differs between two locks, a line a change, in the words that people use for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.lockfile.order import by_node_and_generation
from orchestrator.model.lock import Lock, LockHeader, Machine

Kind = Literal["fleet", "added", "relocated", "retired", "client", "state", "machine"]

# Of a machine that stays: what is told, and in which words.
TOLD = {
    "machine_type": "machine type",
    "arch": "architecture",
    "image": "image",
    "volume_gib": "volume in GiB",
    "volume_type": "volume type",
    "volume_iops": "volume's operations a second",
    "address": "address",
    "zone_id": "zone id",
    "refused": "refusal",
}
CLOSURES = {"lost": "declared lost", "drained": "drained", "cordoned": "cordoned", "terminated": "terminated"}
NOTHING = "none"


@dataclass(frozen=True)
class LockChange:
    """One change: of what sort, of which machine or node (the fleet's own where it is of all), and in words."""

    kind: Kind
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}"


def compute_lock_diff(before: Lock | None, after: Lock | None) -> tuple[LockChange, ...]:
    """The changes from one lock to the other, the fleet's own first, then by node; a lock that is None is empty."""
    return (*_compare_headers(before, after), *_compare_nodes(before, after))


def _compare_headers(before: Lock | None, after: Lock | None) -> Iterator[LockChange]:
    old, new = (lock.header if lock else None for lock in (before, after))
    names = [header.fleet for header in (old, new) if header]
    subject = names[-1] if names else ""
    if len(set(names)) > 1:
        yield LockChange("fleet", subject, f"is another fleet: was {names[0]}")
    for field, words in CLOSURES.items():
        one, other = (_list_closed(header, field) for header in (old, new))
        yield from (LockChange("fleet", subject, f"{name} is {words}") for name in other if name not in one)
        yield from (LockChange("fleet", subject, f"{name} is no longer {words}") for name in one if name not in other)
    relaxed = [{each.rule for each in (header.relaxed or ())} if header else set() for header in (old, new)]
    yield from (
        LockChange("fleet", subject, f"{rule} gives way after a loss") for rule in sorted(relaxed[1] - relaxed[0])
    )
    yield from (LockChange("fleet", subject, f"{rule} holds again") for rule in sorted(relaxed[0] - relaxed[1]))


def _list_closed(header: LockHeader | None, field: str) -> Sequence[str]:
    return (getattr(header, field) or ()) if header else ()


def _compare_nodes(before: Lock | None, after: Lock | None) -> Iterator[LockChange]:
    old, new = (_collect(lock) for lock in (before, after))
    evidence = {line.retired: line.evidence for line in after.retired} if after else {}
    everything = {
        machine.machine: machine for found in (old, new) for machines in found.values() for machine in machines
    }
    nodes = dict.fromkeys(machine.node for machine in sorted(everything.values(), key=by_node_and_generation))
    for node in nodes:
        yield from _compare_node(old.get(node, ()), new.get(node, ()), evidence)


def _collect(lock: Lock | None) -> Mapping[str, Sequence[Machine]]:
    found: dict[str, list[Machine]] = {}
    for machine in lock.machines if lock else ():
        found.setdefault(machine.node, []).append(machine)
    return found


def _compare_node(old: Sequence[Machine], new: Sequence[Machine], evidence: Mapping[str, str]) -> Iterator[LockChange]:
    """A node's machines: a replacement is told as a move, from the machine that it replaces."""
    before = {machine.machine: machine for machine in old}
    after = {machine.machine: machine for machine in new}
    come = [machine for name, machine in after.items() if name not in before]
    for machine in come:
        source = old[-1] if old else None
        yield _describe_arrival(machine, source)
    for name, machine in before.items():
        if name in after:
            yield from _compare_machine(machine, after[name])
        else:
            why = f": {evidence[name]}" if name in evidence else ", and nothing says why"
            yield LockChange("retired", name, f"is gone from {machine.site}{why}")


def _describe_arrival(machine: Machine, source: Machine | None) -> LockChange:
    clients = ", ".join(client for _, client in sorted(machine.clients.items()))
    if source is None:
        words = f"is new at {machine.site} on {machine.machine_type}, runs {clients}"
        return LockChange("added", machine.machine, words)
    if source.site == machine.site:
        return LockChange("relocated", machine.machine, f"takes the place of {source.machine} at {machine.site}")
    words = f"takes the place of {source.machine}: from {source.site} to {machine.site}"
    return LockChange("relocated", machine.machine, words)


def _compare_machine(old: Machine, new: Machine) -> Iterator[LockChange]:
    """What changes of a machine that stays."""
    name = new.machine
    if (old.site, old.host) != (new.site, new.host):
        yield LockChange("relocated", name, f"is said to stand at {_place(new)}, and stood at {_place(old)}")
    for role in sorted({*old.clients, *new.clients}):
        one, other = old.clients.get(role, NOTHING), new.clients.get(role, NOTHING)
        if one != other:
            yield LockChange("client", name, f"runs {other} in place of {one} ({role})")
    if old.state is not new.state:
        yield LockChange("state", name, f"is {new.state}, was {old.state}")
    for field, words in TOLD.items():
        one, other = (getattr(machine, field) for machine in (old, new))
        if one != other:
            shown, was = (NOTHING if value is None else value for value in (other, one))
            yield LockChange("machine", name, f"{words} is {shown}, was {was}")


def _place(machine: Machine) -> str:
    return machine.site if machine.host is None else f"{machine.site}/{machine.host}"
