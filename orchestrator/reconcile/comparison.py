"""Two reviewed locks -> the verdict on the change from one to the other. Without a base everything is new."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchestrator.model.client import ClientFacts
from orchestrator.model.lock import Lock
from orchestrator.model.plan import Finding
from orchestrator.model.site import Site
from orchestrator.model.source import Source
from orchestrator.policy.budget import add_up
from orchestrator.reconcile.blast_radius import compute_losses
from orchestrator.reconcile.diversity import Diversity
from orchestrator.reconcile.judgement import compare_findings
from orchestrator.reconcile.machine_changes import compute_machine_changes
from orchestrator.reconcile.review import Reviewed
from orchestrator.reconcile.share_changes import compute_share_changes
from orchestrator.reconcile.standing import Standing
from orchestrator.reconcile.verdict import Counted, FailOn, Judged, MonthlyCost, PlaceCount, Side, Verdict

PARENT_HINT = "take the base's lock and run `orchestrator place`"


@dataclass(frozen=True)
class Examined:
    """One side: its review, who stands where, and its findings under their fingerprints."""

    reviewed: Reviewed
    standing: Standing
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Base:
    """What is compared with, by the name that people know it by; `examined` None is a fleet with nothing in it."""

    name: str
    examined: Examined | None


@dataclass(frozen=True)
class Terms:
    """What keeps a change out, and the metrics that are told beside it."""

    fail_on: FailOn = "error"
    counted: Counted = "new"
    metrics: tuple[Diversity, ...] = ()


def compute_verdict(base: Base | None, after: Examined, clients: Mapping[str, ClientFacts], terms: Terms) -> Verdict:
    """All that changes from the base to `after`; `clients` say who signs."""
    old = base.examined if base else None
    lock, reviewed = after.reviewed.lock, old.reviewed if old else None
    return Verdict(
        fleet=after.reviewed.fleet.name,
        spec=after.reviewed.fleet.path,
        base=base.name if base else None,
        findings=compare_findings(old.judged if old else (), after.judged),
        shares=compute_share_changes(old.standing if old else None, after.standing),
        machines=compute_machine_changes(reviewed.lock if reviewed else None, lock, clients) if base else (),
        before=compute_side(old) if old else None,
        after=compute_side(after),
        fail_on=terms.fail_on,
        counted=terms.counted,
        metrics=terms.metrics,
        revision=lock.header.revision,
        places=tuple(count_places(old, after)),
    )


def find_wrong_parent(base: Lock, lock: Lock, source: Source) -> Iterator[Finding]:
    """That the lock was not made from the base's, nor from one that came of it; `source` is the lock's own."""
    revision = base.header.revision
    if revision in (lock.header.revision, *lock.header.ancestors):
        return
    yield Finding(
        rule="parent",
        name="the lock descends from the base's",
        level="error",
        subject="fleet",
        value=lock.header.parent or "no parent",
        bound=revision,
        message=f"the lock does not descend from revision {revision} of the base: {PARENT_HINT}",
        source=source,
    )


def compute_side(examined: Examined) -> Side:
    """The worst losses of a lock and its cost."""
    losses, pairs = compute_losses(examined.standing)
    spending = add_up(examined.reviewed.spent.values())
    return Side(
        nodes=len(examined.reviewed.running),
        worst=losses[0] if losses else None,
        worst_pair=pairs[0] if pairs else None,
        cost=MonthlyCost(Decimal(spending.cents) / 100, spending.unpriced, spending.oldest),
        losses=losses,
        pairs=pairs,
    )


def count_places(before: Examined | None, after: Examined) -> Iterator[PlaceCount]:
    """The nodes of each region before and after, by its name."""
    sides = [_count_regions(side) if side else {} for side in (before, after)]
    for name in sorted({*sides[0], *sides[1]}):
        old, new = (side.get(name, ()) for side in sides)
        # A region that the spec has no more has no facts any more where a machine is held in it; the base knew them.
        zones = [site.zone for site, _ in (*new, *old)]
        facts = next((zone for zone in zones if zone.latitude is not None), zones[0])
        counts = (sum(number for _, number in found) for found in (old, new))
        yield PlaceCount(name, facts.country, facts.latitude, facts.longitude, *counts)


def _count_regions(examined: Examined) -> Mapping[str, Sequence[tuple[Site, int]]]:
    found: dict[str, list[tuple[Site, int]]] = {}
    for crowd in examined.standing.crowds:
        site = examined.reviewed.situation.places[crowd.cell.place].site
        found.setdefault(site.get_domain("region") or "", []).append((site, crowd.number))
    return found
