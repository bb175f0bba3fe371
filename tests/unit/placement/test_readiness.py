"""Time to be in sync as a weight of moves and as an expectation; what is not known is said, not guessed."""

from decimal import Decimal
from typing import Any

import pytest

from orchestrator.model.client import ClientFacts, Ready
from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Plan
from orchestrator.placement.place import compute_plan
from orchestrator.placement.readiness import compute_move_weights, find_ready
from orchestrator.report.plan import render_syncs
from tests.unit.placement.fleets import (
    at,
    make_account,
    make_flat_catalogue,
    make_fleet,
    make_group,
    make_lock,
    make_rule,
)


def make_client(name: str, *hours: str, role: str = "node", size: str | None = "100") -> ClientFacts:
    ways = tuple(
        Ready.model_validate(
            {"method": "genesis", "hours": each, "gigabytes": size, "source": "a book", "dated": "2026-01-02"}
        )
        for each in hours
    )
    facts = {"name": name, "chain": "bitcoin", "role": role, "signs": False, "version": "1", "ports": {"regtest": ()}}
    return ClientFacts.model_validate({**facts, "ready": {"regtest": ways} if ways else {}, "source": at(1)})


def make_pair(first: str = "quick", second: str = "slow") -> Fleet:
    """Two groups of two that may not share an account any more: one of them has to leave a."""
    groups = [make_group("x", 2, clients={"node": (first,)}), make_group("y", 2, clients={"node": (second,)})]
    return make_fleet([make_account("a"), make_account("b")], groups)


def separate(fleet: Fleet) -> Fleet:
    return fleet.model_copy(update={"policy": (make_rule(20, cap=2, per="account", of="fleet"),)})


def place(fleet: Fleet, clients: dict[str, ClientFacts], *rest: Any) -> Plan:
    return compute_plan(fleet, make_flat_catalogue({"a": "10", "b": "20"}), clients, *rest)


@pytest.mark.parametrize(
    ("quick", "slow", "moved"), [("1", "30", "x"), ("30", "1", "y"), ("0.5", "0.4", "y"), ("0.4", "0.5", "x")]
)
def test_the_nodes_that_are_in_sync_sooner_move(quick: str, slow: str, moved: str) -> None:
    clients = {"quick": make_client("quick", quick), "slow": make_client("slow", slow)}
    lock = make_lock(place(make_pair(), clients))
    plan = place(separate(make_pair()), clients, lock)
    assert {p.machine.group for p in plan.machines if p.change == "relocate"} == {moved}
    stage = next(stage for stage in plan.stages if stage.name == "minutes to sync")
    assert stage.value == 2 * int(Decimal(min(quick, slow, key=Decimal)) * 60)
    (sync,) = plan.syncs
    assert (sync.group, sync.nodes, sync.hours) == (moved, 2, Decimal(min(quick, slow, key=Decimal)))


def test_more_moves_are_made_where_they_take_less_time_in_all() -> None:
    """Two of x or one of y: an hour each against thirty."""
    clients = {"quick": make_client("quick", "1"), "slow": make_client("slow", "30")}
    groups = [make_group("x", 2, clients={"node": ("quick",)}), make_group("y", 1, clients={"node": ("slow",)})]
    accounts = [make_account("a"), make_account("b")]
    lock = make_lock(place(make_fleet(accounts, groups), clients))
    plan = place(make_fleet(accounts, groups, [make_rule(20, apart=("x", "y"), per="account")]), clients, lock)
    assert (plan.relocations, {p.machine.group for p in plan.machines if p.change == "relocate"}) == (2, {"x"})


def test_without_known_times_or_with_the_same_the_number_of_moves_alone_counts() -> None:
    fleet = make_pair()
    assert compute_move_weights(fleet, {}) == {}
    same = {"quick": make_client("quick", "3"), "slow": make_client("slow", "3")}
    assert compute_move_weights(fleet, same) == {}
    assert "minutes to sync" not in {stage.name for stage in place(fleet, {}).stages}


def test_what_is_not_known_weighs_as_the_slowest_that_is() -> None:
    groups = [make_group(name, 1, clients={"node": (name,)}) for name in ("x", "y", "z")]
    fleet = make_fleet([make_account("a")], groups)
    clients = {"x": make_client("x", "1"), "y": make_client("y", "2"), "z": make_client("z")}
    assert compute_move_weights(fleet, clients) == {"x": 60, "y": 120, "z": 120}


def test_a_group_is_as_slow_as_its_slowest_role_and_client_by_the_method_that_is_used() -> None:
    group = make_group(clients={"execution": ("a", "b"), "consensus": ("c",)})
    clients = {"a": make_client("a", "5", "1"), "b": make_client("b", "7"), "c": make_client("c", "2", size=None)}
    ways = find_ready(group, clients)
    assert ways is not None
    assert [way.hours for way in ways] == [7, 2]
    assert find_ready(group, {**clients, "b": make_client("b")}) is None
    (sync,) = place(make_fleet([make_account("a")], [group]), clients).syncs
    assert (sync.hours, sync.gigabytes) == (Decimal(7), None)
    assert sync.sources == ("a book (2026-01-02)",)


def test_the_plan_says_what_is_expected_and_what_nobody_knows() -> None:
    clients = {"quick": make_client("quick", "1.5"), "slow": make_client("slow", "30")}
    lock = make_lock(place(make_pair(), clients))
    (told,) = render_syncs(place(separate(make_pair()), clients, lock))
    assert str(told) == (
        "x: 2 nodes sync for about 1.5 hours, downloads of 100 GB each (by genesis; a book (2026-01-02))"
    )
    plan = place(separate(make_pair()), {}, lock)
    assert all("need to sync is not known" in str(told) for told in render_syncs(plan))
    assert {sync.unknown for sync in plan.syncs} <= {("quick",), ("slow",)}
    assert sum(sync.nodes for sync in plan.syncs) == plan.relocations == 2
    assert list(render_syncs(place(make_pair(), clients, lock))) == []
