"""The markers of the map: what is one, how large, and what became of it."""

from dataclasses import replace
from math import dist

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.reconcile.verdict import PlaceCount
from orchestrator.report.pictures.world_map import NEAREST, find_unplaced, get_kind, lay_out_map
from tests.unit.report.moved_fleet import PLACES

places = st.lists(
    st.builds(
        PlaceCount,
        place=st.text("abc/-1", min_size=1, max_size=6),
        country=st.none(),
        latitude=st.one_of(st.none(), st.floats(-90, 90)),
        longitude=st.floats(-180, 180),
        before=st.integers(0, 10_000),
        after=st.integers(0, 10_000),
    ),
    max_size=12,
    unique_by=lambda place: place.place,
)


@given(places)
def test_every_node_of_a_known_place_is_in_one_marker(found: list[PlaceCount]) -> None:
    known = [place for place in found if place.latitude is not None]
    for when in ("before", "after"):
        markers = lay_out_map(found, when).markers
        assert sum(marker.nodes for marker in markers) == sum(getattr(place, when) for place in known)
    assert set(find_unplaced(found)) == set(found) - set(known)


@given(places)
def test_markers_do_not_hide_each_other_and_are_at_one_point_on_both_maps(found: list[PlaceCount]) -> None:
    before, after = lay_out_map(found, "before"), lay_out_map(found, "after")
    points = {(marker.x, marker.y) for marker in after.markers}
    assert {(marker.x, marker.y) for marker in before.markers} <= points
    ordered = sorted(points)
    assert all(dist(one, other) > NEAREST - 0.2 for one in ordered for other in ordered if one < other)
    assert list(after.markers) == sorted(after.markers, key=lambda marker: -marker.radius)


@given(places)
def test_numbers_fit_into_their_markers(found: list[PlaceCount]) -> None:
    for marker in lay_out_map(found, "after").markers:
        assert 2 * marker.radius > 6 * len(str(marker.nodes))


def test_what_became_of_a_place() -> None:
    assert [get_kind(*pair) for pair in ((2, 2), (1, 2), (2, 1), (0, 1), (1, 0))] == [
        "same",
        "more",
        "fewer",
        "new",
        "gone",
    ]


def test_near_places_are_one_marker_that_names_them() -> None:
    (germany,) = [marker for marker in lay_out_map(PLACES, "after").markers if "fsn1" in marker.label]
    assert (germany.nodes, germany.change, germany.kind) == (7, 2, "more")
    assert germany.label == "aws/eu-central-1: 5, was 3; hetzner/fsn1: 2"


def test_a_marker_whose_places_swap_nodes_has_not_stayed_as_it_was() -> None:
    swapped = [replace(PLACES[0], after=2), replace(PLACES[5], after=3)]
    (germany,) = lay_out_map(swapped, "after").markers
    assert (germany.nodes, germany.change, germany.kind) == (5, 0, "moved")


def test_a_place_that_is_left_is_on_the_map_of_after_alone_as_gone() -> None:
    (tokyo,) = [marker for marker in lay_out_map(PLACES, "after").markers if "asia" in marker.label]
    assert (tokyo.nodes, tokyo.change, tokyo.kind) == (0, -2, "gone")
    assert not [marker for marker in lay_out_map(PLACES, "before").markers if "southamerica" in marker.label]


def test_the_summary_counts_all_places_known_or_not() -> None:
    assert lay_out_map(PLACES, "after").summary.startswith("13 nodes in 5 regions: aws/eu-central-1 5, aws/us-east-1 4")
    assert lay_out_map((), "after").summary == "no nodes"
