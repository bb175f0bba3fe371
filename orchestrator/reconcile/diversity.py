"""How diverse a fleet stands: the metrics of each chain and group, per kind of domain and weight."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import get_args

from orchestrator.model.domain import CLIENT_KIND
from orchestrator.model.rule import Weight
from orchestrator.policy.metrics import DEFAULT_THRESHOLD, compute_hhi, compute_nakamoto, compute_shares
from orchestrator.reconcile.distribution import list_subjects
from orchestrator.reconcile.standing import Crowd, Standing

WEIGHTS: tuple[Weight, ...] = get_args(Weight)


@dataclass(frozen=True)
class Diversity:
    """The metrics of one subject over the domains of one kind, by one weight.

    `domains` are known and in use; `largest` is the fullest of them, None where none is known; `unknown` is the share
    whose domain is not known, which counts with the largest. `nakamoto` is of `threshold`.
    """

    subject: str
    kind: str
    weight: Weight
    domains: int
    largest: str | None
    largest_share: Fraction
    unknown: Fraction
    hhi: Fraction
    nakamoto: int | None
    threshold: Fraction


def compute_diversity(standing: Standing, threshold: Fraction = DEFAULT_THRESHOLD) -> tuple[Diversity, ...]:
    """The metrics of each subject, kind and weight. Client roles are of the nodes that have them.

    Stake of several chains is no sum, and neither are vCPUs that a list does not say: such weights are left out.
    """
    return tuple(
        found
        for subject, members in list_subjects(standing.crowds)
        for weight in WEIGHTS
        if (weights := _weigh(members, weight)) is not None
        for kind in standing.kinds
        for found in _compute(standing, (subject, kind, weight), list(zip(members, weights, strict=True)), threshold)
    )


def _weigh(members: Sequence[Crowd], weight: Weight) -> list[Fraction] | None:
    if weight == "nodes":
        return [Fraction(crowd.number) for crowd in members]
    if weight == "stake":
        one_chain = len({crowd.chain for crowd in members}) == 1
        return [crowd.number * Fraction(crowd.node.stake) for crowd in members] if one_chain else None
    vcpus = [(crowd.number, crowd.node.vcpus) for crowd in members]
    known = [Fraction(number * each) for number, each in vcpus if each is not None]
    return known if len(known) == len(vcpus) else None


def _compute(
    standing: Standing,
    what: tuple[str, str, Weight],
    weighed: Sequence[tuple[Crowd, Fraction]],
    threshold: Fraction,
) -> Iterator[Diversity]:
    subject, kind, weight = what
    held: dict[str, Fraction] = {}
    unknown = Fraction(0)
    for crowd, weight_of_crowd in weighed:
        node = crowd.node
        if kind.startswith(CLIENT_KIND) and kind.removeprefix(CLIENT_KIND) not in node.clients:
            continue  # a node without the role has no part in it
        domain = standing.get_domain(node, kind)
        if domain is None:
            unknown += weight_of_crowd
        else:
            held[domain] = held.get(domain, Fraction(0)) + weight_of_crowd
    shares = compute_shares(held, unknown)
    if not shares:
        return
    yield Diversity(
        subject=subject,
        kind=kind,
        weight=weight,
        domains=len(held),
        largest=min(held, key=lambda domain: (-held[domain], domain), default=None),
        largest_share=shares[0],
        unknown=unknown / (sum(held.values()) + unknown),
        hhi=compute_hhi(shares),
        nakamoto=compute_nakamoto(shares, threshold),
        threshold=threshold,
    )
