"""The roles on real machines: two rehearsal machines with btcd on regtest, peered with each other."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from orchestrator.adapters.ansible import HostOutcome, configure_hosts, prepare_image
from orchestrator.adapters.artifacts import ensure_artifact
from orchestrator.adapters.probes import probe_machines
from orchestrator.adapters.ssh import HostKeyMismatch, connect, rotate_host_key, run_command
from orchestrator.catalog.clients import load_client
from orchestrator.folders import find_asset, find_cache_folder
from orchestrator.model.artifact import ArtifactRecipe
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.health import Observation
from orchestrator.model.host_config import ClientConfig, HostConfig
from orchestrator.rehearsal.image import ensure_base_image
from orchestrator.rehearsal.machine import (
    attach_volume,
    cut_machine,
    detach_volume,
    start_machine,
)
from orchestrator.rehearsal.world import World, clean_world, create_world
from tests.machines.booted import boot, find_volume, is_up, wait_until, write_identity

pytestmark = pytest.mark.machines


@dataclass
class Pair:
    """Two machines, how to reach them and what they should carry."""

    world: World
    folder: Path
    identity: Path
    endpoints: list[Endpoint]
    artifact: Path

    def build_hosts(self, *, peered: bool = True) -> list[HostConfig]:
        return [self.build_host(endpoint, peered=peered) for endpoint in self.endpoints]

    def build_host(self, endpoint: Endpoint, *, peered: bool) -> HostConfig:
        peers = [f"{other.address}:18444" for other in self.endpoints if other is not endpoint and peered]
        client = ClientConfig(
            name="btcd",
            role="node",
            network="regtest",
            ports={"p2p": 18444, "rpc": 18334},
            artifact_folder=str(self.artifact),
            artifact_digest=self.artifact.name,
            peers=tuple(peers),
        )
        hostname = endpoint.machine.replace(".", "-")
        volume = find_volume(endpoint.machine)
        return HostConfig(endpoint=endpoint, hostname=hostname, clients=(client,), volume_device=volume)

    def configure(self, *, peered: bool = True) -> dict[str, HostOutcome]:
        return configure_hosts(self.build_hosts(peered=peered), self.identity, self.folder / "run", lambda _: None)

    def probe(self) -> list[Observation]:
        return list(probe_machines(self.endpoints, self.identity))

    def run(self, number: int, command: str) -> str:
        result = run_command(self.endpoints[number], self.identity, command)
        assert result.exit_code == 0, result
        return result.stdout.strip()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    ensure_base_image(lambda _: None)
    client = load_client(find_asset("ansible") / "clients" / "btcd.yml")
    recipe = ArtifactRecipe.model_validate({"name": client.name, "version": client.version, **client.artifacts})
    artifact = ensure_artifact(recipe, find_cache_folder(), lambda _: None)
    folder = tmp_path_factory.mktemp("pair")
    world = create_world("client-role", folder / "fleet.yaml")
    identity = folder / "identity"
    authorized = write_identity(identity)
    try:
        endpoints = [boot(world, name, authorized) for name in ("btc-1.1", "btc-2.1")]
        pair = Pair(world, folder, identity, endpoints, artifact)
        for endpoint in endpoints:
            wait_until(partial(is_up, endpoint, identity))
        yield pair
    finally:
        clean_world(world)


def test_host_keys_are_replaced_by_keys_of_the_hosts_own(pair: Pair) -> None:
    for number, born in enumerate(pair.endpoints):
        pins: list[str] = []
        rotated = rotate_host_key(born, pair.identity, pins.append)
        assert rotated.host_keys == tuple(pins)
        pair.endpoints[number] = rotated
        with pytest.raises(HostKeyMismatch):
            connect(born, pair.identity)
        assert pair.run(number, "ls /etc/ssh/orchestrator_host_key* 2>/dev/null | wc -l") == "0"


def test_the_image_carries_the_base(pair: Pair) -> None:
    outcome = prepare_image(pair.endpoints[0], pair.identity, pair.folder / "run", lambda _: None)
    assert outcome == HostOutcome("btc-1.1", "ok", 0)


def test_machines_are_configured_and_a_block_reaches_all(pair: Pair) -> None:
    outcomes = pair.configure()
    assert [outcome.status for outcome in outcomes.values()] == ["ok", "ok"], outcomes
    (made,) = json.loads(pair.run(0, "/usr/local/lib/orchestrator/rpc btcd generate 1"))

    def is_known_to_all() -> bool:
        return [observation.clients[0].head_hash for observation in pair.probe()] == [made, made]

    wait_until(is_known_to_all)
    for observation in pair.probe():
        (client,) = observation.clients
        assert (observation.error, observation.drifted, client.error) == (None, (), None)
        assert (client.active, client.version, client.height, client.headers) == (True, "0.26.2", 1, 1)
        assert observation.boot_id
        assert observation.digest
        assert abs((client.head_time or 0) - time.time()) < 600


def test_a_second_run_changes_nothing(pair: Pair) -> None:
    outcomes = pair.configure()
    assert [(outcome.status, outcome.changed) for outcome in outcomes.values()] == [("ok", 0), ("ok", 0)], outcomes


def test_the_client_runs_confined_on_its_volume(pair: Pair) -> None:
    assert pair.run(0, "ps -o user= -p $(systemctl show --value -p MainPID btcd)") == "btcd"
    assert pair.run(0, "systemctl is-enabled btcd") == "enabled"
    assert pair.run(0, "findmnt --noheadings --output TARGET --target /var/lib/nodes/btcd") == "/var/lib/nodes"
    assert (pair.world.volumes_folder / "btc-1-1" / "btcd" / "regtest").is_dir()
    listening = pair.run(0, "ss -Hltn | awk '{print $4}' | sort")
    assert set(listening.split()) == {"0.0.0.0:18444", "0.0.0.0:22", "127.0.0.1:18334", "[::]:22"}
    passwords = [pair.run(number, "cat /etc/node/btcd/rpc_password") for number in (0, 1)]
    assert len(set(passwords)) == 2
    left_behind = [
        path for path in pair.folder.rglob("*") if path.is_file() and passwords[0] in path.read_text("latin1")
    ]
    assert left_behind == []


def test_a_change_of_peers_restarts_nothing(pair: Pair) -> None:
    def read_process() -> list[str]:
        return [pair.run(number, "systemctl show --value -p MainPID btcd") for number in (0, 1)]

    def count_peers() -> list[int | None]:
        return [observation.clients[0].peers for observation in pair.probe()]

    before = read_process()
    digests = [observation.digest for observation in pair.probe()]
    outcomes = pair.configure(peered=False)
    assert [outcome.status for outcome in outcomes.values()] == ["ok", "ok"], outcomes
    # What it was told counts: btcd 0.26.2 forgets a peer for 5 seconds alone, then makes the connection anew.
    told = [json.loads(pair.run(number, "/usr/local/lib/orchestrator/peers btcd")) for number in (0, 1)]
    assert told == [{"add": [], "remove": [], "refused": []}] * 2
    assert [pair.run(number, "cat /run/node-btcd/peers") for number in (0, 1)] == ["", ""]
    assert all(observation.digest not in digests for observation in pair.probe())
    pair.configure()
    wait_until(lambda: all(count_peers()))
    assert read_process() == before


def test_a_hand_edited_file_shows_as_drifted_and_is_put_right(pair: Pair) -> None:
    path = "/etc/node/btcd/btcd.conf"
    before = pair.run(1, "systemctl show --value -p MainPID btcd")
    pair.run(1, f"echo 'maxpeers=3' >> {path}")
    assert [observation.drifted for observation in pair.probe()] == [(), (path,)]
    outcomes = pair.configure()
    assert outcomes["btc-1.1"].changed == 0
    assert outcomes["btc-2.1"].changed > 0
    assert [observation.drifted for observation in pair.probe()] == [(), ()]
    assert pair.run(1, "systemctl show --value -p MainPID btcd") != before


def test_a_program_that_was_changed_is_put_right(pair: Pair) -> None:
    path = pair.run(1, "readlink --canonicalize /opt/node/btcd/current/btcctl")
    pair.run(1, f"echo >> {path}")
    assert pair.probe()[1].drifted == (path,)
    pair.configure()
    assert pair.probe()[1].drifted == ()


def test_a_failing_client_says_why_and_holds_up_no_other(pair: Pair) -> None:
    good, bad = pair.build_hosts()
    broken = bad.clients[0].model_copy(update={"network": "no-such-network"})
    hosts = [good, bad.model_copy(update={"clients": (broken,)})]
    outcomes = configure_hosts(hosts, pair.identity, pair.folder / "run", lambda _: None)
    assert outcomes["btc-1.1"].status == "ok"
    assert outcomes["btc-2.1"].status == "failed"
    assert "no-such-network" in (outcomes["btc-2.1"].error or "")


def test_a_client_that_left_is_stopped_and_its_data_kept(pair: Pair) -> None:
    hosts = [host.model_copy(update={"clients": ()}) for host in pair.build_hosts()][1:]
    outcomes = configure_hosts(hosts, pair.identity, pair.folder / "run", lambda _: None)
    assert outcomes["btc-2.1"].status == "ok", outcomes
    seen = pair.probe()[1]
    assert (seen.clients, seen.drifted, seen.error) == ((), (), None)
    assert pair.run(1, "systemctl is-active btcd || true") == "inactive"
    assert (pair.world.volumes_folder / "btc-2-1" / "btcd" / "regtest").is_dir()
    assert pair.configure()["btc-2.1"].status == "ok"
    wait_until(lambda: pair.probe()[1].clients[0].height == 1)


def test_without_its_volume_the_client_does_not_start(pair: Pair) -> None:
    name = "btc-2-1"
    cut_machine(pair.world, name)
    detach_volume(pair.world, name, name)
    start_machine(pair.world, name)
    wait_until(lambda: is_up(pair.endpoints[1], pair.identity))
    wait_until(lambda: pair.run(1, "systemctl is-active multi-user.target || true") == "active")
    assert not pair.probe()[1].clients[0].active
    assert pair.run(1, "ls -A /var/lib/nodes") == ""
    outcome = pair.configure()["btc-2.1"]
    assert outcome.status == "failed"
    assert "is not attached" in (outcome.error or "")
    attach_volume(pair.world, name, name, f"scsi-0HC_Volume_{name}")
    assert pair.configure()["btc-2.1"].status == "ok"
    wait_until(lambda: pair.probe()[1].clients[0].height == 1)
