"""The project's own placement of one case, measured: `python -m benchmarks.ours CASE FOLDER`, a JSON object to stdout.

Processor seconds, since one thread is used and other processes may run. The problems of the first placement and of the
one after the loss of a provider are left in FOLDER, so that the other methods solve exactly the same.
"""

import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, LOST, Case
from benchmarks.problem import LAST_STAGE, make_problem
from orchestrator.model.lock import Lock, LockHeader
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.placement.candidates import Situation, compute_situation
from orchestrator.placement.clients import ClientBook
from orchestrator.placement.encode import Strictness, encode
from orchestrator.placement.place import compute_plan
from orchestrator.placement.stages import compute_answer, compute_objectives
from orchestrator.placement.to_lock import compute_lock_entries
from orchestrator.policy.compile import CompiledPolicy, compile_policy


def make_lock(plan: Plan) -> Lock:
    """The lock that a plan would be written as."""
    machines, retired = compute_lock_entries(plan)
    header = LockHeader(fleet="bench", revision="r", spec="sha256:0", facts="f")
    return Lock(header=header, machines=machines, retired=retired)


def prepare(case: Case, lock: Lock | None, losses: tuple[Loss, ...]) -> tuple[Situation, CompiledPolicy]:
    """All that is known before anything is solved."""
    fleet = case.make_fleet()
    raw = compute_situation(fleet, case.make_catalogue(), lock, losses, frozenset())
    policy = compile_policy(fleet.policy, fleet, raw.candidates)
    return replace(raw.restrict(policy.candidates), clients=ClientBook({}, fleet.artifacts)), policy


def measure(case: Case, lock: Lock | None, losses: tuple[Loss, ...], path: Path) -> dict[str, Any]:
    """Seconds of encoding and solving, up to the cost and in all stages; the problem goes to `path`.

    The counts alone: no machine is written, so this is what does not depend on the number of nodes.
    """
    situation, policy = prepare(case, lock, losses)
    begun = time.process_time()
    encoding = encode(situation, policy, Strictness.HARD)
    objectives = compute_objectives(encoding, situation)
    encoded = time.process_time()
    answer = compute_answer(encoding, objectives)
    ended = time.process_time()
    peak = get_peak()
    path.write_text(json.dumps(make_problem(situation, encoding, objectives)))
    if answer is None:
        return {"status": "infeasible", "stages": [], "seconds": ended - begun, "peak_mb": peak}
    names = [objective.name for objective in objectives]
    to_cost = objectives[: names.index(LAST_STAGE) + 1]
    again = encode(situation, policy, Strictness.HARD)
    compared = time.process_time()
    compute_answer(again, [replace(objective) for objective in to_cost])
    stages = [stage.model_dump() for stage in answer.stages]
    return {
        "status": "optimal" if all(stage["claim"] == "proven" for stage in stages) else "feasible",
        "stages": stages,
        "encode_seconds": encoded - begun,
        "seconds": encoded - begun + time.process_time() - compared,
        "all_stages_seconds": ended - begun,
        "variables": len(encoding.program.lows),
        "rows": len(encoding.program.rows),
        "peak_mb": peak,
    }


def time_plan(case: Case, lock: Lock | None, losses: tuple[Loss, ...]) -> tuple[Plan, float]:
    """A whole plan, a machine for every node and all, and its processor seconds."""
    fleet, catalogue = case.make_fleet(), case.make_catalogue()
    begun = time.process_time()
    plan = compute_plan(fleet, catalogue, {}, lock, losses)
    return plan, time.process_time() - begun


def get_peak() -> float:
    """The most memory that this process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(case: Case, folder: Path) -> dict[str, Any]:
    """Both placements of a case."""
    first = measure(case, None, (), folder / "first.json")
    if first["status"] == "infeasible":
        return {"first": first}
    plan, first["plan_seconds"] = time_plan(case, None, ())
    first["plan_peak_mb"] = get_peak()
    lock = make_lock(plan)
    del plan
    after = measure(case, lock, LOST, folder / "after.json")
    plan, after["plan_seconds"] = time_plan(case, lock, LOST)
    after["plan_peak_mb"] = get_peak()
    after["carried_out"] = plan.relocations
    return {"first": first, "after": after}


if __name__ == "__main__":
    chosen = next(case for case in CASES if case.name == sys.argv[1])
    sys.stdout.write(json.dumps(run(chosen, Path(sys.argv[2]))))
