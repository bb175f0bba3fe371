"""A development network of Ethereum on two machines: geth and prysm on both, the validators on one."""

import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from orchestrator.adapters.ansible import HostOutcome
from orchestrator.adapters.probes import probe_machines
from orchestrator.adapters.pulumi import PulumiProject
from orchestrator.adapters.ssh import rotate_host_key, run_command
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.health import ClientHealth
from orchestrator.model.lock import Machine
from orchestrator.reconcile.sync import compute_sync
from orchestrator.rehearsal.image import ensure_base_image
from orchestrator.rehearsal.world import clean_world, create_world
from orchestrator.workflows.configure import Neighbours, configure
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs, Where, read_inputs
from orchestrator.workflows.reach import Reached
from tests.machines.booted import boot, find_volume, is_up, wait_until, write_identity
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.specs import write_spec

pytestmark = pytest.mark.machines

NODE = {"execution": "geth", "consensus": "prysm"}
MACHINES = (
    make_machine("eth-1.1", "alpha", chain="ethereum", network="dev", clients=NODE, arch=platform.machine()),
    make_machine(
        "eth-validators-1.1",
        "beta",
        chain="ethereum",
        network="dev",
        clients={**NODE, "validator": "prysm-validator"},
        arch=platform.machine(),
    ),
)
FOLLOWER, SIGNER = 0, 1
CHAIN_SECONDS = 90.0  # until the first block: validators learn their duties at an epoch's start, every 16 s
LOOK_AT_GENESIS = "find /opt/node/genesis-ethereum-dev -type f -exec sha256sum {} + | sort"


@dataclass
class Network:
    """Two machines, and where they are configured from."""

    deployment: Deployment
    inputs: Inputs
    reached: list[Reached]

    def configure(self) -> dict[str, HostOutcome]:
        addresses = {each.machine.machine: each.endpoint.address for each in self.reached}
        return configure(self.deployment, self.inputs, self.reached, Neighbours(MACHINES, addresses), lambda _: None)

    def probe(self) -> list[dict[str, ClientHealth]]:
        """What each machine's clients say, by role."""
        seen = probe_machines([each.endpoint for each in self.reached], self.deployment.identity)
        assert [(each.error, each.drifted) for each in seen] == [(None, ())] * 2
        return [{client.role: client for client in each.clients} for each in seen]

    def run(self, number: int, command: str) -> str:
        result = run_command(self.reached[number].endpoint, self.deployment.identity, command)
        assert result.exit_code == 0, result
        return result.stdout.strip()

    def run_on_both(self, command: str) -> list[str]:
        return [self.run(number, command) for number in (FOLLOWER, SIGNER)]

    def count_blocks(self) -> list[int | None]:
        """The height that each client of each machine shows."""
        return [node[role].height for node in self.probe() for role in NODE]

    def is_above(self, height: int) -> bool:
        return all(each is not None and each > height for each in self.count_blocks())


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    ensure_base_image(lambda _: None)
    folder = tmp_path_factory.mktemp("network")
    world = create_world("ethereum", folder / "fleet.yaml")
    authorized = write_identity(folder / "identity")
    deployment = Deployment(
        project=PulumiProject(folder),
        identity=folder / "identity",
        pins=folder / "fleet.hostkeys.json",
        scratch=folder / "controller",
        arch=platform.machine(),
    )
    try:
        born = [boot(world, machine.machine, authorized) for machine in MACHINES]
        for endpoint in born:
            wait_until(partial(is_up, endpoint, deployment.identity))
        inputs = read_inputs(Where(write_spec(folder)))
        yield Network(deployment, inputs, [settle(deployment, *pair) for pair in zip(MACHINES, born, strict=True)])
    finally:
        clean_world(world)


def settle(deployment: Deployment, machine: Machine, born: Endpoint) -> Reached:
    endpoint = rotate_host_key(born, deployment.identity, lambda _: None)
    return Reached(machine, endpoint, find_volume(machine.machine))


def test_machines_are_configured_and_know_each_other(network: Network) -> None:
    outcomes = network.configure()
    assert [outcome.status for outcome in outcomes.values()] == ["ok", "ok"], outcomes
    assert network.run(SIGNER, "systemctl is-active prysm-validator || true") == "inactive"
    assert network.run(SIGNER, "systemctl is-enabled prysm-validator || true") == "disabled"

    def are_peered() -> bool:
        return all(node[role].peers == 1 for node in network.probe() for role in NODE)

    wait_until(are_peered, CHAIN_SECONDS)
    assert network.count_blocks() == [0] * 4


