"""What needs ask of machines and nobody knows: errors on production networks, in plans and in reviews."""

from decimal import Decimal
from typing import Any

from orchestrator.model.fleet import Fleet, MachineNeed
from orchestrator.model.plan import MISSING, Finding, Plan
from orchestrator.model.site import StoragePrice
from orchestrator.model.source import Origin, Source
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
from tests.unit.reconcile.reviews import review


def need(**fields: Any) -> MachineNeed:
    return MachineNeed(vcpus=2, memory=Decimal(4), disk=Decimal(10), **fields)


def build_fleet(*policy: dict[str, Any], production: bool = True, **fields: Any) -> Fleet:
    group = make_group(count=3, machine=need(**fields), __production__=production)
    return make_fleet([make_account("a")], [group], [make_rule(5, **rule) for rule in policy])


def place(fleet: Fleet, **facts: Any) -> Plan:
    kind = make_type("a", origin=Origin(Source("machines.csv", 9)), **facts)
    return compute_plan(fleet, make_catalogue([make_zone("a")], [kind]), {})


def list_missing(plan: Plan) -> list[Finding]:
    return [finding for finding in plan.findings if finding.rule == MISSING]


def test_operations_that_a_disk_is_not_known_to_do_fail_a_production_network() -> None:
    plan = place(build_fleet(iops=6000))
    (finding,) = list_missing(plan)
    assert (finding.level, finding.subject, finding.value, finding.source.line) == ("error", "btc", "3 nodes", 10)
    assert "local_disk_iops of m in a r1" in finding.message
    assert "machines.csv:9:1" in finding.message
    assert not plan.holds
    assert not plan.gives_way  # nothing was placed otherwise than the rules ask


def test_they_are_a_warning_elsewhere_and_nothing_once_they_are_known() -> None:
    plan = place(build_fleet(production=False, iops=6000))
    assert [finding.level for finding in list_missing(plan)] == ["warning"]
    assert plan.holds
    assert list_missing(place(build_fleet(iops=6000), local_disk_iops=6000)) == []


def test_traffic_that_is_expected_and_has_no_price_is_missing_and_so_is_a_price_under_a_budget() -> None:
    plan = place(build_fleet({"budget": "100 USD/month"}, egress="1 GB"))
    needed, priced = sorted(list_missing(plan), key=lambda finding: finding.source.line, reverse=True)
    assert (needed.level, priced.level) == ("error", "error")
    assert all("usd_per_gb of egress internet in a r1" in finding.message for finding in (needed, priced))
    (unpriced,) = list_missing(place(build_fleet({"budget": "100 USD/month"}), price=None))
    assert (
        "(usd_per_month of m in a r1) and are left out of budget 100 USD/month; fill in usd_per_month at machines.csv:9"
        in unpriced.message
    )


def test_a_price_that_nothing_asks_for_is_not_missed() -> None:
    assert list_missing(place(build_fleet(), price=None)) == []


def test_the_review_of_the_lock_finds_the_same() -> None:
    fleet = build_fleet(iops=6000)
    catalogue = make_catalogue([make_zone("a")], [make_type("a")])
    plan = compute_plan(fleet, catalogue, {})
    reviewed = [finding for finding in review(fleet, make_lock(plan), catalogue) if finding.rule == MISSING]
    assert reviewed == list_missing(plan) != []


def test_what_groups_lack_is_told_by_group_and_fact_word_for_word() -> None:
    groups = [make_group(name, 2, machine=need(iops=9)) for name in ("g", "h")]
    lacking = make_type("a", local_disk_gib=0, origin=Origin(Source("machines.csv", 9)))
    volume = StoragePrice(provider="a", region="", kind="volume", type="v", origin=Origin(Source("storage.csv", 3)))
    catalogue = make_catalogue([make_zone("a")], [lacking], [volume])
    plan = compute_plan(make_fleet([make_account("a")], groups), catalogue, {})
    first, second = list_missing(plan)
    assert second.subject == "h"
    assert first == Finding(
        rule=MISSING,
        name="what g asks for is known",
        level="error",
        subject="g",
        value="2 nodes",
        bound="a known most_iops",
        message="g: of 2 nodes it is not known whether they have what the group asks for (most_iops of volume v in a); "
        "fill in most_iops at storage.csv:3:1, or in a row of your own (--catalog), or do not ask for it",
        source=Source("fleet.yaml", 10),
    )
