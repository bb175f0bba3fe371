"""Reads the project's documents: sections, tables, fenced examples."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
DOCS = CHECKOUT / "docs"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read_page(name: str) -> str:
    """The text of a page below docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


def get_section(page: str, heading: str) -> str:
    """The text below the heading, up to the next one of its level or above."""
    level = heading.split(" ", maxsplit=1)[0]
    rest = page.split(f"\n{heading}\n", 1)
    assert len(rest) == 2, f"the page has no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest[1], maxsplit=1, flags=re.MULTILINE)[0]


def list_rows(text: str) -> list[list[str]]:
    """The cells of every row of every table in the text, header rows left out."""
    rows: list[list[str]] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("|") or line.startswith("|-"):
            continue
        if number + 1 < len(lines) and lines[number + 1].startswith("|-"):
            continue
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def map_keys(text: str) -> dict[str, list[str]]:
    """The rows of the tables whose first cell is a key in backticks: key to the other cells."""
    return {row[0].strip("` "): row[1:] for row in list_rows(text) if row[0].startswith("`")}


def list_examples(text: str, language: str) -> list[str]:
    """The fenced examples of a language."""
    return [body for kind, body in FENCE.findall(text) if kind == language]
