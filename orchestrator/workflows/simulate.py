"""simulate: what the loss of each domain would take, and what it takes to be whole again."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from difflib import get_close_matches

from orchestrator.model.declaration import Declaration
from orchestrator.model.domain import CLIENT_KIND, Domain
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.fleet import Group
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.model.rule import MaxMoves
from orchestrator.reconcile.blast_radius import (
    BlastRadius,
    compute_blast_radii,
    compute_scenario,
    compute_worst_pairs,
    list_domains,
)
from orchestrator.reconcile.recovery import Recovery, compute_recovery
from orchestrator.reconcile.standing import Standing, compute_lock_standing
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.place import place

MOST_NAMED = 12


@dataclass(frozen=True)
class Simulation:
    """Losses, the worst first, and for each kind of domain the worst two at once (none where losses were named)."""

    losses: tuple[BlastRadius, ...]
    pairs: tuple[BlastRadius, ...]


def read_lock_standing(inputs: Inputs) -> Standing:
    """Who stands where by the lock; InvalidDocument where there is none."""
    return compute_lock_standing(inputs.situation, inputs.require_lock())


def simulate(standing: Standing, lost: Sequence[Domain], kinds: Sequence[str] = ()) -> Simulation:
    """The loss of `lost`, all at once; without any the loss of each domain in use, of these kinds or of all."""
    refuse_unknown(standing, lost)
    refuse_unknown_kinds(standing, kinds)
    if lost:
        return Simulation((compute_scenario(standing, lost),), ())
    return Simulation(compute_blast_radii(standing, kinds), compute_worst_pairs(standing, kinds))


def refuse_unknown(standing: Standing, lost: Sequence[Domain]) -> None:
    """A domain that no node is in is a slip of the pen: its loss would be shown to take nothing."""
    domains = list_domains(standing)
    for domain in lost:
        if domain not in domains:
            known = [other.value for other in domains if other.kind == domain.kind]
            near = get_close_matches(domain.value, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known[:MOST_NAMED]) or 'none'}"
            raise OrchestratorError(f"no node is in {domain}", hint=hint)


def refuse_unknown_kinds(standing: Standing, kinds: Sequence[str]) -> None:
    """A kind that is none, or a role that no node has: nothing would be simulated, and every requirement met."""
    for kind in kinds:
        if kind not in standing.kinds:
            raise OrchestratorError(f"no node has a {kind}", hint=f"there are: {', '.join(standing.kinds)}")


def solve_recoveries(inputs: Inputs, simulation: Simulation, most: int | None = None) -> Simulation:
    """The same with the recovery of the worst `most` losses and of the pairs; None is of all.

    A loss is solved for by placing the fleet again under it, in memory, as if all were done in one round. Losses that
    close the same places and end the same clients are one, with one answer.
    """
    if most == 0:
        return simulation
    inputs = _drop_move_limits(inputs)
    before = place(inputs).plan
    known: dict[tuple[frozenset[str], tuple[Domain, ...]], Recovery] = {}

    def solve(radius: BlastRadius, room: bool) -> BlastRadius:
        key = (radius.closed, tuple(domain for domain in radius.domains if domain.kind.startswith(CLIENT_KIND)))
        if key not in known and room:
            known[key] = _solve_recovery(inputs, before, radius.domains)
        return replace(radius, recovery=known.get(key))

    losses = tuple(solve(radius, most is None or len(known) < most) for radius in simulation.losses)
    return Simulation(losses, tuple(solve(radius, True) for radius in simulation.pairs))


def _drop_move_limits(inputs: Inputs) -> Inputs:
    rules = tuple(rule for rule in inputs.fleet.policy if not isinstance(rule, MaxMoves))
    return replace(inputs, fleet=inputs.fleet.model_copy(update={"policy": rules}))


def _solve_recovery(inputs: Inputs, before: Plan, lost: Sequence[Domain]) -> Recovery:
    of_clients = [domain for domain in lost if domain.kind.startswith(CLIENT_KIND)]
    gone = frozenset((domain.kind.removeprefix(CLIENT_KIND), domain.value) for domain in of_clients)
    places = tuple(Loss.parse(str(domain)) for domain in lost if domain not in of_clients)
    groups = tuple(_drop_clients(group, gone) for group in inputs.fleet.groups)
    for group in groups:
        for role, choices in group.clients.items():
            if not choices:
                return Recovery(why=f"{group.name} names no other client for its role {role}")
    changed = replace(inputs, fleet=inputs.fleet.model_copy(update={"groups": groups}))
    return compute_recovery(before, place(changed, Declaration(lose=places)).plan)


def _drop_clients(group: Group, gone: Set[tuple[str, str]]) -> Group:
    """The group without some clients, given as role and name."""
    clients = {role: tuple(name for name in names if (role, name) not in gone) for role, names in group.clients.items()}
    return group.model_copy(update={"clients": clients})
