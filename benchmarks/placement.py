"""How placement compares, by size and kind of fleet: `python -m benchmarks.placement [--seconds N] [CASE…]`.

Side by side in one run, each in a process of its own on the same problem: the project's own solver, CP-SAT on the same
counts, CP-SAT with a variable for each node and site, and a scheduler that places one node at a time. Results are kept
in benchmarks/results/placement.json and drawn into docs/benchmarks.svg. `make benchmark` sets up what it needs.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, Case

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "placement.json"
SOLVER_PYTHON = Path(os.environ.get("BENCHMARK_PYTHON", ROOT / "build" / "benchmark" / "bin" / "python"))

# For all stages of one placement together; what is not proven by then is reported with its gap.
SECONDS = 60.0
# A model with a variable a node and site grows with both: above this it would take gigabytes before it starts.
MOST_NODE_VARIABLES = 400_000
# One node at a time takes minutes above this.
MOST_GREEDY_NODES = 10_000

PLACEMENTS = ("first", "after")


def run_json(command: Sequence[str]) -> dict[str, Any]:
    """What a process printed as JSON; a process that fails, or that the system ends for want of memory, says so."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"status": f"failed ({done.returncode}): {lines[-1] if lines else 'no output'}", "stages": []}
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def run_case(case: Case, seconds: float) -> dict[str, Any]:
    """All methods on one case; a method that was not run says why."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = run_json([sys.executable, "-m", "benchmarks.ours", case.name, name])
        methods: dict[str, Any] = {"ours": ours if "first" in ours else {"first": ours}}
        for method in ("greedy", "cpsat counts", "cpsat nodes"):
            methods[method] = {
                placement: compare(method, case, folder / f"{placement}.json", seconds)
                for placement in PLACEMENTS
                if (folder / f"{placement}.json").exists()
            }
    for placement in methods["ours"]:
        for method in ("greedy", "cpsat counts", "cpsat nodes"):
            found = methods[method].get(placement, {})
            found["gap"] = compute_gap(methods["ours"][placement], found)
    return {"case": case.name, "nodes": case.nodes, "sites": case.sites, "shape": case.shape, "methods": methods}


def compare(method: str, case: Case, problem: Path, seconds: float) -> dict[str, Any]:
    """One other method on one problem."""
    if method == "greedy":
        if case.nodes > MOST_GREEDY_NODES:
            return {"status": "not run: too many nodes to place one after another", "stages": []}
        return run_json([sys.executable, "-m", "benchmarks.greedy", str(problem)])
    if method == "cpsat nodes" and case.nodes * case.sites > MOST_NODE_VARIABLES:
        return {"status": f"not run: {case.nodes * case.sites:,} variables", "stages": []}
    form = method.removeprefix("cpsat ")
    return run_json([str(SOLVER_PYTHON), "benchmarks/cpsat.py", str(problem), form, str(seconds)])


def compute_gap(ours: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, float]:
    """By stage, how far above ours the other is, as a share of ours; where ours is 0, the difference."""
    best = {stage["name"]: stage["value"] for stage in ours.get("stages", ())}
    return {
        stage["name"]: (stage["value"] - best[stage["name"]]) / (best[stage["name"]] or 1)
        for stage in other.get("stages", ())
        if stage["name"] in best
    }


def render(result: Mapping[str, Any]) -> Iterable[str]:
    """A line for each placement and method."""
    for placement in result["methods"]["ours"]:
        for method, found in result["methods"].items():
            run = found[placement]
            values = {stage["name"]: stage["value"] for stage in run.get("stages", ())}
            shown = [f"{run[key]:>9.2f}" if key in run else f"{'':>9}" for key in ("seconds", "peak_mb")]
            moves = values.get("relocations", "")
            gap = run.get("gap", {}).get("cost")
            yield (
                f"{result['case']:<20} {placement:<6} {method:<13} {' '.join(shown)} {moves:>11} "
                f"{'' if gap is None else f'{gap:+.3%}':>9}  {run['status']}"
                + (f", {run['unplaced']} unplaced" if run.get("unplaced") else "")
            )


def emit(line: str) -> None:
    """A line to standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Run the cases, keep their results beside those of cases that were not run, and draw them."""
    names, seconds = list(arguments), SECONDS
    if names[:1] == ["--seconds"]:
        seconds, names = float(names[1]), names[2:]
    kept = json.loads(RESULTS.read_text())["results"] if RESULTS.exists() else []
    results = {result["case"]: result for result in kept}
    emit(f"{'case':<20} {'when':<6} {'method':<13} {'seconds':>9} {'peak MB':>9} {'relocations':>11} {'cost gap':>9}")
    for case in [case for case in CASES if not names or case.name in names]:
        results[case.name] = run_case(case, seconds)
        for line in render(results[case.name]):
            emit(line)
        write(results, seconds)
    subprocess.run([str(SOLVER_PYTHON), "benchmarks/plot.py"], cwd=ROOT, check=True)


def write(results: Mapping[str, Any], seconds: float) -> None:
    """Keep the results, cases in their order, with what they were measured with."""
    order = [case.name for case in CASES]
    listed = sorted((result for name, result in results.items() if name in order), key=lambda r: order.index(r["case"]))
    packages = json.loads(
        subprocess.run(
            [
                str(SOLVER_PYTHON),
                "-c",
                "import json, importlib.metadata as m; print(json.dumps({'ortools': m.version('ortools')}))",
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    about = {
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "highspy": version("highspy"),
        **packages,
        "seconds_allowed": seconds,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    partial = RESULTS.with_suffix(".partial")
    partial.write_text(json.dumps({"about": about, "results": listed}, indent=1) + "\n")
    partial.replace(RESULTS)


if __name__ == "__main__":
    main(sys.argv[1:])
