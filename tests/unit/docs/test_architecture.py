"""docs/architecture.md speaks of files that exist, leaves no layer out, and says where to change what."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import CHECKOUT, DOCS, get_section, list_rows, read_page

PAGES = sorted(path.name for path in DOCS.glob("*.md"))
PAGE = read_page("architecture.md")
QUOTED = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
CHANGES = [
    "a rule",
    "a price",
    "a port",
    "a client",
    "what a machine gets on a cloud",
    "when a domain counts as lost",
    "an error's words",
    "a flag",
    "the report's form",
    "a demo step",
]


def list_checkout_paths(text: str) -> list[str]:
    """What is quoted and reads like a path in the checkout: below one of its folders."""
    folders = {path.name for path in CHECKOUT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    return [word for word in QUOTED.findall(text) if word.split("/")[0] in folders and "/" in word]


@pytest.mark.parametrize("page", [*PAGES, "../README.md"])
def test_every_path_named_exists(page: str) -> None:
    missing = [path for path in list_checkout_paths(read_page(page)) if not (CHECKOUT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("page", [*PAGES, "../README.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    folder = (DOCS / page).parent
    recorded = {"docs/demo.svg"}  # made by a run of the demo
    missing = [link for link in LINK.findall(read_page(page)) if not (folder / link).exists() and link not in recorded]
    assert missing == []


def test_every_path_quoted_here_is_of_the_checkout() -> None:
    assert [word for word in QUOTED.findall(PAGE) if "/" in word and word not in list_checkout_paths(PAGE)] == []


def test_every_layer_is_described() -> None:
    described = {row[0].strip("` ") for row in list_rows(get_section(PAGE, "## Layers: a pure core, a thin shell"))}
    layers = {f"orchestrator/{path.parent.name}/" for path in (CHECKOUT / "orchestrator").glob("*/__init__.py")}
    assert layers <= described


def test_ten_changes_have_one_file_each() -> None:
    rows = list_rows(get_section(PAGE, "## Where do I change …"))
    assert [row[0] for row in rows] == CHANGES
    for change, *cells in rows:
        files = list_checkout_paths(" ".join(cells))
        assert len(files) == 1, f"{change} names {files}"
        assert Path(CHECKOUT / files[0]).is_file(), f"{change}: {files[0]}"
