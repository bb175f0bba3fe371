"""When a failure domain counts as lost: every machine that should run there is silent."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.lock import Machine, MachineState
from orchestrator.model.loss import Loss

# From the widest to the narrowest, so that an outage is named by the most that it explains.
KINDS: tuple[DomainKind, ...] = ("provider", "account", "region", "site")
FEWEST_MACHINES = 2  # one silent machine is a machine's fault before it is a domain's
RUNNING = (MachineState.WANTED, MachineState.RETIRING)


@dataclass(frozen=True)
class Outage:
    """A domain that seems lost: how many machines it has, none of which answers."""

    loss: Loss
    machines: int


def find_outages(machines: Collection[Machine], silent: Collection[str]) -> tuple[Outage, ...]:
    """The widest domains in which at least two machines should run and none answers; `silent` are machine ids."""
    quiet = frozenset(silent)
    explained: set[str] = set()
    found: list[Outage] = []
    running = [machine for machine in machines if machine.state in RUNNING and machine.compromised is None]
    for kind in KINDS:
        for domain, members in split_by_domain(running, kind):
            names = {member.machine for member in members}
            if len(names) >= FEWEST_MACHINES and names <= quiet and not names <= explained:
                explained |= names
                found.append(Outage(Loss(kind=kind, value=domain), len(names)))
    return tuple(found)


def split_by_domain(machines: Collection[Machine], kind: DomainKind) -> Iterator[tuple[str, list[Machine]]]:
    """The machines by their domain of that kind, domains sorted."""
    for domain in sorted({get_domain(machine, kind) for machine in machines}):
        yield domain, [machine for machine in machines if get_domain(machine, kind) == domain]


def get_domain(machine: Machine, kind: DomainKind) -> str:
    """The domain as `Site.get_domain` names it, from the machine's own line."""
    match kind:
        case "region":
            return f"{machine.provider}/{machine.region}"
        case "site":
            return machine.site
        case _:
            return str(getattr(machine, kind))
