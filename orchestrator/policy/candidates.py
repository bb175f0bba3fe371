"""Where nodes of each group may stand and what they may run, as rules see it: cells, and the domains they are in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from orchestrator.model.failure_domain import Placed, get_role
from orchestrator.model.fleet import Group


class Cell(NamedTuple):
    """Nodes of one group at one place: what counts are kept of. A place is a site, or one enrolled host."""

    group: str
    place: str


class ClientCell(NamedTuple):
    """Nodes of one group that run one client in one role, wherever they stand."""

    group: str
    role: str
    client: str


AnyCell = Cell | ClientCell
"""What nodes are counted by: the place where they stand, or the client that they run."""


@dataclass(frozen=True, slots=True)
class Domains:
    """Cells by the domain they are in, domains sorted; `unknown` are those whose domain nobody knows."""

    known: Mapping[str, tuple[AnyCell, ...]]
    unknown: tuple[AnyCell, ...]

    @property
    def places(self) -> Mapping[str, tuple[AnyCell, ...]]:
        """The unknown cells by their place: each place is in one domain, whichever that is."""
        found: dict[str, list[AnyCell]] = {}
        for cell in self.unknown:
            if isinstance(cell, Cell):
                found.setdefault(cell.place, []).append(cell)
        return {place: tuple(found[place]) for place in sorted(found)}


@dataclass(frozen=True)
class Candidates:
    """Every cell that may hold nodes.

    `pinned` cells hold nodes that must not move. Where such a cell is closed (its domain lost or denied) it is
    stranded: its nodes count against caps, yet it makes no domain eligible. `clients` are those that the groups offer;
    what pinned nodes run beside them is stranded alike.
    """

    places: Mapping[str, Placed]
    cells: tuple[Cell, ...]
    pinned: frozenset[AnyCell] = frozenset()
    clients: tuple[ClientCell, ...] = ()
    _domains: dict[str, dict[str, str | None]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _by_group(self) -> Mapping[str, tuple[Cell, ...]]:
        return _collect(self.cells)

    @cached_property
    def _stranded_by_group(self) -> Mapping[str, tuple[Cell, ...]]:
        pinned = {cell for cell in self.pinned if isinstance(cell, Cell)}
        return _collect(sorted(pinned.difference(self.cells)))

    def get_domain(self, cell: AnyCell, kind: str) -> str | None:
        """The domain of `kind` that the cell is in; None where the fact is unknown, or no cell of its sort has one."""
        role = get_role(kind)
        if isinstance(cell, ClientCell):
            return cell.client if cell.role == role else None
        if role is not None:
            return None
        known = self._domains.setdefault(kind, {})
        if cell.place not in known:
            known[cell.place] = self.places[cell.place].get_domain(kind)  # type: ignore[arg-type] # no role: a place's
        return known[cell.place]

    def offer(self, groups: Iterable[Group]) -> "Candidates":
        """These candidates with the clients that the groups offer."""
        clients = tuple(
            ClientCell(group.name, role, client)
            for group in groups
            for role, offered in group.clients.items()
            for client in offered
        )
        return replace(self, clients=clients)

    def get_cells(self, groups: Iterable[str]) -> tuple[Cell, ...]:
        """The open cells of the groups, in order."""
        return tuple(cell for group in groups for cell in self._by_group.get(group, ()))

    def get_eligible(self, groups: Iterable[str], kind: str) -> Domains:
        """The domains that nodes of the groups can be in, or the clients that they can run, with all cells there.

        A stranded cell makes no domain eligible; where another cell does, its nodes are in that domain too.
        """
        names, role = tuple(groups), get_role(kind)
        occupiable = self.get_occupiable(names, kind)
        if not self.pinned:
            return occupiable
        cells: Iterable[AnyCell] = self.get_cells(names) if role is None else self._get_clients(names, role)
        eligible = {self.get_domain(cell, kind) for cell in cells}
        known = {name: found for name, found in occupiable.known.items() if name in eligible}
        return Domains(known, occupiable.unknown)

    def get_occupiable(self, groups: Iterable[str], kind: str) -> Domains:
        """The open and the stranded cells of the groups by domain: all that can hold a node."""
        if (role := get_role(kind)) is not None:
            names = frozenset(groups)
            pinned = {cell for cell in self.pinned if isinstance(cell, ClientCell)}
            stranded = (cell for cell in sorted(pinned.difference(self.clients)) if cell.group in names)
            return self._split(
                (*self._get_clients(names, role), *(each for each in stranded if each.role == role)), kind
            )
        return self._split(self.get_occupiable_cells(groups), kind)

    def get_occupiable_cells(self, groups: Iterable[str]) -> tuple[Cell, ...]:
        """The open and the stranded cells of the groups."""
        names = tuple(groups)
        return self.get_cells(names) + tuple(cell for name in names for cell in self._stranded_by_group.get(name, ()))

    def remove(self, cells: frozenset[Cell]) -> "Candidates":
        """These candidates without some open cells."""
        return replace(self, cells=tuple(cell for cell in self.cells if cell not in cells)) if cells else self

    def _get_clients(self, groups: Iterable[str], role: str) -> tuple[ClientCell, ...]:
        names = frozenset(groups)
        return tuple(cell for cell in self.clients if cell.group in names and cell.role == role)

    def _split(self, cells: Iterable[AnyCell], kind: str) -> Domains:
        known: dict[str, list[AnyCell]] = {}
        unknown: list[AnyCell] = []
        for cell in cells:
            domain = self.get_domain(cell, kind)
            (unknown if domain is None else known.setdefault(domain, [])).append(cell)
        return Domains({name: tuple(known[name]) for name in sorted(known)}, tuple(unknown))


def _collect(cells: Iterable[Cell]) -> Mapping[str, tuple[Cell, ...]]:
    by_group: dict[str, list[Cell]] = {}
    for cell in cells:
        by_group.setdefault(cell.group, []).append(cell)
    return {group: tuple(found) for group, found in by_group.items()}
