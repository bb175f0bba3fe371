"""Placement of nodes and their clients by trying everything. Imports nothing of the project: rules follow their prose.

It knows nothing of marginals: it gives every node a site and clients.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import ceil, floor
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Node:
    """A node of the lock: the site that it stands at, the architecture of its machine, and what it runs."""

    site: int
    clients: Mapping[str, str]
    arch: str = "x86_64"


@dataclass(frozen=True)
class Group:
    """`offered` are clients by role, `combinations` the only ones that a node may run; nodes that sign never move."""

    count: int
    offered: Mapping[str, tuple[str, ...]]
    combinations: tuple[Mapping[str, str], ...] = ()
    nodes: tuple[Node, ...] = ()
    signs: bool = False
    arch: str = "x86_64"

    @property
    def bundles(self) -> list[tuple[tuple[str, ...], list[dict[str, str]]]]:
        """Roles that are filled together, and what may fill them."""
        named = set(self.combinations[0]) if self.combinations else set()
        found = [
            ((role,), [{role: client} for client in clients])
            for role, clients in self.offered.items()
            if role not in named
        ]
        return [*found, *([(tuple(sorted(named)), [dict(each) for each in self.combinations])] if named else [])]


@dataclass(frozen=True)
class Tiny:
    """Sites by price and capacity, one of them lost or none; rules as in a spec.

    `released` are the architectures of a client where it is not to be had for all; `bound` are clients that sign, and
    those that nobody knows: where a node signs, they stay.
    """

    cents: tuple[int, ...]
    capacity: tuple[int | None, ...]
    groups: tuple[Group, ...]
    rules: tuple[Mapping[str, Any], ...]
    lost: int | None = None
    released: Mapping[str, tuple[str, ...]] | None = None
    bound: frozenset[str] = frozenset()

    def is_built_for(self, client: str, arch: str) -> bool:
        return arch in (self.released or {}).get(client, (arch,))

    def is_fit(self, group: Group, node: Node) -> bool:
        """Whether a node's machine may be kept."""
        return node.site != self.lost and node.arch == group.arch


class Choice(NamedTuple):
    """A site, and (role, client) pairs."""

    site: int
    clients: tuple[tuple[str, str], ...]


class Way(NamedTuple):
    """One way to place a group: all that stand, the sites of new machines, relocations, changes of clients in place.

    `held` is how bad a choice was made of nodes that sign, where fewer are asked for than there are.
    """

    standing: tuple[Choice, ...]
    new: tuple[int, ...]
    relocations: int
    held: int
    changes: int


class Score(NamedTuple):
    """What is to be as low as can be, in its order."""

    unplaced: int
    excess: int
    relocations: int
    held: int
    changes: int
    cents: int


Placed = Sequence[Sequence[Choice]]
"""By group, where its nodes stand and what they run."""


def find_best(tiny: Tiny) -> Score | None:
    """The best there is; None where nothing satisfies the rules. After a loss nodes may wait and rules give way.

    But first it is tried without: then rules are broken by no more than nodes that must not move bring about.
    """
    used = Counter(node.site for group in tiny.groups for node in group.nodes)
    free = [None if most is None else max(0, most - used[site]) for site, most in enumerate(tiny.capacity)]
    best: dict[str, Score] = {}
    for ways in product(*(list(enumerate_group(tiny, group)) for group in tiny.groups)):
        new = Counter(site for way in ways for site in way.new)
        if any(limit is not None and new[site] > limit for site, limit in enumerate(free)):
            continue
        placed = [way.standing for way in ways]
        unplaced = sum(group.count for group in tiny.groups) - sum(map(len, placed))
        low = Score(unplaced, 0, sum(way.relocations for way in ways), 0, 0, 0)
        if all(low >= score for score in best.values()) and len(best) == 3:
            continue
        score = low._replace(
            excess=sum(compute_excess(tiny, placed, rule) for rule in tiny.rules),
            held=sum(way.held for way in ways),
            changes=sum(way.changes for way in ways),
            cents=sum(tiny.cents[choice.site] for chosen in placed for choice in chosen),
        )
        whole = not unplaced
        fits = {"nothing": whole and not score.excess, "borne": whole and is_borne(tiny, placed), "all": True}
        for mode, fitting in fits.items():
            if fitting:
                best[mode] = min(score, best.get(mode, score))
    modes = ("nothing", "borne", "all") if tiny.lost is not None else ("nothing", "borne")
    return next((best[mode] for mode in modes if mode in best), None)


