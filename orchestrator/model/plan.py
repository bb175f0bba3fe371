"""A placement plan as a value: machines and what happens to each, what it costs, what could not be had and why."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from orchestrator.model.base import Frozen
from orchestrator.model.lock import Machine, Retired
from orchestrator.model.rule import Level, RuleBase
from orchestrator.model.source import Source

Status = Literal["optimal", "feasible", "partial", "infeasible"]
Claim = Literal["certified", "proven", "open"]
Change = Literal["keep", "add", "relocate", "retire", "client"]

MISSING = "facts"  # the rule of findings on facts that are asked for and that nobody knows
FENCE = "fence"  # the rule of findings on nodes that are held where they are, because they sign


class Finding(Frozen):
    """A rule, or another expectation, that does not hold. `value` and `bound` are as people read them.

    `excess` is how far it is from holding, in the same unit; None where it holds or does not, and nothing between.
    """

    rule: str
    name: str
    level: Level
    subject: str
    value: str
    bound: str
    message: str
    source: Source
    excess: Fraction | None = None

    @classmethod
    def of(
        cls,
        rule: RuleBase,
        subject: str,
        message: str,
        *,
        value: str = "",
        bound: str = "",
        excess: Fraction | None = None,
    ) -> "Finding":
        """That `rule` does not hold for `subject`: under its verb and title, at its level, where it is written."""
        return cls(
            rule=rule.verb,
            name=rule.title,
            level=rule.level,
            subject=subject,
            value=value,
            bound=bound,
            message=message,
            source=rule.source,
            excess=excess,
        )


class Stage(Frozen):
    """One objective of the placement: the value reached, the bound shown, and what is claimed of it."""

    name: str
    value: int
    bound: int
    claim: Claim


class Cost(Frozen):
    """Cost a month. `unpriced` machines are left out of the amount; `priced_on` is the oldest price date used."""

    amount: Decimal
    currency: str = "USD"
    priced_on: str = ""
    unpriced: int = 0


class PlannedMachine(Frozen):
    """A machine of the plan and what happens to it."""

    machine: Machine
    change: Change
    country: str | None = None


class Sync(Frozen):
    """What new machines of a group have to sync: hours and gigabytes (10^9 bytes) each, None where not known.

    `unknown` are the clients of which no time is known; `sources` say where the figures are from, with the date.
    """

    group: str
    nodes: int
    hours: Decimal | None = None
    gigabytes: Decimal | None = None
    methods: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Unplaced(Frozen):
    """A node that no machine could be found for, and why."""

    node: str
    why: str


class Repair(Frozen):
    """One change that is enough on its own: `change` is the key to write anew, `to` its value as it is written.

    `change` "remove" drops the rule, "facts" fills in what the catalogue does not know, "capacity" adds machines.
    `clears` is what the change clears: all that keeps the fleet from being placed, or this one conflict of several.
    """

    rule: str
    name: str
    change: str
    to: str
    clears: Literal["all", "conflict"]
    message: str
    source: Source


class Plan(Frozen):
    """What placement decided. `conflict` holds the rules that cannot hold together (infeasible only).

    `repairs` are changes each of which is enough on its own, the smallest first.

    `machines` are all entries of the lock to come, retiring, lost and held ones too; `retired` bars ids for good.
    `moves_left` are the relocations that `max_moves` leaves for later rounds.
    """

    status: Status
    stages: tuple[Stage, ...] = ()
    relocations: int = 0
    client_changes: int = 0
    cost: Cost = Cost(amount=Decimal(0))
    machines: tuple[PlannedMachine, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    moves_left: int = 0
    syncs: tuple[Sync, ...] = ()
    findings: tuple[Finding, ...] = ()
    conflict: tuple[Finding, ...] = ()
    repairs: tuple[Repair, ...] = ()
    retired: tuple[Retired, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every node is placed, where it should be, and no rule of level error had to give way."""
        return not self.gives_way and not any(finding.level == "error" for finding in self.findings)

    @property
    def gives_way(self) -> bool:
        """Whether a node has no place yet, or a rule of level error gave way; nodes that a fence holds do not count."""
        return self.status not in ("optimal", "feasible") or bool(self.broken) or bool(self.moves_left)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The rules of level error that do not hold; a fact that nobody knows is no rule that gave way."""
        apart = (FENCE, MISSING)
        return tuple(finding for finding in self.findings if finding.level == "error" and finding.rule not in apart)
