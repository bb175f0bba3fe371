"""The outline of the world's land, as a path of a picture; tools/world_outline made its file."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

from orchestrator.report.pictures.projection import project

OUTLINE = Path(__file__).parent / "world.json"
TENTHS = 10


@cache
def render_land() -> str:
    """The land as the `d` of an SVG path, to a tenth of a unit."""
    rings = json.loads(OUTLINE.read_text(encoding="utf-8"))["rings"]
    return "".join(_render_ring(ring) for ring in rings)


@cache
def read_credit() -> str:
    """Where the outline is from, and of what day."""
    data = json.loads(OUTLINE.read_text(encoding="utf-8"))
    return f"{data['source']}, {data['date']}"


def _render_ring(steps: list[int]) -> str:
    """A closed ring; each step is one between rounded points, so that no error adds up."""
    longitude = latitude = 0
    points = []
    for step_x, step_y in zip(steps[::2], steps[1::2], strict=True):
        longitude, latitude = longitude + step_x, latitude + step_y
        x, y = project(longitude / TENTHS, latitude / TENTHS)
        points.append((round(x * TENTHS), round(y * TENTHS)))
    start = f"M{points[0][0] / TENTHS:g} {points[0][1] / TENTHS:g}"
    return start + "".join(f"l{_render_step(old, new)}" for old, new in pairwise(points) if old != new) + "Z"


def _render_step(old: tuple[int, int], new: tuple[int, int]) -> str:
    return f"{(new[0] - old[0]) / TENTHS:g} {(new[1] - old[1]) / TENTHS:g}"
