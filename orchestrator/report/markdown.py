"""A verdict as one comment on a pull request: what changes for the fleet, shortest first, and nothing said twice.

A hidden marker in its first line says which fleet it is of, so that the next push finds the comment and updates it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.model.line import escape_line
from orchestrator.reconcile.verdict import Judged, MachineChange, ShareChange, Verdict
from orchestrator.report.verdict import render_cost, render_fraction, render_loss

# GitHub takes 65,536 characters; bytes are at least as many, and the hosts do not say which they count.
LONGEST_COMMENT = 65_000
ROWS = (200, 100, 50, 25, 10, 5, 1, 0)  # of each table, until the comment is short enough
LONGEST_TEXT = 400
MOST_LINES = 20  # of what check said
MARKER = re.compile(r"<!-- orchestrator check ([0-9a-f]{16}) (changes|quiet) -->")
PLAIN = frozenset(" ,;%/=-+→…·")
ICON = {"new": "⚠️", "unchanged": "➖", "fixed": "✅"}  # of what keeps nothing out
FATES = {"added": "added", "relocated": "moves", "retired": "retired", "client": "changes its clients"}

Row = Sequence[str]
Mood = Literal["changes", "quiet"]


@dataclass(frozen=True)
class Table:
    """A table with a heading of its own; `more` says what the rows are that are left out."""

    heading: str
    columns: Row
    rows: Sequence[Row]
    more: str


def render_markdown(verdict: Verdict) -> str:
    """The comment. As few rows are left out as its greatest length allows, and each table says how many."""
    tables = list(list_tables(verdict))
    drafts = (render_comment(verdict, tables, most) for most in ROWS)
    return next(draft for draft in drafts if len(draft.encode()) <= LONGEST_COMMENT)


def render_unchecked(spec: str, why: str) -> str:
    """The comment where there is no verdict: what check said instead, such as a mistake in the spec."""
    lines = [line for line in why.splitlines() if line.strip()][-MOST_LINES:]
    told = "\n".join(f"- {code(line)}" for line in lines)
    return f"{write_marker(spec, 'changes')}\n### ❌ {code(spec)} could not be checked\n\n{told}\n"


def render_comment(verdict: Verdict, tables: Sequence[Table], most: int) -> str:
    """The comment with at most so many rows in each table."""
    head = [render_marker(verdict), render_headline(verdict), "", *render_context(verdict)]
    parts = ["\n".join(head), *(render_table(table, most) for table in tables)]
    return "\n\n".join(parts) + "\n"


def render_marker(verdict: Verdict) -> str:
    """What no one sees and the next push looks for. It is quiet where there is nothing to tell."""
    return write_marker(verdict.spec, judge_mood(verdict))


def write_marker(spec: str, mood: Mood) -> str:
    """The marker of a spec by its path: a repository can have several, and each has a comment of its own."""
    key = hashlib.sha256(spec.encode(errors="surrogatepass")).hexdigest()[:16]
    return f"<!-- orchestrator check {key} {mood} -->"


def judge_mood(verdict: Verdict) -> Mood:
    """Quiet where nothing changes for the fleet and nothing keeps the change out."""
    return "quiet" if verdict.changes_nothing and not verdict.blocking else "changes"


def render_headline(verdict: Verdict) -> str:
    """The verdict in one line."""
    number = len(verdict.blocking)
    if number:
        what = f"{count(number, 'finding')} {'keeps' if number == 1 else 'keep'} this change out"
    elif verdict.changes_nothing:
        what = "nothing changes for the fleet"
    else:
        what = "nothing keeps this change out"
    return f"### {'❌' if number else '✅'} {code(verdict.fleet)}: {what}"


def render_context(verdict: Verdict) -> Iterator[str]:
    """What was compared, and what it came to."""
    base = "with nothing: all findings are new" if verdict.base is None else f"with {code(verdict.base)}"
    fates = [(fate, sum(judged.became == fate for judged in verdict.findings)) for fate in ICON]
    found = ", ".join(f"{number} {fate}" for fate, number in fates if number) or "none"
    yield f"{code(verdict.spec)} compared {base}. Findings: {found}."


def list_tables(verdict: Verdict) -> Iterator[Table]:
    """The tables that have something in them, in the order of what a reviewer asks."""
    blocking = {id(judged) for judged in verdict.blocking}
    shown = [judged for judged in verdict.findings if judged.became != "unchanged" or id(judged) in blocking]
    if shown:
        icons = ("❌" if id(judged) in blocking else pick_icon(judged) for judged in shown)
        rows = [list_finding_cells(judged, icon) for judged, icon in zip(shown, icons, strict=True)]
        yield Table("Findings", ("", "rule", "where", "what"), rows, "findings")
    if verdict.base is None or verdict.changes_nothing:
        return
    shares = [list_share_cells(share) for share in verdict.shares if share.before != share.after]
    if shares:
        columns = ("whose", "in", "of", "before", "after", "cap")
        yield Table("Shares that change", columns, shares, "shares")
    if verdict.machines:
        heading = f"Machines: {count_fates(verdict.machines)}"
        rows = [list_machine_cells(change) for change in verdict.machines]
        yield Table(heading, ("node", "what", "from", "to"), rows, "nodes")
    yield Table("The fleet", ("", "before", "after"), list(list_figures(verdict)), "figures")
    signers = [change for change in verdict.machines if change.signs and change.fate != "client"]
    if signers:
        cells = [(code(each.node), FATES[each.fate], code(each.fence) if each.fence else "-") for each in signers]
        yield Table("Nodes that sign", ("node", "what", "before it may sign again"), cells, "nodes that sign")


def pick_icon(judged: Judged) -> str:
    """What a finding that keeps nothing out looks like."""
    return "➖" if judged.excuse is not None else ICON[judged.became]


def list_finding_cells(judged: Judged, icon: str) -> Row:
    """A finding as a row."""
    finding = judged.finding
    excuse = "" if judged.excuse is None else f" excused: {code(judged.excuse.reason)}"
    place = code(f"{finding.source.file}:{finding.source.line}")
    return (f"{icon} {judged.became}{excuse}", f"{judged.rule_id} {escape(finding.rule)}", place, code(finding.message))


def list_share_cells(share: ShareChange) -> Row:
    """A share as a row."""
    limit = "-" if share.limit is None else escape(render_fraction(share.limit))
    before, after = (escape(render_fraction(each)) for each in (share.before, share.after))
    return (code(share.subject), code(f"{share.kind} {share.domain}"), share.by, before, after, limit)


def list_machine_cells(change: MachineChange) -> Row:
    """What happens to a node as a row."""
    places = (code(place) if place else "-" for place in (change.before, change.after))
    return (code(change.node), FATES[change.fate] + (" (signs)" if change.signs else ""), *places)


def list_figures(verdict: Verdict) -> Iterator[Row]:
    """Nodes, the worst losses and the cost, before and after."""
    sides = (verdict.before, verdict.after)
    yield ("nodes", *(str(side.nodes) if side else "-" for side in sides))
    yield ("worst single loss", *(code(render_loss(side.worst)) if side else "-" for side in sides))
    yield ("worst two at once", *(code(render_loss(side.worst_pair)) if side else "-" for side in sides))
    yield ("cost a month", *(code(render_cost(side.cost)) if side else "-" for side in sides))


def count_fates(changes: Iterable[MachineChange]) -> str:
    """Such as "2 added, 1 moves"."""
    fates = [change.fate for change in changes]
    return ", ".join(f"{fates.count(fate)} {words}" for fate, words in FATES.items() if fate in fates)


def render_table(table: Table, most: int) -> str:
    """The table with at most so many rows, and how many there are beyond."""
    rows = [table.columns, ["---"] * len(table.columns), *table.rows[:most]]
    left = len(table.rows) - most
    lines = [f"| {' | '.join(row)} |" for row in rows] if most else []
    cut = [f"and {left} more {table.more}" if most else f"{left} {table.more}"] if left > 0 else []
    body = "\n\n".join(part for part in ("\n".join(lines), *cut) if part)
    return f"#### {table.heading}\n\n{body}"


def count(number: int, noun: str) -> str:
    """Such as "1 finding", "2 findings"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def code(text: str) -> str:
    """Text from outside as code: hosts look for no mentions, references and links in there."""
    return f"<code>{escape(text)}</code>"


def escape(text: str) -> str:
    """Text that stays text: no character with a meaning in Markdown or HTML is left, and none that cannot be seen."""
    shown = escape_line(text[: LONGEST_TEXT + 1])
    cut = f"{shown[:LONGEST_TEXT]}…" if len(shown) > LONGEST_TEXT else shown
    return "".join(each if is_plain(each) else f"&#{ord(each)};" for each in cut)


def is_plain(character: str) -> bool:
    """Whether a character means nothing but itself."""
    return character.isalnum() or character in PLAIN or not character.isascii()
