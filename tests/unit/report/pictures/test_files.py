"""The pictures as files: which there are, that they are SVG on their own, and that no name is more than text."""

from xml.etree import ElementTree

import pytest
from hypothesis import given

from orchestrator.model.line import escape_line
from orchestrator.report.pictures.files import render_pictures
from tests.unit.report.moved_fleet import PLACES, make_moved_verdict, rename_moved
from tests.unit.report.verdicts import names

SVG = "{http://www.w3.org/2000/svg}"


def read(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def list_shape(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and the names of their attributes, in order: all but what is written in them."""
    return [(each.tag, tuple(each.attrib)) for each in read(text).iter()]


def test_there_are_the_map_before_and_after_the_shares_and_the_losses() -> None:
    assert set(render_pictures(make_moved_verdict())) == {
        "map-before.svg",
        "map-after.svg",
        "shares.svg",
        "blast-radius.svg",
    }
    assert "map-before.svg" not in render_pictures(make_moved_verdict(before=None, base=None))


@pytest.mark.parametrize("name", ["map-before.svg", "map-after.svg", "shares.svg", "blast-radius.svg"])
def test_each_has_a_name_a_description_and_nothing_from_outside(name: str) -> None:
    text = render_pictures(make_moved_verdict())[name]
    root = read(text)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    ids = (root.get("aria-labelledby") or "").split()
    labels = [each.text for each in root.iter() if each.get("id") in ids]
    assert len(labels) == 2
    assert all(labels)
    assert not [each for each in root.iter() if each.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject")]
    attributes = {attribute for each in root.iter() for attribute in each.attrib}
    assert not [attribute for attribute in attributes if "href" in attribute or attribute.startswith("on")]
    assert "url(" not in text
    assert "@import" not in text


@given(names)
def test_no_name_is_more_than_text(name: str) -> None:
    verdict = make_moved_verdict(places=PLACES[:1])
    plain, hostile = (render_pictures(rename_moved(verdict, text)) for text in ("x", name))
    for file, text in hostile.items():
        assert list_shape(text) == list_shape(plain[file])
        title = read(text).find(f"{SVG}title")
        assert title is not None
        assert (title.text or "").startswith(f"{escape_line(name)}: ")


def test_an_empty_fleet_has_pictures_too() -> None:
    after = make_moved_verdict().after.__class__(0, None, None, make_moved_verdict().after.cost)
    for text in render_pictures(make_moved_verdict(before=None, base=None, after=after, places=(), shares=())).values():
        read(text)
