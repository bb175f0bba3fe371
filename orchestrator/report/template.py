"""The templates of pages and pictures: all that goes into one is text, whatever it is made of."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from orchestrator.model.line import escape_line

TEMPLATES = Path(__file__).parent / "templates"


@cache
def load_templates() -> Environment:
    """The templates in orchestrator/report/templates.

    Every value is escaped for HTML and XML, and what cannot be seen in it is written out: names come from specs, locks
    and branches, which anyone can propose. A name that a template lacks is an error.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_show,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(shorten=shorten, signed=render_signed, mark_code=mark_code)
    return environment


@cache
def read_style(name: str) -> Markup:
    """A style sheet of ours, as it stands."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704  # a file of the project, no input


def shorten(text: str, length: int) -> str:
    """At most so many characters, the last one … where some are left out: text in a picture does not wrap."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def render_signed(number: int) -> str:
    """A difference with its sign: "+2", "−1", "±0"."""
    return f"{number:+d}".replace("-", "−") if number else "±0"


def mark_code(text: str) -> Markup:
    """Prose in which what stands between backticks is code, as in Markdown; all of it escaped."""
    parts = [escape(escape_line(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:  # a backtick that nothing closes is no more than one
        return escape(escape_line(text))
    marked = (Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts))
    return Markup("").join(marked)


def _show(value: object) -> object:
    """A value as a template shows it: text that came from outside on one line, numbers short, markup as it is."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return escape_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value
