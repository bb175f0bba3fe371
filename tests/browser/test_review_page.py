"""The page of a review in a real browser: whole, quiet, of light and dark, and usable on a telephone."""

import http.server
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestrator.report.html import render_page
from orchestrator.report.pictures.files import render_pictures
from tests.unit.report.moved_fleet import make_moved_verdict, rename_moved
from tests.unit.report.verdicts import HOSTILE
from tools.browser import Browser, find_missing_programs, open_browser
from tools.page_pictures.__main__ import PICTURES, main
from tools.page_pictures.review import write_review

pytestmark = pytest.mark.browser

WIDTHS = (320, 400, 1200)
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"
# Relative luminance and contrast by WCAG 2.2, of every element that has text of its own, on the nearest background.
CONTRAST = """
const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const paper = element => {
    for (let each = element; each; each = each.parentElement) {
        const colour = parse(getComputedStyle(each).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
};
return [...document.querySelectorAll('main *:not(svg *)')]
    .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => {
        const [a, b] = [light(parse(getComputedStyle(e).color)), light(paper(e))];
        return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.outerHTML.slice(0, 120)];
    })
    .filter(([ratio]) => ratio < 4.5);
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    missing = find_missing_programs()
    if missing and "CI" not in os.environ:
        pytest.skip(f"not installed: {', '.join(missing)}; tools/setup.sh browser installs them")
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page that `orchestrator check` writes of the example's change."""
    return write_review(tmp_path_factory.mktemp("review"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_whole_and_quiet_at_any_width(browser: Browser, review: Path, width: int, scheme: str) -> None:
    browser.show(review.as_uri(), width=width, scheme=scheme)
    assert browser.take_log() == []
    assert browser.run(OVERFLOW) <= 0
    assert browser.run("return document.querySelector('h1').innerText").endswith("Blocked by 3 errors")
    maps = browser.run("return [...document.querySelectorAll('svg.map')].map(e => e.getBoundingClientRect().toJSON())")
    assert len(maps) == 2
    assert all(each["width"] > min(width * 0.8, 400) and each["height"] > 100 for each in maps)
    assert browser.run("return document.querySelectorAll('svg.map .marker').length") > 8
    rows = browser.run("return [...document.querySelectorAll('table')].map(e => e.querySelectorAll('tbody tr').length)")
    assert len(rows) >= 6
    assert all(rows)


def test_light_and_dark_are_two_and_both_can_be_read(browser: Browser, review: Path) -> None:
    seen = []
    for scheme in ("light", "dark"):
        browser.show(review.as_uri(), width=1200, scheme=scheme)
        browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
        seen.append(browser.run(BACKGROUND))
        assert browser.run(CONTRAST) == [], scheme
    assert seen[0] != seen[1]


def test_the_land_is_drawn_in_another_colour_than_the_sea(browser: Browser, review: Path) -> None:
    browser.show(review.as_uri(), width=1200)
    colours = "return ['.map .sea', '#land'].map(e => getComputedStyle(document.querySelector(e)).fill)"
    sea, land = browser.run(colours)
    assert sea != land
    used = "return [...document.querySelectorAll('.map use')].map(e => e.getBBox().width)"
    assert all(width > 500 for width in browser.run(used))


def test_a_wide_table_scrolls_in_itself_and_by_keyboard(browser: Browser, review: Path) -> None:
    browser.show(review.as_uri(), width=400)
    wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
    assert browser.run(f"return {wide}.length") > 0
    assert browser.run(f"return {wide}.every(e => e.tabIndex === 0 && e.getAttribute('aria-label'))")


def test_on_paper_nothing_is_folded_and_the_colours_are_light(browser: Browser, review: Path) -> None:
    browser.show(review.as_uri(), width=1200, scheme="dark", medium="print")
    assert browser.run(BACKGROUND) == "rgb(255, 255, 255)"
    folded = "return [...document.querySelectorAll('details > :not(summary)')].filter(e => e.offsetHeight === 0).length"
    assert browser.run(folded) == 0


class Recorder(http.server.SimpleHTTPRequestHandler):
    """Serves a folder on loopback and writes down what is asked for."""

    asked: list[str]

    def __init__(self, asked: list[str], *arguments: Any, **named: Any) -> None:
        self.asked = asked
        super().__init__(*arguments, **named)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Says nothing."""


def test_it_asks_its_server_for_nothing_but_itself(browser: Browser, review: Path) -> None:
    asked: list[str] = []
    handler = partial(Recorder, asked, directory=str(review.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        browser.show(f"http://127.0.0.1:{server.server_port}/{review.name}", width=1200)
        fetched = browser.run("return performance.getEntriesByType('resource').map(e => e.name)")
        server.shutdown()
    assert asked == [f"/{review.name}"]
    assert [name for name in fetched if not name.startswith("data:")] == []
    assert browser.take_log() == []


def test_no_hostile_name_does_anything(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for name in (*HOSTILE, "x" * 300, "\u202ex<svg onload=document.title='owned'>"):
        page.write_text(render_page(rename_moved(make_moved_verdict(), name)), encoding="utf-8")
        browser.show(page.as_uri(), width=400)
        assert browser.take_log() == [], name
        assert browser.run("return document.querySelectorAll('script, img, iframe, [onload], [onerror]').length") == 0
        assert browser.run("return document.querySelectorAll('main > section').length") == 7, name
        assert browser.run(OVERFLOW) <= 0, name
        assert browser.run("return document.title") != "owned", name


def test_pictures_stand_on_their_own(browser: Browser, tmp_path: Path) -> None:
    for name, text in render_pictures(make_moved_verdict()).items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        browser.show(path.as_uri(), width=800)
        assert browser.take_log() == []
        inside = """
        const edge = document.documentElement.viewBox.baseVal;
        return [...document.querySelectorAll('text')].filter(e => {
            const box = e.getBoundingClientRect(), root = document.documentElement.getBoundingClientRect();
            return box.right > root.left + edge.width + 1 || box.bottom > root.top + edge.height + 1;
        }).map(e => e.textContent);
        """
        assert browser.run(inside) == [], name


def test_the_pictures_of_docs_are_taken_of_the_example(
    review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Browser
) -> None:
    assert browser  # where there is none, this is skipped too
    monkeypatch.setattr("tools.page_pictures.__main__.write_review", lambda _: review)
    assert main(["--to", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in PICTURES.iterdir()}
    header = (tmp_path / "review.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(header[16:20]), int.from_bytes(header[20:24])) == (1200, 1300)
