"""Storage and traffic prices of the source to those of the catalogue: one unit a kind, tiers as lower ends."""

from collections.abc import Iterable
from decimal import Decimal

from orchestrator.model.site import DiskKind, StoragePrice
from tools.catalogue.source import SourceRow

GIB_PER_GB = Decimal(10**9) / 2**30
GB_PER_GIB = 1 / GIB_PER_GB
PLACES = Decimal("0.000001")

# What volumes of each type are made of. Types whose price has a second part (provisioned IOPS: pd-extreme,
# hyperdisk-extreme) are left out, for the price per GiB alone would understate them; so are local disks (part of the
# machine's price) and snapshots.
VOLUMES: dict[tuple[str, str], DiskKind] = {
    ("aws", "gp3"): "ssd",
    ("aws", "st1"): "hdd",
    ("gcp", "pd-balanced"): "ssd",
    ("gcp", "pd-ssd"): "ssd",
    ("gcp", "pd-standard"): "hdd",
    ("hetzner", "volume"): "ssd",
}
# The most operations a second that one can have. Source: Amazon EBS User Guide, General Purpose SSD volumes (80,000
# since 2025), as quoted and checked in two unrelated public repositories (index ids 63344367922 and 71471974964). Of
# hetzner's volumes no limit was found; pd-* of gcp cannot be told theirs.
MOST_IOPS = {("aws", "gp3"): 80_000}

LEFT_OUT = frozenset({"pd-extreme", "hyperdisk-extreme", "local-ssd", "pd-snapshot"})

# Hetzner's price list (GET /v1/pricing) has one volume price for all locations: its schema gives a location to the
# prices of servers, addresses and load balancers, and none to the volume's. So the source's fsn1 holds everywhere.
PRICED_ALIKE_EVERYWHERE = frozenset({("hetzner", "volume")})


# Where traffic goes.
TRAFFIC_TYPES = {
    "internet": "internet",
    "internet premium tier worldwide (excl. China, Australia)": "internet",
    "internet premium tier to China": "internet-china",
    "internet premium tier to Australia": "internet-australia",
}

# From how many GB a month a tier's price holds. aws counts 10 TB as 10,240 GB; the tiers of gcp and hetzner are in
# TiB, so they are converted.
LOWER_ENDS = {
    "first 1 GB": 0,
    "1 GB-10 TB": 1,
    "10-50 TB": 10 * 1024,
    "50-150 TB": 50 * 1024,
    ">150 TB": 150 * 1024,
    "0-1 TiB": 0,
    "1-10 TiB": round(2**40 / 10**9),
    ">10 TiB": round(10 * 2**40 / 10**9),
    "within included 20 TiB per server": 0,
    "overage": round(20 * 2**40 / 10**9),
}


def convert_storage(rows: Iterable[SourceRow]) -> list[StoragePrice]:
    """The prices of volumes and of traffic that the catalogue carries."""
    return [convert_price(row) for row in rows if row["type"] not in LEFT_OUT]


def convert_price(row: SourceRow) -> StoragePrice:
    """One row of the source as a row of the catalogue."""
    if row["kind"] == "block":
        return convert_volume(row)
    if row["kind"] == "egress":
        return convert_egress(row)
    raise row.refuse(f"unknown kind {row['kind']}", "add it to convert_price, or its type to LEFT_OUT")


def convert_volume(row: SourceRow) -> StoragePrice:
    """A volume's price, a GiB a month."""
    key = (row["provider"], row["type"])
    if key not in VOLUMES:
        raise row.refuse(f"nobody has said what {' '.join(key)} is made of", "add it to VOLUMES or LEFT_OUT")
    units = {"GiB-month": Decimal(1), "GB-month": GB_PER_GIB}
    return StoragePrice(
        provider=row["provider"],
        region="" if key in PRICED_ALIKE_EVERYWHERE else row["region"],
        kind="volume",
        type=row["type"],
        disk_kind=VOLUMES[key],
        most_iops=MOST_IOPS.get(key),
        usd_per_month_gib=compute_price(row, units),
        source=row["source"],
        source_date=row["price_date"],
    )


def convert_egress(row: SourceRow) -> StoragePrice:
    """The price of traffic to the internet, a GB, from the lower end of its tier."""
    if row["type"] not in TRAFFIC_TYPES or row["tier"] not in LOWER_ENDS:
        raise row.refuse(f"unknown traffic {row['type']}, {row['tier']}", "add it to TRAFFIC_TYPES and LOWER_ENDS")
    return StoragePrice(
        provider=row["provider"],
        region=row["region"],
        kind="egress",
        type=TRAFFIC_TYPES[row["type"]],
        from_gb=LOWER_ENDS[row["tier"]],
        usd_per_gb=compute_price(row, {"GB": Decimal(1), "GiB": GIB_PER_GB}),
        source=row["source"],
        source_date=row["price_date"],
    )


def compute_price(row: SourceRow, units: dict[str, Decimal]) -> Decimal:
    """The source's price in our unit, to a millionth of a dollar; `units` are factors by the source's unit."""
    if row["unit"] not in units:
        raise row.refuse(f"unknown unit {row['unit']}", f"known here: {', '.join(units)}")
    return (Decimal(row["usd_price"]) * units[row["unit"]]).quantize(PLACES).normalize()
