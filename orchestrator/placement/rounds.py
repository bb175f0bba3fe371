"""A round: which moves of a plan are made now where `max_moves` limits them; the others wait for later rounds.

The limit is no part of the placement itself, so it can make none infeasible: first the whole plan is made, then as
many of its moves are picked as the limit allows. What is left of the plan is a plan from there, so rounds end where
the whole plan does.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from orchestrator.model.lock import MachineState
from orchestrator.placement.assign import Assignment
from orchestrator.placement.candidates import Situation
from orchestrator.placement.holdings import Holding, get_column_key
from orchestrator.placement.places import get_place_name
from orchestrator.placement.program import Program
from orchestrator.placement.solve import Solver, SolverError
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Cell, ClientCell
from orchestrator.policy.compile import CompiledPolicy
from orchestrator.policy.linear import Terms
from orchestrator.policy.max_moves import MoveLimit

NodeClients = Mapping[str, Mapping[str, str]]


class Limit(NamedTuple):
    """How many nodes of some groups, together, may still begin to move."""

    groups: frozenset[str]
    moves: int


class Move(NamedTuple):
    """A node's move as rules see it: the cells that count it before and after; none before where nothing runs it.

    `spare` nodes only stand by for others.
    """

    group: str
    spare: bool
    before: tuple[Cell | ClientCell, ...]
    after: tuple[Cell | ClientCell, ...]


@dataclass(slots=True)
class _Moves:
    """The nodes by the move that they make, in order of their numbers, and how many nodes are where they will be."""

    nodes: dict[Move, list[str]] = field(default_factory=dict)
    settled: Counter[Cell | ClientCell] = field(default_factory=Counter)


def compute_round(
    situation: Situation,
    assignments: Mapping[str, Assignment],
    clients: Mapping[str, NodeClients],
    policy: CompiledPolicy,
) -> Mapping[str, Assignment]:
    """The assignments with no more moves than the policy's limits allow; the nodes that must wait are `later`.

    `clients` are each node's where the whole plan is carried out, by group. Nodes that nothing runs go first, those of
    groups before those that stand by for them. Then go such that rules of level error are broken as little as can be
    meanwhile, and of these as many as may; but at least one goes where one may, so that rounds come to an end.
    """
    limits = [_compute_limit(situation, limit) for limit in policy.move_limits]
    if all(_count_moves(assignments, limit.groups) <= limit.moves for limit in limits):
        return assignments
    chosen = _choose(_collect(situation, assignments, clients), limits, policy.bounds)
    return {name: _postpone(assignment, chosen) for name, assignment in assignments.items()}


def _compute_limit(situation: Situation, limit: MoveLimit) -> Limit:
    """What is left of a limit once the nodes are counted that are on the move already."""
    names = frozenset(limit.subject.all_names)
    begun = frozenset((situation.lock.header.moving or ()) if situation.lock else ())
    moving = sum(_is_moving(holding, begun) for name in names for holding in situation.holdings.get(name, ()))
    return Limit(names, max(0, limit.most - moving))


def _is_moving(holding: Holding, begun: frozenset[str]) -> bool:
    """Whether the node's new machine was not seen in sync yet: the lock says so, or its old one runs on beside it."""
    states = {machine.state for machine in holding.entries if machine.compromised is None}
    return holding.node in begun or {MachineState.WANTED, MachineState.RETIRING} <= states


def _count_moves(assignments: Mapping[str, Assignment], groups: Iterable[str]) -> int:
    return sum(1 for name in groups if name in assignments for _ in _list_moving(assignments[name]))


def _list_moving(assignment: Assignment) -> Iterator[tuple[Holding, Cell]]:
    """Every standing node that goes elsewhere, with the cell that it goes to."""
    for holding, key in assignment.moves:
        yield holding, key.cell
    for holding, machine in assignment.adopts:
        if holding.standing:
            yield holding, get_column_key(machine).cell


def _list_settled(situation: Situation, assignment: Assignment) -> Iterator[tuple[str, Cell]]:
    """Every node that is counted in one cell whatever the round does."""
    for holding in assignment.stays:
        if holding.home is not None:
            yield holding.node, get_column_key(holding.home).cell
    for holding in assignment.waits:
        if holding.home is not None and _runs(situation, holding):
            yield holding.node, get_column_key(holding.home).cell
    for holding, machine in assignment.adopts:
        if not holding.standing:
            yield holding.node, get_column_key(machine).cell
    for node, key in assignment.adds:
        yield node, key.cell


