"""Which machines on their way out may go now, and on what evidence."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from orchestrator.model.base import Frozen
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, Machine, MachineState, Retired
from orchestrator.reconcile.sync import SyncVerdict

STANDING = (MachineState.WANTED, MachineState.HELD, MachineState.LOST)
HASH_SHOWN = 12
NOBODY: Mapping[str, str] = {}


class Retirement(Frozen):
    """The lock's entries after machines were let go. `waiting` are those not let go yet, and why.

    `moving` are the nodes that are on the move still, in a fleet whose rounds are limited.
    """

    machines: tuple[Machine, ...]
    retired: tuple[Retired, ...]
    newly_retired: tuple[Retired, ...] = ()
    waiting: dict[str, str] = Field(default_factory=dict)
    moving: tuple[str, ...] | None = None

    def changes(self, lock: Lock) -> bool:
        """Whether the lock would say something else."""
        return bool(self.newly_retired) or self.moving != lock.header.moving


def compute_retirement(
    fleet: Fleet, lock: Lock, verdicts: Iterable[SyncVerdict], unreachable: Mapping[str, str] = NOBODY
) -> Retirement:
    """Retire each retiring machine whose node's wanted machine is in sync, or whose node the spec no longer asks for.

    One that is compromised goes whatever became of its node. Lost and held machines never go here: nothing is known of
    them. Nor do those of `unreachable` accounts, each with why: what nobody can delete now is declared still.
    """
    synced = {verdict.machine: verdict for verdict in verdicts}
    by_node: dict[str, list[Machine]] = {}
    for machine in lock.machines:
        by_node.setdefault(machine.node, []).append(machine)
    unneeded = frozenset(_find_unneeded(fleet, by_node))
    gone: dict[str, Retired] = {}
    waiting: dict[str, str] = {}
    for machine in lock.machines:
        if machine.state is not MachineState.RETIRING:
            continue
        evidence, why = _find_evidence(machine, by_node[machine.node], synced, machine.node in unneeded)
        if machine.account in unreachable:
            waiting[machine.machine] = unreachable[machine.account]
        elif evidence:
            gone[machine.machine] = Retired(
                retired=machine.machine,
                node=machine.node,
                account=machine.account,
                evidence=evidence,
                compromised=machine.compromised,
            )
        else:
            waiting[machine.machine] = why
    return Retirement(
        machines=tuple(machine for machine in lock.machines if machine.machine not in gone),
        retired=(*lock.retired, *gone.values()),
        newly_retired=tuple(gone.values()),
        waiting=waiting,
        moving=_find_moving(lock, synced),
    )


def _find_moving(lock: Lock, synced: Mapping[str, SyncVerdict]) -> tuple[str, ...] | None:
    """The nodes on the move whose wanted machine is not in sync; None where there are none."""
    wanted = {machine.node: machine.machine for machine in lock.machines if machine.state is MachineState.WANTED}
    verdicts = {node: synced.get(wanted[node]) for node in lock.header.moving or () if node in wanted}
    return tuple(node for node, verdict in verdicts.items() if verdict is None or not verdict.in_sync) or None


def _find_unneeded(fleet: Fleet, by_node: Mapping[str, list[Machine]]) -> Iterator[str]:
    """Nodes that only wait to be let go, where the group stands complete without them or is no more."""
    counts = {group.name: group.count for group in fleet.groups}
    standing: dict[str, int] = {}
    leaving: list[tuple[str, str]] = []
    for node, machines in by_node.items():
        group = machines[0].group
        if any(machine.state in STANDING for machine in machines):
            standing[group] = standing.get(group, 0) + 1
        else:
            leaving.append((group, node))
    return (node for group, node in leaving if standing.get(group, 0) >= counts.get(group, 0))


def _find_evidence(
    machine: Machine, entries: list[Machine], synced: Mapping[str, SyncVerdict], unneeded: bool
) -> tuple[str, str]:
    """The evidence on which a node's retiring machine may go, or why it may not: one of the two is empty."""
    if machine.compromised is not None:
        return f"{machine.compromised} was declared compromised", ""
    wanted = [machine for machine in entries if machine.state is MachineState.WANTED]
    if unneeded:
        return f"the spec no longer asks for {entries[0].node}", ""
    if not wanted:
        return "", f"{entries[0].node} has no machine that is wanted yet"
    verdict = synced.get(wanted[-1].machine)
    if verdict is None or not verdict.in_sync:
        why = verdict.why if verdict else "not observed"
        return "", f"its replacement {wanted[-1].machine} is not in sync: {why}"
    return _render_evidence(verdict), ""


def _render_evidence(verdict: SyncVerdict) -> str:
    head = f", {verdict.head_hash[:HASH_SHOWN]}…" if verdict.head_hash else ""
    return f"replaced by {verdict.machine}, in sync at height {verdict.height}{head}"
