"""Which nodes a machine's client is peered with: few, over all accounts, and seldom changed."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from orchestrator.model.lock import Machine

PEERS = 8  # as many outbound connections as Bitcoin nodes keep


def choose_peers(machine: Machine, role: str, machines: Iterable[Machine]) -> tuple[Machine, ...]:
    """Up to PEERS machines with a client in `role` on the same chain and network, taken from each account in turn.

    Groups do not count: on a network of its own a group that signs must hold connections with those that do not.

    The order within an account is by rendezvous hashing (Thaler and Ravishankar, 1998), so that one machine more or
    less changes few others' peers. Machines to be passed over (lost ones) are left out of `machines`.
    """
    others = [
        other
        for other in machines
        if (other.chain, other.network) == (machine.chain, machine.network)
        and role in other.clients
        and other.node != machine.node
    ]
    accounts = sorted({other.account for other in others}, key=lambda account: compute_rank(machine.node, account))
    ranked: list[Sequence[Machine]] = [
        sorted(
            (other for other in others if other.account == account),
            key=lambda other: compute_rank(machine.node, other.machine),
        )
        for account in accounts
    ]
    taken = [other for round_ in zip_longest(*ranked) for other in round_ if other is not None]
    return tuple(taken[:PEERS])


def compute_rank(node: str, other: str) -> str:
    """The rank of another machine in a node's eyes: a hash of the two names."""
    return hashlib.sha256(f"{node}\0{other}".encode()).hexdigest()