def enumerate_group(tiny: Tiny, group: Group) -> Iterator[Way]:
    """Every way to place a group's nodes; after a loss also every way to place only some."""
    options = [list(enumerate_node(tiny, group, node)) for node in group.nodes]
    anew = [Choice(site, run) for site in range(len(tiny.cents)) if site != tiny.lost for run in list_runs(tiny, group)]
    least_pinned = min(group.count, len(group.nodes)) if group.signs else 0
    seen = set()
    for fates in product(*options):
        kept = [fate for fate in fates if fate is not None]
        stays = sum(stays for _, stays, _ in kept)
        if len(kept) > group.count or stays < least_pinned:
            continue
        more = group.count - len(kept)
        for number in range(0 if tiny.lost is not None else more, more + 1):
            for fresh in combinations_with_replacement(anew, number):
                new = [choice.site for choice in fresh] + [choice.site for choice, stays, _ in kept if not stays]
                way = Way(
                    tuple(sorted([*fresh, *(choice for choice, _, _ in kept)])),
                    tuple(sorted(new)),
                    min(len(group.nodes), group.count) - stays,
                    count_held(tiny, group, fates),
                    sum(changes for _, _, changes in kept),
                )
                if way not in seen:
                    seen.add(way)
                    yield way


def count_held(tiny: Tiny, group: Group, fates: Sequence[Any]) -> int:
    """A node whose place is lost is a worse choice than one that runs where it should not."""
    if not group.signs or group.count >= len(group.nodes):
        return 0
    kept = [node for node, fate in zip(group.nodes, fates, strict=True) if fate is not None]
    return sum(1 + (node.site == tiny.lost) for node in kept if not tiny.is_fit(group, node))


def list_runs(tiny: Tiny, group: Group) -> list[tuple[tuple[str, str], ...]]:
    """All that a new node of a group may run: what is offered, and to be had for the architecture."""
    return [
        pack(*chosen)
        for chosen in product(*(found for _, found in group.bundles))
        if all(tiny.is_built_for(client, group.arch) for part in chosen for client in part.values())
    ]


def pack(*parts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(item for part in parts for item in part.items()))


def enumerate_node(tiny: Tiny, group: Group, node: Node) -> Iterator[tuple[Choice, bool, int] | None]:
    """A node of the lock gets no place, or one that is its own, or another; with the changes in place that it costs."""
    yield None
    if group.signs or tiny.is_fit(group, node):
        for run in sorted({*list_stays(tiny, group, node)}):
            clients = dict(run)
            changes = sum(clients.get(role) != node.clients.get(role) for role in {*clients, *node.clients})
            yield Choice(node.site, run), True, changes
    if not group.signs:
        for site in range(len(tiny.cents)):
            if site != tiny.lost:
                for run in list_runs(tiny, group):
                    yield Choice(site, run), False, 0


def list_stays(tiny: Tiny, group: Group, node: Node) -> Iterator[tuple[tuple[str, str], ...]]:
    """What a node may run where it stands: what it runs, and what is offered and to be had.

    One that signs and should be elsewhere changes nothing. One that signs where it may stay keeps each client that
    signs or that nobody knows, and what a combination binds to it.
    """
    if group.signs and not tiny.is_fit(group, node):
        yield pack(node.clients)
        return
    fixed = find_fixed(tiny, group, node)
    ways: list[list[dict[str, str]]] = [[{role: node.clients[role] for role in fixed}]]
    for roles, offered in group.bundles:
        if not fixed.intersection(roles):
            ways.append(
                [
                    option
                    for option in offered
                    if all(
                        node.clients.get(role) == client or tiny.is_built_for(client, node.arch)
                        for role, client in option.items()
                    )
                ]
            )
    for chosen in product(*ways):
        yield pack(*chosen)


