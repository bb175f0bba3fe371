"""The four tables of a catalogue folder: their files, their columns, and what makes a row the same row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from orchestrator.model.base import Frozen
from orchestrator.model.site import Image, MachineType, StoragePrice, Zone

Fact = TypeVar("Fact", bound=Frozen)


@dataclass(frozen=True)
class Table(Generic[Fact]):
    """One file of a catalogue folder, each row a `model`.

    `columns` are all that it may have, in the order in which they are written; `filled` those that no row leaves
    empty. `key` says which rows are the same: a later catalogue's row takes the place of an earlier one's. Every key of
    a catalogue's file begins with provider and region. `fields` names the model's field where it isn't the column's own
    name. `page` has an example.
    """

    file: str
    model: type[Fact]
    columns: tuple[str, ...]
    filled: tuple[str, ...]
    key: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    page: str = "docs/catalogue.md"

    @property
    def required(self) -> frozenset[str]:
        """The columns that the header must have."""
        return frozenset((*self.key, *self.filled)) - {"from_gb"}

    def get_field(self, column: str) -> str:
        """The model's field that `column` holds."""
        return self.fields.get(column, column)

    def get_key(self, fact: Fact) -> tuple[Any, ...]:
        """The natural key of a fact."""
        return tuple(getattr(fact, self.get_field(column)) for column in self.key)


SITES = Table(
    file="sites.csv",
    model=Zone,
    columns=(
        *("provider", "region", "zone", "zone_id", "facility", "country", "jurisdiction", "operator_jurisdiction"),
        *("continent", "asn", "latitude", "longitude", "capacity", "status", "source", "source_date"),
    ),
    filled=("provider", "region", "zone"),
    key=("provider", "region", "zone"),
)

MACHINES = Table(
    file="machines.csv",
    model=MachineType,
    columns=(
        *("provider", "region", "machine_type", "vcpus", "cpu", "memory_gib", "local_disk_gib"),
        *("local_disk_iops", "disk_kind", "arch", "usd_per_month", "zones", "capacity", "source", "source_date"),
    ),
    filled=("provider", "region", "machine_type", "vcpus", "cpu", "memory_gib"),
    key=("provider", "region", "machine_type"),
    fields={"machine_type": "name"},
    lists=("zones",),
)

STORAGE = Table(
    file="storage.csv",
    model=StoragePrice,
    columns=(
        *("provider", "region", "kind", "type", "disk_kind", "most_iops", "from_gb"),
        *("usd_per_month_gib", "usd_per_gb", "usd_per_month", "source", "source_date"),
    ),
    filled=("provider", "kind", "type"),
    key=("provider", "region", "kind", "type", "from_gb"),
)

IMAGES = Table(
    file="images.csv",
    model=Image,
    columns=("provider", "region", "arch", "image_id", "os", "source", "source_date"),
    filled=("provider", "arch", "image_id", "os"),
    key=("provider", "region", "arch"),
)

FILES = (SITES.file, MACHINES.file, STORAGE.file, IMAGES.file)
