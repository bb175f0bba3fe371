"""Placement against CP-SAT: feasibility and every objective up to the cost, on random fleets of middle size.

The other solver's library cannot share a process with the project's own, so it runs in one of its own, in the
environment of the benchmarks. Each gets the same program, each optimum held for the next; that the program says what
the rules' prose says is the enumerator's part (test_enumerated.py).
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.problem import LAST_STAGE, Problem, make_problem
from orchestrator.model.closure import Closures
from orchestrator.model.lock import CARRYING_STATES, Lock
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.model.rule import VERBS
from orchestrator.placement.candidates import compute_situation
from orchestrator.placement.clients import ClientBook
from orchestrator.placement.encode import Strictness, encode
from orchestrator.placement.explain import Explanation
from orchestrator.placement.place import compute_plan
from orchestrator.placement.stages import compute_objectives
from orchestrator.policy.compile import compile_policy
from tests.unit.placement.fleets import make_lock
from tests.unit.placement.middle_fleets import Maker, Middle

FLEETS = int(os.environ.get("MIDDLE_FLEETS", "104"))
SECONDS = 5.0  # of CP-SAT's own, for all stages of one placement
ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / "build" / "benchmark" / "bin" / "python"
VERBS_TRIED = sorted({*VERBS} - {"max_moves"})  # that one limits a round, not what is best (test_rounds.py)
WAYS = {
    "first": (Strictness.HARD,),
    "grown": (Strictness.HARD,),
    "ruled": (Strictness.HARD,),
    "drained": (Strictness.HARD, Strictness.PARTIAL),
    "lost": (Strictness.HARD, Strictness.ELASTIC),
}


@dataclass(frozen=True)
class Task:
    """One placement: what is placed, from what, what closed or was lost, and what the project made of it."""

    seed: int
    kind: str
    middle: Middle
    lock: Lock | None = None
    losses: tuple[Loss, ...] = ()
    closures: Closures | None = None

    def place(self) -> Plan:
        return compute_plan(
            self.middle.fleet, self.middle.catalogue, {}, self.lock, self.losses, closures=self.closures
        )

    def list_problems(self) -> Iterator[tuple[Problem, dict[str, int]]]:
        """The program in each way in which it is tried, and the stages in which nothing can be decided."""
        fleet = self.middle.fleet
        raw = compute_situation(
            fleet, self.middle.catalogue, self.lock, self.losses, frozenset(), closures=self.closures
        )
        policy = compile_policy(fleet.policy, fleet, raw.candidates)
        situation = replace(raw.restrict(policy.candidates), clients=ClientBook({}, fleet.artifacts))
        for way in WAYS[self.kind]:
            encoding = encode(situation, policy, way)
            objectives = compute_objectives(encoding, situation)
            names = [objective.name for objective in objectives]
            decided = objectives[: names.index(LAST_STAGE) + 1]
            given = {objective.name: objective.constant for objective in decided if not objective.terms}
            yield make_problem(situation, encoding, objectives), given


def make_tasks(seed: int) -> Iterator[tuple[Task, Plan]]:
    """A fleet, and what becomes of it: it grows, gets another rule, its largest provider is drained or lost."""
    random = Random(seed)
    verbs = VERBS_TRIED[seed % len(VERBS_TRIED) :] + VERBS_TRIED[: seed % len(VERBS_TRIED)]
    maker = Maker(random)
    first = Task(seed, "first", maker.make(verbs))
    plan = first.place()
    yield first, plan
    if plan.status == "infeasible":
        return
    lock = make_lock(plan)
    held = Counter(machine.provider for machine in lock.machines)
    largest = Loss(kind="provider", value=max(sorted(held), key=lambda name: held[name]))
    yield from run(Task(seed, "lost", first.middle, lock, losses=(largest,)))
    fleet = first.middle.fleet
    match random.choice(["grown", "ruled", "drained"]):
        case "drained":
            yield from run(Task(seed, "drained", first.middle, lock, closures=Closures(drained=(largest,))))
        case "grown":
            groups = tuple(
                group.model_copy(update={"count": group.count + random.randint(0, 5)}) for group in fleet.groups
            )
            grown = fleet.model_copy(update={"groups": groups})
            yield from run(Task(seed, "grown", replace(first.middle, fleet=grown), lock))
        case _:
            more = tuple(maker.make_rules(90, random.choice(VERBS_TRIED), fleet.groups))
            ruled = fleet.model_copy(update={"policy": (*fleet.policy, *more)})
            yield from run(Task(seed, "ruled", replace(first.middle, fleet=ruled), lock))


def run(task: Task) -> Iterator[tuple[Task, Plan]]:
    yield task, task.place()


def solve_all(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """What CP-SAT finds for each, all in one process of its own."""
    if not PYTHON.exists():
        pytest.fail(f"CP-SAT's environment is not there ({PYTHON}): run `make build/benchmark/.installed`")
    asked = "".join(f"{json.dumps(problem)}\n" for problem in problems)
    command = [str(PYTHON), "benchmarks/cpsat.py", "-", "counts", str(SECONDS)]
    done = subprocess.run(command, cwd=ROOT, input=asked, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(plan: Plan, found: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, int]]) -> Counter[str]:
    """Holds a plan against what CP-SAT found in each way; how many stages it proved, and how many it did not."""
    place = next((at for at, each in enumerate(found) if each["status"] != "infeasible"), None)
    if place is None:
        assert plan.status == "infeasible"
        return Counter({"infeasible": 1})
    assert plan.status != "infeasible"
    ours = {stage.name: stage for stage in plan.stages}
    assert {name: ours[name].value for name in given[place]} == given[place]
    seen: Counter[str] = Counter()
    for stage in found[place]["stages"]:
        mine = ours[stage["name"]]
        assert mine.claim == "proven"
        if stage["value"] != stage["bound"]:  # it ran out of time: from here on it solves another problem
            assert stage["bound"] <= mine.value <= stage["value"]
            seen["open"] += 1
            break
        assert mine.value == stage["value"], stage["name"]
        seen["proven"] += 1
    return seen


def count_moved(lock: Lock | None, plan: Plan) -> int:
    """Nodes of the lock that the plan has on another machine than before."""
    before = (
        {machine.node: machine.machine for machine in lock.machines if machine.state in CARRYING_STATES} if lock else {}
    )
    now = {each.machine.node: each.machine.machine for each in plan.machines if each.machine.state in CARRYING_STATES}
    return sum(before[node] != now[node] for node in before.keys() & now.keys())


@pytest.mark.slow
def test_placement_is_what_another_solver_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    # Why a fleet is impossible takes many more solutions, and is held to what it promises in test_explain.py.
    monkeypatch.setattr("orchestrator.placement.place.compute_explanation", lambda _: Explanation((), ()))
    tasks = [task for seed in range(FLEETS) for task in make_tasks(seed)]
    problems = [list(task.list_problems()) for task, _ in tasks]
    answers = iter(solve_all([problem for ways in problems for problem, _ in ways]))
    seen: Counter[str] = Counter()
    for (task, plan), ways in zip(tasks, problems, strict=True):
        found = [next(answers) for _ in ways]
        seen += compare(plan, found, [given for _, given in ways])
        if plan.status == "infeasible":
            continue
        waiting = len(plan.unplaced)
        relocations = next(stage.value for stage in plan.stages if stage.name == "relocations")
        seen[task.kind] += 1
        seen["moved"] += plan.relocations
        assert count_moved(task.lock, plan) == plan.relocations <= relocations <= plan.relocations + waiting
        seen.update({rule.verb for rule in task.middle.fleet.policy})
    assert seen["proven"] > 20 * seen["open"], seen
    assert all(seen[name] for name in (*WAYS, *VERBS_TRIED, "infeasible", "moved")), seen
