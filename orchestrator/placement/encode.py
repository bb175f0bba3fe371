"""The situation and its bounds as a linear program: how many nodes stay, go back and start anew, and where.

Nodes of a group that hold the same are one class, so the program's size does not grow with the number of nodes.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from orchestrator.model.fleet import Group
from orchestrator.placement.candidates import Situation
from orchestrator.placement.clients import EMPTY_BOOK, ClientBook
from orchestrator.placement.columns import ColumnKey, Resource
from orchestrator.placement.holdings import Holding, get_column_key
from orchestrator.placement.marginals import (
    Clients,
    Counted,
    Marginals,
    Standing,
    add_marginals,
    compute_counted,
    compute_fixed,
    find_bound_roles,
    list_cells,
)
from orchestrator.placement.program import Program
from orchestrator.policy.bound import Bound
from orchestrator.policy.budget import CostLimit
from orchestrator.policy.candidates import Cell, ClientCell
from orchestrator.policy.compile import CompiledPolicy
from orchestrator.policy.linear import Terms
from orchestrator.policy.measures import Counts, Sum


class Strictness(Enum):
    """What may give way so that there is a plan.

    HARD: nothing; every error rule holds and every node is placed. PARTIAL: nodes may be without a place, such as where
    clouds refuse machines. BEARING: rules bear with nodes that must not move. BEARING_PARTIAL: both. ELASTIC: after a
    loss nodes may be without a place and all rules may give way, at a price.
    """

    HARD = "hard"
    PARTIAL = "partial"
    BEARING = "bearing"
    BEARING_PARTIAL = "bearing partial"
    ELASTIC = "elastic"

    @property
    def is_whole(self) -> bool:
        """Whether every node is placed."""
        return self in (Strictness.HARD, Strictness.BEARING)

    @property
    def bears(self) -> bool:
        """Whether rules bear with nodes that must not move."""
        return self not in (Strictness.HARD, Strictness.PARTIAL)


class NodeClass(NamedTuple):
    """Nodes that hold the same: where they may stay, what they may go back to, and which clients they run.

    `clients` are the node's own and `clients_back` those of each machine that it may go back to, of the roles that are
    counted; in the roles `fixed` it must not change. A `held` node should be elsewhere and must not move.
    """

    group: str
    stay: ColumnKey | None
    adoptable: tuple[ColumnKey, ...]
    standing: bool
    pinned: bool
    clients: Clients
    clients_back: tuple[Clients, ...]
    fixed: frozenset[str]
    held: bool


@dataclass(slots=True)
class Encoding:
    """The program and what its variables mean.

    `excess` is by how much a bound gives way, `overrun` a budget (in cents), `unmet` what is only preferred.
    """

    program: Program
    marginals: Marginals = field(default_factory=lambda: Marginals({}))
    book: ClientBook = EMPTY_BOOK
    stay: dict[NodeClass, int] = field(default_factory=dict)
    adopt: dict[tuple[NodeClass, ColumnKey], int] = field(default_factory=dict)
    fresh: dict[ColumnKey, int] = field(default_factory=dict)
    unplaced: dict[str, int] = field(default_factory=dict)
    excess: list[tuple[Bound, int]] = field(default_factory=list)
    overrun: list[int] = field(default_factory=list)
    unmet: list[int] = field(default_factory=list)
    standing: dict[str, int] = field(default_factory=dict)
    _classes: dict[Hashable, NodeClass] = field(default_factory=dict)

    def get_columns(self) -> Iterator[tuple[ColumnKey, int]]:
        """Every variable that counts machines, with its column."""
        for node_class, variable in self.stay.items():
            if node_class.stay is not None:
                yield node_class.stay, variable
        for (_, key), variable in self.adopt.items():
            yield key, variable
        yield from self.fresh.items()

    def classify(self, holding: Holding) -> NodeClass:
        """The class of a node; worked out once for all nodes that have all in common but their names."""
        traits = holding.traits
        if traits not in self._classes:
            self._classes[traits] = _compute_class(holding, self.marginals.counted[holding.group], self.book)
        return self._classes[traits]


def encode(situation: Situation, policy: CompiledPolicy, strictness: Strictness) -> Encoding:
    """The linear program of a situation (with closed cells removed) under a policy's bounds and budgets."""
    fleet, book = situation.fleet, situation.clients
    roles = find_bound_roles((*policy.bounds, *policy.preferences))
    counted = {group.name: _compute_counted(situation, group, roles.get(group.name, set())) for group in fleet.groups}
    encoding = Encoding(Program(), Marginals(counted), book)
    for group in fleet.groups:
        _add_group(encoding, situation, group, strictness)
    _add_capacity(encoding, situation)
    add_marginals(encoding.program, encoding.marginals, {group.name: group.count for group in fleet.groups}, book)
    pinned = _count_pinned(encoding, situation)
    for bound in policy.bounds:
        _add_bound(encoding, bound, _compute_leeway(bound, pinned, strictness))
    for limit in policy.cost_limits:
        _add_cost_limit(encoding, situation, limit, pinned, strictness)
    for preference in policy.preferences:
        encoding.unmet.append(_add_elastic(encoding.program, preference, None))
    return encoding


