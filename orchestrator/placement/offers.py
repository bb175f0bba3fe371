"""What a zone offers for a need: machine types that fit, with a volume where local disk does not do, and the price."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from typing import NamedTuple, TypeVar

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import MachineNeed
from orchestrator.model.missing import MissingFact
from orchestrator.model.site import Arch, CpuKind, DiskKind, Image, MachineType, StoragePrice, Zone
from orchestrator.placement.columns import Offer

CPU_RANK: Mapping[CpuKind, int] = {"burstable": 0, "shared": 1, "dedicated": 2}
DISK_RANK: Mapping[DiskKind, int] = {"hdd": 0, "ssd": 1, "nvme": 2}
# What a client is released for where the need does not say otherwise.
DEFAULT_ARCH: Arch = "x86_64"

# Clouds whose local disks are empty after a stop: days of sync would be lost with it, so their machines have a volume.
CLOUDS_WITH_PASSING_DISKS = frozenset({"aws", "gcp"})

# The volume types, by how their names begin, that can be told their operations a second; others refuse, or follow size.
VOLUMES_WITH_IOPS: Mapping[str, tuple[str, ...]] = {"aws": ("gp3", "io1", "io2"), "gcp": ("hyperdisk",)}

# The catalogue's type of the price of what leaves for the internet at large, and what it is priced by.
EGRESS_TYPE = "internet"
GIGABYTES_PER_GIBIBYTE = Decimal(2**30) / 10**9

# A volume of which only the size is known: the inventory that a machine was imported from need not say more.
UNNAMED_VOLUME = "unknown"

# What enrolled hosts cost is all that they cost: their line is their owner's.
PROVIDER_OF_ENROLLED_HOSTS = "ssh"

Row = TypeVar("Row", MachineType, StoragePrice, Image)


class _Part(NamedTuple):
    """One price of an offer: US dollars a month, its date, and what is missing where there is none."""

    amount: Decimal | None
    date: str
    missing: tuple[MissingFact, ...] = ()


class OfferBook:
    """The catalogue, indexed for the question: what fits this need in this zone, and for how much?"""

    def __init__(self, catalogue: Catalogue) -> None:
        self._types = _index(catalogue.machine_types)
        self._storage = _index(catalogue.storage_prices)
        self._images = _index(catalogue.images)

    def get_machine_type(self, provider: str, region: str, name: str) -> MachineType | None:
        """A machine type by name; None where the catalogue no longer lists it."""
        return next((found for found in self._types.get((provider, region), ()) if found.name == name), None)

    def get_image(self, provider: str, region: str, arch: str) -> str | None:
        """The id of the image that a new machine starts from: the newest listed for the region, else for any region."""
        for where in ((provider, region), (provider, "")):
            images = [image for image in self._images.get(where, ()) if image.arch == arch]
            if images:
                return max(images, key=lambda image: (image.source_date, image.image_id)).image_id
        return None

    def compute_offers(
        self,
        need: MachineNeed,
        zone: Zone,
        names: frozenset[str] | None = None,
        refused: frozenset[str | None] = frozenset(),
    ) -> tuple[Offer, ...]:
        """The cheapest fitting offers of a zone: in order of price, up to the first that has no known limit.

        `names` restricts the machine types (to an account's enrolled hosts), `refused` are types that cannot be had
        now. Offers without a price come last: first those of which least is unknown, then by what is known.
        """
        types = [
            found
            for found in self._types.get((zone.provider, zone.region), ())
            if (names is None or found.name in names)
            and found.name not in refused
            and (not found.zones or zone.zone in found.zones)
        ]
        fitting = [(offer, found) for found in types if (offer := self.compute_offer(need, found)) is not None]
        offers = [offer for offer, _ in sorted(fitting, key=lambda pair: _rank_offer(*pair))]
        unlimited = next((at for at, offer in enumerate(offers) if offer.capacity is None), len(offers))
        return tuple(offers[: unlimited + 1])

    def compute_offer(self, need: MachineNeed, machine_type: MachineType) -> Offer | None:
        """The machine type with the disk that the need asks for; None where it does not fit."""
        if not is_large_enough(need, machine_type):
            return None
        if has_local_disk(need, machine_type):
            return self._price(need, machine_type, 0, None)
        volume = self._get_volume(need, machine_type)
        return None if volume is None else self._price(need, machine_type, ceil(need.disk), volume)

    def compute_price(self, need: MachineNeed, machine_type: MachineType, volume_gib: int, volume_type: str) -> Offer:
        """What a machine that stands already costs today, whatever could be had cheaper."""
        volumes = self._get_storage(machine_type, "volume")
        volume = next((found for found in volumes if found.type == volume_type), None)
        if volume is None and volume_gib:
            kind = volume_type or UNNAMED_VOLUME
            volume = StoragePrice(provider=machine_type.provider, region=machine_type.region, kind="volume", type=kind)
        return self._price(need, machine_type, volume_gib, volume)

    def _get_volume(self, need: MachineNeed, machine_type: MachineType) -> StoragePrice | None:
        """The cheapest volume of the region that is fast enough; network volumes are never nvme.

        No chain syncs on spinning disks, so they are taken on request alone.
        """
        wanted = need.disk_kind or "ssd"
        if wanted == "nvme":
            return None
        volumes = [
            found
            for found in self._get_storage(machine_type, "volume")
            if (wanted == "hdd" or found.disk_kind != "hdd") and (need.iops is None or takes_iops(found, need.iops))
        ]
        return min(volumes, key=lambda found: _rank_volume(found, need), default=None)

    def _get_storage(self, machine_type: MachineType, kind: str) -> Sequence[StoragePrice]:
        """Storage prices of the machine type's region; where it has none of a kind, those of the whole provider."""
        for region in (machine_type.region, ""):
            found = [row for row in self._storage.get((machine_type.provider, region), ()) if row.kind == kind]
            if found:
                return found
        return ()

    def _price_egress(self, egress: Decimal, machine_type: MachineType) -> _Part:
        """What a month's traffic to the internet costs, step by step, and the price's date.

        Source of the steps: the rows' `from_gb`, each price from there up to where the next begins.
        """
        found = [row for row in self._get_storage(machine_type, "egress") if row.type == EGRESS_TYPE]
        steps = sorted(found, key=lambda row: row.from_gb)
        amount = egress * GIGABYTES_PER_GIBIBYTE
        unknown = f"egress {EGRESS_TYPE} in {machine_type.provider} {machine_type.region}"
        if not steps or steps[0].from_gb:
            return _Part(None, "", (MissingFact("usd_per_gb", unknown),))
        total = Decimal(0)
        for step, end in zip(steps, [*(row.from_gb for row in steps[1:]), None], strict=True):
            part = (amount if end is None else min(amount, Decimal(end))) - step.from_gb
            if part > 0:
                if step.usd_per_gb is None:
                    return _Part(None, "", (MissingFact("usd_per_gb", unknown, step.origin.source),))
                total += part * step.usd_per_gb
        return _Part(total, min((row.source_date for row in steps if row.source_date), default=""))

    def _price(
        self, need: MachineNeed, machine_type: MachineType, volume_gib: int, volume: StoragePrice | None
    ) -> Offer:
        parts = [_price_row(machine_type.usd_per_month, machine_type, "usd_per_month", machine_type.name)]
        if volume is not None:
            price = volume.usd_per_month_gib
            amount = None if price is None else price * volume_gib
            parts.append(_price_row(amount, volume, "usd_per_month_gib", f"volume {volume.type}"))
        address = min(self._get_storage(machine_type, "address"), key=_rank_address, default=None)
        if address is not None:
            parts.append(_price_row(address.usd_per_month, address, "usd_per_month", f"address {address.type}"))
        unknown = _find_unknown_iops(need, machine_type, volume)
        if need.egress is not None and machine_type.provider != PROVIDER_OF_ENROLLED_HOSTS:
            parts.append(egress := self._price_egress(need.egress, machine_type))
            unknown += egress.missing
        known = [part.amount for part in parts if part.amount is not None]
        total = sum(known, Decimal(0)) if len(known) == len(parts) else None
        return Offer(
            machine_type=machine_type.name,
            arch=machine_type.arch,
            volume_gib=volume_gib,
            volume_type=volume.type if volume is not None else "",
            cents=None if total is None else _round_cents(total),
            known_cents=_round_cents(sum(known, Decimal(0))),
            priced_on=min((part.date for part in parts if part.date), default=""),
            capacity=machine_type.capacity,
            missing_prices=tuple(missing for part in parts for missing in part.missing),
            missing_needs=unknown,
        )


def is_large_enough(need: MachineNeed, machine_type: MachineType) -> bool:
    """Whether cores, kind of cores, memory and architecture do; the disk is another question."""
    return (
        machine_type.vcpus >= need.vcpus
        and machine_type.memory_gib >= need.memory
        and CPU_RANK[machine_type.cpu] >= CPU_RANK[need.cpu]
        and machine_type.arch == (need.arch or DEFAULT_ARCH)
    )


def has_local_disk(need: MachineNeed, machine_type: MachineType) -> bool:
    """Whether the local disk does: it keeps its data, is large enough, and is known to be as fast as is asked for."""
    if machine_type.provider in CLOUDS_WITH_PASSING_DISKS or machine_type.local_disk_gib < need.disk:
        return False
    if need.iops is not None and machine_type.local_disk_iops is not None and machine_type.local_disk_iops < need.iops:
        return False
    if need.disk_kind is None:
        return True
    return machine_type.disk_kind is not None and DISK_RANK[machine_type.disk_kind] >= DISK_RANK[need.disk_kind]


def takes_iops(volume: StoragePrice, iops: int) -> bool:
    """Whether a volume can be told so many operations a second, as far as its limit is known.

    Of providers that are not known here, each volume is held to be able to be told.
    """
    known = VOLUMES_WITH_IOPS.get(volume.provider)
    told = known is None or volume.type.startswith(known)
    return told and (volume.most_iops is None or iops <= volume.most_iops)


def _find_unknown_iops(
    need: MachineNeed, machine_type: MachineType, volume: StoragePrice | None
) -> tuple[MissingFact, ...]:
    """That nobody knows whether the disk does the operations a second that are asked for."""
    if need.iops is None:
        return ()
    if volume is None:
        known = machine_type.local_disk_iops is not None
        return () if known else (_name_missing("local_disk_iops", machine_type, machine_type.name),)
    return () if volume.most_iops is not None else (_name_missing("most_iops", volume, f"volume {volume.type}"),)


def _round_cents(usd: Decimal) -> int:
    return int((usd * 100).to_integral_value(ROUND_HALF_UP))


def _rank_offer(offer: Offer, machine_type: MachineType) -> tuple[bool, int, int, int, Decimal, str]:
    """The cheapest first; where too little is known for that, the smallest, and at last by name."""
    size = (0, Decimal(0)) if offer.cents is not None else (machine_type.vcpus, machine_type.memory_gib)
    return (offer.cents is None, len(offer.missing_prices), offer.known_cents, *size, offer.machine_type)


def _price_row(amount: Decimal | None, row: MachineType | StoragePrice, fact: str, name: str) -> _Part:
    missing = (_name_missing(fact, row, name),) if amount is None else ()
    return _Part(amount, row.source_date, missing)


def _name_missing(fact: str, row: MachineType | StoragePrice, name: str) -> MissingFact:
    return MissingFact(fact, f"{name} in {row.provider} {row.region}".strip(), row.origin.source)


def _rank_volume(volume: StoragePrice, need: MachineNeed) -> tuple[bool, bool, Decimal, str]:
    """One that is known to do goes first, then the cheapest."""
    price = volume.usd_per_month_gib
    return (need.iops is not None and volume.most_iops is None, price is None, price or Decimal(0), volume.type)


def _rank_address(address: StoragePrice) -> tuple[bool, Decimal, str]:
    price = address.usd_per_month
    return (price is None, price or Decimal(0), address.type)


def _index(rows: Iterable[Row]) -> Mapping[tuple[str, str], list[Row]]:
    index: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        index.setdefault((row.provider, row.region), []).append(row)
    return index
