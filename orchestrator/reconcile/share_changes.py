"""The share of each subject in each domain, before and after a change, beside the tightest cap on it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.model.fleet import Fleet
from orchestrator.model.rule import Below, Cap, Weight
from orchestrator.policy.ceiling import UNKNOWN_DOMAIN
from orchestrator.policy.subject import Members, compute_members, compute_subjects
from orchestrator.policy.weight import compute_weights
from orchestrator.reconcile.standing import Standing
from orchestrator.reconcile.verdict import ShareChange

ALWAYS_SHOWN = ("provider", "region", "country")


@dataclass(frozen=True)
class Question:
    """Whose share in the domains of which kind, by which weight."""

    subject: str
    kind: str
    by: Weight


def compute_share_changes(before: Standing | None, after: Standing) -> tuple[ShareChange, ...]:
    """What the caps of `after` speak of, and where the fleet's nodes are; by subject, kind and domain as they come."""
    return tuple(
        change
        for question, (members, limit) in _find_limits(after.fleet).items()
        for change in _compare(question, limit, *(_share(side, members, question) for side in (before, after)))
    )


def _find_limits(fleet: Fleet) -> Mapping[Question, tuple[Members, Fraction | None]]:
    """The tightest limit on each question that a cap asks, as a share, and None on those that are always shown."""
    found: dict[Question, tuple[Members, Fraction | None]] = {}
    for rule in fleet.policy:
        if not isinstance(rule, Cap | Below):
            continue
        for members in compute_subjects(rule, fleet):
            weights = compute_weights(members, rule.by)
            amount = rule.cap if isinstance(rule, Cap) else rule.below
            limit = weights.get_limit(amount) / weights.wanted
            question = Question(members.name, rule.per, rule.by)
            _, known = found.get(question, (members, None))
            found[question] = (members, limit if known is None else min(known, limit))
    for members in compute_members("fleet", fleet):
        for kind in ALWAYS_SHOWN:
            found.setdefault(Question(members.name, kind, "nodes"), (members, None))
    return found


def _share(side: Standing | None, members: Members, question: Question) -> Mapping[str, Fraction] | None:
    """The share of each domain in what the subject's nodes weigh; None where it has none."""
    names = frozenset(members.group_names)
    groups = tuple(group for group in side.fleet.groups if group.name in names) if side else ()
    if side is None or not groups:
        return None
    weights = compute_weights(Members(members.name, groups), question.by).per_node
    held: dict[str, int] = {}
    for crowd in side.crowds:
        if crowd.group in weights:
            domain = side.get_domain(crowd.node, question.kind) or UNKNOWN_DOMAIN
            held[domain] = held.get(domain, 0) + crowd.number * weights[crowd.group]
    whole = sum(held.values())
    return {domain: Fraction(weight, whole) for domain, weight in held.items()} if whole else None


def _compare(
    question: Question,
    limit: Fraction | None,
    before: Mapping[str, Fraction] | None,
    after: Mapping[str, Fraction] | None,
) -> Iterator[ShareChange]:
    sides: Sequence[Mapping[str, Fraction] | None] = (before, after)
    for domain in sorted({domain for side in sides if side is not None for domain in side}):
        old, new = (None if side is None else side.get(domain, Fraction(0)) for side in sides)
        yield ShareChange(question.subject, question.kind, domain, old, new, limit, question.by)
