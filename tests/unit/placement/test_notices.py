"""What a plan says beside its machines, word for word where a person acts on it."""

from decimal import Decimal

import pytest

from orchestrator.model.closure import Closures
from orchestrator.model.fleet import MachineNeed
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Finding, Plan
from orchestrator.model.taint import Taint
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
from tests.unit.placement.test_place import LOST_B, four_accounts, place

SIGNING = frozenset({"btc"})
B = Loss(kind="account", value="b")


def find(plan: Plan, rule: str) -> list[Finding]:
    return [finding for finding in plan.findings if finding.rule == rule]


def test_a_signing_node_is_held_for_a_reason_that_is_said() -> None:
    fleet = four_accounts(4, policy=[make_rule(20, cap=1, per="account")])
    lock = make_lock(place(fleet, signing_groups=SIGNING))
    [lost] = find(place(fleet, lock, LOST_B, signing_groups=SIGNING), "fence")
    assert (lost.level, lost.subject, lost.value, lost.source.line) == ("error", "btc-2", "btc-2.1", 10)
    assert lost.name == "a node that signs is not moved"
    assert lost.bound == "evidence that it no longer signs"
    assert lost.message == (
        "btc-2 is held on btc-2.1 although its domain is lost: it signs, and starting it elsewhere without evidence "
        "that it stopped could sign twice"
    )
    [drained] = find(place(fleet, lock, closures=Closures(drained=(B,)), signing_groups=SIGNING), "fence")
    assert "although its domain is drained: it signs" in drained.message
    large = four_accounts(4, policy=fleet.policy, machine=MachineNeed(vcpus=4, memory=Decimal(4), disk=Decimal(10)))
    held = find(place(large, lock, signing_groups=SIGNING), "fence")
    assert [finding.subject for finding in held] == ["btc-1", "btc-2", "btc-3", "btc-4"]
    assert all("although it no longer fits: it signs" in finding.message for finding in held)


def test_a_loss_that_covers_no_place_names_those_there_are() -> None:
    plan = place(four_accounts(4), None, (Loss(kind="region", value="x/r9"),))
    [idle] = find(plan, "lose")
    assert (idle.level, idle.name, idle.subject, idle.value) == ("warning", "region=x/r9", "region=x/r9", "no place")
    assert (idle.bound, idle.source.file) == ("", "fleet.yaml")
    assert idle.message == "no place of this fleet is in region=x/r9; known: a/r1, b/r1, c/r1, d/r1"
    many = make_fleet([make_account(f"p{at:02}") for at in range(14)], [make_group(count=1)])
    zones = [make_zone(f"p{at:02}") for at in range(14)]
    catalogue = make_catalogue(zones, [make_type(zone.provider) for zone in zones])
    [long] = find(place(many, None, (Loss(kind="account", value="x"),), catalogue=catalogue), "lose")
    assert long.message.endswith("p09, p10, p11")


def test_a_refusal_is_said_where_it_counts() -> None:
    taints = [Taint(account="a", machine_type="m", code="no_room", until=0.0), Taint(account="x", code="q", until=0.0)]
    [refused] = find(place(four_accounts(4, policy=[]), taints=taints), "capacity")
    assert (refused.level, refused.name, refused.bound) == ("warning", "what the clouds can give", "")
    assert (refused.subject, refused.value, refused.source.file) == ("a m", "no_room", "fleet.yaml")
    assert refused.message == "no new machine is placed at a m for now: the cloud refused one (no_room)"


def list_why(plan: Plan) -> set[str]:
    return {unplaced.why for unplaced in plan.unplaced}


def test_a_node_without_a_place_is_told_what_is_full() -> None:
    zones = [make_zone("a", capacity=2), make_zone("b"), make_zone("c")]
    types = [make_type("a"), make_type("b", capacity=3)]
    fleet = make_fleet([make_account(name) for name in "abc"], [make_group(count=8)])
    taints = [Taint(account="c", code="no_room", until=0.0)]
    plan = place(fleet, catalogue=make_catalogue(zones, types), taints=taints)
    assert [unplaced.node for unplaced in plan.unplaced] == ["btc-6", "btc-7", "btc-8"]
    assert list_why(plan) == {
        "not enough machines are left for btc (machine type b/r1/m: 3 free, site a/r1/z1: 2 free)"
        "; refused for now: c any type (no_room)"
    }


@pytest.mark.parametrize(
    ("closures", "said"),
    [
        (Closures(drained=(B,)), "; drained: b/r1/z1"),
        (Closures(cordoned=(B,)), "; cordoned: b/r1/z1"),
    ],
)
def test_a_node_without_a_place_is_told_what_is_closed(closures: Closures, said: str) -> None:
    fleet = four_accounts(4, policy=[make_rule(20, allow=("a", "b"), per="account")])
    plan = place(fleet, None, (Loss(kind="account", value="a"),), closures=closures)
    assert list_why(plan) == {f"no open site that the policy allows offers a machine for btc{said}"}


def test_a_node_without_a_place_is_told_that_the_rules_leave_no_room() -> None:
    fleet = four_accounts(4, policy=[make_rule(20, cap=1, per="account")])
    plan = place(fleet, taints=[Taint(account="a", code="no_room", until=0.0)])
    assert list_why(plan) == {
        "the policy leaves no room for btc at the sites that are left; refused for now: a any type (no_room)"
    }
