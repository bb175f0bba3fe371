"""A site: one zone of one account, with the facts that failure domains are made of."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.names import Line, PlaceName
from orchestrator.model.quantity import MOST_GIBIBYTES, MOST_IOPS, Usd
from orchestrator.model.source import NOWHERE, Origin

CpuKind = Literal["dedicated", "shared", "burstable"]
DiskKind = Literal["nvme", "ssd", "hdd"]
Arch = Literal["x86_64", "arm64"]

# No provider offers as much, and every sum of as much is exact; larger numbers are slips of the hand.
MOST_VCPUS = 10**5
MOST_MACHINES = 10**9


class DomainFacts(Frozen):
    """The failure domains that reach across providers, and the position; None is an unknown fact."""

    facility: PlaceName | None = None
    country: Line | None = None
    jurisdiction: Line | None = None
    operator_jurisdiction: Line | None = None
    continent: Line | None = None
    asn: Line | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class Fact(Frozen):
    """A fact of the catalogue, and where it is written, so that a finding can say where to fill in what lacks."""

    origin: Origin = NOWHERE


class Zone(DomainFacts, Fact):
    """One zone of a provider, as the catalogue knows it.

    `zone_id` is the provider's own id of the zone, which is the same in every account (zone letters are not).
    `capacity` counts machines; None is no known limit.
    """

    provider: PlaceName
    region: PlaceName
    zone: PlaceName
    zone_id: Line | None = None
    capacity: int | None = Field(default=None, ge=0, le=MOST_MACHINES)
    status: PlaceName = "active"
    source: str = ""
    source_date: str = ""


class Site(Frozen):
    """One zone of one account: where machines can be."""

    account: str
    operator: str
    zone: Zone

    @property
    def origin(self) -> Origin:
        """Where the zone's facts are written."""
        return self.zone.origin

    @property
    def name(self) -> str:
        """The site's name, unique in a fleet: account/region/zone."""
        return f"{self.account}/{self.zone.region}/{self.zone.zone}"

    def get_domain(self, kind: DomainKind) -> str | None:
        """The domain of `kind` that this site is in; None where the fact is unknown.

        Regions and zones carry the provider's name, since two providers may use one word for different places.
        """
        zone = self.zone
        match kind:
            case "account":
                return self.account
            case "operator":
                return self.operator
            case "site":
                return self.name
            case "region":
                return f"{zone.provider}/{zone.region}"
            case "zone":
                return f"{zone.provider}/{zone.zone_id or zone.zone}"
            case _:
                value = getattr(zone, kind)
                return None if value is None else str(value)


class MachineType(Fact):
    """A kind of machine that a provider offers in a region; memory and disk in GiB, price in USD a month.

    `capacity` is how many of them can be had at all (an enrolled host can be had once); None is no known limit.
    `local_disk_iops` is what its local disk is known to do a second. `usd_per_month` None is a missing fact, never a
    free machine. `zones` are those that offer it, sorted; empty
    where that is not known, and then every zone of the region may.
    """

    provider: PlaceName
    region: PlaceName
    name: PlaceName
    vcpus: int = Field(ge=1, le=MOST_VCPUS)
    cpu: CpuKind
    memory_gib: Decimal = Field(gt=0, le=MOST_GIBIBYTES, decimal_places=20)
    local_disk_gib: int = Field(default=0, ge=0, le=MOST_GIBIBYTES)
    local_disk_iops: int | None = Field(default=None, ge=1, le=MOST_IOPS)
    disk_kind: DiskKind | None = None
    arch: Arch = "x86_64"
    usd_per_month: Usd | None = None
    zones: tuple[PlaceName, ...] = ()
    capacity: int | None = Field(default=None, ge=0, le=MOST_MACHINES)
    source: str = ""
    source_date: str = ""


StorageKind = Literal["volume", "egress", "address"]

PRICE_OF_STORAGE: dict[StorageKind, str] = {
    "volume": "usd_per_month_gib",
    "egress": "usd_per_gb",
    "address": "usd_per_month",
}


class StoragePrice(Fact):
    """What a volume (a GiB a month), egress (a GB) or a public address (a month) costs in a region, in USD.

    An empty `region` is the provider's price wherever a region has none of its own. `disk_kind` is what a volume of
    this type is made of, `most_iops` the most input/output operations a second that one can have. Egress falls in
    steps: a price holds from `from_gb` GB of a machine's month upwards, until the next row of the same type begins.
    """

    provider: PlaceName
    region: str
    kind: StorageKind
    type: PlaceName
    disk_kind: DiskKind | None = None
    most_iops: int | None = Field(default=None, ge=1, le=MOST_IOPS)
    from_gb: int = Field(default=0, ge=0, le=MOST_GIBIBYTES)
    usd_per_month_gib: Usd | None = None
    usd_per_gb: Usd | None = None
    usd_per_month: Usd | None = None
    source: str = ""
    source_date: str = ""

    @property
    def price(self) -> Decimal | None:
        """The price in the unit of its kind; None where it is not known."""
        price: Decimal | None = getattr(self, PRICE_OF_STORAGE[self.kind])
        return price

    @model_validator(mode="after")
    def _is_priced_in_its_own_unit(self) -> Self:
        own = PRICE_OF_STORAGE[self.kind]
        strange = [name for name in PRICE_OF_STORAGE.values() if name != own and getattr(self, name) is not None]
        if strange:
            raise ValueError(f"a price of kind {self.kind} goes into {own}, not into {strange[0]}")
        return self


class Image(Frozen):
    """The operating system image that new machines of a provider start from, by the provider's own id."""

    provider: PlaceName
    region: str
    arch: Arch
    image_id: Line
    os: Line
    source: str = ""
    source_date: str = ""
