"""Clients placed with sites, case by case: rules on them, changes in place, what must not change, where they run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.model.client import ClientFacts
from orchestrator.model.fleet import Fleet, MachineNeed
from orchestrator.model.lock import Lock, MachineState
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.model.source import Source
from orchestrator.placement.candidates import compute_situation
from orchestrator.placement.encode import Strictness, encode
from orchestrator.placement.place import compute_plan
from orchestrator.policy.compile import compile_policy
from tests.unit.placement.fleets import (
    make_account,
    make_catalogue,
    make_flat_catalogue,
    make_fleet,
    make_group,
    make_lock,
    make_rule,
    make_type,
    make_zone,
)

ETHEREUM = {"execution": ("geth", "besu", "reth"), "consensus": ("lighthouse", "teku")}
LOST_B = (Loss(kind="account", value="b"),)


def make_facts(name: str, *, signs: bool = False, artifacts: Mapping[str, Any] | None = None) -> ClientFacts:
    return ClientFacts(
        name=name,
        chain="ethereum",
        role="execution",
        signs=signs,
        version="1",
        ports={},
        artifacts={"go": {}} if artifacts is None else dict(artifacts),
        source=Source(file=f"{name}.yml", line=1, column=1),
    )


def ethereum(count: int, rules: Sequence[Mapping[str, Any]] = (), **group: Any) -> Fleet:
    given = {"chain": "ethereum", "clients": ETHEREUM, **group}
    policy = [make_rule(line, **rule) for line, rule in enumerate(rules, 20)]
    return make_fleet([make_account(name) for name in "abc"], [make_group("eth", count, **given)], policy)


def place(fleet: Fleet, lock: Lock | None = None, losses: Sequence[Loss] = (), **more: Any) -> Plan:
    catalogue = more.pop("catalogue", make_flat_catalogue({"a": "10", "b": "10", "c": "20"}))
    return compute_plan(fleet, catalogue, more.pop("clients", {}), lock, losses, **more)


def get_value(plan: Plan, stage: str) -> int:
    return next(found.value for found in plan.stages if found.name == stage)


def hold(plan: Plan, **clients: Sequence[str]) -> Lock:
    """The plan's lock with other clients on its machines, by role, in the machines' order."""
    lock = make_lock(plan)
    machines = []
    for index, machine in enumerate(lock.machines):
        changed = {role: names[index % len(names)] for role, names in clients.items()}
        machines.append(machine.model_copy(update={"clients": {**machine.clients, **changed}}))
    return lock.model_copy(update={"machines": tuple(machines)})


def count(plan: Plan, role: str) -> Counter[str]:
    return Counter(p.machine.clients[role] for p in plan.machines if p.machine.state is not MachineState.LOST)


def test_a_cap_on_clients_changes_as_few_in_place_as_it_takes_and_moves_none() -> None:
    lock = hold(place(ethereum(9)), execution=("geth",), consensus=("teku",))
    plan = place(ethereum(9, [{"cap": "34%", "per": "client.execution", "of": {"chain": "ethereum"}}]), lock)
    assert (plan.status, plan.relocations, plan.client_changes) == ("optimal", 0, 6)
    assert count(plan, "execution") == {"geth": 3, "besu": 3, "reth": 3}
    assert count(plan, "consensus") == {"teku": 9}
    assert next(stage for stage in plan.stages if stage.name == "client changes").claim == "proven"
    kept = [p.machine.machine for p in plan.machines if p.change == "keep"]
    assert kept == ["eth-1.1", "eth-2.1", "eth-3.1"]


def test_a_rule_over_two_groups_counts_both() -> None:
    groups = [make_group(name, 4, chain="ethereum", clients=ETHEREUM) for name in ("one", "two")]
    rule = make_rule(20, below="33%", per="client.execution", of={"chain": "ethereum"})
    plan = place(make_fleet([make_account("a")], groups, [rule]))
    assert plan.status == "infeasible"
    rule = make_rule(20, cap="38%", per="client.execution", of={"chain": "ethereum"})
    plan = place(make_fleet([make_account("a")], groups, [rule]))
    assert sorted(count(plan, "execution").values()) == [2, 3, 3]


def test_nodes_that_start_elsewhere_take_their_clients_along() -> None:
    fleet = ethereum(9, [{"cap": "50%", "per": "account"}, {"cap": 4, "per": "client.execution"}])
    first = place(fleet)
    plan = place(fleet, make_lock(first), LOST_B)
    assert plan.relocations > 0
    before = {p.machine.node: p.machine.clients for p in first.machines}
    moved = [p.machine for p in plan.machines if p.change == "relocate"]
    assert all(machine.clients == before[machine.node] for machine in moved)


def test_the_nodes_that_must_move_anyway_are_those_that_take_another_client() -> None:
    lock = hold(place(ethereum(6, [{"cap": 2, "per": "account"}])), execution=("geth",))
    rules: list[dict[str, Any]] = [{"cap": "50%", "per": "account"}, {"cap": 4, "per": "client.execution"}]
    plan = place(ethereum(6, rules), lock, LOST_B)
    assert (plan.relocations, plan.client_changes) == (2, 0)
    assert count(plan, "execution")["geth"] == 4


def test_a_client_no_longer_offered_is_changed_in_place_and_counted_by_role() -> None:
    lock = hold(place(ethereum(4)), execution=("erigon", "geth"), consensus=("grandine", "teku"))
    plan = place(ethereum(4), lock)
    assert (plan.relocations, plan.client_changes) == (0, 4)
    assert "erigon" not in count(plan, "execution")
    again = make_lock(plan)
    assert make_lock(place(ethereum(4), again)).machines == again.machines


def test_a_role_that_the_group_gains_or_drops_is_a_change() -> None:
    narrow = {"execution": ("geth",)}
    lock = make_lock(place(ethereum(3, clients=narrow)))
    wider = place(ethereum(3), lock)
    assert (wider.relocations, wider.client_changes) == (0, 3)
    narrower = place(ethereum(3, clients=narrow), make_lock(wider))
    assert narrower.client_changes == 3
    assert all(set(p.machine.clients) == {"execution"} for p in narrower.machines)


def test_combinations_are_the_only_ones_and_spare_what_they_can() -> None:
    pairs = [{"execution": "geth", "consensus": "teku"}, {"execution": "besu", "consensus": "lighthouse"}]
    lock = hold(place(ethereum(4)), execution=("geth",), consensus=("lighthouse",))
    plan = place(ethereum(4, combinations=pairs), lock)
    assert plan.client_changes == 4  # one role of each node; the other is kept
    assert {tuple(p.machine.clients.values()) for p in plan.machines} <= {("geth", "teku"), ("besu", "lighthouse")}
    split = place(ethereum(4, [{"cap": "50%", "per": "client.execution"}], combinations=pairs), lock)
    assert (split.client_changes, count(split, "execution")) == (4, {"geth": 2, "besu": 2})


@pytest.mark.parametrize("known", [True, False])
def test_a_node_that_signs_keeps_its_signer_whatever_is_offered(known: bool) -> None:
    clients = {"execution": ("geth", "besu"), "validator": ("vouch",)}
    rules = [{"cap": 2, "per": "client.execution"}]
    lock = hold(place(ethereum(4, clients=clients)), execution=("geth",), validator=("dirk",))
    facts = {name: make_facts(name) for name in ("geth", "besu")} | {"vouch": make_facts("vouch", signs=True)}
    fleet = ethereum(4, rules, clients=clients)
    plan = place(fleet, lock, signing_groups=frozenset({"eth"}), clients=facts if known else {})
    assert count(plan, "validator") == {"dirk": 4}
    assert plan.relocations == 0
    # A client that is known not to sign may be replaced; one that nobody knows may not, and the rule gives way.
    assert (plan.client_changes, bool(plan.broken)) == ((2, False) if known else (0, True))


def test_a_node_that_is_held_counts_with_what_it_runs() -> None:
    fleet = ethereum(4, [{"cap": 2, "per": "account"}, {"cap": 2, "per": "client.execution"}])
    lock = hold(place(fleet), execution=("erigon",))
    facts = {name: make_facts(name) for name in ("geth", "besu", "reth", "lighthouse", "teku", "erigon")}
    plan = place(fleet, lock, LOST_B, signing_groups=frozenset({"eth"}), clients=facts)
    held = [p.machine for p in plan.machines if p.machine.state is MachineState.HELD]
    assert held
    assert all(machine.clients["execution"] == "erigon" for machine in held)
    assert plan.client_changes == 4 - len(held)


def test_a_client_without_a_release_for_the_architecture_is_not_handed_out() -> None:
    need = MachineNeed(vcpus=2, memory=Decimal(4), disk=Decimal(10), arch="arm64")
    zones = [make_zone(name) for name in "abc"]
    catalogue = make_catalogue(zones, [make_type(name, arch="arm64") for name in "abc"])
    release = {"release": {"arch_names": {"amd64": "linux-x64"}}}
    facts = {"geth": make_facts("geth", artifacts=release), "besu": make_facts("besu")}
    plan = place(ethereum(6, machine=need), catalogue=catalogue, clients=facts)
    assert plan.status == "optimal"
    assert count(plan, "execution").keys() == {"besu", "reth"}
    bare = place(ethereum(6, machine=need, clients={"execution": ("geth",)}), catalogue=catalogue, clients=facts)
    assert bare.status == "infeasible"


def test_what_already_runs_there_stays_when_its_file_says_otherwise() -> None:
    lock = hold(place(ethereum(4)), execution=("geth",))
    facts = {"geth": make_facts("geth", artifacts={"release": {"arch_names": {"arm64": "linux-arm64"}}})}
    plan = place(ethereum(4), lock, clients=facts)
    assert plan.client_changes == 0
    more = place(ethereum(6), lock, clients=facts)
    assert count(more, "execution")["geth"] == 4


def test_a_client_with_a_release_for_the_architecture_alone_is_handed_out_and_kept() -> None:
    release = {"release": {"arch_names": {"amd64": "linux-x64"}}}
    facts = {name: make_facts(name, artifacts=release) for name in ("geth", "teku", "lighthouse")}
    one: dict[str, Any] = {"clients": {"execution": ("geth",), "consensus": ("teku", "lighthouse")}}
    assert count(place(ethereum(4, **one), clients=facts), "execution") == {"geth": 4}
    lock = hold(place(ethereum(4)), execution=("geth",), consensus=("lighthouse",))
    pair = [{"execution": "geth", "consensus": "teku"}]
    plan = place(ethereum(4, combinations=pair, **one), lock, clients=facts)
    assert next(stage for stage in plan.stages if stage.name == "client changes").value == plan.client_changes == 4


def count_variables(number: int, lock: Lock | None) -> int:
    fleet = ethereum(number, [{"cap": "40%", "per": "client.execution"}, {"cap": "60%", "per": "client.consensus"}])
    raw = compute_situation(fleet, make_flat_catalogue({"a": "10", "b": "10", "c": "20"}), lock, (), frozenset())
    policy = compile_policy(fleet.policy, fleet, raw.candidates)
    return len(encode(raw.restrict(policy.candidates), policy, Strictness.HARD).program.lows)


def test_more_nodes_are_no_more_variables() -> None:
    assert count_variables(10, None) == count_variables(1_000_000, None)
    # Nodes that run the same at one place are one class, however many there are.
    few, many = (make_lock(place(ethereum(number))) for number in (60, 240))
    assert count_variables(60, few) == count_variables(240, many)


def test_a_node_that_signs_keeps_what_nobody_knows_in_a_role_that_is_offered_no_more() -> None:
    facts = {name: make_facts(name, signs=name == "lighthouse") for name in ("geth", "lighthouse")}
    signing = frozenset({"eth"})
    both = {"execution": ("geth",), "consensus": ("lighthouse",)}
    lock = hold(place(ethereum(1, clients={**both, "relay": ("mev-boost",)})), relay=("mev-boost",))
    plan = place(ethereum(1, clients=both), lock, signing_groups=signing, clients=facts)
    (machine,) = (planned.machine for planned in plan.machines)
    assert machine.clients == {"execution": "geth", "consensus": "lighthouse", "relay": "mev-boost"}
    assert plan.client_changes == get_value(plan, "client changes") == 0


def test_of_a_combination_only_what_is_new_has_to_be_to_be_had() -> None:
    """Besu is there for x86_64 alone and runs on arm64 all the same; a client beside it is changed."""
    amd64 = {"release": {"arch_names": {"amd64": "amd64"}}}
    facts = {"besu": make_facts("besu", artifacts=amd64), "teku": make_facts("teku")}
    arm = MachineNeed(vcpus=2, memory=Decimal(4), disk=Decimal(10), arch="arm64")
    catalogue = make_catalogue([make_zone("a")], [make_type("a", arch="arm64")])
    more: dict[str, Any] = {"machine": arm, "clients": ETHEREUM}
    lock = hold(place(ethereum(1, **more), catalogue=catalogue), execution=("besu",), consensus=("lighthouse",))
    fleet = ethereum(1, **more, combinations=({"execution": "besu", "consensus": "teku"},))
    plan = place(fleet, lock, catalogue=catalogue, clients=facts)
    assert (plan.status, plan.client_changes) == ("optimal", 1)


@pytest.mark.parametrize("lost", ["a", "b"])
def test_of_too_many_nodes_that_sign_the_one_that_runs_stays(lost: str) -> None:
    rules: list[dict[str, Any]] = [{"cap": 1, "per": "account"}, {"deny": ("c",), "per": "account"}]
    signing = frozenset({"eth"})
    lock = make_lock(place(ethereum(2, rules), signing_groups=signing))
    plan = place(ethereum(1, rules), lock, (Loss(kind="account", value=lost),), signing_groups=signing)
    (standing,) = (p.machine for p in plan.machines if p.machine.state is MachineState.WANTED)
    assert standing.account != lost
    assert get_value(plan, "held") == 0
    again = place(ethereum(1, rules), make_lock(plan), (Loss(kind="account", value=lost),), signing_groups=signing)
    assert make_lock(again).machines == make_lock(plan).machines


def test_a_held_node_counts_in_a_domain_that_others_make_eligible() -> None:
    """Reth is offered to one group, and the other runs it and must keep it: two clients are in use."""
    groups = [
        make_group("x", 1, chain="ethereum", clients={"execution": ("besu", "reth")}),
        make_group("y", 1, chain="ethereum", clients={"execution": ("reth",)}),
    ]
    wide = make_fleet([make_account("a")], groups)
    lock = make_lock(place(wide, catalogue=make_flat_catalogue({"a": "10"}), signing_groups=frozenset({"y"})))
    lock = hold_in(lock, {"x": "besu", "y": "reth"})
    narrow = [groups[0], make_group("y", 1, chain="ethereum", clients={"execution": ("geth",)})]
    rule = make_rule(20, min_domains=2, per="client.execution", of="fleet")
    plan = place(
        make_fleet([make_account("a")], narrow, [rule]),
        lock,
        catalogue=make_flat_catalogue({"a": "10"}),
        signing_groups=frozenset({"y"}),
    )
    assert plan.holds
    assert (plan.client_changes, get_value(plan, "excess")) == (0, 0)


def hold_in(lock: Lock, clients: Mapping[str, str]) -> Lock:
    """The lock with each group's machines running one execution client."""
    machines = (m.model_copy(update={"clients": {"execution": clients[m.group]}}) for m in lock.machines)
    return lock.model_copy(update={"machines": tuple(machines)})
