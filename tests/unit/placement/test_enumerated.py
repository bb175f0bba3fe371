"""Placement against trying everything: feasibility, every objective, and what is carried out, on random tiny fleets."""

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.model.lock import CARRYING_STATES, Lock
from orchestrator.model.plan import Plan
from orchestrator.model.rule import VERBS
from tests.unit.placement import enumerator
from tests.unit.placement.enumerator import TinyFleet
from tests.unit.placement.tiny_fleets import RULES, make_real_lock, name_group, place, tiny_fleets

EXAMPLES = int(os.environ.get("TINY_FLEETS", "300"))
MANY_EXAMPLES = int(os.environ.get("MANY_TINY_FLEETS", "2000"))  # CI tries 20,000: .ci/run


def count_carried_out(tiny: TinyFleet, plan: Plan, lock: Lock | None) -> dict[str, Any]:
    """What the plan's machines come to, whatever its stages say."""
    before = {machine.machine: machine for machine in lock.machines} if lock else {}
    # A node without a place keeps the machine that it has, though the policy no longer wants it there.
    waiting = {unplaced.node for unplaced in plan.unplaced}
    wanted = [
        planned.machine
        for planned in plan.machines
        if planned.machine.state in CARRYING_STATES and planned.machine.node not in waiting
    ]
    held = Counter((machine.group, machine.account) for machine in wanted)
    counts = tuple(
        tuple(held[name_group(tiny, group), f"a{site}"] for site in range(len(tiny.sites)))
        for group in range(len(tiny.groups))
    )
    stays = [machine for machine in wanted if machine.machine in list_homes(tiny)]
    return {
        "counts": counts,
        "stays": len(stays),
        "fresh": sum(machine.machine not in before for machine in wanted),
        "entries": {planned.machine.machine for planned in plan.machines} >= before.keys(),
        "doubles": len(wanted) - len({machine.node for machine in wanted}),
    }


def list_homes(tiny: TinyFleet) -> set[str]:
    """The machines that nodes run on, as the lock was made."""
    homes = set()
    for index, group in enumerate(tiny.groups):
        for number, node in enumerate(group.nodes, 1):
            if group.find_home(node) is not None:
                others = 0 if node.home is None else len((*node.lost_at, *node.retiring_at, *node.refused_at))
                generation = others + 1 if node.home is not None else len(node.lost_at)
                homes.add(f"{name_group(tiny, index)}-{number}.{generation}")
    return homes


def check(tiny: TinyFleet) -> None:
    lock = make_real_lock(tiny)
    plan = place(tiny, lock)
    best = enumerator.find_best(tiny)
    assert (plan.status == "infeasible") == (best is None)
    if best is None:
        assert plan.conflict
        return
    unplaced, excess, overrun, leaving, _, fresh, warnings, unmet, unpriced, cents = best
    stages = {"over budget": 0, "preferences": 0, "held": 0, **{stage.name: stage.value for stage in plan.stages}}
    assert {name: stages[name] for name in enumerator.SCORES} == dict(zip(enumerator.SCORES, best, strict=True))
    done = count_carried_out(tiny, plan, lock)
    reaches = [enumerator.compute_reach(tiny, group) for group in range(len(tiny.groups))]
    standing = [min(group.count, sum(enumerator.is_standing(node) for node in group.nodes)) for group in tiny.groups]
    assert done["entries"]
    assert done["doubles"] == 0
    assert len(plan.unplaced) == unplaced
    assert sum(standing) - done["stays"] == leaving
    assert enumerator.price(tiny, done["counts"]) == (unpriced, cents)
    assert enumerator.compute_excess(tiny, done["counts"], reaches, "error") == excess
    assert enumerator.compute_excess(tiny, done["counts"], reaches, "warning") == warnings
    assert enumerator.compute_overrun(tiny, done["counts"]) == overrun
    assert enumerator.compute_unmet(tiny, done["counts"], reaches) == unmet
    if enumerator.can_anyone_go_back(tiny, reaches):
        assert done["fresh"] == fresh


def compare(strategy: st.SearchStrategy[TinyFleet], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(tiny: TinyFleet) -> None:
        check(tiny)

    run()


def test_every_verb_that_a_placement_depends_on_is_tried() -> None:
    assert RULES.keys() == {*VERBS} - {"max_moves"}


def test_placement_is_what_trying_everything_finds() -> None:
    compare(tiny_fleets(), EXAMPLES)


@pytest.mark.parametrize("verb", sorted(RULES))
def test_a_rule_alone_is_what_its_prose_says(verb: str) -> None:
    compare(tiny_fleets((verb,)), EXAMPLES // 20)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_placement_is_what_trying_everything_finds_in_many_fleets(part: int) -> None:
    """Fleets with up to three rules each; the verbs at hand differ by part, so that pairs and triples meet."""
    verbs = sorted(RULES)
    compare(tiny_fleets(tuple(verbs[part:] + verbs[:part])), MANY_EXAMPLES // 4)
