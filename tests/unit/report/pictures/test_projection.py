"""The projection against the properties that it is made for: equal areas, and symmetry."""

from math import cos, pi, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.report.pictures.projection import HEIGHT, NORTHERNMOST, SOUTHERNMOST, WIDTH, project

STEP = 0.01


def measure_area(longitude: float, latitude: float) -> float:
    """The area of a small square of degrees on the picture, by its two sides."""
    x, y = project(longitude, latitude)
    east_x, east_y = project(longitude + STEP, latitude)
    north_x, north_y = project(longitude, latitude + STEP)
    return abs((east_x - x) * (north_y - y) - (east_y - y) * (north_x - x))


@given(st.floats(-179, 179), st.floats(-80, 80))
def test_equal_areas_of_the_sphere_are_equal_areas_of_the_picture(longitude: float, latitude: float) -> None:
    on_sphere = cos(radians(latitude))
    assert measure_area(longitude, latitude) / on_sphere == pytest.approx(measure_area(0, 0), rel=0.01)


def test_the_corners_of_the_world_are_the_edges_of_the_picture() -> None:
    assert project(-180, 0)[0] == pytest.approx(0)
    assert project(180, 0)[0] == pytest.approx(WIDTH)
    assert project(0, NORTHERNMOST)[1] == pytest.approx(0)
    assert project(0, SOUTHERNMOST)[1] == pytest.approx(HEIGHT, abs=0.1)


def test_published_size_of_the_projected_sphere() -> None:
    # The paper: a sphere of radius 1 has an area of 4 pi, and is 2.05 times as wide as high.
    whole_height = project(0, -90)[1] - project(0, 90)[1]
    assert WIDTH / whole_height == pytest.approx(2.05, abs=0.01)
    square_degree = (pi / 180) ** 2
    assert measure_area(0, 0) / STEP**2 / square_degree == pytest.approx((WIDTH / 5.41326) ** 2, rel=0.001)


@given(st.floats(0, 180), st.floats(-57, 84))
def test_east_and_west_are_mirrored(longitude: float, latitude: float) -> None:
    (left, y), (right, same_y) = project(-longitude, latitude), project(longitude, latitude)
    assert left + right == pytest.approx(WIDTH)
    assert y == same_y
