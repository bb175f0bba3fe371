"""What losses take, as text and as JSON: the worst first; domains that are the same nodes are one row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.plan import Finding
from orchestrator.reconcile.blast_radius import BlastRadius, Toll
from orchestrator.report.distribution import describe_share, render_share
from orchestrator.report.findings import list_findings

ROWS_SHOWN = 30
NAMES_SHOWN = 4


def describe_simulation(radii: Sequence[BlastRadius], doubts: Iterable[Finding]) -> dict[str, Any]:
    """The losses as plain data, in the shape that docs/commands.md promises to scripts; `doubts` are of the facts."""
    return {"losses": [describe_blast_radius(radius) for radius in radii], "findings": list_findings(doubts)}


def describe_blast_radius(radius: BlastRadius) -> dict[str, Any]:
    """One loss as plain data."""
    return {
        "domains": [str(domain) for domain in radius.domains],
        "nodes": list(radius.nodes),
        "tolls": [describe_toll(toll) for toll in radius.tolls],
        "broken": list_findings(radius.broken),
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
    """Losses that take the same nodes and break the same rules: one event by several names."""

    names: tuple[str, ...]
    radius: BlastRadius


def render_blast_radii(radii: Sequence[BlastRadius]) -> RenderableType:
    """A row a loss, the worst first, then the rules that the worst ones break."""
    rows = merge_equal(radii)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("lost", overflow="fold")
    table.add_column("nodes", justify="right")
    table.add_column("of all", justify="right", no_wrap=True)
    table.add_column("hardest hit", no_wrap=True)
    table.add_column("rules broken", justify="right")
    for row in rows[:ROWS_SHOWN]:
        table.add_row(*render_row(row))
    left = len(rows) - ROWS_SHOWN
    more = [Text(f"and {left} losses that take less; --format json has them all")] if left > 0 else []
    return Lines(table, *more, *render_broken(rows[:ROWS_SHOWN]))


def render_row(row: _Row) -> Iterator[RenderableType]:
    """The cells of one loss."""
    radius = row.radius
    yield ", ".join(row.names[:NAMES_SHOWN]) + (" …" if len(row.names) > NAMES_SHOWN else "")
    yield str(len(radius.nodes))
    yield render_share(radius.tolls[0].share) if radius.tolls else "0 %"
    worst = max(radius.tolls[1:] or radius.tolls, key=lambda toll: (toll.share, toll.lost), default=None)
    yield Text() if worst is None else render_toll(worst)
    yield Text(str(len(radius.broken)), style="red") if radius.broken else Text("-")


def render_toll(toll: Toll) -> Text:
    """Such as "group eth: 3 of 4 (75 %)"; the share of stake where it is another."""
    staked = toll.share if toll.stake_share is None else toll.stake_share
    stake = "" if staked == toll.share else f", {render_share(staked)} of stake"
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
        key = (radius.nodes, tuple(f"{finding.source}{finding.message}" for finding in radius.broken))
        rows.setdefault(key, []).append(radius)
    return [_Row(tuple(" and ".join(map(str, each.domains)) for each in same), same[0]) for same in rows.values()]
