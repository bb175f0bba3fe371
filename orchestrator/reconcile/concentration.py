"""How much of what is wanted, and of what is alive, each domain holds, beside the limit that the policy sets."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from orchestrator.model.lock import Lock
from orchestrator.placement.candidates import Situation
from orchestrator.placement.holdings import count_nodes
from orchestrator.policy.compile import compile_policy


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


def compute_concentration(situation: Situation, lock: Lock, alive: Collection[str]) -> tuple[Share, ...]:
    """A share for each bound that has something in it, in the policy's order; `alive` are machine ids.

    The same bounds that placement and review use, so the three cannot disagree. `holds` speaks of what is wanted.
    """
    wanted = count_nodes(lock.machines)
    live = count_nodes(machine for machine in lock.machines if machine.machine in alive)
    fleet = situation.fleet
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
