"""Clients placed with sites against trying everything: feasibility, moves, changes in place, cost, what is carried out.

The enumerator knows nothing of marginals: it gives every node a site and clients, and reads each rule from its prose.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import ceil, floor
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import CARRYING_STATES, Lock, LockHeader, Machine
from orchestrator.model.plan import Plan
from orchestrator.placement.place import compute_plan
from tests.unit.placement.fleets import (
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
EXECUTION = ("geth", "besu", "reth")
CONSENSUS = ("lighthouse", "teku")
SHARES = ("33%", "34%", "50%", "67%")


@dataclass(frozen=True)
class Node:
    """A node of the lock: the site that it stands at, and what it runs."""

    site: int
    clients: Mapping[str, str]


@dataclass(frozen=True)
class Tiny:
    """Sites by price; groups by count, clients offered, combinations and nodes; rules as in a spec."""

    cents: tuple[int, ...]
    capacity: tuple[int | None, ...]
    groups: tuple[tuple[int, Mapping[str, tuple[str, ...]], tuple[Mapping[str, str], ...], tuple[Node, ...]], ...]
    rules: tuple[Mapping[str, Any], ...]


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
def tiny_groups(draw: st.DrawFn, most: int, sites: int) -> Any:
    offered: dict[str, tuple[str, ...]] = {}
    for role, known in (("execution", EXECUTION), ("consensus", CONSENSUS)):
        if role == "execution" or draw(st.booleans()):
            offered[role] = tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)))
    combinations: tuple[dict[str, str], ...] = ()
    if len(offered) == 2 and draw(st.booleans()):
        pairs = list(product(offered["execution"], offered["consensus"]))
        chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=3, unique=True))
        combinations = tuple({"execution": one, "consensus": other} for one, other in chosen)
    nodes = []
    for _ in range(draw(st.integers(0, most))):
        clients = {"execution": draw(st.sampled_from(EXECUTION))}
        if draw(st.booleans()):
            clients["consensus"] = draw(st.sampled_from(CONSENSUS))
        nodes.append(Node(draw(st.integers(0, sites - 1)), clients))
    return draw(st.integers(1, most)), offered, combinations, tuple(nodes)


@st.composite
def tinies(draw: st.DrawFn) -> Tiny:
    sites = draw(st.integers(1, 2))
    number = draw(st.sampled_from([1, 1, 2]))
    return Tiny(
        cents=tuple(draw(st.sampled_from([100, 150])) for _ in range(sites)),
        capacity=tuple(draw(st.sampled_from([None, None, 2, 3])) for _ in range(sites)),
        groups=tuple(draw(tiny_groups(3 if number == 1 else 2, sites)) for _ in range(number)),
        rules=tuple(draw(tiny_rules(number)) for _ in range(draw(st.integers(0, 3)))),
    )


Choice = tuple[int, Mapping[str, str]]
"""A site, and clients by role."""


def list_choices(tiny: Tiny, group: int) -> list[Choice]:
    """Every way for a node of the group to stand somewhere and run something."""
    _, offered, combinations, _ = tiny.groups[group]
    named = set(combinations[0]) if combinations else set()
    alone = [role for role in offered if role not in named]
    found = [dict(zip(alone, clients, strict=True)) for clients in product(*(offered[role] for role in alone))]
    runs = [{**one, **other} for one in found for other in (combinations or ({},))]
    return [(site, clients) for site in range(len(tiny.cents)) for clients in runs]


def enumerate_group(tiny: Tiny, group: int) -> Iterator[tuple[int, int, tuple[Choice, ...], tuple[int, ...]]]:
    """(relocations, client changes, where all stand and what they run, the sites of new machines)."""
    count, _, _, nodes = tiny.groups[group]
    choices = list_choices(tiny, group)
    seen = set()
    for fates in product([None, *range(len(choices))], repeat=len(nodes)):
        stood = sum(fate is not None for fate in fates)
        if stood > count:
            continue
        for more in combinations_with_replacement(range(len(choices)), count - stood):
            stays = changes = 0
            new = [choices[index][0] for index in more]
            for node, fate in zip(nodes, fates, strict=True):
                if fate is None:
                    continue
                site, clients = choices[fate]
                if site == node.site:
                    stays += 1
                    changes += sum(clients.get(role) != node.clients.get(role) for role in {*clients, *node.clients})
                else:
                    new.append(site)
            standing = tuple(sorted((*(fate for fate in fates if fate is not None), *more)))
            key = (min(len(nodes), count) - stays, changes, standing, tuple(sorted(new)))
            if key not in seen:
                seen.add(key)
                yield key[0], key[1], tuple(choices[index] for index in standing), key[3]


def holds(tiny: Tiny, placed: Sequence[Sequence[Choice]], rule: Mapping[str, Any]) -> bool:
    """Whether a rule holds, for each subject that it speaks of."""
    of = rule.get("of")
    subjects = [[index] for index in range(len(placed))] if of is None else [[of]]
    if of == "fleet":
        subjects = [list(range(len(placed)))]
    if rule["per"] != "account":  # a group without the role is no part of the rule's subject
        role = rule["per"].removeprefix("client.")
        subjects = [[index for index in subject if role in tiny.groups[index][1]] for subject in subjects]
    return all(holds_for(tiny, placed, rule, subject) for subject in subjects if subject)


def holds_for(tiny: Tiny, placed: Sequence[Sequence[Choice]], rule: Mapping[str, Any], subject: Sequence[int]) -> bool:
    wanted = sum(tiny.groups[index][0] for index in subject)
    per = rule["per"]
    if per == "account":
        eligible = {str(site) for site in range(len(tiny.cents))}
        held = Counter(str(site) for index in subject for site, _ in placed[index])
    else:
        role = per.removeprefix("client.")
        eligible = {client for index in subject for client in tiny.groups[index][1].get(role, ())}
        held = Counter(clients[role] for index in subject for _, clients in placed[index] if role in clients)
    if "min_domains" in rule:
        return bool(len(held) >= rule["min_domains"])
    if "skew" in rule:
        counts = [held[name] for name in eligible]
        return not counts or bool(max(counts) - min(counts) <= rule["skew"])
    amount = rule.get("cap", rule.get("below"))
    exact = Fraction(int(amount[:-1]), 100) * wanted if isinstance(amount, str) else Fraction(amount)
    limit = floor(exact) if "cap" in rule else ceil(exact) - 1
    return max(held.values(), default=0) <= limit


def find_best(tiny: Tiny) -> tuple[int, int, int] | None:
    """The least relocations, then client changes in place, then cents; None where nothing satisfies the rules."""
    used = Counter(node.site for _, _, _, nodes in tiny.groups for node in nodes)
    free = [None if most is None else max(0, most - used[site]) for site, most in enumerate(tiny.capacity)]
    best: tuple[int, int, int] | None = None
    for ways in product(*(list(enumerate_group(tiny, index)) for index in range(len(tiny.groups)))):
        new = Counter(site for way in ways for site in way[3])
        cents = sum(tiny.cents[site] for way in ways for site, _ in way[2])
        score = (sum(way[0] for way in ways), sum(way[1] for way in ways), cents)
        if best is not None and score >= best:
            continue
        if any(limit is not None and new[site] > limit for site, limit in enumerate(free)):
            continue
        if all(holds(tiny, [way[2] for way in ways], rule) for rule in tiny.rules):
            best = score
    return best


def make_real(tiny: Tiny) -> Fleet:
    groups = [
        make_group(f"g{index}", count, chain="ethereum", clients=offered, combinations=combinations)
        for index, (count, offered, combinations, _) in enumerate(tiny.groups)
    ]
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
            machine_type="m",
            arch="x86_64",
            clients=dict(node.clients),
        )
        for index, (_, _, _, nodes) in enumerate(tiny.groups)
        for number, node in enumerate(nodes, 1)
    ]
    header = LockHeader(fleet="test", revision="r", spec="sha256:0", facts="f")
    return Lock(header=header, machines=tuple(machines)) if machines else None


def place(tiny: Tiny, lock: Lock | None) -> Plan:
    zones = [make_zone(f"a{index}", capacity=capacity) for index, capacity in enumerate(tiny.capacity)]
    types = [make_type(f"a{index}", price=str(cents / 100)) for index, cents in enumerate(tiny.cents)]
    return compute_plan(make_real(tiny), make_catalogue(zones, types), {}, lock)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(tinies())
def test_clients_are_placed_as_well_as_by_trying_everything(tiny: Tiny) -> None:
    lock = make_held(tiny)
    plan, best = place(tiny, lock), find_best(tiny)
    if best is None:
        assert plan.status == "infeasible"
        return
    assert plan.status == "optimal"
    stages = {stage.name: stage for stage in plan.stages}
    assert tuple(stages[name].value for name in ("relocations", "client changes", "cost")) == best
    assert (plan.relocations, plan.client_changes) == carried_out(lock, plan) == best[:2]
    assert_rules_hold(tiny, plan)
    again = make_lock(plan)
    second = place(tiny, again)
    assert (second.relocations, second.client_changes) == (0, 0)
    assert make_lock(second).machines == again.machines


def carried_out(lock: Lock | None, plan: Plan) -> tuple[int, int]:
    """Nodes that stand on another machine than before, and roles in which machines run another client."""
    before = {machine.node: machine for machine in lock.machines} if lock else {}
    now = {each.machine.node: each.machine for each in plan.machines if each.machine.state in CARRYING_STATES}
    both = [(before[node], now[node]) for node in before.keys() & now.keys()]
    moved = sum(one.machine != other.machine for one, other in both)
    stayed = [(one.clients, other.clients) for one, other in both if one.machine == other.machine]
    return moved, sum(one.get(role) != two.get(role) for one, two in stayed for role in {*one, *two})


def assert_rules_hold(tiny: Tiny, plan: Plan) -> None:
    placed: list[list[Choice]] = [[] for _ in tiny.groups]
    for each in plan.machines:
        machine = each.machine
        if machine.state in CARRYING_STATES:
            placed[int(machine.group[1:])].append((int(machine.account[1:]), machine.clients))
    for index, (count, _, _, _) in enumerate(tiny.groups):
        assert len(placed[index]) == count
        allowed = [clients for _, clients in list_choices(tiny, index)]
        assert all(clients in allowed for _, clients in placed[index])
    assert all(holds(tiny, placed, rule) for rule in tiny.rules)
    assert not plan.broken
