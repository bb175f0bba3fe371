"""Land as TopoJSON has it (arcs of differences, https://github.com/topojson/topojson-specification) to plain rings."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Point = tuple[int, int]

TENTHS = 10  # a map of some hundred pixels shows no half degree
WHOLE_TURN = 360 * TENTHS
SOUTHERNMOST = -60 * TENTHS  # south of it there is Antarctica alone, where no machine can be had


def compute_rings(topology: Mapping[str, Any]) -> list[list[Point]]:
    """The outlines of all land but Antarctica: closed rings of longitude and latitude, in tenths of a degree."""
    arcs = [_decode_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    polygons = [each for geometry in topology["objects"]["land"]["geometries"] for each in geometry["arcs"]]
    whole = [_join([_get_arc(arcs, index) for index in ring]) for polygon in polygons for ring in polygon]
    shown = [ring for ring in whole if max(latitude for _, latitude in ring) > SOUTHERNMOST]
    return [part for ring in shown for part in _cut_at_antimeridian(ring)]


def render_outline(rings: Sequence[Sequence[Point]], source: str, date: str) -> str:
    """The rings as JSON, a line each: the first point, then the steps to the next ones."""
    lines = [json.dumps(_list_steps(ring), separators=(",", ":")) for ring in rings]
    header = {"source": source, "date": date, "unit": "tenths of a degree, longitude and latitude, each a step"}
    fields = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in header.items())
    return "{\n" + fields + ' "rings": [\n' + ",\n".join(lines) + "\n]}\n"


def _decode_arc(arc: Sequence[Sequence[int]], transform: Mapping[str, Sequence[float]]) -> list[Point]:
    (scale_x, scale_y), (left, bottom) = transform["scale"], transform["translate"]
    points, x, y = [], 0, 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((round((x * scale_x + left) * TENTHS), round((y * scale_y + bottom) * TENTHS)))
    return points


def _get_arc(arcs: Sequence[list[Point]], index: int) -> list[Point]:
    """An arc by its number; ~number is the same one backwards."""
    return arcs[index] if index >= 0 else arcs[~index][::-1]


def _cut_at_antimeridian(ring: Sequence[Point]) -> list[list[Point]]:
    """The ring as it is, or its parts on either side of 180 degrees, where a flat map is cut."""
    unrolled = [ring[0]]
    for longitude, latitude in ring[1:]:
        turns = round((longitude - unrolled[-1][0]) / WHOLE_TURN)
        unrolled.append((longitude - turns * WHOLE_TURN, latitude))
    parts = (_clip([(x + turn * WHOLE_TURN, y) for x, y in unrolled]) for turn in (-1, 0, 1))
    return [part for part in parts if len(part) > 2]


def _clip(ring: Sequence[Point]) -> list[Point]:
    """What of a ring is between -180 and 180 degrees: Sutherland and Hodgman's clipping, one edge after the other."""
    clipped = list(ring)
    for side in (1, -1):
        edge, points = side * WHOLE_TURN // 2, clipped
        clipped = []
        for (x, y), (next_x, next_y) in zip(points, [*points[1:], *points[:1]], strict=True):
            inside, next_inside = x * side <= edge * side, next_x * side <= edge * side
            if inside:
                clipped.append((x, y))
            if inside != next_inside:
                clipped.append((edge, round(y + (next_y - y) * (edge - x) / (next_x - x))))
    return _join([clipped])


def _join(arcs: Sequence[Sequence[Point]]) -> list[Point]:
    """Arcs end to end, without points that have become the same as the one before; the last is not the first again."""
    joined: list[Point] = []
    for point in (point for arc in arcs for point in arc):
        if not joined or joined[-1] != point:
            joined.append(point)
    while len(joined) > 1 and joined[-1] == joined[0]:
        joined.pop()
    return joined


def _list_steps(ring: Sequence[Point]) -> list[int]:
    before = [(0, 0), *ring[:-1]]
    return [new - old for point, last in zip(ring, before, strict=True) for new, old in zip(point, last, strict=True)]