def find_fixed(tiny: Tiny, group: Group, node: Node) -> set[str]:
    """The roles in which a node must not change."""
    if not group.signs:
        return set()
    if not tiny.is_fit(group, node):
        return set(node.clients)
    fixed = {role for role, client in node.clients.items() if client in tiny.bound}
    for roles, _ in group.bundles:
        if fixed.intersection(roles):
            fixed.update(role for role in roles if role in node.clients)
    return fixed


def list_subjects(tiny: Tiny, rule: Mapping[str, Any]) -> list[list[int]]:
    """Each group on its own, one, or all; a group without the role that a rule speaks of is no part of its subject."""
    of = rule.get("of")
    subjects = [[index] for index in range(len(tiny.groups))] if of is None else [[of]]
    if of == "fleet":
        subjects = [list(range(len(tiny.groups)))]
    if rule["per"] != "account":
        role = rule["per"].removeprefix("client.")
        subjects = [[index for index in subject if role in tiny.groups[index].offered] for subject in subjects]
    return [subject for subject in subjects if subject]


def compute_excess(tiny: Tiny, placed: Placed, rule: Mapping[str, Any]) -> int:
    """How far a rule is broken, all its subjects together."""
    return sum(sum(list_excess(tiny, placed, rule, subject).values()) for subject in list_subjects(tiny, rule))


def list_excess(tiny: Tiny, placed: Placed, rule: Mapping[str, Any], subject: Sequence[int]) -> Counter[str]:
    """How far a rule is broken for a subject: in each domain that is above a cap, or in all."""
    wanted = sum(tiny.groups[index].count for index in subject)
    held, eligible = count_by_domain(tiny, placed, rule["per"], subject)
    open_to = Counter({name: held[name] for name in eligible})
    if "min_domains" in rule:
        return Counter({"all": max(0, rule["min_domains"] - sum(number > 0 for number in open_to.values()))})
    if "skew" in rule:
        widest = max(open_to.values(), default=0) - min(open_to.values(), default=0)
        return Counter({"all": max(0, widest - rule["skew"])})
    amount = rule.get("cap", rule.get("below"))
    exact = Fraction(int(amount[:-1]), 100) * wanted if isinstance(amount, str) else Fraction(amount)
    limit = floor(exact) if "cap" in rule else ceil(exact) - 1
    return Counter({name: max(0, number - limit) for name, number in held.items()})


def count_by_domain(tiny: Tiny, placed: Placed, per: str, subject: Sequence[int]) -> tuple[Counter[str], set[str]]:
    """A subject's nodes by domain, and the domains that they can be in: sites that stand, clients that are offered."""
    if per == "account":
        held = Counter(str(choice.site) for index in subject for choice in placed[index])
        return held, {str(site) for site in range(len(tiny.cents)) if site != tiny.lost}
    role = per.removeprefix("client.")
    ran = [dict(choice.clients) for index in subject for choice in placed[index]]
    eligible = {client for index in subject for client in tiny.groups[index].offered.get(role, ())}
    return Counter(clients[role] for clients in ran if role in clients), eligible


def is_borne(tiny: Tiny, placed: Placed) -> bool:
    """Whether rules are broken by no more than nodes that must not move bring about, alone where that can be told."""
    alone = [
        [
            Choice(node.site, pack({role: node.clients[role] for role in find_fixed(tiny, group, node)}))
            for node in group.nodes
            if group.signs
        ]
        for group in tiny.groups
    ]
    for rule in tiny.rules:
        for subject in list_subjects(tiny, rule):
            found = list_excess(tiny, placed, rule, subject)
            if "cap" in rule or "below" in rule:
                found -= list_excess(tiny, alone, rule, subject)
            elif any(alone[index] for index in subject):
                continue
            if any(number > 0 for number in found.values()):
                return False
    return True
