"""What a lock that was placed promises: placed again it is the same, a node more moves none, a refresh moves none."""

import os
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from orchestrator.lockfile.write import render_lock
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.lock import Lock, Machine, MachineState
from orchestrator.model.plan import Plan
from tests.unit.placement import enumerator
from tests.unit.placement.enumerator import TinyFleet, TinyNode
from tests.unit.placement.fleets import make_lock
from tests.unit.placement.tiny_fleets import make_real_catalogue, make_real_lock, name_group, place, tiny_fleets

EXAMPLES = int(os.environ.get("TINY_FLEETS", "300"))
QUICK = settings(max_examples=EXAMPLES // 3, deadline=None, suppress_health_check=list(HealthCheck))


def settle(tiny: TinyFleet) -> tuple[Plan, Lock]:
    """A placement, whatever it starts from, and the lock that it is written as."""
    plan = place(tiny, make_real_lock(tiny))
    assume(plan.status != "infeasible")
    # A second placement may differ where a machine that was on its way out is lost: the lock has no word for that but
    # lost, and so its node is wanted again.
    assume(not any(is_lost_on_its_way_out(tiny, node) for group in tiny.groups for node in group.nodes))
    return plan, make_lock(plan)


def is_lost_on_its_way_out(tiny: TinyFleet, node: TinyNode) -> bool:
    return any(tiny.sites[at].lost for at in (*node.retiring_at, *node.refused_at))


@QUICK
@given(tiny_fleets())
def test_a_second_placement_writes_the_same_lock(tiny: TinyFleet) -> None:
    plan, lock = settle(tiny)
    again = place(tiny, lock)
    assume(again.status != "infeasible" or not is_shrinking(tiny))
    assert render_lock(make_lock(again)) == render_lock(lock)
    assert again.relocations == again.client_changes == 0
    # By group: a node that waits and has no machine but one on its way out is a new one to the next placement.
    waiting = [[get_group(unplaced.node) for unplaced in each.unplaced] for each in (plan, again)]
    assert waiting[0] == waiting[1]


def get_group(node: str) -> str:
    return node.rpartition("-")[0]


def is_shrinking(tiny: TinyFleet) -> bool:
    """Whether nodes that sign are let go: rules bore with them until now, and with nobody any more."""
    return any(group.count < len(group.list_pinned()) for group in tiny.groups)


@QUICK
@given(tiny_fleets(), st.integers(0, 2))
def test_a_node_more_moves_none_wherever_that_is_possible(tiny: TinyFleet, which: int) -> None:
    _, lock = settle(tiny)
    index = which % len(tiny.groups)
    grown = grow(read_back(tiny, lock), index)
    plan, best = place(grow(tiny, index), lock), enumerator.find_best(grown)
    assert (plan.status == "infeasible") == (best is None)
    if best is None:
        return
    leaving = best[enumerator.SCORES.index("relocations")]
    assert next(stage.value for stage in plan.stages if stage.name == "relocations") == leaving
    if not leaving:
        now = {each.machine.machine: each.machine.state for each in plan.machines}
        wanted = [machine.machine for machine in lock.machines if machine.state is MachineState.WANTED]
        assert all(now[name] in (MachineState.WANTED, MachineState.HELD) for name in wanted)
        assert plan.relocations == 0


def grow(tiny: TinyFleet, index: int) -> TinyFleet:
    group = tiny.groups[index]
    groups = (*tiny.groups[:index], replace(group, count=group.count + 1), *tiny.groups[index + 1 :])
    return replace(tiny, groups=groups)


def read_back(tiny: TinyFleet, lock: Lock) -> TinyFleet:
    """The tiny fleet with the nodes of a lock in place of its own."""
    groups = []
    for index, group in enumerate(tiny.groups):
        entries: dict[str, list[Machine]] = {}
        for machine in lock.machines:
            if machine.group == name_group(tiny, index):
                entries.setdefault(machine.node, []).append(machine)
        groups.append(replace(group, nodes=tuple(read_node(found) for found in entries.values())))
    return replace(tiny, groups=tuple(groups))


def read_node(machines: Sequence[Machine]) -> TinyNode:
    home: int | None = None
    elsewhere: dict[str, list[int]] = {"lost": [], "retiring": [], "refused": []}
    for machine in machines:
        site = int(machine.account[1:])
        if machine.state in (MachineState.WANTED, MachineState.HELD):
            home = site
        elif machine.state is MachineState.LOST:
            elsewhere["lost"].append(site)
        else:
            elsewhere["refused" if machine.refused else "retiring"].append(site)
    return TinyNode(home, tuple(elsewhere["lost"]), tuple(elsewhere["retiring"]), tuple(elsewhere["refused"]))


def reprice(tiny: TinyFleet, catalogue: Catalogue) -> Catalogue:
    """Each site at another's price, and none where there was one."""
    prices = [*(kind.usd_per_month for kind in catalogue.machine_types[1:]), Decimal(99)]
    types = zip(catalogue.machine_types, prices, strict=True)
    return catalogue.model_copy(
        update={"machine_types": tuple(kind.model_copy(update={"usd_per_month": price}) for kind, price in types)}
    )


def renew_images(tiny: TinyFleet, catalogue: Catalogue) -> Catalogue:
    images = tuple(image.model_copy(update={"image_id": "new"}) for image in catalogue.images)
    assert images
    return catalogue.model_copy(update={"images": images})


def offer_better(tiny: TinyFleet, catalogue: Catalogue) -> Catalogue:
    """A type that is cheaper and larger at every site."""
    more = {"name": "better", "usd_per_month": Decimal("0.01"), "vcpus": 64}
    better = (kind.model_copy(update=more) for kind in catalogue.machine_types)
    return catalogue.model_copy(update={"machine_types": (*catalogue.machine_types, *better)})


def replace_types(tiny: TinyFleet, catalogue: Catalogue) -> Catalogue:
    """Only a new type is to be had; that of the machines that stand is listed no more."""
    return catalogue.model_copy(
        update={"machine_types": offer_better(tiny, catalogue).machine_types[len(catalogue.machine_types) :]}
    )


@pytest.mark.parametrize("refresh", [reprice, renew_images, offer_better, replace_types])
def test_a_refresh_of_the_catalogue_moves_nothing(refresh: object) -> None:
    assert callable(refresh)

    @settings(QUICK, max_examples=EXAMPLES // 6)
    @given(tiny_fleets())
    def run(tiny: TinyFleet) -> None:
        # What machines cost is a reason to move them where a budget says so, and only there.
        tiny = replace(tiny, rules=tuple(rule for rule in tiny.rules if "budget" not in rule))
        _, lock = settle(tiny)
        plan = place(tiny, lock, refresh(tiny, make_real_catalogue(tiny)))
        assume(plan.status != "infeasible" or not is_shrinking(tiny))
        assert render_lock(make_lock(plan)) == render_lock(lock)

    run()
