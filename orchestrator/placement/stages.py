"""The objectives of a placement in their order; each optimum is held while the next is sought."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.model.plan import Stage
from orchestrator.placement.candidates import Situation
from orchestrator.placement.encode import Encoding
from orchestrator.placement.program import Program, compute_value
from orchestrator.placement.readiness import compute_move_weights
from orchestrator.placement.solve import Optimum, Solver, SolverError
from orchestrator.policy.linear import Terms

# Concentration is a preference among equals, so its proof may be left open; a count of tree nodes is deterministic.
CONCENTRATION_NODE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Objective:
    """An expression to minimise, and a constant that makes its value one that people read.

    `peaks` are variables that need only be as large as the largest of some expressions, the counts that a group is
    divided into.
    """

    name: str
    terms: Terms
    constant: int = 0
    node_limit: int | None = None
    peaks: Mapping[int, "Division"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Division:
    """A group's nodes by domain: how many each has, how many nodes the group has, and those without a place."""

    domains: tuple[Terms, ...]
    number: int
    unplaced: Terms

    def compute_peak(self, values: Sequence[int]) -> int:
        """The largest count."""
        return max((compute_value(terms, values) for terms in self.domains), default=0)

    def compute_least_peak(self, solver: Solver) -> int:
        """What the largest count cannot fall below: how high all domains fill up where that is as even as can be."""
        limits = [solver.get_limits(terms) for terms in self.domains]
        number = self.number - solver.get_limits(self.unplaced)[1]

        def holds_all(level: int) -> bool:
            return sum(min(level, high) for _, high in limits) >= number

        return bisect_left(range(max(0, number)), True, lo=max((low for low, _ in limits), default=0), key=holds_all)


@dataclass(frozen=True, slots=True)
class Answer:
    """How many nodes are in each variable, and what each stage reached."""

    values: Sequence[int]
    stages: tuple[Stage, ...]


def compute_answer(encoding: Encoding, objectives: Sequence[Objective]) -> Answer | None:
    """Solve stage after stage; None where no solution exists."""
    solver = Solver(encoding.program)
    # An objective without terms is met by anything, so the search starts with the first that has some.
    lead = next((objective for objective in objectives if objective.terms), objectives[0])
    first = solver.minimize(lead.terms, node_limit=lead.node_limit)
    if first is None:
        return None
    optimum, stages = first, []
    for objective in objectives:
        optimum = first if objective is lead else _improve(solver, encoding.program, objective, optimum)
        if objective is not objectives[-1]:
            solver.hold(objective.terms, optimum.value)
        stages.append(
            Stage(
                name=objective.name,
                value=optimum.value + objective.constant,
                bound=optimum.bound + objective.constant,
                claim="proven" if optimum.proven else "open",
            )
        )
    return Answer(optimum.values, tuple(stages))


def _improve(solver: Solver, program: Program, objective: Objective, start: Optimum) -> Optimum:
    """The best value of an objective; no search where the last solution has what the variables' limits allow."""
    if objective.peaks:
        start = replace(start, values=_lower_peaks(objective.peaks, start.values))
        solver.start_from(start.values)
        for variable, division in objective.peaks.items():
            solver.raise_low(variable, division.compute_least_peak(solver))
    value = compute_value(objective.terms, start.values)
    if value == program.compute_least(objective.terms):
        return Optimum(value, value, start.values)
    found = solver.minimize(objective.terms, node_limit=objective.node_limit)
    if found is None:
        raise SolverError(f"stage {objective.name} lost the solution that the stage before it had")
    if found.proven or not objective.peaks:
        return found
    lowered = _lower_peaks(objective.peaks, found.values)
    solver.start_from(lowered)
    return Optimum(compute_value(objective.terms, lowered), found.bound, lowered)


def _lower_peaks(peaks: Mapping[int, Division], values: Sequence[int]) -> tuple[int, ...]:
    """The same solution with each peak as low as it can be: an earlier objective had no reason to lower it."""
    lowered = list(values)
    for variable, division in peaks.items():
        lowered[variable] = division.compute_peak(values)
    return tuple(lowered)


def compute_objectives(encoding: Encoding, situation: Situation) -> list[Objective]:
    """What a placement minimises, in order.

    Nodes not placed, excess over error rules by rank, cents over budgets that give way, minutes of sync that moves cost
    where groups differ in them, relocations, nodes that sign and are held although fewer are asked for, roles in which
    machines that stand change their client, syncs from the start (a node goes back to a machine of its own rather than
    to a new one), excess over warnings (so they cause no moves) and over what rules would prefer, machines without a
    price, cost in cents a month, nodes that start elsewhere with another client, and the largest provider's, then
    zone's, then client's count of each group.
    """
    staying = tuple((variable, -1) for variable in encoding.stay.values())
    columns = [(situation.get_column(key), variable) for key, variable in encoding.get_columns()]
    return [
        Objective("unplaced", tuple((variable, 1) for variable in encoding.unplaced.values())),
        *_list_excess(encoding),
        *_list_if_any("over budget", encoding.overrun),
        *_list_waits(encoding, situation),
        Objective("relocations", staying, sum(encoding.standing.values())),
        *_list_held(encoding, situation),
        Objective("client changes", tuple(encoding.marginals.changes)),
        Objective(
            "new machines", tuple((variable, 1) for variable in encoding.fresh.values()) if encoding.adopt else ()
        ),
        Objective(
            "warnings", tuple((variable, 1) for bound, variable in encoding.excess if bound.rule.level == "warning")
        ),
        *_list_if_any("preferences", encoding.unmet),
        Objective("unpriced", tuple((variable, 1) for column, variable in columns if column.offer.cents is None)),
        Objective("cost", tuple((variable, column.offer.cents or 0) for column, variable in columns)),
        Objective("clients replaced", _add_replaced(encoding)),
        *_add_concentration(encoding, situation),
        _add_client_concentration(encoding),
    ]


