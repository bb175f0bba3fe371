"""How nodes are distributed over the domains of each kind: for all of them together, for each chain and each group."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, TypeVar

from orchestrator.model.inventory import StandingNode
from orchestrator.reconcile.standing import Standing

ALL = "fleet"


class Grouped(Protocol):
    """What is of a chain and a group: a node, or nodes that are alike."""

    @property
    def chain(self) -> str: ...  # noqa: D102  # of the class's sentence
    @property
    def group(self) -> str: ...  # noqa: D102  # of the class's sentence


Member = TypeVar("Member", bound=Grouped)


@dataclass(frozen=True)
class DomainCount:
    """A domain with its nodes and their stake, in the chain's own coin; None where the nodes are of several chains."""

    domain: str
    nodes: int
    stake: Decimal | None


@dataclass(frozen=True)
class Distribution:
    """One subject over the domains of one kind, the fullest first. `unknown` nodes have no known domain of the kind."""

    subject: str
    kind: str
    nodes: int
    domains: tuple[DomainCount, ...]
    unknown: int

    @property
    def largest_share(self) -> Fraction | None:
        """What the fullest domain holds of the subject's nodes; None where no domain is known."""
        return Fraction(self.domains[0].nodes, self.nodes) if self.domains else None


def compute_distributions(standing: Standing) -> tuple[Distribution, ...]:
    """A distribution for each subject and kind of domain. Client roles are of the subjects that have them."""
    return tuple(
        distribution
        for subject, members in list_subjects(standing.nodes)
        for kind in standing.kinds
        if (distribution := _compute(standing, subject, members, kind)) is not None
    )


def list_subjects(nodes: Sequence[Member]) -> Iterator[tuple[str, Sequence[Member]]]:
    """All nodes, or crowds; then each chain's and each group's, by name, but for those that are the same as before."""
    yield ALL, nodes
    for chain in sorted({node.chain for node in nodes}):
        members = [node for node in nodes if node.chain == chain]
        if len(members) < len(nodes):
            yield f"chain {chain}", members
    for group in sorted({node.group for node in nodes}):
        members = [node for node in nodes if node.group == group]
        if len(members) < sum(node.chain == members[0].chain for node in nodes):
            yield f"group {group}", members


def _compute(standing: Standing, subject: str, members: Sequence[StandingNode], kind: str) -> Distribution | None:
    domains = [(node, standing.get_domain(node, kind)) for node in members]
    if kind.startswith("client.") and all(domain is None for _, domain in domains):
        return None
    counts = Counter(domain for _, domain in domains if domain is not None)
    stakes = _add_stakes(domains)
    ordered = sorted(counts, key=lambda domain: (-counts[domain], domain))
    return Distribution(
        subject=subject,
        kind=kind,
        nodes=len(members),
        domains=tuple(DomainCount(domain, counts[domain], stakes.get(domain)) for domain in ordered),
        unknown=len(members) - counts.total(),
    )


def _add_stakes(domains: Sequence[tuple[StandingNode, str | None]]) -> Mapping[str, Decimal]:
    """The stake in each domain; none where the nodes are of several chains, whose coins are no sum."""
    stakes: dict[str, Decimal] = {}
    if len({node.chain for node, _ in domains}) == 1:
        for node, domain in domains:
            if domain is not None:
                stakes[domain] = stakes.get(domain, Decimal(0)) + node.stake
    return stakes
