"""The page of a review as a browser reads it: whole, from nowhere else, and no name is more than text."""

from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given

from orchestrator.model.line import escape_line
from orchestrator.reconcile.verdict import Verdict
from orchestrator.report.html import render_page
from tests.unit.report.moved_fleet import PLACES, make_moved_verdict, rename_moved
from tests.unit.report.verdicts import names

VOID = {"meta", "link"}


class Reader(HTMLParser):
    """Elements with their attributes, in order, and the text of the page; fails where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.style = ""
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.texts.append(data)

    def get(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in attributes.items())
        ]


@pytest.fixture(params=["compared", "alone", "passing"])
def verdict(request: pytest.FixtureRequest) -> Verdict:
    fields: dict[str, dict[str, object]] = {
        "compared": {},
        "alone": {"before": None, "base": None, "machines": ()},
        "passing": {"findings": (), "machines": (), "shares": (), "places": ()},
    }
    return make_moved_verdict(**fields[request.param])


def test_it_asks_for_nothing_and_runs_nothing(verdict: Verdict) -> None:
    page = Reader(render_page(verdict))
    for tag, attributes in page.elements:
        assert tag not in {"script", "img", "iframe", "object", "embed", "base", "form", "a"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"style", "src", "srcset"}
            if name.endswith("href"):
                assert value == "data:," or value.startswith("#")
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_its_policy_allows_its_own_style_alone(verdict: Verdict) -> None:
    page = Reader(render_page(verdict))
    (policy,) = page.get("meta", **{"http-equiv": "Content-Security-Policy"})
    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert policy["content"].startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;")
    assert "unsafe" not in policy["content"]


def test_every_part_has_a_name(verdict: Verdict) -> None:
    page = Reader(render_page(verdict))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        assert set(attributes.get("aria-labelledby", "").split()) <= set(ids)
    for attributes in page.get("svg"):
        named = "aria-labelledby" in attributes or "aria-label" in attributes
        assert (attributes.get("role") == "img" and named) or attributes.get("aria-hidden") == "true"
    assert [tag for tag, _ in page.elements if tag == "h1"] == ["h1"]
    assert page.get("html", lang="en")
    for attributes in page.get("th"):
        assert attributes["scope"] in {"col", "row"}


def test_the_verdict_comes_first_then_findings_pictures_and_tables() -> None:
    page = Reader(render_page(make_moved_verdict()))
    text = " ".join(page.texts)
    order = ["Blocked by 1 error", "Findings", "Where nodes stand", "Shares against", "What a loss takes", "Machines"]
    positions = [text.index(part, text.index("Review of")) for part in order]
    assert positions == sorted(positions)
    assert "fleet.yaml:19:5" in page.texts
    assert len(page.get("svg", **{"class": "picture map"})) == 2
    assert page.get("table", **{"class": "matrix"})


@given(names)
def test_no_name_is_more_than_text(name: str) -> None:
    verdict = make_moved_verdict(places=PLACES[-1:])
    plain, hostile = (Reader(render_page(rename_moved(verdict, text))) for text in ("x", name))
    assert list_shape(hostile) == list_shape(plain)
    assert hostile.style == plain.style
    assert escape_line(name) in "".join(hostile.texts)


def list_shape(page: Reader) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and the names of their attributes: all but what is written in them. Backticks may mark code."""
    return [(tag, tuple(attributes)) for tag, attributes in page.elements if tag != "code"]