def _runs(situation: Situation, holding: Holding) -> bool:
    """Whether the node has a machine that runs, as far as is declared."""
    return holding.home is not None and not situation.places[get_place_name(holding.home)].lost


def _collect(situation: Situation, assignments: Mapping[str, Assignment], clients: Mapping[str, NodeClients]) -> _Moves:
    found = _Moves()
    spare = {group.name for group in situation.fleet.groups if group.standby_of is not None}
    for group, assignment in assignments.items():
        for holding, cell in sorted(_list_moving(assignment), key=lambda item: item[0].number):
            before: tuple[Cell | ClientCell, ...] = ()
            if holding.home is not None and _runs(situation, holding):
                before = (get_column_key(holding.home).cell, *_list_clients(group, holding.home.clients))
            after: tuple[Cell | ClientCell, ...] = (cell, *_list_clients(group, clients[group][holding.node]))
            found.nodes.setdefault(Move(group, group in spare, before, after), []).append(holding.node)
        for node, cell in _list_settled(situation, assignment):
            found.settled.update((cell, *_list_clients(group, clients[group][node])))
    return found


def _list_clients(group: str, clients: Mapping[str, str]) -> Iterator[ClientCell]:
    return (ClientCell(group, role, clients[role]) for role in sorted(clients))


def _choose(moves: _Moves, limits: Sequence[Limit], bounds: Sequence[Bound]) -> frozenset[str]:
    """The nodes that move now, low numbers first among those that make the same move."""
    program = Program()
    for cell in sorted(moves.settled):
        settled = program.add_whole(moves.settled[cell])
        program.lows[settled] = moves.settled[cell]
        program.count_as(cell, settled)
    moved = {move: _add_move(program, move, len(moves.nodes[move])) for move in sorted(moves.nodes)}
    for limit in limits:
        program.add_row(tuple((moved[move], 1) for move in moved if move.group in limit.groups), None, limit.moves)
    free = [move for move in moved if all(limit.moves for limit in limits if move.group in limit.groups)]
    if free:
        program.add_row(tuple((moved[move], 1) for move in free), 1, None)
    excess = [_add_excess(program, bound) for bound in bounds if bound.rule.level == "error"]
    values = _minimize(
        program,
        (
            tuple((moved[move], -1) for move in moved if not move.before and not move.spare),
            tuple((moved[move], -1) for move in moved if not move.before),
            tuple((variable, 1) for variable in excess),
            tuple((variable, -1) for variable in moved.values()),
        ),
    )
    return frozenset(node for move, variable in moved.items() for node in moves.nodes[move][: values[variable]])


def _add_move(program: Program, move: Move, number: int) -> int:
    """The variable of how many nodes make a move now; the others are counted where they are."""
    moved, waiting = program.add_whole(number), program.add_whole(number)
    program.add_row(((moved, 1), (waiting, 1)), number, number)
    for variable, cells in ((moved, move.after), (waiting, move.before)):
        for cell in cells:
            program.count_as(cell, variable)
    return moved


def _add_excess(program: Program, bound: Bound) -> int:
    terms = bound.measure.encode(program)
    excess = program.add_variable(0, None)
    if bound.high is not None:
        program.add_row((*terms, (excess, -1)), None, bound.high)
    if bound.low is not None:
        program.add_row((*terms, (excess, 1)), bound.low, None)
    return excess


def _minimize(program: Program, objectives: Iterable[Terms]) -> Sequence[int]:
    """The values where each objective in turn is as small as those before it allow."""
    solver = Solver(program)
    values: Sequence[int] = ()
    for terms in objectives:
        if terms:
            optimum = solver.minimize(terms)
            if optimum is None:
                raise SolverError("a round was found to be impossible, although any single move may be made")
            solver.hold(terms, optimum.value)
            values = optimum.values
    return values


def _postpone(assignment: Assignment, chosen: frozenset[str]) -> Assignment:
    late = [holding for holding, _ in _list_moving(assignment) if holding.node not in chosen]
    names = {holding.node for holding in late}
    return replace(
        assignment,
        moves=[item for item in assignment.moves if item[0].node not in names],
        adopts=[item for item in assignment.adopts if item[0].node not in names],
        later=sorted(late, key=lambda holding: holding.number),
    )
