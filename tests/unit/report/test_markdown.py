"""The comment: what it says, how long it gets, and that no name becomes anything but text."""

from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from markdown_it import MarkdownIt

from orchestrator.model.line import escape_line
from orchestrator.model.source import Source
from orchestrator.reconcile.verdict import MachineChange, Verdict
from orchestrator.report.markdown import LONGEST_COMMENT, LONGEST_TEXT, MARKER, code, render_markdown, render_unchecked
from tests.unit.report.verdicts import (
    HOSTILE,
    make_finding,
    make_judged,
    make_rich_verdict,
    make_verdict,
    names,
    rename,
)

RICH = make_rich_verdict()
# Tables, bare links and raw HTML, as GitHub and GitLab take them.
READER = MarkdownIt("gfm-like", {"html": True})


class Page(HTMLParser):
    """The tags of a page in order, with their attributes, and the text of each <code> and each cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.codes: list[str] = []
        self.comments: list[str] = []
        self.words = ""
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {attrs}" if attrs else tag)
        self._inside = tag == "code"
        if tag == "code":
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.codes[-1] += data
        else:
            self.words += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def read(text: str) -> Page:
    return Page(READER.render(text))


def list_rows(text: str, heading: str) -> list[str]:
    """The rows below a heading, without the names of columns."""
    body = text.split(f"#### {heading}", 1)[1].split("####", maxsplit=1)[0]
    return [line for line in body.splitlines() if line.startswith("|")][2:]


def read_marker(verdict: Verdict) -> tuple[str, ...]:
    match = MARKER.match(render_markdown(verdict))
    assert match
    return match.groups()


def test_the_headline_is_the_verdict() -> None:
    assert "❌ <code>demo</code>: 1 finding keeps this change out" in render_markdown(RICH)
    assert "✅ <code>demo</code>: nothing keeps this change out" in render_markdown(replace(RICH, fail_on="none"))
    assert "✅ <code>demo</code>: nothing changes for the fleet" in render_markdown(make_verdict())
    assert "2 findings keep this change out" in render_markdown(replace(RICH, fail_on="warning"))


def test_findings_that_are_new_or_fixed_are_told_and_the_others_counted() -> None:
    text = render_markdown(RICH)
    assert "Findings: 3 new, 2 unchanged, 1 fixed." in text
    rows = list_rows(text, "Findings")
    assert len(rows) == 4
    assert rows[0].startswith(
        "| ❌ new | PLC001 cap | <code>fleet&#46;yaml&#58;22</code> | <code>btc, account alpha&#58; 3"
    )
    assert rows[1].startswith("| ⚠️ new | PLC108 drained |")
    assert rows[2].startswith("| ➖ new excused: <code>moves next week</code> |")
    assert rows[3].startswith("| ✅ fixed | PLC102 spec |")
    assert len(list_rows(render_markdown(replace(RICH, counted="all")), "Findings")) == 6


def test_what_changes_for_the_fleet() -> None:
    text = render_markdown(RICH)
    assert list_rows(text, "Shares that change") == [
        "| <code>btc</code> | <code>account alpha</code> | nodes | 50 % | 75 % | 50 % |",
        "| <code>btc</code> | <code>account beta</code> | nodes | 50 % | 25 % | - |",
    ]
    assert "#### Machines: 1 added, 1 moves, 1 retired\n" in text
    assert list_rows(text, "Machines")[2] == "| <code>eth-1</code> | retired (signs) | <code>beta/hel1</code> | - |"
    assert list_rows(text, "The fleet") == [
        "| nodes | 4 | 5 |",
        "| worst single loss | <code>account=alpha takes 75 %</code> | <code>account=alpha takes 80 %</code> |",
        "| worst two at once | <code>none</code> | <code>none</code> |",
        "| cost a month | <code>193&#46;68 USD &#40;prices of 2026-01-31, 1 machines without one&#41;</code> | "
        "<code>250&#46;00 USD &#40;prices of 2026-01-31, 1 machines without one&#41;</code> |",
    ]
    signers = list_rows(text, "Nodes that sign")
    assert signers == ["| <code>eth-1</code> | retired | <code>evidence that it stopped</code> |"]


def test_without_a_base_there_is_nothing_to_compare() -> None:
    text = render_markdown(make_verdict([make_judged()], base=None, before=None))
    assert "compared with nothing" in text
    assert "The fleet" not in text


def test_the_marker_is_of_the_fleet_and_says_whether_there_is_news() -> None:
    quiet, loud, other = map(read_marker, (make_verdict(), RICH, replace(RICH, spec="other.yaml")))
    assert (quiet[1], loud[1]) == ("quiet", "changes")
    assert quiet[0] == loud[0] != other[0]


def test_what_counts_of_the_base_is_no_silence() -> None:
    old = make_verdict([make_judged(became="unchanged")], counted="all")
    assert read_marker(old)[1] == "changes"


def make_long_verdict(number: int, text: str) -> Verdict:
    findings = [
        make_judged(make_finding(message=f"{text} {each}", source=Source(text, each + 1)), fingerprint=str(each))
        for each in range(number)
    ]
    machines = [MachineChange(f"{text}-{each}", "btc", "added", None, text) for each in range(number)]
    return make_verdict(findings, machines=tuple(machines))


def test_long_lists_are_cut_and_say_by_how_many() -> None:
    text = render_markdown(make_long_verdict(1000, "a name of some length"))
    assert len(text.encode()) <= LONGEST_COMMENT
    shown = len(list_rows(text, "Findings"))
    assert 50 <= shown < 1000
    assert f"and {1000 - shown} more findings" in text
    assert f"and {1000 - shown} more nodes" in text


def test_it_never_gets_too_long() -> None:
    for text in ("|" * 10_000, "\u202e" * 10_000, "ö" * 10_000):
        assert len(render_markdown(rename(make_long_verdict(300, text), text)).encode()) <= LONGEST_COMMENT


@given(name=names)
def test_no_name_is_more_than_text(name: str) -> None:
    plain, odd = (read(render_markdown(rename(RICH, each))) for each in ("plain", name))
    assert odd.tags == plain.tags
    assert odd.words == plain.words
    assert len(odd.comments) == len(plain.comments) == 1
    shown = escape_line(name)
    cut = f"{shown[:LONGEST_TEXT]}…" if len(shown) > LONGEST_TEXT else shown
    assert odd.codes.count(cut) >= plain.codes.count("plain")


def test_names_are_shown_as_they_are() -> None:
    for name in HOSTILE:
        page = read(f"x {code(name)} y")
        assert page.codes == [escape_line(name)]
        assert page.tags == ["p", "code", "/code", "/p"]


@given(name=names)
def test_the_source_holds_no_character_that_hosts_look_for(name: str) -> None:
    """Mentions, references, links and quick actions are looked for in the text of what is written, too."""
    body = render_markdown(rename(RICH, name)).split("\n", 1)[1]
    for part in body.split("<code>")[1:]:
        inside = part.split("</code>")[0]
        assert not set("@:`|<>[]!*_~$\\\"'.\n\r") & set(inside)
        assert inside.isprintable()


@given(name=names)
def test_a_mistake_is_told_as_text_and_cut(name: str) -> None:
    text = render_unchecked(name, "".join(f"{name} {number}\n" for number in range(1000)))
    page = read(text)
    assert set(page.tags) == {"h3", "/h3", "code", "/code", "ul", "/ul", "li", "/li"}
    assert page.codes[0] == escape_line(name)
    assert len(page.codes) <= 21
    assert len(text.encode()) <= LONGEST_COMMENT
