"""What the loss of domains takes: nodes and shares of each chain and group, and rules that hold now and not after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

from orchestrator.model.domain import Domain
from orchestrator.model.failure_domain import DOMAIN_KINDS
from orchestrator.model.plan import Finding
from orchestrator.model.rule import Below, Cap
from orchestrator.policy.candidates import Cell
from orchestrator.policy.compile import compile_policy
from orchestrator.policy.evaluate import evaluate
from orchestrator.reconcile.distribution import list_subjects
from orchestrator.reconcile.recovery import Recovery
from orchestrator.reconcile.standing import Crowd, Standing

Item = TypeVar("Item")


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

    @property
    def staked_share(self) -> Fraction:
        """The share of the stake that is lost; of the nodes where stake is no sum."""
        return self.share if self.stake_share is None else self.stake_share


@dataclass(frozen=True)
class BlastRadius:
    """A loss and what it takes. `tolls` are of the subjects that lose something, `broken` the rules newly broken.

    `closed` are the places that nothing can stand at any more; `recovery` is None where it was not solved for.
    """

    domains: tuple[Domain, ...]
    nodes: tuple[str, ...]
    tolls: tuple[Toll, ...]
    broken: tuple[Finding, ...]
    closed: frozenset[str] = frozenset()
    recovery: Recovery | None = None

    @property
    def worst_share(self) -> Fraction:
        """The largest share that any subject loses."""
        return max((toll.share for toll in self.tolls), default=Fraction(0))


def compute_blast_radii(standing: Standing, kinds: Sequence[str] = ()) -> tuple[BlastRadius, ...]:
    """The loss of each domain that is in use, of these kinds or of every kind, one at a time, the worst first.

    Worst is what takes the largest share of any group or chain, then the most nodes, then what breaks the most rules.
    """
    return _lose_each(_Simulation(standing), kinds)


def compute_worst_pairs(standing: Standing, kinds: Sequence[str] = ()) -> tuple[BlastRadius, ...]:
    """For each kind of which three domains or more are in use, the worst two of them at once; the worst kind first.

    Every pair is counted. Of a kind with two domains the pair is everything.
    """
    return _lose_pairs(_Simulation(standing), kinds)


def compute_losses(standing: Standing) -> tuple[tuple[BlastRadius, ...], tuple[BlastRadius, ...]]:
    """Both of the above for every kind of domain, worked out together."""
    simulation = _Simulation(standing)
    return _lose_each(simulation, ()), _lose_pairs(simulation, ())


def _select(standing: Standing, kinds: Sequence[str]) -> Iterator[Domain]:
    return (domain for domain in list_domains(standing) if not kinds or domain.kind in kinds)


def _lose_each(simulation: "_Simulation", kinds: Sequence[str]) -> tuple[BlastRadius, ...]:
    standing = simulation.standing
    return _sort(standing, (simulation.lose((domain,)) for domain in _select(standing, kinds)))


def _lose_pairs(simulation: "_Simulation", kinds: Sequence[str]) -> tuple[BlastRadius, ...]:
    standing = simulation.standing
    by_kind: dict[str, list[Domain]] = {}
    for domain in _select(standing, kinds):
        by_kind.setdefault(domain.kind, []).append(domain)
    pairs = (simulation.find_worst_pair(domains) for domains in by_kind.values() if len(domains) > 2)
    return _sort(standing, (simulation.lose(pair) for pair in pairs))


def _sort(standing: Standing, radii: Iterable[BlastRadius]) -> tuple[BlastRadius, ...]:
    order = {kind: position for position, kind in enumerate(standing.kinds)}
    return tuple(sorted(radii, key=lambda radius: _rank(radius, order[radius.domains[0].kind])))


def compute_scenario(standing: Standing, lost: Sequence[Domain]) -> BlastRadius:
    """The loss of several domains at once."""
    return _Simulation(standing).lose(tuple(lost))


def list_domains(standing: Standing) -> tuple[Domain, ...]:
    """Every domain that a node is in, by kind and name."""
    return tuple(
        Domain(kind=kind, value=value)
        for kind in standing.kinds
        for value in sorted({standing.get_domain(crowd.node, kind) or "" for crowd in standing.crowds} - {""})
    )


def _rank(radius: BlastRadius, kind: int) -> tuple[Fraction, int, int, int, str]:
    return (-radius.worst_share, -len(radius.nodes), -len(radius.broken), kind, radius.domains[0].value)


class _Simulation:
    """Loses domains of one standing. What all losses share is computed once: many have the same few nodes in them."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self._crowds = dict(enumerate(standing.crowds))
        number = {id(crowd): position for position, crowd in self._crowds.items()}
        self._subjects = [
            (subject, [number[id(crowd)] for crowd in members], _count(members), _add_stakes(members))
            for subject, members in list_subjects(standing.crowds)
        ]
        self._members = _group(
            (Domain(kind=kind, value=value), position)
            for kind in standing.kinds
            for position, crowd in self._crowds.items()
            if (value := standing.get_domain(crowd.node, kind)) is not None
        )
        # No node can be in a lost place any more; the loss of a client closes no place.
        self._places = _group(
            (Domain(kind=kind, value=value), name)
            for name, place in standing.candidates.places.items()
            for kind in DOMAIN_KINDS
            if (value := place.get_domain(kind)) is not None
        )
        # A loss takes nodes away and the wanted weight stays, so it breaks no upper limit of a share.
        rules = tuple(rule for rule in standing.fleet.policy if not isinstance(rule, Cap | Below))
        self._fleet = standing.fleet.model_copy(update={"policy": rules})
        self._broken: dict[tuple[frozenset[int], tuple[Cell, ...]], Mapping[str, Finding]] = {}
        self._before = self._find_broken(frozenset(), ())

    def lose(self, lost: tuple[Domain, ...]) -> BlastRadius:
        """The loss of these domains."""
        gone = frozenset(crowd for domain in lost for crowd in self._members.get(domain, ()))
        broken = self._find_broken(gone, lost)
        positions = sorted(position for crowd in gone for position in self._crowds[crowd].positions)
        return BlastRadius(
            domains=lost,
            nodes=tuple(self.standing.nodes[position].node for position in positions),
            tolls=tuple(self._compute_tolls(gone)),
            broken=tuple(finding for key, finding in broken.items() if key not in self._before),
            closed=frozenset(place for domain in lost for place in self._places.get(domain, ())),
        )

    def find_worst_pair(self, domains: Sequence[Domain]) -> tuple[Domain, Domain]:
        """The two that together take the largest share of any subject, then the most nodes, then the first by name.

        Both are of one kind, so no node is in both.
        """
        members = {domain: frozenset(self._members.get(domain, ())) for domain in domains}
        held = {
            domain: [self._count_of(subject[1], crowds) for subject in self._subjects]
            for domain, crowds in members.items()
        }

        def weigh(pair: tuple[Domain, Domain]) -> tuple[Fraction, int]:
            one, other = pair
            both = [a + b for a, b in zip(held[one], held[other], strict=True)]
            shares = [Fraction(lost, subject[2]) for lost, subject in zip(both, self._subjects, strict=True)]
            return max(shares), both[0]

        return max(combinations(domains, 2), key=weigh)

    def _count_of(self, members: Sequence[int], crowds: frozenset[int]) -> int:
        return sum(self._crowds[each].number for each in members if each in crowds)

    def _compute_tolls(self, gone: frozenset[int]) -> Iterator[Toll]:
        for subject, members, size, stake in self._subjects:
            hit = [self._crowds[each] for each in members if each in gone]
            if hit:
                lost = sum((crowd.number * Fraction(crowd.node.stake) for crowd in hit), Fraction(0))
                yield Toll(subject, _count(hit), size, None if stake is None else lost / stake)

    def _find_broken(self, gone: frozenset[int], lost: Sequence[Domain]) -> Mapping[str, Finding]:
        """The rules that do not hold for what is left, where no node can be in a lost place; by rule and subject."""
        standing = self.standing
        places = frozenset(place for domain in lost for place in self._places.get(domain, ()))
        cells = tuple(cell for cell in standing.candidates.cells if cell.place not in places)
        if (gone, cells) not in self._broken:
            counts = standing.count(gone)
            candidates = replace(standing.candidates, cells=cells, pinned=frozenset(counts))
            policy = compile_policy(self._fleet.policy, self._fleet, candidates)
            found = evaluate(standing.count_nodes(gone), policy.bounds)
            self._broken[gone, cells] = {f"{finding.source}\n{finding.subject}": finding for finding in found}
        return self._broken[gone, cells]


def _group(pairs: Iterable[tuple[Domain, Item]]) -> Mapping[Domain, list[Item]]:
    """The items by domain, in order."""
    groups: dict[Domain, list[Item]] = {}
    for domain, item in pairs:
        groups.setdefault(domain, []).append(item)
    return groups


def _count(crowds: Iterable[Crowd]) -> int:
    return sum(crowd.number for crowd in crowds)


def _add_stakes(crowds: Sequence[Crowd]) -> Fraction | None:
    """The stake of all; None where they are of several chains, whose coins are no sum."""
    if len({crowd.chain for crowd in crowds}) > 1:
        return None
    return sum((crowd.number * Fraction(crowd.node.stake) for crowd in crowds), Fraction(0))
