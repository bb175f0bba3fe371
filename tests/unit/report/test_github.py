"""Workflow commands, read back as GitHub's runner reads them."""

import re
from dataclasses import replace

from hypothesis import given

from orchestrator.model.line import escape_line
from orchestrator.report.github import render_github
from tests.unit.report.verdicts import make_rich_verdict, make_verdict, names, rename

RICH = make_rich_verdict()
COMMAND = re.compile(r"::(\w+) ([^:]*)::(.*)")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A command by the runner's rules: properties end at the first "::", a comma parts them, escapes are undone."""
    match = COMMAND.fullmatch(line)
    assert match, line
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    return match[1], {key: unescape(value) for key, value in properties.items()}, unescape(match[3])


def unescape(value: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        value = value.replace(code, character)
    return value


def test_what_is_new_is_told_errors_first() -> None:
    commands = [read(line) for line in render_github(RICH).splitlines()]
    assert [command for command, _, _ in commands] == ["error", "warning"]
    _, properties, message = commands[0]
    assert properties == {"file": "fleet.yaml", "line": "22", "col": "5", "title": "PLC001 cap 50% per account"}
    assert message == RICH.findings[0].finding.message


def test_the_base_s_findings_are_told_where_they_count() -> None:
    commands = [read(line)[0] for line in render_github(replace(RICH, counted="all")).splitlines()]
    assert commands == ["error", "error", "error", "warning"]


def test_silence_where_nothing_is_new() -> None:
    assert render_github(make_verdict()) == ""


@given(name=names)
def test_no_name_becomes_a_command(name: str) -> None:
    text = render_github(rename(RICH, name))
    lines = text.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(text.splitlines()) == 2
    for line in lines:
        _, properties, message = read(line)
        assert properties.keys() == {"file", "line", "col", "title"}
        assert (properties["file"], message) == (escape_line(name), escape_line(name))
