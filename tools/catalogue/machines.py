"""Machine types of the source to those of the catalogue: units, a month's price, zones by name."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from orchestrator.model.site import MachineType, Zone
from tools.catalogue.families import LOCAL_DISK, classify_cpu
from tools.catalogue.source import SourceRow

HOURS_PER_MONTH = 730  # 365 × 24 / 12: what providers' own calculators use

# ECB reference rate of 2026-10-28, the one that SOURCES.md names for its hetzner rows.
USD_PER_EUR = Decimal("1.1133")
MONTHLY_CAP = "EUR/month cap ex VAT"

GIB_PER_GB = Decimal(10**9) / 2**30
# gcp's column is in GiB whatever its heading says: c3-standard-4-lssd costs 375 × 0.08 USD a month (its price per GiB
# of Local SSD) more than c3-standard-4. The others' are taken as GB, the smaller reading.
PROVIDERS_WITH_DISKS_IN_GIB = frozenset({"gcp"})

# When the specification was read: the date of a row without a price. From SOURCES.md.
SPEC_DATES = {"moto-5.2.5": "2026-08-02", "gcosts+sc-data-dumps": "2026-07-30", "sc-data-dumps": "2026-01-31"}

# aws names the zones of a region anew for each account. In these regions the source's two lists plainly come from
# accounts with different names (us-west-1 has a, b in one and b, c in the other), so which zone is meant is unknown.
REGIONS_WITH_TWO_NAMINGS = frozenset({("aws", "us-west-1"), ("aws", "eu-west-2")})


def convert_machines(rows: Iterable[SourceRow], zones: Sequence[Zone]) -> list[MachineType]:
    """The machine types of every region that has a zone; unpriced ones keep an unknown price."""
    names: dict[tuple[str, str], set[str]] = {}
    for zone in zones:
        names.setdefault((zone.provider, zone.region), set()).add(zone.zone)
    return [convert_machine(row, names[place]) for row in rows if (place := (row["provider"], row["region"])) in names]


def convert_machine(row: SourceRow, zones: set[str]) -> MachineType:
    """One machine type in one region, whose zones are `zones`."""
    provider, name = row["provider"], row["machine_type"]
    try:
        cpu = classify_cpu(provider, name)
    except KeyError:
        raise row.refuse(f"nobody has classified the family of {provider} {name}", "add it to families.py") from None
    disk = compute_disk_gib(row)
    priced = bool(row["usd_per_hour"])
    return MachineType(
        provider=provider,
        region=row["region"],
        name=name,
        vcpus=int(row["vcpus"]),
        cpu=cpu,
        memory_gib=Decimal(row["memory_gib"]),
        local_disk_gib=disk,
        disk_kind=LOCAL_DISK[provider] if disk else None,
        arch="arm64" if row["arch"] == "arm64" else "x86_64",
        usd_per_month=compute_monthly_price(row) if priced else None,
        zones=find_zones(row, zones),
        source=f"{row['spec_source']}; price: {row['price_source']}" if priced else row["spec_source"],
        source_date=row["price_date"] if priced else SPEC_DATES[row["spec_source"]],
    )


def compute_disk_gib(row: SourceRow) -> int:
    """The local disk in whole GiB, rounded down."""
    size = Decimal(row["local_disk_gb"] or 0)
    return int(size if row["provider"] in PROVIDERS_WITH_DISKS_IN_GIB else size * GIB_PER_GB)


def compute_monthly_price(row: SourceRow) -> Decimal:
    """USD a month: the provider's own monthly cap where it states one, else the hour's price × 730."""
    if row["native_unit"] == MONTHLY_CAP:
        return Decimal(row["native_price"]) * USD_PER_EUR
    return Decimal(row["usd_per_hour"]) * HOURS_PER_MONTH


def find_zones(row: SourceRow, zones: set[str]) -> tuple[str, ...]:
    """The names of the zones that offer the type, from the source's letters; empty where it doesn't say which."""
    place = (row["provider"], row["region"])
    letters = [letter for letter in row["zones_offered"].split(";") if letter]
    if not letters or place in REGIONS_WITH_TWO_NAMINGS:
        return ()
    separator = "" if row["provider"] == "aws" else "-"
    names = tuple(sorted(f"{row['region']}{separator}{letter}" for letter in letters))
    if not zones.issuperset(names):
        hint = "if the source names the zones as another account does, add the region to REGIONS_WITH_TWO_NAMINGS"
        raise row.refuse(f"offered in {', '.join(names)}, but the region has {', '.join(sorted(zones))}", hint)
    return names
