"""Which machines Ansible is run on, and what they are told of their neighbours."""

from pathlib import Path

import pytest

from orchestrator.model.endpoint import Endpoint
from orchestrator.model.health import ClientHealth, Observation
from orchestrator.workflows.configure import Artifact, Neighbours, build_host, is_due
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
    host = build_host(reached, neighbours, clients, {("btcd", "x86_64"): Artifact("/a", "d")})
    (client,) = host.clients
    assert client.peers == ("192.0.2.3:18444",)
    assert (host.hostname, host.volume_device, client.artifact_folder) == ("btc-1-1", "/dev/x", "/a")


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
