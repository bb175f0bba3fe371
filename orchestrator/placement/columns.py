"""A column: one way to stand a node of a group at a place, with what that costs."""

from dataclasses import dataclass
from typing import NamedTuple

from orchestrator.model.missing import MissingFact
from orchestrator.model.site import Site
from orchestrator.policy.candidates import Cell


class ColumnKey(NamedTuple):
    """What tells columns apart. A place is a site, or one enrolled host; no volume is size 0 and type ""."""

    group: str
    place: str
    machine_type: str
    volume_gib: int
    volume_type: str

    @property
    def cell(self) -> Cell:
        """The cell that nodes of this column are counted in."""
        return Cell(self.group, self.place)


class Resource(NamedTuple):
    """Something that can be had so many times: machines of a site, machines of a type, an enrolled host."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A machine type with the disk it needs, in one zone. `cents` a month; None where a price is missing.

    `priced_on` is the oldest date of the prices used; `capacity` is how many can be had (None: no known limit).
    `known_cents` is what is known of the price, `missing_prices` are the parts that nobody knows, `missing_needs` what
    the need asks of it and nobody knows.
    """

    machine_type: str
    arch: str
    volume_gib: int
    volume_type: str
    cents: int | None
    priced_on: str
    capacity: int | None
    known_cents: int = 0
    missing_prices: tuple[MissingFact, ...] = ()
    missing_needs: tuple[MissingFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """An offer at a place for a group. `resources` are what one machine more would use up."""

    key: ColumnKey
    site: Site
    offer: Offer
    host: str | None
    image: str | None
    resources: tuple[Resource, ...]
