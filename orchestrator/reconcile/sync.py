"""Observations -> is each machine in sync, and if not, why."""

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.model.base import Frozen
from orchestrator.model.health import ClientHealth, Observation
from orchestrator.model.lock import Lock, Machine

# Blocks travel: two nodes in sync may be one apart when they are asked.
HEIGHT_TOLERANCE = 1
# Where blocks come by time, more of them may come while one machine after another is asked.
TIMED_HEIGHT_TOLERANCE = 3


class SyncVerdict(Frozen):
    """Whether a machine is in sync; `why` says what is missing. `height` and `head_hash` are its first client's."""

    machine: str
    in_sync: bool
    why: str = ""
    height: int | None = None
    head_hash: str | None = None


class _Company(Frozen):
    """What all machines on a chain's network show: the best height by role, and how many of them live."""

    best: dict[str, int]
    live: int


def compute_sync(observations: Iterable[Observation], lock: Lock) -> tuple[SyncVerdict, ...]:
    """A verdict for each machine of the lock, in its order; one that was not observed is not in sync.

    A client is in sync when it is active and, where it follows the chain itself: its height is known, it does not say
    that it is behind, blocks equal headers where headers are known, its newest block is young enough where blocks come
    by time, it is not behind the highest that the fleet's machines on the network show for the role (by more than
    blocks take to travel), and it has a peer where others are on the network.
    """
    seen = {observation.machine: observation for observation in observations}
    company = _compute_company(lock.machines, seen)
    return tuple(
        _judge(machine, seen.get(machine.machine), company[machine.chain, machine.network]) for machine in lock.machines
    )


def _compute_company(
    machines: Sequence[Machine], seen: Mapping[str, Observation]
) -> Mapping[tuple[str, str], _Company]:
    best: dict[tuple[str, str], dict[str, int]] = {}
    live: dict[tuple[str, str], int] = {}
    for machine in machines:
        network = (machine.chain, machine.network)
        heights = best.setdefault(network, {})
        observation = seen.get(machine.machine)
        clients = observation.clients if observation and observation.error is None else ()
        live[network] = live.get(network, 0) + any(client.active for client in clients)
        for client in clients:
            if client.height is not None:
                heights[client.role] = max(heights.get(client.role, 0), client.height)
    return {network: _Company(best=best[network], live=live[network]) for network in best}


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
    if not client.follows:
        return ""
    if client.height is None:
        return (
            f"{client.client} tells no height: {client.error}" if client.error else f"{client.client} tells no height"
        )
    return _find_own_lag(client, client.height) or _find_lag(client, client.height, company)


def _find_own_lag(client: ClientHealth, height: int) -> str:
    """What a client says itself of how far behind it is."""
    if client.headers is not None and height != client.headers:
        return f"{client.client} has {height} of {client.headers} blocks"
    if client.syncing:
        return f"{client.client} is syncing, at height {height}"
    if client.optimistic:
        return f"{client.client} has blocks that were not executed yet, at height {height}"
    return ""


def _find_lag(client: ClientHealth, height: int, company: _Company) -> str:
    """How far a client is behind the others of its network, and behind time."""
    best = company.best.get(client.role, height)
    tolerance = HEIGHT_TOLERANCE if client.head_age_limit is None else TIMED_HEIGHT_TOLERANCE
    if height < best - tolerance:
        return f"{client.client} is at height {height}, others at {best}"
    if client.head_age_limit is not None and height == 0:
        return f"{client.client} has no block yet"
    if client.head_age_limit is not None and (client.head_age is None or client.head_age > client.head_age_limit):
        age = "of unknown age" if client.head_age is None else f"{client.head_age} s old"
        return f"{client.client}'s newest block is {age}, at height {height}"
    return f"{client.client} has no peers" if company.live > 1 and not client.peers else ""
