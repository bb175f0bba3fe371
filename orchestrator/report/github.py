"""A verdict as workflow commands of GitHub Actions, which it shows at the lines of a pull request.

Form and escapes are those that GitHub documents under "Workflow commands" and that its own toolkit writes.
"""

from collections.abc import Iterator

from orchestrator.model.line import escape_line
from orchestrator.reconcile.verdict import Judged, Verdict

DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
PROPERTY = {**DATA, ":": "%3A", ",": "%2C"}


def render_github(verdict: Verdict) -> str:
    """A command a line: what keeps the change out, then what else is new. What the base has too is not said again."""
    return "".join(f"{line}\n" for line in list_commands(verdict))


def list_commands(verdict: Verdict) -> Iterator[str]:
    """Errors first: GitHub shows ten of a level and step, and drops the others."""
    yield from (render_command("error", judged) for judged in verdict.blocking)
    blocking = {id(judged) for judged in verdict.blocking}
    for judged in verdict.findings:
        if judged.became == "new" and judged.excuse is None and id(judged) not in blocking:
            yield render_command("warning", judged)


def render_command(command: str, judged: Judged) -> str:
    """One annotation at the line of the finding."""
    finding, source = judged.finding, judged.finding.source
    properties = {
        "file": source.file,
        "line": str(max(source.line, 1)),
        "col": str(max(source.column, 1)),
        "title": f"{judged.rule_id} {finding.name}",
    }
    written = ",".join(f"{key}={escape(value, PROPERTY)}" for key, value in properties.items())
    return f"::{command} {written}::{escape(finding.message, DATA)}"


def escape(text: str, replaced: dict[str, str]) -> str:
    """The text with what cannot be seen written out and what has a meaning in commands replaced."""
    return "".join(replaced.get(each, each) for each in escape_line(text))
