"""Placement from beginning to end: fleet, catalogue, lock and losses -> a plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.client import ClientFacts
from orchestrator.model.closure import Closures
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Cost, Finding, Plan, PlannedMachine, Unplaced
from orchestrator.model.taint import Taint
from orchestrator.placement.assign import (
    Assignment,
    MachineWriter,
    compute_assignment,
    compute_departed_groups,
    compute_node_clients,
    get_running,
)
from orchestrator.placement.candidates import Situation, compute_situation
from orchestrator.placement.clients import ClientBook, count_changed_roles
from orchestrator.placement.encode import Encoding, Strictness, encode
from orchestrator.placement.explain import compute_explanation
from orchestrator.placement.holdings import count_nodes
from orchestrator.placement.missing_needs import find_missing_needs
from orchestrator.placement.notices import compute_notices, describe_unplaced
from orchestrator.placement.places import get_place_name
from orchestrator.placement.readiness import compute_syncs
from orchestrator.placement.rounds import compute_round
from orchestrator.placement.spending import compute_spending, count_carrying
from orchestrator.placement.stages import Answer, compute_answer, compute_objectives
from orchestrator.policy.budget import Spending, add_up, evaluate_costs
from orchestrator.policy.compile import CompiledPolicy, compile_policy
from orchestrator.policy.evaluate import evaluate
from orchestrator.policy.missing import find_missing_facts


def compute_plan(  # noqa: PLR0913  # all that a placement depends on, and nothing else
    fleet: Fleet,
    catalogue: Catalogue,
    clients: Mapping[str, ClientFacts],
    lock: Lock | None = None,
    losses: Sequence[Loss] = (),
    signing_groups: frozenset[str] = frozenset(),
    *,
    taints: Sequence[Taint] = (),
    closures: Closures | None = None,
) -> Plan:
    """Place a fleet with as few moves as can be, then as cheaply, then as spread out.

    `clients` is the client catalogue: who signs, and on which architectures programs run; a client that it lacks may be
    had on all, and is never replaced on a node of `signing_groups`. `losses` are all domains lost now: with any, error
    rules give way where they must and the plan may be partial; without, they hold or the plan is infeasible and names
    the rules. Nodes of `signing_groups` never move: where they should, they are held. `taints` are where clouds refuse
    new machines now: without a loss, nodes stay without a place before an error rule gives way. So do nodes of drained
    domains stay where they are. `closures` are the drained and cordoned domains, None those of the lock.
    """
    raw = compute_situation(fleet, catalogue, lock, losses, signing_groups, taints, closures=closures)
    raw = replace(raw, clients=ClientBook(clients, fleet.artifacts))
    policy = compile_policy(fleet.policy, fleet, raw.candidates)
    situation = raw.restrict(policy.candidates)
    solved = _solve(situation, policy)
    if solved is None:
        explanation = compute_explanation(raw)
        return Plan(
            status="infeasible",
            findings=policy.findings,
            conflict=explanation.conflict,
            repairs=explanation.repairs,
            retired=lock.retired if lock else (),
        )
    return _write_plan(situation, solved, (*policy.findings, *compute_notices(situation)), policy)


def _solve(situation: Situation, policy: CompiledPolicy) -> tuple[Encoding, Answer] | None:
    """Try with every rule hard; only where that fails after a loss or refusals do nodes or rules give way."""
    for strictness in _list_ways(situation):
        encoding = encode(situation, policy, strictness)
        answer = compute_answer(encoding, compute_objectives(encoding, situation))
        if answer is not None:
            return encoding, answer
    return None


def _list_ways(situation: Situation) -> tuple[Strictness, ...]:
    """What is tried, in order: rules bear with nodes that must not move only where no plan holds them all."""
    whole = (Strictness.HARD, Strictness.BEARING)
    parts = (Strictness.HARD, Strictness.PARTIAL, Strictness.BEARING, Strictness.BEARING_PARTIAL)
    pinned = any(holding.pinned for found in situation.holdings.values() for holding in found)
    if situation.losses:
        ways: tuple[Strictness, ...] = (*whole, Strictness.ELASTIC)
    elif situation.taints:
        ways = (*parts, Strictness.ELASTIC)
    else:
        drained = any(place.closure == "drained" for place in situation.places.values())
        ways = parts if drained else whole
    return tuple(way for way in ways if pinned or way is Strictness.ELASTIC or not way.bears)


def _write_plan(
    situation: Situation,
    solved: tuple[Encoding, Answer],
    findings: Sequence[Finding],
    policy: CompiledPolicy,
) -> Plan:
    encoding, answer = solved
    assignments = {
        group.name: compute_assignment(group, situation, encoding, answer.values) for group in situation.fleet.groups
    }
    clients = {
        group.name: compute_node_clients(group, situation, assignments[group.name], encoding, answer.values)
        for group in situation.fleet.groups
    }
    review = _count_those_who_wait(situation, policy)
    now = compute_round(situation, assignments, clients, review)
    machines = list(_write_machines(situation, now, clients))
    machines.sort(key=_rank)
    fleet, counts = situation.fleet, count_nodes(planned.machine for planned in machines)
    carrying = count_carrying(situation, (planned.machine for planned in machines))
    spent = compute_spending(situation, carrying)
    unplaced = tuple(_find_unplaced(situation, assignments))
    proven = all(stage.claim == "proven" for stage in answer.stages)
    return Plan(
        status="partial" if unplaced else "optimal" if proven else "feasible",
        stages=answer.stages,
        relocations=sum(planned.change == "relocate" for planned in machines),
        client_changes=_count_client_changes(situation, machines),
        cost=_compute_cost(spent),
        machines=tuple(machines),
        unplaced=unplaced,
        syncs=compute_syncs(fleet, situation.clients.facts, machines, _list_known(situation)),
        moves_left=sum(len(assignment.later) for assignment in now.values()),
        findings=(
            *findings,
            *evaluate(counts, review.bounds),
            *evaluate_costs(spent, policy.cost_limits),
            *find_missing_facts(fleet.policy, fleet, situation.candidates, counts),
            *find_missing_needs(situation, carrying),
        ),
        retired=situation.lock.retired if situation.lock else (),
    )


def _count_those_who_wait(situation: Situation, policy: CompiledPolicy) -> CompiledPolicy:
    """The policy with bounds that count nodes which run where nothing may stand any more.

    A node that is to leave a drained or closed place may stay there for now: no place is found, or its round comes
    later. Rules see it until it has moved, as they do in a review of the lock.
    """
    homes = (holding.home for found in situation.holdings.values() for holding in found if holding.stay is None)
    waiting = [home for home in homes if home is not None and not situation.places[get_place_name(home)].lost]
    if not waiting:
        return policy
    pinned = situation.candidates.pinned | count_nodes(waiting).keys()
    fleet = situation.fleet
    return compile_policy(fleet.policy, fleet, replace(situation.candidates, pinned=pinned))


def _write_machines(
    situation: Situation, assignments: Mapping[str, Assignment], clients: Mapping[str, dict[str, dict[str, str]]]
) -> Iterator[PlannedMachine]:
    for group in situation.fleet.groups:
        assignment = assignments[group.name]
        waiting = {holding.node: dict(get_running(holding)) for holding in assignment.later}
        yield from MachineWriter(situation, group, clients[group.name] | waiting).write(assignment)
    yield from compute_departed_groups(situation)


def _list_known(situation: Situation) -> frozenset[str]:
    return frozenset(machine.machine for machine in situation.lock.machines) if situation.lock else frozenset()


def _count_client_changes(situation: Situation, machines: Sequence[PlannedMachine]) -> int:
    """In how many roles machines that stand run another client than before."""
    before = {machine.machine: machine.clients for machine in situation.lock.machines} if situation.lock else {}
    found = (planned.machine for planned in machines if planned.machine.machine in before)
    return sum(count_changed_roles(before[machine.machine], machine.clients) for machine in found)


def _rank(planned: PlannedMachine) -> tuple[str, int, int]:
    machine = planned.machine
    return (machine.group, int(machine.node.rpartition("-")[2]), machine.generation)


def _compute_cost(spent: Mapping[str, Spending]) -> Cost:
    """What the wanted and held machines of all groups cost a month; those on the way out are not counted."""
    total = add_up(spent.values())
    return Cost(amount=Decimal(total.cents) / 100, priced_on=total.oldest, unpriced=total.unpriced)


def _find_unplaced(situation: Situation, assignments: Mapping[str, Assignment]) -> Iterator[Unplaced]:
    for group in situation.fleet.groups:
        assignment = assignments[group.name]
        names = [*(holding.node for holding in assignment.waits), *assignment.missing]
        if names:
            why = describe_unplaced(situation, group)
            yield from (Unplaced(node=name, why=why) for name in names)
