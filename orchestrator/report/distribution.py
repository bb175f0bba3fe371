"""How nodes are distributed over domains, as text and as JSON."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.reconcile.distribution import Distribution
from orchestrator.report.shares import describe_share, render_share

DOMAINS_SHOWN = 4


def describe_distributions(distributions: Sequence[Distribution]) -> list[dict[str, Any]]:
    """The distributions as plain data, in the shape that docs/commands.md promises to scripts."""
    return [
        {
            "subject": each.subject,
            "kind": each.kind,
            "nodes": each.nodes,
            "unknown": each.unknown,
            "domains": [
                {"domain": one.domain, "nodes": one.nodes, "share": describe_share(one.nodes, each.nodes)}
                | {"stake": one.stake if one.stake is None else str(one.stake)}
                for one in each.domains
            ],
        }
        for each in distributions
    ]


def render_distributions(distributions: Sequence[Distribution]) -> RenderableType:
    """A table a subject: a row a kind of domain, with the fullest domains and what is not known."""
    parts: list[RenderableType] = []
    for subject, found in groupby(distributions, key=lambda each: each.subject):
        parts += [render_table(subject, list(found)), Text()]
    return Lines(*parts[:-1])


def render_table(subject: str, distributions: Sequence[Distribution]) -> Table:
    """One subject's table. Kinds of which nothing at all is known are named in one row."""
    nodes = distributions[0].nodes
    table = Table(
        box=None, pad_edge=False, header_style="bold", title_justify="left", title=f"{subject}: {nodes} nodes"
    )
    table.add_column("per", no_wrap=True)
    table.add_column("domains", justify="right")
    table.add_column("largest", justify="right")
    table.add_column("unknown", justify="right")
    table.add_column("nodes by domain")
    for each in distributions:
        if each.largest_share is not None:
            unknown = Text(str(each.unknown), style="yellow") if each.unknown else Text("-")
            share = render_share(each.largest_share)
            table.add_row(each.kind, str(len(each.domains)), share, unknown, render_domains(each))
    dark = [each.kind for each in distributions if each.largest_share is None]
    if dark:
        table.add_row(Text("not known", style="yellow"), "", "", Text("all", style="yellow"), ", ".join(dark))
    return table


def render_domains(distribution: Distribution) -> str:
    """The fullest domains with their nodes, and how many more there are."""
    shown = [f"{each.domain} {each.nodes}" for each in distribution.domains[:DOMAINS_SHOWN]]
    left = len(distribution.domains) - len(shown)
    return ", ".join([*shown, f"and {left} more"] if left else shown)
