"""How much of what is wanted, and of what is alive, each domain holds, beside the limit that the policy sets."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, Machine, MachineState
from orchestrator.placement.candidates import compute_situation
from orchestrator.placement.holdings import get_column_key
from orchestrator.policy.candidates import Cell
from orchestrator.policy.compile import compile_policy

RUNNING = (MachineState.WANTED, MachineState.HELD)


@dataclass(frozen=True)
class Share:
    """One bound of the policy and what is measured of it: by the lock's wanted machines, and by those alive."""

    rule: str
    subject: str
    domain: str | None
    wanted: int
    live: int
    limit: str
    holds: bool


def compute_concentration(fleet: Fleet, lock: Lock, catalogue: Catalogue, alive: Collection[str]) -> tuple[Share, ...]:
    """A share for each bound that has something in it, in the policy's order; `alive` are machine ids.

    The same bounds that placement and review use, so the three cannot disagree. `holds` speaks of what is wanted.
    """
    running = [machine for machine in lock.machines if machine.state in RUNNING]
    wanted = count_cells(running)
    live = count_cells(machine for machine in running if machine.machine in alive)
    situation = compute_situation(fleet, catalogue, lock, lock.header.losses, frozenset())
    policy = compile_policy(fleet.policy, fleet, replace(situation.candidates, pinned=frozenset(wanted)))
    return tuple(
        Share(
            rule=bound.rule.title,
            subject=bound.subject.name,
            domain=bound.domain,
            wanted=(value := bound.measure.value(wanted)) // bound.scale,
            live=bound.measure.value(live) // bound.scale,
            limit=bound.wording,
            holds=bound.compute_excess(value) == 0,
        )
        for bound in policy.bounds
    )


def count_cells(machines: Iterable[Machine]) -> Counter[Cell]:
    """Nodes by cell."""
    return Counter(get_column_key(machine).cell for machine in machines)
