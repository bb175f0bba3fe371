"""How many nodes run which clients, as variables of the program: marginals, not pairs of sites and clients.

A group's nodes are counted by site, and apart from that by client: the program grows with sites plus clients, not with
their product. Nodes that stand are counted by what they run, since they keep it unless a rule asks otherwise. Which
node runs what is settled afterwards (transport.py), and any split of the counts over the nodes is as good as another.
Only roles that something depends on are counted: a rule, a combination, an architecture, a client no longer offered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator.model.failure_domain import get_role
from orchestrator.model.fleet import Group
from orchestrator.model.lock import Machine
from orchestrator.placement.clients import Bundle, ClientBook, Option, compute_bundles
from orchestrator.placement.holdings import Holding
from orchestrator.placement.program import Program
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import ClientCell

Clients = tuple[tuple[str, str], ...]
"""(role, client) pairs, sorted: what a node runs of that which is counted."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The bundles of a group that are counted, and all its roles; `watched` also has roles that it offers no more."""

    bundles: tuple[Bundle, ...]
    roles: frozenset[str]
    watched: frozenset[str]

    def read(self, machine: Machine) -> Clients:
        """What a machine runs in the watched roles."""
        return tuple(sorted(item for item in machine.clients.items() if item[0] in self.watched))


class Pool(NamedTuple):
    """Nodes of a bundle's group on machines of one architecture."""

    bundle: Bundle
    arch: str


@dataclass(slots=True)
class Seats:
    """The variables of a pool. All that stand in it are in `seats`; `held` are those by what they run now.

    `keeps` of (held, option) are nodes that stay and keep the clients that both name; `fresh` are all others.
    """

    seats: list[int] = field(default_factory=list)
    held: dict[Option, list[int]] = field(default_factory=dict)
    keeps: dict[tuple[Option, Option], int] = field(default_factory=dict)
    fresh: dict[Option, int] = field(default_factory=dict)


@dataclass(slots=True)
class Marginals:
    """What is counted, by group; the pools; and the changes of clients in place as an expression to minimise."""

    counted: dict[str, Counted]
    pools: dict[Pool, Seats] = field(default_factory=dict)
    changes: list[tuple[int, int]] = field(default_factory=list)
    fixed: list[tuple[ClientCell, int]] = field(default_factory=list)
    had: Counter[ClientCell] = field(default_factory=Counter)

    def seat(self, variable: int, group: str, arch: str) -> None:
        """A variable counts new machines of an architecture, which may run anything that is offered."""
        for bundle in self.counted[group].bundles:
            self._get_seats(bundle, arch).seats.append(variable)

    def seat_standing(self, variable: int, standing: "Standing") -> None:
        """A variable counts machines that run something already."""
        counted, clients = self.counted[standing.group], dict(standing.clients)
        dropped = [role for role in clients if role not in counted.roles and role not in standing.fixed]
        weight = len(dropped)
        for bundle in counted.bundles:
            option = bundle.get_option(clients)
            if not standing.fixed.isdisjoint(bundle.roles):
                self.fixed.extend((cell, variable) for cell in list_cells(bundle, option))
                continue
            seats = self._get_seats(bundle, standing.arch)
            seats.seats.append(variable)
            seats.held.setdefault(option, []).append(variable)
            weight += len(bundle.roles)
        if weight:
            self.changes.append((variable, weight))

    def list_clients(self) -> dict[tuple[str, str], tuple[ClientCell, ...]]:
        """By group and counted role, the clients offered."""
        found: dict[tuple[str, str], dict[ClientCell, None]] = {}
        for counted in self.counted.values():
            for bundle in counted.bundles:
                for option in bundle.options:
                    for cell in list_cells(bundle, option):
                        found.setdefault((cell.group, cell.role), {})[cell] = None
        return {key: tuple(cells) for key, cells in found.items()}

    def _get_seats(self, bundle: Bundle, arch: str) -> Seats:
        return self.pools.setdefault(Pool(bundle, arch), Seats())


class Standing(NamedTuple):
    """Machines of a group that run something: on which architecture, what, and in which roles it must stay."""

    group: str
    arch: str
    clients: Clients
    fixed: frozenset[str]


