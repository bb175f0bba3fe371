"""Nodes on the map of the world: which places make one marker, how large it is, and what it says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import dist, sqrt
from typing import Literal

from orchestrator.reconcile.verdict import PlaceCount
from orchestrator.report.pictures.projection import project

When = Literal["before", "after"]
Kind = Literal["same", "moved", "more", "fewer", "new", "gone"]

SMALLEST, LARGEST = 6.0, 13.0  # radius in units of the picture
DIGIT = 3.3  # half the width of a digit, so that a number fits into its marker
NEAREST = 14.0  # markers nearer than this would hide each other, so they are one; about 750 km
NAMES_SHOWN = 8


@dataclass(frozen=True)
class Marker:
    """A disc whose area is its nodes; `change` is what is added since before, `label` what it says when asked."""

    x: float
    y: float
    radius: float
    nodes: int
    change: int
    kind: Kind
    label: str


@dataclass(frozen=True)
class WorldMap:
    """A map: its markers, the largest first so that none is hidden, and a sentence that says the same."""

    when: When
    markers: tuple[Marker, ...]
    summary: str


def lay_out_map(places: Sequence[PlaceCount], when: When) -> WorldMap:
    """The map of before or of after. Both have the same markers at the same points, so that they can be compared."""
    clusters = _cluster(places)
    most = max((max(_count(cluster, "before"), _count(cluster, "after")) for cluster in clusters), default=1)
    markers = [_mark(cluster, when, most) for cluster in clusters]
    shown = [marker for marker in markers if marker.nodes or (when == "after" and marker.kind == "gone")]
    return WorldMap(when, tuple(sorted(shown, key=lambda each: (-each.radius, each.label))), _summarise(places, when))


def find_unplaced(places: Iterable[PlaceCount]) -> tuple[PlaceCount, ...]:
    """The places that no map can show, since nobody knows where they are."""
    return tuple(place for place in places if place.latitude is None or place.longitude is None)


def get_kind(before: int, after: int) -> Kind:
    """What became of a place."""
    if before == after:
        return "same"
    if before and after:
        return "more" if after > before else "fewer"
    return "new" if after else "gone"


def _cluster(places: Iterable[PlaceCount]) -> list[list[PlaceCount]]:
    """Places that are near each other together, each with the fullest one near it; the first of each is the fullest."""
    clusters: list[tuple[tuple[float, float], list[PlaceCount]]] = []
    for place in sorted(places, key=lambda each: (-max(each.before, each.after), each.place)):
        if place.latitude is None or place.longitude is None:
            continue
        point = project(place.longitude, place.latitude)
        near = next((members for centre, members in clusters if dist(centre, point) < NEAREST), None)
        if near is None:
            clusters.append((point, [place]))
        else:
            near.append(place)
    return [members for _, members in clusters]


def _get_kind(cluster: Sequence[PlaceCount]) -> Kind:
    """What became of places together: moved where some gain what others lose."""
    kinds = {get_kind(place.before, place.after) for place in cluster}
    total = get_kind(_count(cluster, "before"), _count(cluster, "after"))
    return "moved" if total == "same" and kinds != {"same"} else total


def _mark(cluster: Sequence[PlaceCount], when: When, most: int) -> Marker:
    before, after = _count(cluster, "before"), _count(cluster, "after")
    nodes = before if when == "before" else after
    longitude, latitude = cluster[0].longitude or 0.0, cluster[0].latitude or 0.0
    x, y = project(longitude, latitude)
    radius = max(SMALLEST, LARGEST * sqrt(nodes / most), DIGIT * len(str(nodes)) + 2)
    return Marker(
        x=round(x, 1),
        y=round(y, 1),
        radius=round(radius, 1),
        nodes=nodes,
        change=0 if when == "before" else after - before,
        kind="same" if when == "before" else _get_kind(cluster),
        label="; ".join(_describe(cluster, when)),
    )


def _describe(cluster: Sequence[PlaceCount], when: When) -> Iterator[str]:
    for place in cluster[:NAMES_SHOWN]:
        change = f", was {place.before}" if when == "after" and place.before != place.after else ""
        yield f"{place.place}: {getattr(place, when)}{change}"
    if len(cluster) > NAMES_SHOWN:
        yield f"and {len(cluster) - NAMES_SHOWN} places more"


def _count(cluster: Iterable[PlaceCount], when: When) -> int:
    return sum(getattr(place, when) for place in cluster)


def _summarise(places: Sequence[PlaceCount], when: When) -> str:
    """What a picture's description says to those who do not see it."""
    used = sorted(
        (place for place in places if getattr(place, when)), key=lambda each: (-getattr(each, when), each.place)
    )
    named = ", ".join(f"{place.place} {getattr(place, when)}" for place in used[:NAMES_SHOWN])
    more = f" and {len(used) - NAMES_SHOWN} more" if len(used) > NAMES_SHOWN else ""
    return f"{_count(used, when)} nodes in {len(used)} regions: {named}{more}" if used else "no nodes"
