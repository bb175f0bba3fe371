"""The outline as it ships: small, with its source, and places that everyone knows are on land or at sea."""

import re

import pytest

from orchestrator.report.pictures.outline import OUTLINE, read_credit, render_land
from orchestrator.report.pictures.projection import HEIGHT, WIDTH, project


def list_rings() -> list[list[tuple[float, float]]]:
    """The rings of the path, followed as a renderer follows it."""
    rings = []
    for text in re.findall(r"M([^Z]*)Z", render_land()):
        x = y = 0.0
        ring = []
        for step in text.split("l"):
            dx, dy = map(float, step.split(" "))
            x, y = x + dx, y + dy
            ring.append((x, y))
        rings.append(ring)
    return rings


def is_land(longitude: float, latitude: float) -> bool:
    """Whether a ray to the right crosses the outlines an odd number of times."""
    px, py = project(longitude, latitude)
    crossings = 0
    for ring in list_rings():
        for (x, y), (nx, ny) in zip(ring, [*ring[1:], ring[0]], strict=True):
            crossings += (y > py) != (ny > py) and px < x + (nx - x) * (py - y) / (ny - y)
    return crossings % 2 == 1


def test_the_file_is_small_and_says_where_it_is_from() -> None:
    assert OUTLINE.stat().st_size < 60_000
    assert "Natural Earth" in read_credit()
    assert re.search(r"\d{4}-\d\d-\d\d$", read_credit())


@pytest.mark.parametrize(
    ("name", "longitude", "latitude", "land"),
    [
        ("Frankfurt", 8.68, 50.11, True),
        ("Virginia", -78.45, 38.13, True),
        ("Chukotka, past the antimeridian", -173.0, 66.5, True),
        ("Siberia, before the antimeridian", 177.0, 67.0, True),
        ("Sydney's west", 150.0, -33.5, True),
        ("Greenland", -40.0, 72.0, True),
        ("Atlantic", -35.0, 30.0, False),
        ("Pacific", -150.0, 0.0, False),
        ("Arctic Ocean", 20.0, 83.0, False),
        ("Caspian Sea", 50.5, 42.0, False),
    ],
)
def test_land_is_where_it_is(name: str, longitude: float, latitude: float, land: bool) -> None:
    assert is_land(longitude, latitude) is land, name


def test_no_line_crosses_the_map_and_none_leaves_it() -> None:
    for ring in list_rings():
        assert all(-0.2 <= x <= WIDTH + 0.2 and -1 <= y <= HEIGHT + 1 for x, y in ring)
        assert all(abs(x - nx) < WIDTH / 10 for (x, _), (nx, _) in zip(ring, [*ring[1:], ring[0]], strict=True))
