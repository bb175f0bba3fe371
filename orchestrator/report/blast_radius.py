"""What losses take, as text and as JSON: the worst first; domains that are the same nodes are one row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.plan import Finding
from orchestrator.model.requirement import RECOVERABLE, SHARES
from orchestrator.reconcile.blast_radius import BlastRadius, Toll
from orchestrator.reconcile.diversity import Diversity
from orchestrator.reconcile.recovery import Recovery
from orchestrator.reconcile.requirements import Unmet
from orchestrator.report.diversity import describe_diversity
from orchestrator.report.findings import list_findings
from orchestrator.report.shares import describe_share, render_share

ROWS_SHOWN = 30
NAMES_SHOWN = 4


def describe_simulation(
    radii: Sequence[BlastRadius],
    pairs: Sequence[BlastRadius],
    unmet: Iterable[Unmet],
    metrics: Sequence[Diversity],
    doubts: Iterable[Finding],
) -> dict[str, Any]:
    """The losses as plain data, in the shape that docs/commands.md promises to scripts; `doubts` are of the facts."""
    return {
        "losses": [describe_blast_radius(radius) for radius in radii],
        "pairs": [describe_blast_radius(radius) for radius in pairs],
        "unmet": [describe_unmet(each) for each in unmet],
        "metrics": describe_diversity(metrics),
        "findings": list_findings(doubts),
    }


def describe_blast_radius(radius: BlastRadius) -> dict[str, Any]:
    """One loss as plain data."""
    return {
        "domains": [str(domain) for domain in radius.domains],
        "nodes": list(radius.nodes),
        "tolls": [describe_toll(toll) for toll in radius.tolls],
        "broken": list_findings(radius.broken),
        "recovery": None if radius.recovery is None else describe_recovery(radius.recovery),
    }


def describe_recovery(recovery: Recovery) -> dict[str, Any]:
    """What it takes to be whole again, as plain data."""
    return {
        "possible": recovery.possible,
        "why": recovery.why,
        "relocations": recovery.relocations,
        "client_changes": recovery.client_changes,
        "unplaced": recovery.unplaced,
        "held": recovery.held,
        "broken": list_findings(recovery.broken),
        "cost_difference": None if recovery.cost_difference is None else str(recovery.cost_difference),
        "hours": None if recovery.hours is None else round(float(recovery.hours), 1),
    }


def describe_unmet(unmet: Unmet) -> dict[str, Any]:
    """A requirement that a loss does not keep to, as plain data."""
    return {
        "requirement": str(unmet.requirement),
        "domains": [str(domain) for domain in unmet.radius.domains],
        "value": None if unmet.value is None else round(float(unmet.value), 4),
    }


def describe_toll(toll: Toll) -> dict[str, Any]:
    """What one subject loses, as plain data."""
    return {
        "subject": toll.subject,
        "lost": toll.lost,
        "nodes": toll.nodes,
        "share": describe_share(toll.lost, toll.nodes),
        "stake_share": None if toll.stake_share is None else round(float(toll.stake_share), 4),
    }


@dataclass(frozen=True)
class _Row:
    """Losses that take the same nodes, break the same rules and need the same answer: one event by several names."""

    names: tuple[str, ...]
    radius: BlastRadius


def render_simulation(
    radii: Sequence[BlastRadius], pairs: Sequence[BlastRadius], unmet: Sequence[Unmet]
) -> RenderableType:
    """A row a loss, the worst first; the worst pairs; the rules that they break; what is required and not so."""
    rows, pair_rows = merge_equal(radii), merge_equal(pairs)
    left = len(rows) - ROWS_SHOWN
    more = [Text(f"and {left} losses that take less; --format json has them all")] if left > 0 else []
    worst: list[RenderableType] = [Text(), render_table("worst two at once", pair_rows)] if pair_rows else []
    return Lines(
        render_table("lost", rows[:ROWS_SHOWN]),
        *more,
        *worst,
        *render_broken([*rows[:ROWS_SHOWN], *pair_rows]),
        *render_unmet(unmet),
    )


def render_table(title: str, rows: Sequence[_Row]) -> Table:
    """A row a loss, with a column for recovery where any was solved for."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(title, overflow="fold")
    table.add_column("nodes", justify="right")
    table.add_column("of all", justify="right", no_wrap=True)
    table.add_column("hardest hit", no_wrap=True)
    table.add_column("rules broken", justify="right")
    solved = any(row.radius.recovery is not None for row in rows)
    if solved:
        table.add_column("to recover")
    for row in rows:
        recovery = [render_recovery(row.radius.recovery)] if solved else []
        table.add_row(*render_row(row), *recovery)
    return table


