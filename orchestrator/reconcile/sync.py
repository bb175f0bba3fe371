"""Observations -> is each machine in sync, and if not, why."""

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.model.base import Frozen
from orchestrator.model.health import ClientHealth, Observation
from orchestrator.model.lock import Lock, Machine

# Blocks travel: two nodes in sync may be one apart when they are asked.
HEIGHT_TOLERANCE = 1


class SyncVerdict(Frozen):
    """Whether a machine is in sync; `why` says what is missing. `height` and `head_hash` are its first client's."""

    machine: str
    in_sync: bool
    why: str = ""
    height: int | None = None
    head_hash: str | None = None


class _Company(Frozen):
    """What the rest of a group shows: the best height by role, and how many of its machines live."""

    best: dict[str, int]
    live: int


def compute_sync(observations: Iterable[Observation], lock: Lock) -> tuple[SyncVerdict, ...]:
    """A verdict for each machine of the lock, in its order; one that was not observed is not in sync.

    A client is in sync when it is active, its height is known, blocks equal headers where headers are known, it is
    within one block of the highest that its group shows for the role, and it has a peer where its group has others.
    """
    seen = {observation.machine: observation for observation in observations}
    company = _compute_company(lock.machines, seen)
    return tuple(
        _judge(machine, seen.get(machine.machine), company[machine.chain, machine.network, machine.group])
        for machine in lock.machines
    )


def _compute_company(
    machines: Sequence[Machine], seen: Mapping[str, Observation]
) -> Mapping[tuple[str, str, str], _Company]:
    best: dict[tuple[str, str, str], dict[str, int]] = {}
    live: dict[tuple[str, str, str], int] = {}
    for machine in machines:
        group = (machine.chain, machine.network, machine.group)
        heights = best.setdefault(group, {})
        observation = seen.get(machine.machine)
        clients = observation.clients if observation and observation.error is None else ()
        live[group] = live.get(group, 0) + any(client.active for client in clients)
        for client in clients:
            if client.height is not None:
                heights[client.role] = max(heights.get(client.role, 0), client.height)
    return {group: _Company(best=best[group], live=live[group]) for group in best}


def _judge(machine: Machine, observation: Observation | None, company: _Company) -> SyncVerdict:
    if observation is None:
        return SyncVerdict(machine=machine.machine, in_sync=False, why="not observed")
    if observation.error is not None:
        return SyncVerdict(machine=machine.machine, in_sync=False, why=observation.error)
    clients = {client.role: client for client in observation.clients}
    faults = [_find_fault(role, clients.get(role), company) for role in machine.clients]
    why = "; ".join(fault for fault in faults if fault)
    first = clients.get(next(iter(machine.clients), ""))
    return SyncVerdict(
        machine=machine.machine,
        in_sync=not why,
        why=why,
        height=first.height if first else None,
        head_hash=first.head_hash if first else None,
    )


def _find_fault(role: str, client: ClientHealth | None, company: _Company) -> str:
    """The first thing that keeps a client from being in sync; "" where nothing does."""
    if client is None:
        return f"no {role} client was seen"
    if not client.active:
        return f"{client.client} is not active"
    if client.height is None:
        return (
            f"{client.client} tells no height: {client.error}" if client.error else f"{client.client} tells no height"
        )
    return _find_lag(client, client.height, company)


def _find_lag(client: ClientHealth, height: int, company: _Company) -> str:
    if client.headers is not None and height != client.headers:
        return f"{client.client} has {height} of {client.headers} blocks"
    best = company.best.get(client.role, height)
    if height < best - HEIGHT_TOLERANCE:
        return f"{client.client} is at height {height}, its group at {best}"
    return f"{client.client} has no peers" if company.live > 1 and not client.peers else ""
