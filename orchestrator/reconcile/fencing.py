"""When a signing client may be started on a machine: only where nothing else can sign for its node any more.

A node's signer belongs to one machine, and there to the disk that holds its slashing-protection database. The lock says
which machine that is: a lock that does not descend from the applied one is refused by every stack, so no two locks
give a node two machines. The claim says which disk: it is written on that disk and beside the lock before the first
start, so that a machine that was made anew under the same name is not taken for it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.client import ClientFacts
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import CARRYING_STATES, Lock, Machine, MachineState, Retired
from orchestrator.model.signer import SignerClaim, SignerLook
from orchestrator.placement.places import compute_places, get_place_name


def list_signers(machine: Machine, clients: Mapping[str, ClientFacts]) -> tuple[str, ...]:
    """The names of the machine's clients that sign, sorted."""
    return tuple(sorted(name for name in machine.clients.values() if name in clients and clients[name].signs))


def judge_machine(machine: Machine, lock: Lock, deleted: Collection[str]) -> str:
    """Why the node's signer may not be started on this machine; "" where it may.

    Every other incarnation of the node must be known to be unable to sign: one that a cloud refused to make never
    ran, and one whose deletion its provider confirmed is no more. `deleted` are retired machines of the latter kind.
    """
    if machine.state not in CARRYING_STATES:
        return f"{machine.machine} does not carry {machine.node}"
    if machine.compromised is not None:
        return f"{machine.compromised} was declared compromised: {machine.machine} and its keys are not trusted"
    return "; ".join(_list_others(machine, lock, deleted))


def _list_others(machine: Machine, lock: Lock, deleted: Collection[str]) -> Iterator[str]:
    for other in lock.machines:
        if other.node == machine.node and other.machine != machine.machine:
            yield f"{other.machine} ({other.state} at {other.site}) may still sign for {machine.node}"
    for line in lock.retired:
        if line.node == machine.node and not _is_gone(line, deleted):
            yield f"nothing shows that {line.retired} (retired from account {line.account}) can no longer sign"


def _is_gone(line: Retired, deleted: Collection[str]) -> bool:
    if line.compromised is not None:  # the machine is no more; who had its keys may sign with them anywhere
        return False
    return line.refused is not None or line.retired in deleted


def judge_disk(machine: Machine, client: str, claims: Iterable[SignerClaim], seen: SignerLook) -> str:
    """Why the client may not be started on the disk that the machine has now; "" where it may.

    `claims` are all that were ever made for the machine: the database that holds its newest signatures is theirs.
    """
    for claim in claims:
        if claim.client != client:
            return f"{machine.machine} signed with {claim.client}, whose slashing-protection database {client} lacks"
        if claim.disk != seen.mark:
            return (
                f"{machine.machine} signed on another disk than it has now: without the slashing-protection database "
                "that was on it, nobody knows what its keys have signed"
            )
    return ""


@dataclass(frozen=True)
class Held:
    """The machines that the lock holds: each with why and what would free it; those that nobody is to reach.

    That is where their domain is lost, or was compromised while they stood there.
    """

    why: Mapping[str, str]
    unreached: frozenset[str]


def find_held(fleet: Fleet, catalogue: Catalogue, lock: Lock) -> Held:
    """The held machines of a lock."""
    places = compute_places(fleet, catalogue, lock.header.losses)
    held = {machine.machine: machine for machine in lock.machines if machine.state is MachineState.HELD}
    lost = frozenset(
        name
        for name, machine in held.items()
        if (place := places.get(get_place_name(machine))) is not None and place.lost
    )
    compromised = frozenset(name for name, machine in held.items() if machine.compromised is not None)
    why = {name: _explain_hold(machine, name in lost) for name, machine in held.items()}
    return Held(why, lost | compromised)


def _explain_hold(machine: Machine, lost: bool) -> str:
    if machine.compromised is not None:
        return (
            f"{machine.compromised} was declared compromised and {machine.node} signs: whoever has its keys can sign "
            "with them anywhere, so it is started nowhere; have the chain let these keys go, and remove the node"
        )
    why = "its domain is lost" if lost else "it should stand elsewhere"
    freed = "its domain is back (rebalance --heal)" if lost else "spec and closures let it stand where it is"
    return f"{why}, but {machine.node} signs, and nothing shows that it no longer can: it is freed when {freed}"