def test_a_second_run_changes_nothing_and_makes_no_other_genesis(network: Network) -> None:
    before = network.run_on_both(LOOK_AT_GENESIS)
    assert before[FOLLOWER] == before[SIGNER]
    assert len(before[FOLLOWER].splitlines()) == 3
    assert network.configure() == {}
    assert network.run_on_both(LOOK_AT_GENESIS) == before


def test_the_clients_of_a_node_share_a_secret_of_its_own(network: Network) -> None:
    jwt = "/etc/node/shared/jwt"
    secrets = network.run_on_both(f"cat {jwt}")
    assert len(set(secrets)) == 2
    assert all(len(bytes.fromhex(secret)) == 32 for secret in secrets)
    assert network.run_on_both(f"stat --format '%U %G %a' {jwt}") == ["root node-shared 640"] * 2
    assert network.run(FOLLOWER, f"runuser -u geth -- cat {jwt} 2>&1 || true").endswith("Permission denied")
    groups = network.run(SIGNER, "systemctl show --value -p SupplementaryGroups geth prysm prysm-validator")
    assert groups.split() == ["node-shared"] * 2
    assert "geth.service" in network.run(FOLLOWER, "systemctl show --value -p After prysm").split()
    assert "prysm.service" in network.run(SIGNER, "systemctl show --value -p After prysm-validator").split()


def test_peers_alone_are_served(network: Network) -> None:
    listening = network.run(FOLLOWER, "ss -Hltn | awk '{print $4}'").split()
    world = {address.rpartition(":")[2] for address in listening if not address.startswith("127.0.0.1:")}
    assert world == {"22", "13000", "30303"}


def test_blocks_come_when_the_validators_run(network: Network) -> None:
    network.run(SIGNER, "systemctl start prysm-validator")
    wait_until(partial(network.is_above, 2), CHAIN_SECONDS)

    def agree() -> bool:
        return len({node[role].head_hash for node in network.probe() for role in NODE}) == 1

    wait_until(agree)
    lock = make_small_lock(MACHINES)

    def are_in_sync() -> bool:
        seen = probe_machines([each.endpoint for each in network.reached], network.deployment.identity)
        return all(verdict.in_sync for verdict in compute_sync(seen, lock))

    wait_until(are_in_sync)
    for node in network.probe():
        assert [node[role].version for role in NODE] == ["1.16.7", "6.0.4"]
        assert all(0 <= (node[role].head_age or 0) < 30 for role in NODE)
    (signer,) = (node["validator"] for node in network.probe() if "validator" in node)
    assert (signer.active, signer.follows, signer.error) == (True, False, None)
    assert network.configure() == {}


def test_a_node_that_was_away_finds_its_peers_and_the_blocks_it_missed(network: Network) -> None:
    before = [node[role].identity for node in network.probe() for role in NODE]
    network.run(FOLLOWER, "systemctl stop prysm geth")
    height = max(height or 0 for height in network.count_blocks())
    wait_until(lambda: (network.count_blocks()[2] or 0) > height + 2, CHAIN_SECONDS)
    network.run(FOLLOWER, "systemctl start geth prysm")
    wait_until(partial(network.is_above, height + 2), CHAIN_SECONDS)
    assert [node[role].identity for node in network.probe() for role in NODE] == before
    told = json.loads(network.run(FOLLOWER, "/usr/local/lib/orchestrator/peers geth"))
    assert told == {"add": [], "remove": [], "refused": []}  # it was started with them


def test_a_chain_that_stands_still_after_a_restart_goes_on_by_one_call(network: Network) -> None:
    """The way out that docs/clients.md gives under "Known limits"."""
    network.run(SIGNER, "systemctl restart prysm")

    def stands_still() -> bool:
        execution, consensus = (network.probe()[SIGNER][role].height for role in NODE)
        return execution is not None and consensus is not None and consensus < execution

    wait_until(stands_still, CHAIN_SECONDS)
    height = network.probe()[SIGNER]["consensus"].height or 0
    network.run(SIGNER, f"/usr/local/lib/orchestrator/rpc geth debug_setHead {height:#x}")
    wait_until(partial(network.is_above, height + 2), CHAIN_SECONDS)
