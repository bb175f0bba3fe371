"""What a review says of a change as a value: findings with what became of them, and what changes for the fleet."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from orchestrator.model.plan import Finding
from orchestrator.model.rule import Weight
from orchestrator.model.source import Source
from orchestrator.reconcile.blast_radius import BlastRadius
from orchestrator.reconcile.diversity import Diversity

Became = Literal["new", "unchanged", "fixed"]
Fate = Literal["added", "relocated", "retired", "client"]
FailOn = Literal["error", "warning", "none"]
Counted = Literal["new", "all"]


@dataclass(frozen=True)
class Excuse:
    """Why a finding does not count: a suppression of the spec, with its reason and last day, or the baseline."""

    reason: str
    until: str | None
    source: Source


@dataclass(frozen=True)
class Judged:
    """A finding, what became of it since the base, and the id of its rule (PLC001…).

    `fingerprint` stays the same while the finding is the same one: it is made of rule, name and subject, and of no line
    or number. `related` are the lines of the lock that it is about. Without a base every finding is new.
    """

    finding: Finding
    rule_id: str
    became: Became
    fingerprint: str
    related: tuple[Source, ...] = ()
    excuse: Excuse | None = None


@dataclass(frozen=True)
class ShareChange:
    """The share of a subject's weight in one domain, before and after; `limit` is the tightest cap on it, if any.

    The weight is the number of nodes where `by` says no other. A share is None where the subject has no nodes then.
    """

    subject: str
    kind: str
    domain: str
    before: Fraction | None
    after: Fraction | None
    limit: Fraction | None
    by: Weight = "nodes"


@dataclass(frozen=True)
class MachineChange:
    """What happens to one node: where it was and where it will be, None where it is nowhere.

    `signs` says whether it signs, `fence` what has to be shown before its replacement may sign, None where nothing.
    """

    node: str
    group: str
    fate: Fate
    before: str | None
    after: str | None
    signs: bool = False
    fence: str | None = None


@dataclass(frozen=True)
class MonthlyCost:
    """What the fleet costs a month in USD; `unpriced` machines are not in the amount, `priced_on` the oldest date."""

    amount: Decimal
    unpriced: int
    priced_on: str


@dataclass(frozen=True)
class PlaceCount:
    """A region on the map, with the nodes in it before and after; degrees are None where nobody knows them.

    `place` is PROVIDER/REGION. `before` is 0 where there is no base.
    """

    place: str
    country: str | None
    latitude: float | None
    longitude: float | None
    before: int
    after: int


@dataclass(frozen=True)
class Side:
    """One side of a comparison: the worst single loss and the worst pair, and the cost.

    `losses` are the losses of single domains and `pairs` the worst two of each kind, both the worst first.
    """

    nodes: int
    worst: BlastRadius | None
    worst_pair: BlastRadius | None
    cost: MonthlyCost
    losses: tuple[BlastRadius, ...] = ()
    pairs: tuple[BlastRadius, ...] = ()

    @property
    def figures(self) -> tuple[object, ...]:
        """All that can be compared: what a loss takes, not where a rule that it breaks is written."""
        tolls = tuple((radius.domains, radius.tolls, len(radius.broken)) for radius in (*self.losses, *self.pairs))
        return (self.nodes, self.cost, tolls)


@dataclass(frozen=True)
class Verdict:
    """All that a review shows. `base` names what it was compared with; `before` is None without one.

    `findings` are the new ones first, then the unchanged, then the fixed. `shares` are all, changed or not. `fail_on`
    is the level from which a finding keeps the change out, and `counted` says whether only new ones do. `metrics` say
    how diverse the fleet stands after; `revision` is its lock's.
    """

    fleet: str
    spec: str
    base: str | None
    findings: tuple[Judged, ...]
    shares: tuple[ShareChange, ...]
    machines: tuple[MachineChange, ...]
    before: Side | None
    after: Side
    fail_on: FailOn = "error"
    places: tuple[PlaceCount, ...] = ()
    counted: Counted = "new"
    metrics: tuple[Diversity, ...] = ()
    revision: str | None = None

    @property
    def blocking(self) -> tuple[Judged, ...]:
        """The findings that keep the change out: those counted that nothing excuses, of a level that counts."""
        levels = {"error": ("error",), "warning": ("error", "warning"), "none": ()}[self.fail_on]
        fates = ("new",) if self.counted == "new" else ("new", "unchanged")
        open_ones = (each for each in self.findings if each.became in fates and each.excuse is None)
        return tuple(each for each in open_ones if each.finding.level in levels)

    @property
    def changes_nothing(self) -> bool:
        """Whether it is the fleet of the base: nothing new or fixed, no share, machine, cost or loss that changed."""
        same = all(each.became == "unchanged" for each in self.findings)
        shares = any(share.before != share.after for share in self.shares)
        before, after = (side and side.figures for side in (self.before, self.after))
        return same and not shares and not self.machines and before == after
