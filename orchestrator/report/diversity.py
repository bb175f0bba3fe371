"""How diverse a fleet stands, as text and as JSON; the text is short, the JSON has every kind, group and weight."""

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator.reconcile.distribution import ALL
from orchestrator.reconcile.diversity import Diversity
from orchestrator.report.shares import render_share

# What people ask of first; the JSON form has every kind.
KINDS_SHOWN = ("provider", "region", "country")


def describe_diversity(metrics: Sequence[Diversity]) -> list[dict[str, Any]]:
    """The metrics as plain data, in the shape that docs/commands.md promises to scripts."""
    return [
        {
            "subject": each.subject,
            "kind": each.kind,
            "weight": each.weight,
            "domains": each.domains,
            "largest": each.largest,
            "largest_share": round(float(each.largest_share), 4),
            "unknown_share": round(float(each.unknown), 4),
            "hhi": round(float(each.hhi), 1),
            "nakamoto": each.nakamoto,
            "threshold": str(each.threshold),
        }
        for each in metrics
    ]


def render_diversity(metrics: Sequence[Diversity]) -> str:
    """A line a kind of domain for each chain, or for the fleet where it is of one, by nodes; nothing of no metrics."""
    shown = [each for each in _select(metrics) if each.weight == "nodes" and _is_shown(each)]
    if not shown:
        return ""
    header = ("per", "domains", "largest", "HHI", f"Nakamoto ({shown[0].threshold})")
    rows = [(_name(each), *_render_cells(each)) for each in shown]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    return "".join(_render_row(row, widths) for row in [header, *rows])


def _render_row(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers = row
    cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
    return "  ".join([first.ljust(widths[0]), *cells]) + "\n"


def _select(metrics: Sequence[Diversity]) -> Iterator[Diversity]:
    """The chains where there are several, else the whole fleet."""
    chains = any(each.subject.startswith("chain ") for each in metrics)
    return (each for each in metrics if (each.subject.startswith("chain ") if chains else each.subject == ALL))


def _is_shown(each: Diversity) -> bool:
    return each.kind in KINDS_SHOWN or each.kind.startswith("client.")


def _name(each: Diversity) -> str:
    return each.kind if each.subject == ALL else f"{each.subject.removeprefix('chain ')}: {each.kind}"


def _render_cells(each: Diversity) -> tuple[str, ...]:
    return (str(each.domains), _render_largest(each), str(round(each.hhi)), str(each.nakamoto or "-"))


def _render_largest(each: Diversity) -> str:
    """Such as "acme 67 %", or "acme 33 % + 33 % unknown": what is not known may all be there too."""
    if each.largest is None:
        return "unknown"
    unknown = f" + {render_share(each.unknown)} unknown" if each.unknown else ""
    return f"{each.largest} {render_share(each.largest_share - each.unknown)}{unknown}"
