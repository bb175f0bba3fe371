"""Machines and locks built by hand, for tests of what reads them."""

from collections.abc import Sequence
from typing import Any

from orchestrator.lockfile import make_lock
from orchestrator.model.lock import Lock, LockHeader, Machine


def make_machine(name: str, account: str = "alpha", **fields: Any) -> Machine:
    """The machine `name` ("btc-1.1") of an account at Hetzner."""
    node = name.rpartition(".")[0]
    facts = {
        "group": node.rpartition("-")[0],
        "chain": "bitcoin",
        "network": "regtest",
        "provider": "hetzner",
        "region": "fsn1",
        "zone": "fsn1-dc14",
        "machine_type": "ccx13",
        "arch": "x86_64",
        "clients": {"node": "btcd"},
    }
    return Machine.model_validate({**facts, "machine": name, "node": node, "account": account, **fields})


def make_small_lock(machines: Sequence[Machine], parent: Lock | None = None, **header: Any) -> Lock:
    """A lock of those machines, with its revision."""
    facts = {"fleet": "demo", "revision": "", "spec": "sha256:0", "facts": "sha256:1"}
    return make_lock(LockHeader.model_validate({**facts, **header}), parent, machines, ())
