"""How long a node takes until it is in sync on a new machine, and what it downloads, by group; unknown is said."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from orchestrator.model.client import ClientFacts, Ready
from orchestrator.model.fleet import Fleet, Group
from orchestrator.model.plan import PlannedMachine, Sync

MINUTES = 60


def find_ready(group: Group, clients: Mapping[str, ClientFacts]) -> tuple[Ready, ...] | None:
    """What each role's slowest client takes on the group's network; None where it is not known of some client.

    A group's nodes may run any of its clients, so the slowest counts, by the method that its file has it use.
    """
    found = []
    for names in group.clients.values():
        ways = [_find_way(clients.get(name), group.network) for name in names]
        known = [way for way in ways if way is not None]
        if len(known) < len(ways):
            return None
        found.append(max(known, key=lambda way: way.hours))
    return tuple(found)


def _find_way(client: ClientFacts | None, network: str) -> Ready | None:
    return None if client is None else client.get_ready(network)


def compute_move_weights(fleet: Fleet, clients: Mapping[str, ClientFacts]) -> Mapping[str, int]:
    """Minutes until a node is in sync on a new machine, by group: that of its slowest role, since roles sync at once.

    A group of which that is not known counts as the slowest that is known. Empty where all groups weigh the same.
    """
    ready = {group.name: find_ready(group, clients) for group in fleet.groups}
    known = {name: _count_minutes(ways) for name, ways in ready.items() if ways is not None}
    slowest = max(known.values(), default=0)
    weights = {name: known.get(name, slowest) for name in ready}
    return weights if len(set(weights.values())) > 1 else {}


def _count_minutes(ways: Iterable[Ready]) -> int:
    return max(int(way.hours * MINUTES) for way in ways)  # a group has a role, so there is one


def compute_syncs(
    fleet: Fleet, clients: Mapping[str, ClientFacts], machines: Iterable[PlannedMachine], known: frozenset[str]
) -> tuple[Sync, ...]:
    """What the plan's new machines (those not among `known`) have to sync, by group."""
    counts = Counter(planned.machine.group for planned in machines if planned.machine.machine not in known)
    return tuple(_describe(group, counts[group.name], clients) for group in fleet.groups if counts[group.name])


def _describe(group: Group, nodes: int, clients: Mapping[str, ClientFacts]) -> Sync:
    ways = find_ready(group, clients)
    if ways is None:
        return Sync(group=group.name, nodes=nodes, unknown=tuple(_list_unknown(group, clients)))
    sizes = [way.gigabytes for way in ways]
    return Sync(
        group=group.name,
        nodes=nodes,
        hours=max(way.hours for way in ways),
        gigabytes=sum(size for size in sizes if size is not None) if None not in sizes else None,
        methods=tuple(sorted({way.method for way in ways})),
        sources=tuple(sorted({f"{way.source} ({way.dated})" for way in ways})),
    )


def _list_unknown(group: Group, clients: Mapping[str, ClientFacts]) -> Iterator[str]:
    names = sorted({name for choices in group.clients.values() for name in choices})
    return (name for name in names if _find_way(clients.get(name), group.network) is None)
