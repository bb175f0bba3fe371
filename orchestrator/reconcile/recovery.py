"""What it takes to be whole again after a loss: the plan that answers it, held against the plan without it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from orchestrator.model.lock import MachineState
from orchestrator.model.plan import Finding, Plan


@dataclass(frozen=True)
class Recovery:
    """What the answer to a loss takes. `unplaced` and `held` are nodes; `broken` the rules that give way for it.

    `cost_difference` is per month, as the plan's cost is; `hours` is the time until the last node is in sync again,
    None where it is not known. `why` says what makes recovery impossible before anything is solved.
    """

    relocations: int = 0
    client_changes: int = 0
    unplaced: int = 0
    held: int = 0
    broken: tuple[Finding, ...] = ()
    cost_difference: Decimal | None = None
    hours: Fraction | None = None
    why: str = ""

    @property
    def possible(self) -> bool:
        """Whether every node is placed again where it may be, and every rule holds that held before."""
        return not (self.unplaced or self.held or self.broken or self.why)


def compute_recovery(before: Plan, after: Plan) -> Recovery:
    """What `after`, a plan under a loss, takes beyond `before`, the plan without it."""
    if after.status == "infeasible":
        names = ", ".join(finding.name for finding in after.conflict)
        return Recovery(why=f"nothing fits: {names}")
    return Recovery(
        relocations=after.relocations - before.relocations,
        client_changes=after.client_changes - before.client_changes,
        unplaced=len(after.unplaced) - len(before.unplaced),
        held=_count_held(after) - _count_held(before),
        broken=_find_new(before.broken, after.broken),
        cost_difference=after.cost.amount - before.cost.amount,
        hours=_find_longest_sync(after),
    )


def _find_longest_sync(plan: Plan) -> Fraction | None:
    """Hours until the last new machine is in sync, all of them syncing side by side; None where one is not known.

    The time to notice the loss and to make the machines is no part of it.
    """
    hours = [None if sync.hours is None else Fraction(sync.hours) for sync in plan.syncs]
    known = [each for each in hours if each is not None]
    return max(known, default=Fraction(0)) if len(known) == len(hours) else None


def _count_held(plan: Plan) -> int:
    return sum(planned.machine.state is MachineState.HELD for planned in plan.machines)


def _find_new(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Finding, ...]:
    known = Counter((finding.source, finding.subject) for finding in before)
    return tuple(finding for finding in after if (finding.source, finding.subject) not in known)
