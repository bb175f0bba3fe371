"""What rules measure of the counts. Each measure has a value in plain numbers and an encoding as linear rows.

The encoding is an expression over the model's variables. `Sum` and `Used` equal their values. `Distinct` and
`Survivors` can reach their values and never exceed them, so they serve lower bounds; `Range`, `TopK` and `Conditional`
can reach theirs and never fall below them, so they serve upper bounds. A test holds value and encoding together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from orchestrator.policy.candidates import AnyCell
from orchestrator.policy.linear import LinearModel, Terms

Counts = Mapping[AnyCell, int]
"""Nodes by cell, and by client; what is not there is none."""


class Measure(Protocol):
    """A whole number measured of the counts."""

    def value(self, counts: Counts) -> int:
        """What it is for these counts."""
        ...

    def encode(self, model: LinearModel) -> Terms:
        """The expression that stands for it, after adding what variables and rows it needs."""
        ...


@dataclass(frozen=True, slots=True)
class Sum:
    """Counts times whole weights, added up."""

    terms: tuple[tuple[AnyCell, int], ...]

    @classmethod
    def weigh(cls, cells: Iterable[AnyCell], per_node: Mapping[str, int]) -> "Sum":
        """The cells, each weighed as a node of its group weighs."""
        return cls(tuple((cell, per_node[cell.group]) for cell in cells))

    @classmethod
    def count(cls, cells: Iterable[AnyCell]) -> "Sum":
        """The nodes in the cells."""
        return cls(tuple((cell, 1) for cell in cells))

    def value(self, counts: Counts) -> int:
        """The weighted sum."""
        return sum(weight * counts.get(cell, 0) for cell, weight in self.terms)

    def encode(self, model: LinearModel) -> Terms:
        """The sum over each cell's variables."""
        return tuple((variable, weight) for cell, weight in self.terms for variable in model.get_count(cell))


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many of the domains are in use; `domains` holds the cells of each."""

    domains: tuple[tuple[AnyCell, ...], ...]

    def value(self, counts: Counts) -> int:
        """The number of domains with at least one node."""
        return sum(any(counts.get(cell, 0) > 0 for cell in cells) for cells in self.domains)

    def encode(self, model: LinearModel) -> Terms:
        """One indicator a domain, at most one and at most the domain's count: no big constant is needed."""
        used = []
        for cells in self.domains:
            indicator = model.add_variable(0, 1)
            model.add_row(((indicator, 1), *_count(model, cells, -1)), None, 0)
            used.append((indicator, 1))
        return tuple(used)


@dataclass(frozen=True, slots=True)
class Used:
    """How many of the domains are in use, as `Distinct`, for upper bounds. Each group has at most `most` nodes."""

    domains: tuple[tuple[AnyCell, ...], ...]
    most: Mapping[str, int]

    def value(self, counts: Counts) -> int:
        """The number of domains with at least one node."""
        return Distinct(self.domains).value(counts)

    def encode(self, model: LinearModel) -> Terms:
        """One whole indicator a domain: 1 where the domain holds a node.

        Each group's count there is at most all its nodes times the indicator: a row a group says much more to the
        relaxation than one of all groups' nodes.
        """
        used = []
        for cells in self.domains:
            held = _count(model, cells, -1)
            if held:
                indicator = model.add_whole(1)
                model.add_row(((indicator, 1), *held), None, 0)
                for group in sorted({cell.group for cell in cells}):
                    own = _count(model, (cell for cell in cells if cell.group == group), -1)
                    model.add_row(((indicator, self.most[group]), *own), 0, None)
                used.append((indicator, 1))
        return tuple(used)


@dataclass(frozen=True, slots=True)
class TopK:
    """What the `number` fullest domains hold together. Nodes whose domain is unknown count as if in one of them."""

    domains: tuple[Sum, ...]
    number: int
    unknown: Sum = Sum(())

    def value(self, counts: Counts) -> int:
        """The sum of the largest, and of the unknown."""
        held = sorted((domain.value(counts) for domain in self.domains), reverse=True)
        return sum(held[: self.number]) + self.unknown.value(counts)

    def encode(self, model: LinearModel) -> Terms:
        """k·t + Σ u_d with u_d ≥ x_d - t and u, t ≥ 0: least where t is the k-th largest (Ogryczak and Tamir 2003)."""
        unknown = self.unknown.encode(model)
        if self.number >= len(self.domains):
            return (*(term for domain in self.domains for term in domain.encode(model)), *unknown)
        threshold = model.add_variable(0, None)
        above = []
        for domain in self.domains:
            excess = model.add_variable(0, None)
            held = tuple((variable, -weight) for variable, weight in domain.encode(model))
            model.add_row(((excess, 1), (threshold, 1), *held), 0, None)
            above.append((excess, 1))
        return ((threshold, self.number), *above, *unknown)


@dataclass(frozen=True, slots=True)
class Survivors:
    """What is left of `all` when the worst domains are lost."""

    all: Sum
    lost: TopK

    def value(self, counts: Counts) -> int:
        """All less what the fullest domains hold."""
        return self.all.value(counts) - self.lost.value(counts)

    def encode(self, model: LinearModel) -> Terms:
        """The one expression less the other."""
        return (*self.all.encode(model), *((variable, -weight) for variable, weight in self.lost.encode(model)))


@dataclass(frozen=True, slots=True)
class Conditional:
    """Nodes in `cells`, counted only where none of `other` holds a node. `cells` never hold more than `most`."""

    cells: tuple[AnyCell, ...]
    other: tuple[AnyCell, ...]
    most: int

    def value(self, counts: Counts) -> int:
        """The nodes that stand without the other."""
        alone = not any(counts.get(cell, 0) for cell in self.other)
        return sum(counts.get(cell, 0) for cell in self.cells) if alone else 0

    def encode(self, model: LinearModel) -> Terms:
        """An indicator at most the other's count and 1, and what the cells hold beyond `most` times it."""
        held = _count(model, self.cells, -1)
        if not held:
            return ()
        present, alone = model.add_variable(0, 1), model.add_variable(0, None)
        model.add_row(((present, 1), *_count(model, self.other, -1)), None, 0)
        model.add_row(((alone, 1), (present, self.most), *held), 0, None)
        return ((alone, 1),)


@dataclass(frozen=True, slots=True)
class Range:
    """The fullest domain's count less the emptiest's. Nodes whose domain is unknown count as if in the fullest."""

    domains: tuple[tuple[AnyCell, ...], ...]
    unknown: tuple[AnyCell, ...] = ()

    def value(self, counts: Counts) -> int:
        """max + unknown - min; with no known domain, the nodes whose domain is unknown."""
        held = [sum(counts.get(cell, 0) for cell in cells) for cells in self.domains]
        return max(held, default=0) + sum(counts.get(cell, 0) for cell in self.unknown) - min(held, default=0)

    def encode(self, model: LinearModel) -> Terms:
        """A variable above every domain's count and one below, and the unknown count."""
        unknown = _count(model, self.unknown, 1)
        if not self.domains:
            return unknown
        fullest, emptiest = model.add_variable(0, None), model.add_variable(0, None)
        for cells in self.domains:
            model.add_row(((fullest, 1), *_count(model, cells, -1)), 0, None)
            model.add_row(((emptiest, 1), *_count(model, cells, -1)), None, 0)
        return ((fullest, 1), (emptiest, -1), *unknown)


def _count(model: LinearModel, cells: Iterable[AnyCell], weight: int) -> Terms:
    return tuple((variable, weight) for cell in cells for variable in model.get_count(cell))
