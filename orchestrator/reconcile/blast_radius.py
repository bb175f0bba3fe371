"""What the loss of domains takes: nodes and shares of each chain and group, and rules that hold now and not after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from orchestrator.model.domain import Domain, get_domain
from orchestrator.model.failure_domain import Placed
from orchestrator.model.inventory import StandingNode
from orchestrator.model.plan import Finding
from orchestrator.policy.compile import compile_policy
from orchestrator.policy.evaluate import evaluate
from orchestrator.reconcile.distribution import list_subjects
from orchestrator.reconcile.standing import Standing


@dataclass(frozen=True)
class Toll:
    """What a loss takes of one subject: nodes of how many, and the share of the stake.

    `stake_share` is None where the nodes are of several chains, whose coins are no sum.
    """

    subject: str
    lost: int
    nodes: int
    stake_share: Fraction | None

    @property
    def share(self) -> Fraction:
        """The share of the subject's nodes that is lost."""
        return Fraction(self.lost, self.nodes)


@dataclass(frozen=True)
class BlastRadius:
    """A loss and what it takes. `tolls` are of the subjects that lose something, `broken` the rules newly broken."""

    domains: tuple[Domain, ...]
    nodes: tuple[str, ...]
    tolls: tuple[Toll, ...]
    broken: tuple[Finding, ...]

    @property
    def worst_share(self) -> Fraction:
        """The largest share that any subject loses."""
        return max((toll.share for toll in self.tolls), default=Fraction(0))


def compute_blast_radii(standing: Standing) -> tuple[BlastRadius, ...]:
    """The loss of each domain that is in use, one at a time, the worst first.

    Worst is what takes the largest share of any group or chain, then the most nodes, then what breaks the most rules.
    """
    before = _find_broken(standing, frozenset(), ())
    radii = [_compute(standing, (domain,), before) for domain in list_domains(standing)]
    order = {kind: position for position, kind in enumerate(standing.kinds)}
    return tuple(sorted(radii, key=lambda radius: _rank(radius, order[radius.domains[0].kind])))


def compute_scenario(standing: Standing, lost: Sequence[Domain]) -> BlastRadius:
    """The loss of several domains at once."""
    return _compute(standing, tuple(lost), _find_broken(standing, frozenset(), ()))


def list_domains(standing: Standing) -> tuple[Domain, ...]:
    """Every domain that a node is in, by kind and name."""
    return tuple(
        Domain(kind=kind, value=value)
        for kind in standing.kinds
        for value in sorted({standing.get_domain(node, kind) or "" for node in standing.nodes} - {""})
    )


def _rank(radius: BlastRadius, kind: int) -> tuple[Fraction, int, int, int, str]:
    return (-radius.worst_share, -len(radius.nodes), -len(radius.broken), kind, radius.domains[0].value)


def _compute(standing: Standing, lost: tuple[Domain, ...], before: Collection[str]) -> BlastRadius:
    gone = [node for node in standing.nodes if any(_is_in(standing, node, domain) for domain in lost)]
    names = frozenset(node.node for node in gone)
    broken = _find_broken(standing, names, lost)
    return BlastRadius(
        domains=lost,
        nodes=tuple(node.node for node in gone),
        tolls=tuple(
            _compute_toll(subject, members, names)
            for subject, members in list_subjects(standing.nodes)
            if any(node.node in names for node in members)
        ),
        broken=tuple(finding for key, finding in broken.items() if key not in before),
    )


def _is_in(standing: Standing, node: StandingNode, domain: Domain) -> bool:
    return standing.get_domain(node, domain.kind) == domain.value


def _compute_toll(subject: str, members: Sequence[StandingNode], gone: frozenset[str]) -> Toll:
    lost = [node for node in members if node.node in gone]
    share = Fraction(_add_stakes(lost)) / Fraction(_add_stakes(members))
    return Toll(subject, len(lost), len(members), share if len({node.chain for node in members}) == 1 else None)


def _add_stakes(nodes: Sequence[StandingNode]) -> Decimal:
    return sum((node.stake for node in nodes), Decimal(0))


def _find_broken(standing: Standing, gone: frozenset[str], lost: Sequence[Domain]) -> dict[str, Finding]:
    """The rules that do not hold for what is left, where no node can be in a lost place; by rule and subject."""
    places = standing.candidates.places
    cells = standing.candidates.cells
    open_cells = tuple(cell for cell in cells if not _is_lost(places[cell.place], lost))
    counts = standing.count(gone)
    candidates = replace(standing.candidates, cells=open_cells, pinned=frozenset(counts))
    policy = compile_policy(standing.fleet.policy, standing.fleet, candidates)
    return {f"{finding.source}\n{finding.subject}": finding for finding in evaluate(counts, policy.bounds)}


def _is_lost(place: Placed, lost: Sequence[Domain]) -> bool:
    """Whether no node can be there any more; the loss of a client closes no place."""
    return any(get_domain(domain.kind, place, {}) == domain.value for domain in lost)