def _list_excess(encoding: Encoding) -> Iterator[Objective]:
    """Excess over error rules, what gives way last first: by priority, then those that relax after those that do not.

    Rules of one rank give way together, by as little as can be in sum.
    """
    ranks: dict[tuple[int, bool], list[tuple[int, int]]] = {(0, False): []}
    for bound, variable in encoding.excess:
        if bound.rule.level == "error":
            ranks.setdefault((-bound.rule.priority, bound.rule.relax is not None), []).append((variable, 1))
    for priority, relaxing in sorted(ranks):
        said = [f"priority {-priority}"] * bool(priority) + ["relaxed"] * relaxing
        yield Objective(", ".join(["excess", *said]), tuple(ranks[priority, relaxing]))


def _list_waits(encoding: Encoding, situation: Situation) -> Iterator[Objective]:
    """Minutes of sync that moves cost, where groups differ; a node that goes back to its own machine has its data."""
    weights = compute_move_weights(situation.fleet, situation.clients.facts)
    if weights:
        kept = [*encoding.stay.items(), *((each, variable) for (each, _), variable in encoding.adopt.items())]
        terms = tuple((variable, -weights[each.group]) for each, variable in kept if each.standing)
        yield Objective("minutes to sync", terms, sum(weights[name] * n for name, n in encoding.standing.items()))


def _list_held(encoding: Encoding, situation: Situation) -> Iterator[Objective]:
    """Of nodes that sign, where fewer are asked for than there are: those that may stay where they are stay.

    Then those that run although they should be elsewhere, and last those whose place is lost, which count twice.
    """
    pinned = Counter(each.group for found in situation.holdings.values() for each in found if each.pinned)
    fewer = {group.name for group in situation.fleet.groups if group.count < pinned[group.name]}
    terms = tuple(
        (variable, 2 if situation.places[node_class.stay.place].lost else 1)
        for node_class, variable in encoding.stay.items()
        if node_class.held and node_class.group in fewer and node_class.stay is not None
    )
    if terms:
        yield Objective("held", terms)


def _add_replaced(encoding: Encoding) -> Terms:
    """How many nodes fewer than before run each client: what changes, or goes elsewhere and starts with another."""
    terms = []
    for cell, number in sorted(encoding.marginals.had.items()):
        fewer = encoding.program.add_variable(0, number)
        counts = tuple((variable, 1) for variable in encoding.program.get_count(cell))
        encoding.program.add_row(((fewer, 1), *counts), number, None)
        terms.append((fewer, 1))
    return tuple(terms)


def _add_client_concentration(encoding: Encoding) -> Objective:
    """Variables above each client's count, by group and role that the program counts."""
    terms = []
    for cells in encoding.marginals.list_clients().values():
        largest = encoding.program.add_whole(None)
        for cell in cells:
            counts = [(variable, -1) for variable in encoding.program.get_count(cell)]
            encoding.program.add_row(((largest, 1), *counts), 0, None)
        terms.append((largest, 1))
    return Objective("largest client", tuple(terms), node_limit=CONCENTRATION_NODE_LIMIT)


def _list_if_any(name: str, variables: Sequence[int]) -> list[Objective]:
    return [Objective(name, tuple((variable, 1) for variable in variables))] if variables else []


def _add_concentration(encoding: Encoding, situation: Situation) -> list[Objective]:
    """Variables above each group's count in every provider, and in every zone; their sums are the last objectives."""
    objectives = []
    program = encoding.program
    for kind in ("provider", "zone"):
        peaks: dict[int, Division] = {}
        for group in situation.fleet.groups:
            domains = situation.candidates.get_occupiable((group.name,), kind).known.values()
            counts = tuple(tuple((at, 1) for cell in cells for at in program.get_count(cell)) for cells in domains)
            largest = program.add_whole(group.count)
            for terms in counts:
                program.add_row(((largest, -1), *terms), None, 0)
            unplaced = encoding.unplaced.get(group.name)
            peaks[largest] = Division(counts, group.count, () if unplaced is None else ((unplaced, 1),))
        objectives.append(
            Objective(
                name=f"largest {kind}",
                terms=tuple((largest, 1) for largest in peaks),
                node_limit=CONCENTRATION_NODE_LIMIT,
                peaks=peaks,
            )
        )
    return objectives
