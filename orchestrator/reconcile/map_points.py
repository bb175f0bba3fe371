"""Where nodes stand on the map: the regions in use, before and after, with their position."""

from collections import Counter
from collections.abc import Mapping

from orchestrator.model.failure_domain import Placed
from orchestrator.model.site import Site
from orchestrator.reconcile.standing import Standing
from orchestrator.reconcile.verdict import PlaceCount

UNKNOWN = "(unknown)"


def count_places(before: Standing | None, after: Standing) -> tuple[PlaceCount, ...]:
    """The regions in which a node stands before or after, by name.

    A region's position is that of its first zone, by name, of which it is known; the catalogue has it by zone.
    """
    known = {**(_find_regions(before) if before else {}), **_find_regions(after)}
    was, will_be = _count(before) if before else Counter[str](), _count(after)
    return tuple(
        PlaceCount(
            place=region,
            country=place.get_domain("country"),
            latitude=place.zone.latitude if isinstance(place, Site) else None,
            longitude=place.zone.longitude if isinstance(place, Site) else None,
            before=was[region],
            after=will_be[region],
        )
        for region, place in sorted(known.items())
    )


def _count(standing: Standing) -> Counter[str]:
    return Counter(_get_region(node.place) for node in standing.nodes)


def _find_regions(standing: Standing) -> Mapping[str, Placed]:
    """For each region that is in use a place in it: the first of a known position, else the first."""
    regions: dict[str, Placed] = {}
    for place in sorted((node.place for node in standing.nodes), key=lambda place: place.get_domain("site") or ""):
        region = _get_region(place)
        if region not in regions or (not _is_known(regions[region]) and _is_known(place)):
            regions[region] = place
    return regions


def _get_region(place: Placed) -> str:
    return place.get_domain("region") or UNKNOWN


def _is_known(place: Placed) -> bool:
    return isinstance(place, Site) and place.zone.latitude is not None and place.zone.longitude is not None