def _compute_class(holding: Holding, counted: Counted, book: ClientBook) -> NodeClass:
    """The class of a node. A pinned node stays wherever it is."""
    return NodeClass(
        group=holding.group,
        stay=get_column_key(holding.home) if holding.pinned and holding.home is not None else holding.stay,
        adoptable=tuple(key for key, _ in holding.adoptable),
        standing=holding.standing,
        pinned=holding.pinned,
        clients=counted.read(holding.home or holding.entries[-1]),
        clients_back=tuple(counted.read(machine) for _, machine in holding.adoptable),
        fixed=compute_fixed(holding, counted, book),
        held=holding.held,
    )


def _compute_counted(situation: Situation, group: Group, bound_roles: Set[str]) -> Counted:
    holdings = situation.holdings[group.name]
    arches = {situation.fresh[key].offer.arch for key in situation.fresh_by_group.get(group.name, ())}
    return compute_counted(group, holdings, arches, bound_roles, situation.clients)


def _add_group(encoding: Encoding, situation: Situation, group: Group, strictness: Strictness) -> None:
    program = encoding.program
    classes = Counter(encoding.classify(holding) for holding in situation.holdings[group.name])
    standing = sum(number for node_class, number in classes.items() if node_class.standing)
    encoding.standing[group.name] = min(standing, group.count)
    placed = [
        _add_class(encoding, situation, node_class, classes[node_class]) for node_class in sorted(classes, key=repr)
    ]
    variables = [variable for found in placed for variable in found]
    for key in situation.fresh_by_group.get(group.name, ()):
        high = min([group.count, *(situation.free[resource] for resource in situation.fresh[key].resources)])
        encoding.fresh[key] = program.add_count(key.cell, high)
        encoding.marginals.seat(encoding.fresh[key], group.name, situation.fresh[key].offer.arch)
        variables.append(encoding.fresh[key])
    if not strictness.is_whole:
        encoding.unplaced[group.name] = program.add_variable(0, group.count)
        variables.append(encoding.unplaced[group.name])
    program.add_row(tuple((variable, 1) for variable in variables), group.count, group.count)
    _add_leaving(encoding, group, standing)
    _add_pinned(encoding, group, classes)


def _add_class(encoding: Encoding, situation: Situation, node_class: NodeClass, number: int) -> list[int]:
    """A node stays, or goes back to one machine that it had, or leaves the class's variables."""
    variables = []

    def add(key: ColumnKey, clients: Clients) -> int:
        variable = encoding.program.add_count(key.cell, number)
        arch = situation.get_column(key).offer.arch
        encoding.marginals.seat_standing(variable, Standing(node_class.group, arch, clients, node_class.fixed))
        variables.append(variable)
        return variable

    if node_class.stay is not None:
        encoding.stay[node_class] = add(node_class.stay, node_class.clients)
    for key, clients in zip(node_class.adoptable, node_class.clients_back, strict=True):
        encoding.adopt[node_class, key] = add(key, clients)
    if node_class.standing:
        _note_clients(encoding, node_class, number)
    if len(variables) > 1:
        encoding.program.add_row(tuple((variable, 1) for variable in variables), None, number)
    return variables


def _note_clients(encoding: Encoding, node_class: NodeClass, number: int) -> None:
    """What nodes ran before, wherever they go now."""
    clients = dict(node_class.clients)
    for bundle in encoding.marginals.counted[node_class.group].bundles:
        for cell in list_cells(bundle, bundle.get_option(clients)):
            encoding.marginals.had[cell] += number