def compute_fixed(holding: Holding, counted: Counted, book: ClientBook) -> frozenset[str]:
    """The roles in which a node that must not move must not change either.

    A node that is held stays as it is. One that stays where it is keeps the client that signs: another one would not
    know what was signed.
    """
    if not holding.pinned or holding.home is None:
        return frozenset()
    clients = holding.home.clients
    if holding.held:
        return frozenset({*clients, *counted.roles})
    return frozenset(role for role, client in clients.items() if not book.may_be_replaced(client))


def compute_counted(
    group: Group, holdings: Iterable[Holding], arches: Iterable[str], bound_roles: Set[str], book: ClientBook
) -> Counted:
    """Which bundles of a group something depends on."""
    kinds = frozenset(arches)
    held = {tuple(machine.clients.items()) for holding in holdings for machine in holding.entries}
    runs = [dict(clients) for clients in held]
    roles = frozenset(group.clients)
    bundles = tuple(
        bundle
        for bundle in compute_bundles(group)
        if len(bundle.roles) > 1
        or not bound_roles.isdisjoint(bundle.roles)
        or any(not book.is_built_for(option, arch) for option in bundle.options for arch in kinds)
        or any(bundle.get_option(clients) not in bundle.options for clients in runs)
    )
    strange = {role for clients in runs for role in clients if role not in roles}
    return Counted(bundles, roles, frozenset({role for bundle in bundles for role in bundle.roles} | strange))


def find_bound_roles(bounds: Iterable[Bound]) -> Mapping[str, Set[str]]:
    """By group, the roles that bounds speak of."""
    found: dict[str, set[str]] = {}
    for bound in bounds:
        for role in filter(None, map(get_role, bound.rule.kinds)):
            for group in (*bound.subject.group_names, *bound.subject.standby_names):
                found.setdefault(group, set()).add(role)
    return found


def add_marginals(program: Program, marginals: Marginals, sizes: Mapping[str, int], book: ClientBook) -> None:
    """Every machine of a pool runs one option, and as many keep theirs as there are; `sizes` are the groups' counts."""
    for cell, variable in marginals.fixed:
        program.count_as(cell, variable)
    for pool, seats in marginals.pools.items():
        _add_pool(program, pool, seats, sizes[pool.bundle.group], book)
    for seats in marginals.pools.values():
        for (held, option), variable in seats.keeps.items():
            marginals.changes.append((variable, -count_shared(held, option)))


def _add_pool(program: Program, pool: Pool, seats: Seats, size: int, book: ClientBook) -> None:
    bundle = pool.bundle
    for held, standing in seats.held.items():
        keeps = []
        for option in bundle.options:
            # What runs there already goes on running there, whatever it is said to be built for.
            if count_shared(held, option) and book.is_built_for(find_new(held, option), pool.arch):
                seats.keeps[held, option] = _add_count(program, bundle, option, size)
                keeps.append((seats.keeps[held, option], 1))
        if keeps:
            program.add_row((*keeps, *((variable, -1) for variable in standing)), None, 0)
    for option in bundle.options:
        if book.is_built_for(option, pool.arch):
            seats.fresh[option] = _add_count(program, bundle, option, size)
    running = [(variable, 1) for variable in (*seats.keeps.values(), *seats.fresh.values())]
    program.add_row((*running, *((variable, -1) for variable in seats.seats)), 0, 0)


def _add_count(program: Program, bundle: Bundle, option: Option, size: int) -> int:
    variable = program.add_whole(size)
    for cell in list_cells(bundle, option):
        program.count_as(cell, variable)
    return variable


def list_cells(bundle: Bundle, option: Option) -> list[ClientCell]:
    """What a node that runs the option counts as."""
    return [
        ClientCell(bundle.group, role, client)
        for role, client in zip(bundle.roles, option, strict=True)
        if client is not None
    ]


def count_shared(held: Option, option: Option) -> int:
    """In how many roles a node that runs the one need not change to run the other."""
    return sum(one == other for one, other in zip(held, option, strict=True))


def find_new(held: Option, option: Option) -> Option:
    """What of an option a node that runs the other does not run yet."""
    return tuple(None if client == running else client for running, client in zip(held, option, strict=True))
