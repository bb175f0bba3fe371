"""Where nodes of each group may stand, as rules see it: cells of (group, place) and the domains the places are in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from orchestrator.model.failure_domain import DomainKind, Placed


class Cell(NamedTuple):
    """Nodes of one group at one place: what counts are kept of. A place is a site, or one enrolled host."""

    group: str
    place: str


@dataclass(frozen=True, slots=True)
class Domains:
    """Cells by the domain they are in, domains sorted; `unknown` are those whose domain nobody knows."""

    known: Mapping[str, tuple[Cell, ...]]
    unknown: tuple[Cell, ...]


@dataclass(frozen=True)
class Candidates:
    """Every cell that may hold nodes.

    `pinned` cells hold nodes that must not move. Where such a cell is closed (its domain lost or denied) it is
    stranded: its nodes count against caps, yet it makes no domain eligible.
    """

    places: Mapping[str, Placed]
    cells: tuple[Cell, ...]
    pinned: frozenset[Cell] = frozenset()
    _domains: dict[DomainKind, dict[str, str | None]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _by_group(self) -> Mapping[str, tuple[Cell, ...]]:
        return _collect(self.cells)

    @cached_property
    def _stranded_by_group(self) -> Mapping[str, tuple[Cell, ...]]:
        return _collect(sorted(self.pinned.difference(self.cells)))

    def get_domain(self, cell: Cell, kind: DomainKind) -> str | None:
        """The domain of `kind` that the cell is in; None where the fact is unknown."""
        known = self._domains.setdefault(kind, {})
        if cell.place not in known:
            known[cell.place] = self.places[cell.place].get_domain(kind)
        return known[cell.place]

    def get_cells(self, groups: Iterable[str]) -> tuple[Cell, ...]:
        """The open cells of the groups, in order."""
        return tuple(cell for group in groups for cell in self._by_group.get(group, ()))

    def get_eligible(self, groups: Iterable[str], kind: DomainKind) -> Domains:
        """The open cells of the groups by domain: the domains that nodes can be in."""
        return self._split(self.get_cells(groups), kind)

    def get_occupiable(self, groups: Iterable[str], kind: DomainKind) -> Domains:
        """The open and the stranded cells of the groups by domain: all that can hold a node."""
        return self._split(self.get_occupiable_cells(groups), kind)

    def get_occupiable_cells(self, groups: Iterable[str]) -> tuple[Cell, ...]:
        """The open and the stranded cells of the groups."""
        names = tuple(groups)
        return self.get_cells(names) + tuple(cell for name in names for cell in self._stranded_by_group.get(name, ()))

    def remove(self, cells: frozenset[Cell]) -> "Candidates":
        """These candidates without some open cells."""
        return replace(self, cells=tuple(cell for cell in self.cells if cell not in cells)) if cells else self

    def _split(self, cells: Iterable[Cell], kind: DomainKind) -> Domains:
        known: dict[str, list[Cell]] = {}
        unknown: list[Cell] = []
        for cell in cells:
            domain = self.get_domain(cell, kind)
            (unknown if domain is None else known.setdefault(domain, [])).append(cell)
        return Domains({name: tuple(known[name]) for name in sorted(known)}, tuple(unknown))


def _collect(cells: Iterable[Cell]) -> Mapping[str, tuple[Cell, ...]]:
    by_group: dict[str, list[Cell]] = {}
    for cell in cells:
        by_group.setdefault(cell.group, []).append(cell)
    return {group: tuple(found) for group, found in by_group.items()}
