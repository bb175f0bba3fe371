"""Rules to start from: for each kind of domain the tightest cap that a fleet as it stands satisfies."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.plan import MISSING, Finding
from orchestrator.model.rule import Cap
from orchestrator.model.source import Source
from orchestrator.reconcile.inventory_review import review_standing
from orchestrator.reconcile.standing import Standing

KINDS: tuple[DomainKind, ...] = ("operator", "account", "region", "zone", "country", "jurisdiction", "asn")
# A third, a half, two thirds: where most chains stop to finalise, change hands, and finalise wrongly.
STEPS = (Fraction(34, 100), Fraction(1, 2), Fraction(67, 100))


@dataclass(frozen=True)
class Advice:
    """A kind of domain: the tightest rule that holds, None where none does, and the finding that bars the next one."""

    kind: DomainKind
    rule: Cap | None
    barred: Cap | None
    why: Finding | None


def compute_advice(standing: Standing) -> tuple[Advice, ...]:
    """Advice for each kind of domain, on each group on its own."""
    return tuple(_advise(standing, kind) for kind in KINDS)


def _advise(standing: Standing, kind: DomainKind) -> Advice:
    barred: tuple[Cap, Finding] | None = None
    for rule in _list_steps(kind, standing.fleet.path):
        finding = find_obstacle(standing, rule)
        if finding is None:
            return Advice(kind, rule, *(barred or (None, None)))
        barred = (rule, finding)
    return Advice(kind, None, *(barred or (None, None)))


def find_obstacle(standing: Standing, rule: Cap) -> Finding | None:
    """A finding on a rule where the nodes stand; None where it holds, with all that it needs to know known.

    What is not known goes before what is broken because of it.
    """
    alone = replace(standing, fleet=standing.fleet.model_copy(update={"policy": (rule,)}))
    findings = review_standing(alone)
    return next((finding for finding in findings if finding.rule == MISSING), findings[0] if findings else None)


def _list_steps(kind: DomainKind, path: str) -> Iterator[Cap]:
    for share in STEPS:
        yield Cap.model_validate({"cap": share, "per": kind, "__source__": Source.at(path)})
