"""Marginals -> each node's clients, stably: a node that stays keeps what it runs unless the counts say that it changes.

The counts of the program are met exactly, so the changes carried out are those that it proved.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator.model.fleet import Group
from orchestrator.placement.clients import Bundle, ClientShares, Option, compute_bundles
from orchestrator.placement.marginals import Pool, Seats


class Seat(NamedTuple):
    """Where a node of a plan stands: the machine that ran it, if any, and whether it goes on running there.

    In the roles `fixed` it keeps what it runs, whatever is offered.
    """

    node: str
    arch: str
    had: Mapping[str, str] | None
    stays: bool
    fixed: frozenset[str] = frozenset()


def compute_clients(
    group: Group, seats: Sequence[Seat], pools: Mapping[Pool, Seats], values: Sequence[int]
) -> dict[str, dict[str, str]]:
    """The clients of every node by role, roles in written order. `seats` are in the order in which they are served."""
    chosen: dict[str, dict[str, str]] = {seat.node: {} for seat in seats}
    counted = {pool.bundle for pool in pools}
    for bundle in compute_bundles(group):
        open_seats = []
        for seat in seats:
            if seat.had is not None and not seat.fixed.isdisjoint(bundle.roles):
                _choose(chosen[seat.node], bundle, bundle.get_option(seat.had))
            else:
                open_seats.append(seat)
        hand_out = _hand_out_counts(bundle, open_seats, pools, values) if bundle in counted else None
        for node, option in hand_out or _hand_out_evenly(bundle, open_seats):
            _choose(chosen[node], bundle, option)
    for seat in seats:
        chosen[seat.node].update(_list_kept(seat, group))
    roles = list(group.clients)
    return {node: {role: found[role] for role in _order(roles, found)} for node, found in chosen.items()}


def _list_kept(seat: Seat, group: Group) -> dict[str, str]:
    """What a node that must not change runs in roles that its group offers no more."""
    return {role: client for role, client in (seat.had or {}).items() if role in seat.fixed - group.clients.keys()}


def _order(roles: Sequence[str], found: Mapping[str, str]) -> list[str]:
    """The roles that are filled, in written order; those that nobody wrote come last."""
    return [*(role for role in roles if role in found), *sorted(found.keys() - {*roles})]


def _choose(clients: dict[str, str], bundle: Bundle, option: Option) -> None:
    clients.update({role: client for role, client in zip(bundle.roles, option, strict=True) if client is not None})


def _hand_out_evenly(bundle: Bundle, seats: Sequence[Seat]) -> Iterator[tuple[str, Option]]:
    """Where nothing depends on it: nodes keep what they have, wherever they go, and the rest is shared evenly."""
    shares = ClientShares(bundle.options)
    rest = []
    for seat in seats:
        option = None if seat.had is None else bundle.get_option(seat.had)
        if option is not None and option in bundle.options:
            shares.note(option)
            yield seat.node, option
        else:
            rest.append(seat)
    for seat in rest:
        yield seat.node, shares.take()


@dataclass(slots=True)
class _Left:
    """What of a pool's counts is not handed out yet."""

    keeps: dict[Option, Counter[Option]] = field(default_factory=dict)
    fresh: Counter[Option] = field(default_factory=Counter)

    def take_kept(self, held: Option) -> Option | None:
        """For a node that stays: what it runs, else an option that spares it as many changes as can be."""
        kept = self.keeps.get(held)
        option = next((each for each in (held, *(kept or ())) if kept and kept[each]), None)
        if option is not None and kept is not None:
            kept[option] -= 1
        return option

    def take_own(self, held: Option) -> Option | None:
        """For a node that moves: what it runs, if that is left."""
        if not self.fresh[held]:
            return None
        self.fresh[held] -= 1
        return held

    def take_any(self) -> Option:
        """Of the options left the one that is left most often, so that clients mix over the sites."""
        option = max(self.fresh, key=lambda each: self.fresh[each])
        self.fresh[option] -= 1
        return option


def _hand_out_counts(
    bundle: Bundle, seats: Sequence[Seat], pools: Mapping[Pool, Seats], values: Sequence[int]
) -> Iterator[tuple[str, Option]]:
    left = {pool.arch: _read(found, values) for pool, found in pools.items() if pool.bundle == bundle}
    rest = []
    for seat in seats:
        option = left[seat.arch].take_kept(bundle.get_option(seat.had)) if seat.stays and seat.had is not None else None
        if option is None:
            rest.append(seat)
        else:
            yield seat.node, option
    last = []
    for seat in rest:
        # A node that stays and must change must not be given what it runs: that would be another node's change.
        moves = seat.had is not None and not seat.stays
        option = left[seat.arch].take_own(bundle.get_option(seat.had)) if moves and seat.had is not None else None
        if option is None:
            last.append(seat)
        else:
            yield seat.node, option
    for seat in last:
        yield seat.node, left[seat.arch].take_any()


def _read(seats: Seats, values: Sequence[int]) -> _Left:
    left = _Left(fresh=Counter({option: values[variable] for option, variable in seats.fresh.items()}))
    for (held, option), variable in seats.keeps.items():
        left.keeps.setdefault(held, Counter())[option] = values[variable]
    return left
