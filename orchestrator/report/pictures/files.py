"""The pictures of a review as SVG files: the map before and after, the shares, the blast radii."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from orchestrator.reconcile.verdict import Verdict
from orchestrator.report.pictures.loss_matrix import lay_out_losses
from orchestrator.report.pictures.outline import render_land
from orchestrator.report.pictures.projection import HEIGHT, WIDTH
from orchestrator.report.pictures.share_bars import Bar, Chart, lay_out_shares
from orchestrator.report.pictures.world_map import When, lay_out_map
from orchestrator.report.template import load_templates, read_style

# In units of the picture.
MAP_TITLE, CHART_TITLE, ROW, GAP = 26, 28, 24, 14
MATRIX_TOP, MATRIX_LEFT, CELL = 96, 250, 62
SHARES_WIDTH = 720
CHARTS_SHOWN = 12


@dataclass(frozen=True)
class Part:
    """A chart of shares at its height in the picture."""

    top: int
    title: str
    bars: tuple[Bar, ...]
    left: int


def render_pictures(verdict: Verdict) -> Mapping[str, str]:
    """Name of the file to its text. Without a base there is no map of before."""
    times: Sequence[When] = ("after",) if verdict.before is None else ("before", "after")
    return {
        **{f"map-{when}.svg": _render_map(verdict, when) for when in times},
        "shares.svg": _render_shares(verdict),
        "blast-radius.svg": _render_losses(verdict),
    }


def name_chart(chart: Chart) -> str:
    """Such as "group eth by country"; what is shared is said where it is not the number of nodes."""
    return f"{chart.subject} by {chart.kind}" + ("" if chart.by == "nodes" else f", share of {chart.by}")


def _render_map(verdict: Verdict, when: When) -> str:
    picture = lay_out_map(verdict.places, when)
    land = Markup('<path class="land" d="{}"/>').format(render_land())
    title = f"{verdict.fleet}: nodes by region, {when}"
    fields = {"title": title, "summary": picture.summary, "map": picture, "land": land, "height": HEIGHT}
    return _render("map.svg", {**fields, "width": int(WIDTH), "total": round(HEIGHT) + MAP_TITLE})


def _render_shares(verdict: Verdict) -> str:
    charts = lay_out_shares(verdict.shares)[:CHARTS_SHOWN]
    parts, top = [], 0
    for chart in charts:
        parts.append(Part(top, name_chart(chart), chart.bars, chart.left))
        top += CHART_TITLE + ROW * (len(chart.bars) + bool(chart.left)) + GAP
    title = f"{verdict.fleet}: shares by domain, before and after"
    summary = ". ".join(f"{name_chart(chart)}: {chart.summary}" for chart in charts) or "no shares"
    return _render(
        "shares.svg", {"title": title, "summary": summary, "parts": parts, "width": SHARES_WIDTH, "total": top}
    )


def _render_losses(verdict: Verdict) -> str:
    matrix = lay_out_losses(None if verdict.before is None else verdict.before.losses, verdict.after.losses)
    width = MATRIX_LEFT + max(len(matrix.subjects) * CELL + CELL, SHARES_WIDTH - MATRIX_LEFT)
    total = MATRIX_TOP + ROW * (len(matrix.rows) + bool(matrix.left)) + GAP
    title = f"{verdict.fleet}: share of nodes lost with each domain, after"
    fields = {"title": title, "summary": matrix.summary, "matrix": matrix, "cell": CELL}
    return _render("blast-radius.svg", {**fields, "width": width, "total": total})


def _render(template: str, fields: Mapping[str, Any]) -> str:
    return load_templates().get_template(template).render(css=read_style("pictures.css"), **fields)
