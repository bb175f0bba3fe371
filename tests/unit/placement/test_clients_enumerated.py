"""Clients placed with sites against trying everything: feasibility, moves, changes in place, cost, and the outcome."""

import os
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.model.client import ClientFacts
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import CARRYING_STATES, Lock, LockHeader, Machine
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.placement.place import compute_plan
from tests.unit.placement import client_enumerator
from tests.unit.placement.client_enumerator import Choice, Group, Node, Tiny
from tests.unit.placement.fleets import (
    at,
    make_account,
    make_catalogue,
    make_fleet,
    make_group,
    make_lock,
    make_rule,
    make_type,
    make_zone,
)

EXAMPLES = int(os.environ.get("TINY_CLIENT_FLEETS", "200"))
# A quarter of what the enumerator of sites tries (CI: 20,000, .ci/run), since each takes longer.
MANY_EXAMPLES = int(os.environ.get("MANY_TINY_FLEETS", "2000")) // 4
EXECUTION = ("geth", "besu", "reth")
CONSENSUS = ("lighthouse", "teku")
SHARES = ("33%", "34%", "50%", "67%")
ARCHES = ("x86_64", "arm64")
MACHINES = {"x86_64": "m", "arm64": "a"}
# Besu and Teku are released for one architecture, Lighthouse signs, and Reth is in no catalogue.
RELEASED = {"besu": ("x86_64",), "teku": ("x86_64",)}
SIGNING, UNKNOWN = "lighthouse", "reth"


def make_facts() -> dict[str, ClientFacts]:
    facts = {}
    for role, clients in (("execution", EXECUTION), ("consensus", CONSENSUS)):
        for name in clients:
            release = {"release": {"arch_names": {"amd64": "amd64"}}} if name in RELEASED else {}
            fields = {"name": name, "chain": "ethereum", "role": role, "version": "1", "ports": {"regtest": ()}}
            signs = {"signs": name == SIGNING, "artifacts": release, "source": at(1)}
            facts[name] = ClientFacts.model_validate({**fields, **signs})
    del facts[UNKNOWN]
    return facts


FACTS = make_facts()


@st.composite
def tiny_rules(draw: st.DrawFn, groups: int) -> dict[str, Any]:
    per = draw(st.sampled_from(["account", "client.execution", "client.execution", "client.consensus"]))
    verb = draw(st.sampled_from(["cap", "cap", "below", "min_domains", "skew"]))
    given_: Any = draw(st.integers(1, 2))
    if verb in ("cap", "below"):
        given_ = draw(st.sampled_from([*SHARES, 1, 2]))
    rule: dict[str, Any] = {verb: given_, "per": per}
    of = draw(st.sampled_from([None, "fleet", *range(groups)]))
    return rule if of is None else {**rule, "of": of}


@st.composite
def tiny_groups(draw: st.DrawFn, most: int, sites: int) -> Group:
    offered: dict[str, tuple[str, ...]] = {}
    for role, known in (("execution", EXECUTION), ("consensus", CONSENSUS)):
        if role == "execution" or draw(st.booleans()):
            offered[role] = tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)))
    combinations: tuple[dict[str, str], ...] = ()
    if len(offered) == 2 and draw(st.booleans()):
        pairs = list(product(offered["execution"], offered["consensus"]))
        chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=3, unique=True))
        combinations = tuple({"execution": one, "consensus": other} for one, other in chosen)
    arch = draw(st.sampled_from(["x86_64", "x86_64", "arm64"]))
    nodes = []
    for _ in range(draw(st.integers(0, most))):
        clients = {"execution": draw(st.sampled_from(EXECUTION))}
        if draw(st.booleans()):
            clients["consensus"] = draw(st.sampled_from(CONSENSUS))
        # The spec may ask for another architecture than before.
        kind = arch if draw(st.integers(0, 4)) else draw(st.sampled_from(ARCHES))
        nodes.append(Node(draw(st.integers(0, sites - 1)), clients, kind))
    signs = bool(nodes) and draw(st.integers(0, 3)) == 0
    return Group(draw(st.integers(1, most)), offered, combinations, tuple(nodes), signs, arch)


@st.composite
def tinies(draw: st.DrawFn) -> Tiny:
    sites = draw(st.integers(1, 2))
    number = draw(st.sampled_from([1, 1, 2]))
    return Tiny(
        cents=tuple(draw(st.sampled_from([100, 150])) for _ in range(sites)),
        capacity=tuple(draw(st.sampled_from([None, None, 2, 3])) for _ in range(sites)),
        groups=tuple(draw(tiny_groups(3 if number == 1 else 2, sites)) for _ in range(number)),
        rules=tuple(draw(tiny_rules(number)) for _ in range(draw(st.integers(0, 3)))),
        lost=draw(st.sampled_from([None, None, *range(sites)])),
        released=RELEASED,
        bound=frozenset({SIGNING, UNKNOWN}),
    )


def make_real(tiny: Tiny) -> Fleet:
    groups = []
    for index, group in enumerate(tiny.groups):
        made = make_group(
            f"g{index}", group.count, chain="ethereum", clients=group.offered, combinations=group.combinations
        )
        need = made.machine.model_copy(update={"arch": group.arch})
        groups.append(made.model_copy(update={"machine": need}))
    rules = []
    for line, rule in enumerate(tiny.rules):
        of = rule.get("of")
        subject = {"of": {"group": f"g{of}"} if isinstance(of, int) else of} if of is not None else {}
        rules.append(make_rule(line + 1, **{**rule, **subject}))
    return make_fleet([make_account(f"a{index}") for index in range(len(tiny.cents))], groups, rules)


