"""Regions of the source to zones of the catalogue: one row a zone."""

from collections.abc import Iterable

from orchestrator.model.site import Zone
from tools.catalogue.source import SourceRow

# The law that the provider's company is under, from the country that the source says it sits in.
LAW_OF_COUNTRY = {"DE": "EU", "US": "US"}

# Zone names of these are the same in every account. Those of aws are not: there the id is a fact of its own.
PROVIDERS_WITH_GLOBAL_ZONES = frozenset({"gcp", "hetzner"})

# Here a zone is one datacentre, and named like it.
PROVIDERS_WHOSE_ZONE_IS_A_FACILITY = frozenset({"hetzner"})


def convert_sites(rows: Iterable[SourceRow]) -> list[Zone]:
    """The zones of every region; a region for which the source names no zone has none (cn-north-1, for one)."""
    return [zone for row in rows for zone in convert_region(row)]


def convert_region(row: SourceRow) -> list[Zone]:
    """The zones of one region. All facts but the names are the region's: the source knows none finer."""
    names = [name for name in row["zones"].split(";") if name]
    ids = row["zone_ids"].split(";") if row["zone_ids"] else [""] * len(names)
    if len(ids) != len(names):
        raise row.refuse(f"{len(names)} zones but {len(ids)} zone ids", "the two lists are pairs")
    provider, country = row["provider"], row["provider_country"]
    if country not in LAW_OF_COUNTRY:
        raise row.refuse(f"no law known for operators of {country}", "add it to LAW_OF_COUNTRY")
    return [
        Zone(
            provider=provider,
            region=row["region"],
            zone=name,
            zone_id=zone_id or (name if provider in PROVIDERS_WITH_GLOBAL_ZONES else None),
            facility=name if provider in PROVIDERS_WHOSE_ZONE_IS_A_FACILITY else None,
            country=row["country"] or None,
            jurisdiction=row["jurisdiction"] or None,
            operator_jurisdiction=LAW_OF_COUNTRY[country],
            continent=row["continent"] or None,
            asn=row["asn"] or None,
            latitude=float(row["latitude"]) if row["latitude"] else None,
            longitude=float(row["longitude"]) if row["longitude"] else None,
            status=row["status"],
            source=row["source"],
            source_date=row["source_date"],
        )
        for name, zone_id in zip(names, ids, strict=True)
    ]
