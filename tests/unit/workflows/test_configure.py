"""Which machines Ansible is run on, and what they are told of their neighbours."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.ansible import HostOutcome
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.health import ClientHealth, Observation
from orchestrator.model.host_config import Genesis
from orchestrator.workflows.configure import (
    Artifact,
    Neighbours,
    Supplies,
    build_host,
    build_peers,
    collect_identities,
    is_due,
    is_known_by_identity,
    merge_outcomes,
)
from orchestrator.workflows.inputs import Where, read_inputs
from orchestrator.workflows.reach import Reached, build_endpoint
from tests.unit.machines import make_machine
from tests.unit.specs import write_spec

RUNNING = ClientHealth(role="node", client="btcd", active=True)
STOPPED = ClientHealth(role="node", client="btcd", active=False)


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        (Observation(machine="m", digest="sha256:1", clients=(RUNNING,)), False),
        (Observation(machine="m", digest="sha256:2", clients=(RUNNING,)), True),
        (Observation(machine="m", digest=None), True),
        (Observation(machine="m", error="no answer"), True),
        (Observation(machine="m", digest="sha256:1", drifted=("/etc/x",), clients=(RUNNING,)), True),
        (Observation(machine="m", digest="sha256:1", clients=(STOPPED,)), True),
    ],
)
def test_a_machine_is_configured_where_it_differs(seen: Observation, due: bool) -> None:
    assert is_due(seen, "sha256:1", frozenset()) is due


def test_a_signer_that_rests_is_not_due_for_that() -> None:
    seen = Observation(machine="m", digest="sha256:1", clients=(STOPPED,))
    assert not is_due(seen, "sha256:1", frozenset({"btcd"}))
    assert is_due(seen.model_copy(update={"drifted": ("/etc/x",)}), "sha256:1", frozenset({"btcd"}))


def test_peers_are_addresses_of_other_machines_that_have_one(tmp_path: Path) -> None:
    clients = read_inputs(Where(write_spec(tmp_path))).clients
    machines = tuple(make_machine(f"btc-{number}.1") for number in (1, 2, 3))
    neighbours = Neighbours(machines, {"btc-1.1": "192.0.2.1", "btc-3.1": "192.0.2.3"})
    reached = Reached(machines[0], Endpoint(machine="btc-1.1", address="192.0.2.1"), "/dev/x")
    host = build_host(reached, neighbours, Supplies(clients, {("btcd", "x86_64"): Artifact("/a", "d")}, {}))
    (client,) = host.clients
    assert client.peers == ("192.0.2.3:18444",)
    assert (host.hostname, host.volume_device, client.artifact_folder) == ("btc-1-1", "/dev/x", "/a")


ETHEREUM: Any = {
    "chain": "ethereum",
    "network": "dev",
    "clients": {"execution": "geth", "consensus": "prysm", "validator": "prysm-validator"},
}


def test_peers_that_are_known_by_identity_come_when_it_is_known(tmp_path: Path) -> None:
    clients = read_inputs(Where(write_spec(tmp_path))).clients
    machine, *others = (make_machine(f"eth-{number}.1", **ETHEREUM) for number in (1, 2, 3))
    addresses = {other.machine: f"192.0.2.{number}" for number, other in enumerate(others, start=2)}
    identities = {"eth-2.1": {"geth": "ab12", "prysm": "16Uiu2"}}
    neighbours = Neighbours((machine, *others), addresses, identities)
    assert build_peers(machine, "execution", neighbours, clients) == ("enode://ab12@192.0.2.2:30303",)
    assert build_peers(machine, "consensus", neighbours, clients) == ("/ip4/192.0.2.2/tcp/13000/p2p/16Uiu2",)
    assert build_peers(machine, "validator", neighbours, clients) == ()
    assert is_known_by_identity(clients, machine)
    assert not is_known_by_identity(clients, make_machine("btc-1.1"))


def test_the_node_of_a_machine_is_described_by_role(tmp_path: Path) -> None:
    clients = read_inputs(Where(write_spec(tmp_path))).clients
    machine = make_machine("eth-1.1", **ETHEREUM)
    reached = Reached(machine, Endpoint(machine="eth-1.1", address="192.0.2.1"), None)
    artifacts = {(name, "x86_64"): Artifact(f"/{name}", "d") for name in machine.clients.values()}
    genesis = Genesis(name="genesis-ethereum-dev", folder="/g", digest="sha256:1")
    supplies = Supplies(clients, artifacts, {("ethereum", "dev"): genesis})
    host = build_host(reached, Neighbours((machine,), {}), supplies)
    assert host.genesis == genesis
    assert {client.role: client.name for client in host.clients} == machine.clients
    assert host.clients[0].ports["engine"] == 8551


def test_identities_are_taken_of_those_that_told_them() -> None:
    told = RUNNING.model_copy(update={"identity": "ab12"})
    seen = [Observation(machine="a", clients=(told,)), Observation(machine="b", clients=(RUNNING,))]
    assert collect_identities(seen) == {"a": {"btcd": "ab12"}}


def test_the_later_word_counts_and_changes_add_up() -> None:
    first = {"a": HostOutcome("a", "ok", 3), "b": HostOutcome("b", "failed", 1, "bad")}
    second = {"a": HostOutcome("a", "unreachable", 1, "gone"), "c": HostOutcome("c", "ok", 2)}
    assert merge_outcomes(first, second) == {
        "a": HostOutcome("a", "unreachable", 4, "gone"),
        "b": HostOutcome("b", "failed", 1, "bad"),
        "c": HostOutcome("c", "ok", 2),
    }


@pytest.mark.parametrize(
    ("single_use", "pins", "keys", "bootstrap"),
    [
        (True, {}, (), "ssh-ed25519 A"),
        (True, {"btc-1.1": ("ssh-ed25519 B",)}, ("ssh-ed25519 B",), "ssh-ed25519 A"),
        (False, {"btc-1.1": ("ssh-ed25519 B",)}, ("ssh-ed25519 A",), None),
    ],
)
def test_a_host_key_is_trusted_once_or_pinned(
    single_use: bool, pins: dict[str, tuple[str, ...]], keys: tuple[str, ...], bootstrap: str | None
) -> None:
    outputs = {
        "address": "192.0.2.1",
        "port": 22.0,
        "user": "root",
        "host_key": "ssh-ed25519 A",
        "single_use_host_key": single_use,
    }
    endpoint = build_endpoint(make_machine("btc-1.1"), outputs, pins)
    assert (endpoint.host_keys, endpoint.bootstrap_host_key, endpoint.port) == (keys, bootstrap, 22)
