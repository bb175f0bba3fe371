"""CP-SAT on a placement that benchmarks/problem.py wrote: `cpsat.py PROBLEM.json counts|nodes SECONDS`.

Runs in a virtual environment of its own (benchmarks/requirements.lock), since its library and HiGHS cannot share a
process, and so imports nothing of the project. `counts` has the same whole variables as the project's solver; `nodes`
has a variable for each node and site beside them, as a scheduler's model is usually written. One thread; each objective
is minimised in its order and then held. SECONDS are CP-SAT's own deterministic ones, about those of a processor, so
that other processes on the machine take nothing from it. Prints what it found as JSON. With - in place of a file,
problems are read from standard input, one a line, and each is answered with a line.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from ortools.sat.python import cp_model

FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


def build(problem: dict[str, Any]) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    """The whole variables and rows of a problem."""
    model = cp_model.CpModel()
    largest = find_largest(problem)
    variables = [
        model.new_int_var(low, largest if high is None else high, f"v{at}")
        for at, (low, high) in enumerate(zip(problem["lows"], problem["highs"], strict=True))
    ]
    for row in problem["rows"]:
        terms = add_up(variables, row)
        low = cp_model.INT32_MIN * 2**20 if row["low"] is None else row["low"]
        high = cp_model.INT32_MAX * 2**20 if row["high"] is None else row["high"]
        model.add_linear_constraint(terms, low, high)
    return model, variables


def find_largest(problem: dict[str, Any]) -> int:
    """What no variable without a limit need exceed: what all nodes weigh in the row that weighs them most, or asks."""
    nodes = sum(found["number"] for found in problem["nodes"])
    rows = (row for row in problem["rows"] if row["weights"])
    reach = (nodes * max(map(abs, row["weights"])) + abs(row["low"] or 0) + abs(row["high"] or 0) for row in rows)
    return max(reach, default=nodes)


def add_up(variables: list[cp_model.IntVar], terms: dict[str, Any]) -> cp_model.LinearExpr:
    """The weighted sum that a row or a stage names."""
    return cp_model.LinearExpr.weighted_sum([variables[at] for at in terms["variables"]], terms["weights"])


def add_nodes(model: cp_model.CpModel, variables: list[cp_model.IntVar], nodes: list[dict[str, Any]]) -> None:
    """A Boolean for each node and each variable that may count it; the counts are their sums."""
    parts: dict[int, list[cp_model.IntVar]] = {}
    for number, found in enumerate(nodes):
        ways = found["fresh"] if found["stay"] is None else [found["stay"], *found["fresh"]]
        for node in range(found["number"]):
            choice = {way: model.new_bool_var(f"n{number}.{node}.{way}") for way in ways}
            model.add_exactly_one(choice.values())
            for way, chosen in choice.items():
                parts.setdefault(way, []).append(chosen)
    for way, chosen in parts.items():
        model.add(variables[way] == sum(chosen))


def solve(problem: dict[str, Any], form: str, seconds: float) -> dict[str, Any]:
    """Each stage's value and bound; no stages where nothing was found in time."""
    model, variables = build(problem)
    if form == "nodes":
        add_nodes(model, variables, problem["nodes"])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    left, stages = seconds, []
    for stage in problem["stages"]:
        objective = add_up(variables, stage)
        model.minimize(objective)
        solver.parameters.max_deterministic_time = max(left, 0.1)
        status = solver.solve(model)
        left -= solver.response_proto.deterministic_time
        if status not in FOUND:
            break
        value, bound = round(solver.objective_value), round(solver.best_objective_bound)
        stages.append({"name": stage["name"], "value": value + stage["constant"], "bound": bound + stage["constant"]})
        model.add(objective <= value)
        model.clear_hints()
        for variable in variables:
            model.add_hint(variable, solver.value(variable))
    done = len(stages) == len(problem["stages"])
    return {
        "status": ("optimal" if all(found["value"] == found["bound"] for found in stages) else "feasible")
        if done
        else "infeasible"
        if status == cp_model.INFEASIBLE
        else "nothing found in time",
        "stages": stages,
    }


def measure(text: str, form: str, seconds: float) -> dict[str, Any]:
    """What was found, with the processor seconds that it took and the most memory that this process has had."""
    begun = time.process_time()
    result = solve(json.loads(text), form, seconds)
    result["seconds"] = time.process_time() - begun
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


if __name__ == "__main__":
    path, form, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    for text in sys.stdin if path == "-" else [Path(path).read_text()]:
        sys.stdout.write(f"{json.dumps(measure(text, form, seconds))}\n")
        sys.stdout.flush()
