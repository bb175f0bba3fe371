"""Draws benchmarks/results/placement.json as docs/benchmarks.svg; matplotlib is in benchmarks/requirements.lock."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt  # the backend is chosen first

ROOT = Path(__file__).resolve().parent.parent
METHODS = {
    "ours": ("this project (HiGHS on the counts)", "#1b7837", "o"),
    "cpsat counts": ("CP-SAT on the counts", "#2166ac", "s"),
    "cpsat nodes": ("CP-SAT, a variable a node and site", "#b2182b", "^"),
    "greedy": ("greedy, one node at a time", "#878787", "x"),
}
TITLES = {"first": "First placement", "after": "After the loss of a provider"}
PANELS = (
    ("seconds", "processor seconds (hollow: not proven in time)"),
    ("peak_mb", "peak memory, MB"),
)


def draw(axes: Any, results: list[dict[str, Any]], placement: str, measure: str) -> None:
    """One panel: a line a method over the number of nodes."""
    for method, (label, colour, marker) in METHODS.items():
        points = [
            (result["nodes"], run[measure], run["status"] in ("optimal", "placed"))
            for result in results
            if measure in (run := result["methods"][method].get(placement, {}))
        ]
        axes.plot([x for x, _, _ in points], [y for _, y, _ in points], color=colour, label=label, linewidth=1.2)
        if method == "ours" and measure == "seconds":
            draw_solving(axes, results, placement)
        for x, y, proven in points:
            axes.plot(x, y, marker=marker, color=colour, markerfacecolor=colour if proven else "white", markersize=6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(visible=True, which="major", linewidth=0.4)
    axes.set_xlabel("nodes (200 sites, up to 50 groups)")


def draw_solving(axes: Any, results: list[dict[str, Any]], placement: str) -> None:
    """Our solver alone: the others are given the counts, and need not read them from the lock's machines."""
    runs = [(result["nodes"], result["methods"]["ours"].get(placement, {})) for result in results]
    points = [(nodes, run["seconds"] - run["encode_seconds"]) for nodes, run in runs if "encode_seconds" in run]
    label = "this project, solving alone"
    axes.plot(*zip(*points, strict=True), color=METHODS["ours"][1], label=label, linewidth=1.2, linestyle=":")


def main() -> None:
    """Two measures of two placements."""
    mpl.rcParams.update({"svg.hashsalt": "benchmarks", "font.size": 9})
    kept = json.loads((ROOT / "benchmarks" / "results" / "placement.json").read_text())["results"]
    results = [result for result in kept if result["shape"] == "loose" and result["sites"] == 200]
    figure, panels = plt.subplots(len(PANELS), len(TITLES), figsize=(10, 7), sharex=True, sharey="row")
    for row, (measure, label) in enumerate(PANELS):
        for column, placement in enumerate(TITLES):
            draw(panels[row][column], results, placement, measure)
        panels[row][0].set_ylabel(label)
    for column, title in enumerate(TITLES.values()):
        panels[0][column].set_title(title)
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="lower center", ncols=3, fontsize=8)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    path = ROOT / "docs" / "benchmarks.svg"
    figure.savefig(path.with_suffix(".partial"), format="svg", metadata={"Date": None})
    path.with_suffix(".partial").replace(path)


if __name__ == "__main__":
    main()
