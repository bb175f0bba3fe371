"""What rules measure of the counts. Each measure has a value in plain numbers and an encoding as linear rows.

The encoding is an expression over the model's variables. `Sum` equals its value. `Distinct` can reach its value and
never exceeds it, so it serves lower bounds; `Range` can reach its value and never falls below it, so it serves upper
bounds. A test holds value and encoding together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from orchestrator.policy.candidates import Cell
from orchestrator.policy.linear import LinearModel, Terms

Counts = Mapping[Cell, int]
"""Nodes by cell; a cell that is not there holds none."""


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

    terms: tuple[tuple[Cell, int], ...]

    def value(self, counts: Counts) -> int:
        """The weighted sum."""
        return sum(weight * counts.get(cell, 0) for cell, weight in self.terms)

    def encode(self, model: LinearModel) -> Terms:
        """The sum over each cell's variables."""
        return tuple((variable, weight) for cell, weight in self.terms for variable in model.get_count(cell))


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many of the domains are in use; `domains` holds the cells of each."""

    domains: tuple[tuple[Cell, ...], ...]

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
class Range:
    """The fullest domain's count less the emptiest's. Nodes whose domain is unknown count as if in the fullest."""

    domains: tuple[tuple[Cell, ...], ...]
    unknown: tuple[Cell, ...] = ()

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


def _count(model: LinearModel, cells: tuple[Cell, ...], weight: int) -> Terms:
    return tuple((variable, weight) for cell in cells for variable in model.get_count(cell))
