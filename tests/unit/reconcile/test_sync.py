"""When a machine counts as in sync, and what is said when it does not."""

from typing import Any

import pytest

from orchestrator.model.health import ClientHealth, Observation
from orchestrator.model.lock import Lock
from orchestrator.placement.place import compute_plan
from orchestrator.reconcile.sync import compute_sync
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_lock


def lock_of(count: int) -> Lock:
    return make_lock(
        compute_plan(make_fleet([make_account("a")], [make_group(count=count)]), make_flat_catalogue({"a": "1"}), {})
    )


def see(machine: str, **facts: Any) -> Observation:
    health = {"role": "node", "client": "btcd", "active": True, "height": 9, "peers": 1, **facts}
    return Observation(machine=machine, clients=(ClientHealth.model_validate(health),))


def test_a_group_at_one_height_is_in_sync() -> None:
    verdicts = compute_sync([see("btc-1.1", headers=9, head_hash="00ab"), see("btc-2.1")], lock_of(2))
    assert [verdict.in_sync for verdict in verdicts] == [True, True]
    assert (verdicts[0].height, verdicts[0].head_hash) == (9, "00ab")


def test_one_block_behind_is_in_sync() -> None:
    assert compute_sync([see("btc-1.1"), see("btc-2.1", height=8)], lock_of(2))[1].in_sync


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"active": False}, "btcd is not active"),
        ({"height": None}, "btcd tells no height"),
        ({"height": None, "error": "refused"}, "btcd tells no height: refused"),
        ({"headers": 12}, "btcd has 9 of 12 blocks"),
        ({"height": 7}, "btcd is at height 7, others at 9"),
        ({"syncing": True}, "btcd is syncing, at height 9"),
        ({"optimistic": True}, "btcd has blocks that were not executed yet, at height 9"),
        ({"head_age_limit": 60, "head_age": 61}, "btcd's newest block is 61 s old, at height 9"),
        ({"head_age_limit": 60}, "btcd's newest block is of unknown age, at height 9"),
        ({"head_age_limit": 60, "head_age": 2, "height": 5}, "btcd is at height 5, others at 9"),
        ({"peers": 0}, "btcd has no peers"),
        ({"peers": None}, "btcd has no peers"),
        ({"role": "other"}, "no node client was seen"),
    ],
)
def test_what_is_missing_is_said(facts: dict[str, Any], why: str) -> None:
    verdict = compute_sync([see("btc-1.1"), see("btc-2.1", **facts), see("btc-3.1")], lock_of(3))[1]
    assert not verdict.in_sync
    assert verdict.why == why


def test_where_blocks_come_by_time_a_few_may_come_while_machines_are_asked() -> None:
    timed = {"head_age_limit": 60, "head_age": 3}
    verdicts = compute_sync([see("btc-1.1", **timed), see("btc-2.1", height=6, **timed)], lock_of(2))
    assert [verdict.in_sync for verdict in verdicts] == [True, True]


def test_a_genesis_is_no_block() -> None:
    (verdict,) = compute_sync([see("btc-1.1", height=0, head_age_limit=60, head_age=3)], lock_of(1))
    assert verdict.why == "btcd has no block yet"


def test_a_client_that_leaves_following_to_another_must_run_and_no_more() -> None:
    facts = {"follows": False, "height": None, "peers": None}
    running, stopped = compute_sync([see("btc-1.1", **facts), see("btc-2.1", active=False, **facts)], lock_of(2))
    assert running.in_sync
    assert stopped.why == "btcd is not active"


def test_a_node_alone_needs_no_peers() -> None:
    assert compute_sync([see("btc-1.1", peers=0)], lock_of(1))[0].in_sync
    unreachable = Observation(machine="btc-2.1", error="timed out")
    alone, lost = compute_sync([see("btc-1.1", peers=0), unreachable], lock_of(2))
    assert alone.in_sync
    assert lost.why == "timed out"


def test_a_machine_that_was_not_observed_is_not_in_sync() -> None:
    assert [verdict.why for verdict in compute_sync([], lock_of(1))] == ["not observed"]