def render_row(row: _Row) -> Iterator[RenderableType]:
    """The cells of one loss."""
    radius = row.radius
    yield ", ".join(row.names[:NAMES_SHOWN]) + (" …" if len(row.names) > NAMES_SHOWN else "")
    yield str(len(radius.nodes))
    yield render_share(radius.tolls[0].share) if radius.tolls else "0 %"
    worst = max(radius.tolls[1:] or radius.tolls, key=lambda toll: (toll.share, toll.lost), default=None)
    yield Text() if worst is None else render_toll(worst)
    yield Text(str(len(radius.broken)), style="red") if radius.broken else Text("-")


def render_recovery(recovery: Recovery | None) -> Text:
    """Such as "4 relocations, +12.00 a month"; what is in the way, where something is."""
    if recovery is None:
        return Text("not solved", style="dim")
    if recovery.why:
        return Text(f"impossible: {recovery.why}", style="red")
    counted = ((recovery.relocations, "relocation"), (recovery.client_changes, "client change"))
    parts = [f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counted if number]
    if recovery.cost_difference:
        parts.append(f"{recovery.cost_difference:+,.2f} a month")
    if recovery.hours:
        parts.append(f"{float(recovery.hours):.1f} h")
    lacks = [
        *([f"{recovery.unplaced} without a place"] if recovery.unplaced else []),
        *([f"{recovery.held} held, since they sign"] if recovery.held else []),
        *([render_broken_count(len(recovery.broken))] if recovery.broken else []),
    ]
    return Text(", ".join([*lacks, *parts]) or "nothing to do", style="" if recovery.possible else "red")


def render_broken_count(number: int) -> str:
    """Such as "1 rule gives way"; a rule counts once a subject and domain."""
    return "1 rule gives way" if number == 1 else f"{number} rules give way"


def render_unmet(unmet: Sequence[Unmet]) -> Iterator[RenderableType]:
    """A line a requirement that a loss does not keep to."""
    for each in unmet:
        names = " and ".join(map(str, each.radius.domains))
        yield Text(f"not met: {each.requirement}: {names}{render_value(each)}", style="bold red")


def render_value(unmet: Unmet) -> str:
    """What the loss has instead, where that is a number."""
    if unmet.requirement.name == RECOVERABLE:
        return ""
    if unmet.value is None:
        return " (not known)"
    return f" ({render_share(unmet.value) if unmet.requirement.name in SHARES else float(unmet.value):})"


def render_toll(toll: Toll) -> Text:
    """Such as "group eth: 3 of 4 (75 %)"; the share of stake where it is another."""
    stake = "" if toll.staked_share == toll.share else f", {render_share(toll.staked_share)} of stake"
    style = "red" if toll.lost == toll.nodes else ""
    return Text(f"{toll.subject}: {toll.lost} of {toll.nodes} ({render_share(toll.share)}{stake})", style=style)


def render_broken(rows: Iterable[_Row]) -> Iterator[RenderableType]:
    """A line a rule that a loss breaks."""
    for row in rows:
        for finding in row.radius.broken:
            yield Text(
                f"{finding.source}: {finding.level}: after {row.names[0]}: {finding.message} [{finding.rule}]",
                style="red" if finding.level == "error" else "yellow",
            )


def merge_equal(radii: Sequence[BlastRadius]) -> list[_Row]:
    """The losses in order, those that take the same nodes and break the same rules together."""
    rows: dict[tuple[Any, ...], list[BlastRadius]] = {}
    for radius in radii:
        broken = tuple(f"{finding.source}{finding.message}" for finding in radius.broken)
        key = (radius.nodes, broken, repr(radius.recovery))
        rows.setdefault(key, []).append(radius)
    return [_Row(tuple(" and ".join(map(str, each.domains)) for each in same), same[0]) for same in rows.values()]
