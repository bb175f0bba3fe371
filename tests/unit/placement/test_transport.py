"""Counts of clients handed out to nodes: as many keep theirs as the counts say, low numbers first."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model.fleet import Group
from orchestrator.placement.clients import compute_bundles
from orchestrator.placement.marginals import Pool, Seats
from orchestrator.placement.transport import Seat, compute_clients
from tests.unit.placement.fleets import make_group

A, B = ("a",), ("b",)


def hand_out(
    seats: list[Seat], fresh: Mapping[Any, int], keeps: Mapping[Any, int] | None = None, arch: str = "x86_64"
) -> list[str]:
    """The client of each node, where so many nodes of a group newly run each client, and so many keep theirs."""
    group: Group = make_group(clients={"node": ("a", "b")})
    [bundle] = compute_bundles(group)
    values: list[int] = []

    def number(counts: Mapping[Any, int]) -> dict[Any, int]:
        values.extend(counts.values())
        return {key: len(values) - len(counts) + at for at, key in enumerate(counts)}

    found = Seats(fresh=number(fresh), keeps=number(keeps or {}))
    clients = compute_clients(group, seats, {Pool(bundle, arch): found}, values)
    return [clients[seat.node]["node"] for seat in seats]


def seat(number: int, had: str | None = None, *, stays: bool = False) -> Seat:
    return Seat(f"btc-{number}", "x86_64", None if had is None else {"node": had}, stays)


def test_a_node_that_moves_keeps_its_client_where_one_is_left_for_it() -> None:
    assert hand_out([seat(1, "a"), seat(2, "a"), seat(3, "a")], {A: 1, B: 2}) == ["a", "b", "b"]
    assert hand_out([seat(1, "b"), seat(2, "a"), seat(3)], {A: 2, B: 1}) == ["b", "a", "a"]


def test_nodes_that_stay_keep_theirs_as_the_counts_say() -> None:
    staying = [seat(number, "a", stays=True) for number in (1, 2, 3)]
    assert hand_out(staying, {A: 0, B: 1}, {(A, A): 2}) == ["a", "a", "b"]
    assert hand_out(staying, {A: 0, B: 0}, {(A, A): 1, (A, B): 2}) == ["a", "b", "b"]


def test_a_node_that_stays_and_must_change_takes_nothing_that_one_that_moves_could_keep() -> None:
    seats = [seat(1, "a", stays=True), seat(2, "a")]
    assert hand_out(seats, {A: 1, B: 1}, {(A, A): 0}) == ["b", "a"]


def test_a_node_that_moves_takes_nothing_of_those_that_stay() -> None:
    assert hand_out([seat(1, "a"), seat(2, "a", stays=True)], {A: 0, B: 1}, {(A, A): 1}) == ["b", "a"]


def test_new_nodes_mix_what_is_left() -> None:
    assert hand_out([seat(1), seat(2), seat(3)], {A: 1, B: 2}) == ["b", "a", "b"]