def make_held(tiny: Tiny) -> Lock | None:
    machines = [
        Machine(
            machine=f"g{index}-{number}.1",
            node=f"g{index}-{number}",
            group=f"g{index}",
            chain="ethereum",
            network="regtest",
            account=f"a{node.site}",
            provider=f"a{node.site}",
            region="r1",
            zone="z1",
            machine_type=MACHINES[node.arch],
            arch=node.arch,
            clients=dict(node.clients),
        )
        for index, group in enumerate(tiny.groups)
        for number, node in enumerate(group.nodes, 1)
    ]
    header = LockHeader(fleet="test", revision="r", spec="sha256:0", facts="f")
    return Lock(header=header, machines=tuple(machines)) if machines else None


def place(tiny: Tiny, lock: Lock | None) -> Plan:
    zones = [make_zone(f"a{index}", capacity=capacity) for index, capacity in enumerate(tiny.capacity)]
    types = [
        make_type(f"a{index}", name=name, price=str(cents / 100), arch=arch)
        for index, cents in enumerate(tiny.cents)
        for arch, name in MACHINES.items()
    ]
    losses = () if tiny.lost is None else (Loss(kind="account", value=f"a{tiny.lost}"),)
    signing = frozenset(f"g{index}" for index, group in enumerate(tiny.groups) if group.signs)
    return compute_plan(make_real(tiny), make_catalogue(zones, types), FACTS, lock, losses, signing)


def check(tiny: Tiny) -> None:
    lock = make_held(tiny)
    plan, best = place(tiny, lock), client_enumerator.find_best(tiny)
    if best is None:
        assert plan.status == "infeasible"
        # A group of which no client or combination is to be had is refused before (workflows/inputs.py).
        assert plan.conflict or not all(client_enumerator.list_runs(tiny, group) for group in tiny.groups)
        return
    assert plan.status == ("partial" if best.unplaced else "optimal")
    stages = {"held": 0, **{stage.name: stage.value for stage in plan.stages}}
    names = ("unplaced", "excess", "relocations", "held", "client changes", "cost")
    assert [stages[name] for name in names] == list(best)
    assert len(plan.unplaced) == best.unplaced
    assert (plan.relocations, plan.client_changes) == carried_out(lock, plan)
    # A node of which the machine is lost and that waits for another counts as one that leaves.
    known = {machine.node for machine in lock.machines} if lock else set()
    waiting = sum(unplaced.node in known for unplaced in plan.unplaced)
    assert (plan.relocations + waiting, plan.client_changes) == (best.relocations, best.changes)
    assert_rules_hold(tiny, plan, best.excess)
    again = make_lock(plan)
    second = place(tiny, again)
    if second.status == "infeasible":  # rules bore with nodes that sign and were let go: now nobody bears with them
        assert any(group.signs and group.count < len(group.nodes) for group in tiny.groups)
        return
    assert (second.relocations, second.client_changes) == (0, 0)
    assert make_lock(second).machines == again.machines


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(tinies())
def test_clients_are_placed_as_well_as_by_trying_everything(tiny: Tiny) -> None:
    check(tiny)


@pytest.mark.slow
@settings(max_examples=MANY_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(tinies())
def test_clients_are_placed_as_well_as_by_trying_everything_in_many_fleets(tiny: Tiny) -> None:
    check(tiny)


def carried_out(lock: Lock | None, plan: Plan) -> tuple[int, int]:
    """Nodes that stand on another machine than before, and roles in which machines run another client."""
    before = {machine.node: machine for machine in lock.machines} if lock else {}
    now = {each.machine.node: each.machine for each in plan.machines if each.machine.state in CARRYING_STATES}
    both = [(before[node], now[node]) for node in before.keys() & now.keys()]
    moved = sum(one.machine != other.machine for one, other in both)
    stayed = [(one.clients, other.clients) for one, other in both if one.machine == other.machine]
    return moved, sum(one.get(role) != two.get(role) for one, two in stayed for role in {*one, *two})


def assert_rules_hold(tiny: Tiny, plan: Plan, excess: int) -> None:
    """What stands breaks rules by as much as was said, and runs what it may."""
    waiting = {unplaced.node for unplaced in plan.unplaced}
    placed: list[list[Choice]] = [[] for _ in tiny.groups]
    for each in plan.machines:
        machine = each.machine
        if machine.state in CARRYING_STATES and machine.node not in waiting:
            index, number = int(machine.group[1:]), int(machine.node.rpartition("-")[2])
            clients = client_enumerator.pack(machine.clients)
            placed[index].append(Choice(int(machine.account[1:]), clients))
            assert clients in list_allowed(tiny, tiny.groups[index], number, machine)
    assert sum(map(len, placed)) == sum(group.count for group in tiny.groups) - len(waiting)
    assert sum(client_enumerator.compute_excess(tiny, placed, rule) for rule in tiny.rules) == excess


def list_allowed(tiny: Tiny, group: Group, number: int, machine: Machine) -> Sequence[Any]:
    """What a machine of a plan may run."""
    if machine.machine.endswith(".1") and number <= len(group.nodes):
        return list(client_enumerator.list_stays(tiny, group, group.nodes[number - 1]))
    return client_enumerator.list_runs(tiny, group)
