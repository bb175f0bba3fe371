"""Degrees to points of a picture: the Equal Earth projection, on which equal areas look equal."""

from math import asin, cos, radians, sin, sqrt

# Šavrič, Patterson and Jenny, "The Equal Earth map projection", Int. J. Geographical Information Science 33 (2018),
# equations 9 and 10, on the unit sphere.
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
M = sqrt(3) / 2

WIDTH = 640.0
NORTHERNMOST, SOUTHERNMOST = 84.0, -57.0  # of what is drawn, in degrees: Greenland and Cape Horn


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """The point of the picture, from its upper left corner; degrees in, 0 to WIDTH and 0 to HEIGHT out."""
    x, y = _project_sphere(longitude, latitude)
    return WIDTH / 2 + x * _SCALE, (_TOP - y) * _SCALE


def _project_sphere(longitude: float, latitude: float) -> tuple[float, float]:
    theta = asin(M * sin(radians(latitude)))
    slope = A1 + 3 * A2 * theta**2 + theta**6 * (7 * A3 + 9 * A4 * theta**2)
    return radians(longitude) * cos(theta) / (M * slope), theta * (A1 + A2 * theta**2 + theta**6 * (A3 + A4 * theta**2))


_SCALE = WIDTH / (2 * _project_sphere(180, 0)[0])
_TOP = _project_sphere(0, NORTHERNMOST)[1]

HEIGHT = round((_TOP - _project_sphere(0, SOUTHERNMOST)[1]) * _SCALE, 1)
