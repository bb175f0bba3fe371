"""What templates make of values: escaped, visible, on one line."""

import pytest
from jinja2 import UndefinedError

from orchestrator.report.template import load_templates, mark_code, render_signed, shorten


def render(source: str, **values: object) -> str:
    return load_templates().from_string(source).render(**values)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>&'\"", "&lt;b&gt;&amp;&#39;&#34;"),
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        ("exe\u202egnp", "exe\\u202egnp"),
        ("\ud800", "\\ud800"),
        (1 / 3, "0.333333"),
        (12, "12"),
    ],
)
def test_values_are_escaped_and_seen(value: object, shown: str) -> None:
    assert render("{{ value }}", value=value) == shown


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("{{ valeu }}", value=1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("run `a <b>` now", "run <code>a &lt;b&gt;</code> now"),
        ("one ` alone <i>", "one ` alone &lt;i&gt;"),
        ("`a` and ` open", "`a` and ` open"),
        ("`x\ny`", "<code>x\\ny</code>"),
        ("", ""),
    ],
)
def test_code_is_marked_and_all_of_it_escaped(text: str, shown: str) -> None:
    assert mark_code(text) == shown


def test_short_forms() -> None:
    assert (shorten("abcdef", 4), shorten("abcd", 4)) == ("abc…", "abcd")
    assert [render_signed(number) for number in (2, -1, 0)] == ["+2", "−1", "±0"]
