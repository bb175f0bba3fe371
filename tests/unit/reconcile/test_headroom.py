"""Quota head-room: what any single loss would ask of the accounts that are left, against what they may have."""

from decimal import Decimal

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock
from orchestrator.model.loss import Loss
from orchestrator.model.quota import VcpuQuota
from orchestrator.placement.place import compute_plan
from orchestrator.reconcile.headroom import Growth, compute_growths, list_single_losses, review_headroom
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

FLEET = make_fleet(
    [make_account(name) for name in "abc"], [make_group(count=6)], [make_rule(20, skew=1, per="account")]
)
TYPES = [make_type(name, vcpus=4, memory_gib=Decimal(8)) for name in "abc"]
CATALOGUE = make_catalogue([make_zone(name) for name in "abc"], TYPES)


def place(fleet: Fleet = FLEET, catalogue: Catalogue = CATALOGUE) -> Lock:
    return make_lock(compute_plan(fleet, catalogue, {}))


def test_each_account_must_take_its_part_of_any_other() -> None:
    growths = compute_growths(FLEET, CATALOGUE, place(), frozenset())
    assert [(growth.account, growth.used, growth.more) for growth in growths] == [("a", 8, 4), ("b", 8, 4), ("c", 8, 4)]
    assert all(growth.loss.value[0] != growth.account for growth in growths)


def test_every_domain_in_use_is_lost_once() -> None:
    losses = [str(loss) for loss in list_single_losses(place())]
    assert losses[:3] == ["account=a", "account=b", "account=c"]
    assert "region=a/r1" in losses
    assert len(losses) == 9


def test_what_is_lost_already_is_not_lost_again() -> None:
    lock = place()
    header = lock.header.model_copy(update={"lost": ("account=a",)})
    assert Loss(kind="account", value="a") not in list_single_losses(lock.model_copy(update={"header": header}))


def test_a_node_that_signs_asks_nobody_for_room() -> None:
    assert compute_growths(FLEET, CATALOGUE, place(), frozenset({"btc"})) == ()


LOSS = Loss(kind="account", value="b")
GROWTH = Growth("a", "r1", used=8, more=4, loss=LOSS)


def test_a_quota_that_is_short_is_an_error_and_names_what_to_ask_for() -> None:
    (finding,) = review_headroom(FLEET, [GROWTH], [VcpuQuota(account="a", region="r1", limit=11)])
    assert (finding.level, finding.value, finding.bound) == ("error", "12 vCPUs", "11 vCPUs")
    assert "4 vCPUs more when account=b is lost" in finding.message
    assert "a quota of 12" in finding.message
    assert finding.source == FLEET.get_account("a").source


def test_a_quota_that_is_enough_is_no_finding() -> None:
    assert review_headroom(FLEET, [GROWTH], [VcpuQuota(account="a", region="r1", limit=12)]) == ()


def test_a_quota_that_nobody_knows_is_a_warning() -> None:
    (finding,) = review_headroom(FLEET, [GROWTH], [VcpuQuota(account="b", region="r1", limit=0)])
    assert (finding.level, finding.bound) == ("warning", "unknown vCPUs")


def test_a_quota_of_the_whole_account_is_held_against_all_its_regions() -> None:
    growths = [GROWTH, Growth("a", "r2", used=2, more=6, loss=LOSS)]
    (finding,) = review_headroom(FLEET, growths, [VcpuQuota(account="a", limit=19)])
    assert (finding.subject, finding.value) == ("a", "20 vCPUs")
    assert review_headroom(FLEET, growths, [VcpuQuota(account="a", limit=20)]) == ()
