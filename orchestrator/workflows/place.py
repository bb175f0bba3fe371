"""place: spec and lock -> plan -> lock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.documents.known_keys import suggest
from orchestrator.lockfile import make_lock, write_lock
from orchestrator.model.closure import Closures
from orchestrator.model.declaration import Declaration
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.fleet import FLEET_STACK
from orchestrator.model.lock import Lock, LockHeader
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.model.source import Source
from orchestrator.model.taint import Taint
from orchestrator.placement.place import compute_plan
from orchestrator.placement.places import compute_places, compute_unlisted_place, get_place_name
from orchestrator.placement.to_lock import compute_lock_entries
from orchestrator.reconcile.compromise import mark_compromised
from orchestrator.reconcile.relaxation import compute_relaxed
from orchestrator.reconcile.rounds import compute_moving
from orchestrator.reconcile.termination import retire_terminated
from orchestrator.workflows.inputs import Inputs


@dataclass(frozen=True)
class Placement:
    """A plan, and the lock that it leads to; `lock` None where the plan is infeasible."""

    plan: Plan
    lock: Lock | None


NOTHING = Declaration()
NO_CLOSURES = Closures()


def place(
    inputs: Inputs, declared: Declaration = NOTHING, taints: Sequence[Taint] = (), *, now: datetime | None = None
) -> Placement:
    """Places the fleet on top of its lock; domains stay lost until they are healed, and closed until they are opened.

    `taints` are where clouds refuse new machines now. A rule that relaxes is broken since `now`, by default the time.
    Writes nothing.
    """
    refuse_other_fleet(inputs)
    refuse_unknown_domains(inputs, declared.domains)
    refuse_shared_signers(inputs, declared)
    before = inputs.lock.header if inputs.lock else None
    refuse_lost_apis(declared, before)
    losses, closures = declared.compute_losses(before), declared.compute_closures(before)
    compromised = declared.compute_compromised(before)
    plan = compute_plan(
        inputs.fleet,
        inputs.catalogue,
        inputs.clients,
        mark(inputs, compromised),
        losses,
        inputs.signing_groups,
        taints=taints,
        closures=closures,
    )
    if plan.status == "infeasible":
        return Placement(plan, None)
    terminated = declared.compute_terminated(before)
    plan = retire_terminated(plan, frozenset(terminated), inputs.signing_groups)
    header = LockHeader(
        fleet=inputs.fleet.name,
        revision="",
        spec=inputs.fleet.digest,
        facts=inputs.facts_digest,
        lost=tuple(map(str, losses)),
        drained=tuple(map(str, closures.drained)) or None,
        cordoned=tuple(map(str, closures.cordoned)) or None,
        api_down=tuple(map(str, closures.api_down)) or None,
        terminated=terminated or None,
        compromised=tuple(map(str, compromised)) or None,
        moving=compute_moving(inputs.fleet, plan, before) or None,
        relaxed=compute_relaxed(inputs.fleet, plan.findings, losses, inputs.lock, now or datetime.now(UTC)) or None,
    )
    return Placement(plan, make_lock(header, inputs.lock, *compute_lock_entries(plan)))


def mark(inputs: Inputs, compromised: Sequence[Loss]) -> Lock | None:
    """The lock, with the machines in compromised domains marked as such."""
    if inputs.lock is None or not compromised:
        return inputs.lock
    places = dict(compute_places(inputs.fleet, inputs.catalogue, ()))
    for machine in inputs.lock.machines:
        places.setdefault(get_place_name(machine), compute_unlisted_place(machine, ()))
    return mark_compromised(inputs.lock, places, compromised)


def refuse_lost_apis(declared: Declaration, before: LockHeader | None) -> None:
    """Where machines are lost, more than an API is: who says otherwise must first say that they are back."""
    lost = [domain for domain in declared.cut_off if before is not None and domain in before.losses]
    if lost:
        message = f"{lost[0]} is declared lost with its machines, so more than its API is gone"
        raise InvalidDocument([OrchestratorError(message, hint=f"--heal {lost[0]} says that it is back")])


def refuse_other_fleet(inputs: Inputs) -> None:
    """A lock of another fleet is never written over: its machines would be let go."""
    if inputs.lock is not None and inputs.lock.header.fleet != inputs.fleet.name:
        message = f"this is the lock of fleet {inputs.lock.header.fleet}, not of {inputs.fleet.name}"
        hint = "name another file with --lock, or move this one away"
        raise InvalidDocument([OrchestratorError(message, hint=hint, source=Source.at(inputs.where.lock_path))])


def refuse_shared_signers(inputs: Inputs, declared: Declaration) -> None:
    """In one stack for all accounts nothing of a terminated one can stay, and machines that sign have to."""
    ended = {domain.value for domain in declared.terminate}
    machines = inputs.lock.machines if inputs.lock and inputs.fleet.layout == FLEET_STACK else ()
    signing = [each.machine for each in machines if each.account in ended and each.group in inputs.signing_groups]
    if signing:
        message = f"{signing[0]} signs, so it has to stay in the state, and with layout: fleet that is all accounts'"
        hint = "declare the account lost as an outage, until nothing there signs any more"
        raise InvalidDocument([OrchestratorError(message, hint=hint, source=Source.at(inputs.where.spec))])


def refuse_unknown_domains(inputs: Inputs, losses: Collection[Loss]) -> None:
    """A domain in which the fleet can have no machine is a slip of the hand, and must not pass for a declared loss.

    What was declared lost before is known, so that a command that was killed can be run again.
    """
    machines = inputs.lock.machines if inputs.lock else ()
    sites = [place.site for place in compute_places(inputs.fleet, inputs.catalogue, ()).values()]
    sites += [compute_unlisted_place(machine, ()).site for machine in machines]
    header = inputs.lock.header if inputs.lock else None
    closed = header.closures if header else NO_CLOSURES
    before = (*(header.losses if header else ()), *closed.drained, *closed.cordoned, *closed.api_down)
    for loss in losses:
        known = {domain for site in sites if (domain := site.get_domain(loss.kind)) is not None}
        if loss.value not in known and loss not in before:
            hint = suggest(loss.value, known) or f"the fleet's spec and lock say which {loss.kind}s it has"
            raise InvalidDocument([OrchestratorError(f"the fleet has nothing in {loss}", hint=hint)])


def write_placement(inputs: Inputs, placement: Placement) -> bool:
    """Writes the placement's lock where it says something new; whether it did."""
    if placement.lock is None or placement.lock == inputs.lock:
        return False
    write_lock(placement.lock, inputs.where.lock_path)
    return True