def _add_leaving(encoding: Encoding, group: Group, standing: int) -> None:
    """Nodes that were on their way out come back only as nodes that are added, never in place of standing ones."""
    back = tuple(
        (variable, 1)
        for (node_class, _), variable in encoding.adopt.items()
        if node_class.group == group.name and not node_class.standing
    )
    if back:
        encoding.program.add_row(back, None, max(0, group.count - standing))


def _add_pinned(encoding: Encoding, group: Group, classes: Mapping[NodeClass, int]) -> None:
    """All pinned nodes stay, unless the group asks for fewer."""
    pinned = {node_class: number for node_class, number in classes.items() if node_class.pinned}
    if pinned:
        least = min(group.count, sum(pinned.values()))
        encoding.program.add_row(tuple((encoding.stay[node_class], 1) for node_class in pinned), least, None)


def _add_capacity(encoding: Encoding, situation: Situation) -> None:
    """Machines of the lock use their share until they are retired, so only new machines draw on what is free."""
    drawn: dict[Resource, list[int]] = {}
    for key, variable in encoding.fresh.items():
        for resource in situation.fresh[key].resources:
            drawn.setdefault(resource, []).append(variable)
    for resource in sorted(drawn):
        encoding.program.add_row(tuple((variable, 1) for variable in drawn[resource]), None, situation.free[resource])


def _count_pinned(encoding: Encoding, situation: Situation) -> Counts:
    """The nodes that must not move, by the cell that they stand in and by the clients that they must keep."""
    holdings = (holding for group in situation.fleet.groups for holding in situation.holdings[group.name])
    pinned: Counter[Cell | ClientCell] = Counter()
    for holding in holdings:
        if holding.pinned and holding.home is not None:
            pinned[get_column_key(holding.home).cell] += 1
            fixed = compute_fixed(holding, encoding.marginals.counted[holding.group], encoding.book)
            pinned.update(ClientCell(holding.group, *item) for item in holding.home.clients.items() if item[0] in fixed)
    return pinned


def _compute_leeway(bound: Bound, pinned: Counts, strictness: Strictness) -> int | None:
    """How far a bound may give way; None is any distance. Warnings always may, and all bounds after a loss.

    Where rules bear with nodes that must not move, a bound bears what they alone bring about. How much of a spread, or
    of a number of domains, that is cannot be told from them alone: there any distance is allowed, and as little as can
    be is taken.
    """
    if bound.rule.level == "warning" or (strictness is Strictness.ELASTIC and not bound.hard):
        return None
    if not strictness.bears or not any(cell.group in bound.subject.all_names for cell in pinned):
        return 0
    if isinstance(bound.measure, Sum) and bound.low is None:
        return bound.compute_excess(bound.measure.value(pinned))
    return None


def _add_bound(encoding: Encoding, bound: Bound, leeway: int | None) -> None:
    if leeway == 0:
        encoding.program.add_row(bound.measure.encode(encoding.program), bound.low, bound.high)
    else:
        encoding.excess.append((bound, _add_elastic(encoding.program, bound, leeway)))


def _add_elastic(program: Program, bound: Bound, leeway: int | None) -> int:
    """A bound that may give way: the variable is by how much."""
    terms: Terms = bound.measure.encode(program)
    excess = program.add_variable(0, leeway)
    if bound.high is not None:
        program.add_row((*terms, (excess, -1)), None, bound.high)
    if bound.low is not None:
        program.add_row((*terms, (excess, 1)), bound.low, None)
    return excess


def _add_cost_limit(
    encoding: Encoding, situation: Situation, limit: CostLimit, pinned: Counts, strictness: Strictness
) -> None:
    """A budget: hard, but after a loss, and where nodes that must not move are paid from it, it may be overrun.

    One of level warning is only held against the plan: the cost is as low as can be without it.
    """
    if limit.rule.level == "warning":
        return
    names = frozenset(limit.subject.all_names)
    terms: Terms = tuple(
        (variable, cents)
        for key, variable in encoding.get_columns()
        if key.group in names and (cents := situation.get_column(key).offer.cents)
    )
    if strictness is Strictness.ELASTIC or (strictness.bears and any(cell.group in names for cell in pinned)):
        encoding.overrun.append(encoding.program.add_variable(0, None))
        terms = (*terms, (encoding.overrun[-1], -1))
    encoding.program.add_row(terms, None, limit.cents)
