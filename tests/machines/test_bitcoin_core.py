"""bitcoin-core's file and the role on real machines, with Debian's litecoind in the place of bitcoind.

litecoind is a fork of Bitcoin Core 0.21 that reads the same configuration and speaks the same RPC. What is installed is
not that of the release; its file, the role and the probe are used as they stand.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from orchestrator.adapters.ansible import HostOutcome, configure_hosts
from orchestrator.adapters.probes import probe_machines
from orchestrator.adapters.ssh import rotate_host_key, run_command
from orchestrator.adapters.whole_folder import ensure_whole_folder
from orchestrator.catalog.clients import load_client
from orchestrator.folders import find_asset, find_cache_folder
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.health import ClientHealth
from orchestrator.model.host_config import ClientConfig, HostConfig
from orchestrator.rehearsal.image import ensure_base_image
from orchestrator.rehearsal.world import clean_world, create_world
from tests.machines.booted import boot, find_volume, is_up, wait_until, write_identity

pytestmark = pytest.mark.machines

STARTER = """\
#!/bin/sh
# Debian's litecoind, with the libraries that it was built against.
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$here exec "$here/litecoind" "$@"
"""
FROM_THE_MACHINE = ("libc.so", "libm.so", "ld-linux", "libpthread.so", "libdl.so", "librt.so")  # glibc is one thing
ANYONE = "raw(51)"  # a script that anyone can spend


def fetch_litecoind(draft: Path) -> None:
    """Fills a folder with a `bitcoind` that is Debian's litecoind, and the libraries that it needs."""
    packages, root = draft / "packages", draft / "root"
    (packages / "partial").mkdir(parents=True)
    options = ["-o", f"Dir::Cache::archives={packages}", "-o", "Debug::NoLocking=1"]
    install = ["apt-get", "install", "--download-only", "--reinstall", "-qy", "--no-install-recommends", *options]
    subprocess.run([*install, "litecoind"], check=True, capture_output=True)
    for package in packages.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    program = root / "usr" / "lib" / "litecoin" / "litecoind"
    folders = ":".join(sorted({str(path.parent) for path in root.rglob("*.so*")}))
    told = subprocess.run(
        ["ldd", program], env={"LD_LIBRARY_PATH": folders}, check=True, capture_output=True, text=True
    ).stdout
    assert "not found" not in told
    libraries = [line.split("=>")[1].split()[0] for line in told.splitlines() if "=>" in line]
    for copied in [str(program), *(path for path in libraries if not Path(path).name.startswith(FROM_THE_MACHINE))]:
        shutil.copy(copied, draft / Path(copied).name)
    (draft / "bitcoind").write_text(STARTER)
    for file in draft.iterdir():
        if file.is_file():
            file.chmod(0o755)
    shutil.rmtree(packages)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def litecoind() -> Path:
    """The stand-in's folder, which is kept like any artifact."""
    if shutil.which("apt-get") is None:
        pytest.skip("litecoind comes from Debian")
    folder = find_cache_folder() / "test-programs" / "litecoind"
    folder.parent.mkdir(parents=True, exist_ok=True)
    return ensure_whole_folder(folder, fetch_litecoind)


@dataclass
class Nodes:
    """Two machines, and what they carry."""

    folder: Path
    endpoints: list[Endpoint]
    programs: Path

    def configure(self) -> dict[str, HostOutcome]:
        hosts = [self.build_host(endpoint) for endpoint in self.endpoints]
        return configure_hosts(hosts, self.folder / "identity", self.folder / "run", lambda _: None)

    def build_host(self, endpoint: Endpoint) -> HostConfig:
        facts = load_client(find_asset("ansible") / "clients" / "bitcoin-core.yml")
        ports = {port.name: port.port for port in facts.ports["regtest"]}
        client = ClientConfig(
            name=facts.name,
            role=facts.role,
            network="regtest",
            ports=ports,
            artifact_folder=str(self.programs),
            artifact_digest="litecoind",
            peers=tuple(f"{other.address}:{ports['p2p']}" for other in self.endpoints if other is not endpoint),
        )
        hostname = endpoint.machine.replace(".", "-")
        volume = find_volume(endpoint.machine)
        return HostConfig(endpoint=endpoint, hostname=hostname, clients=(client,), volume_device=volume)

    def probe(self) -> list[ClientHealth]:
        seen = probe_machines(self.endpoints, self.folder / "identity")
        assert [(each.error, each.drifted) for each in seen] == [(None, ())] * 2
        return [each.clients[0] for each in seen]

    def run(self, command: str) -> str:
        result = run_command(self.endpoints[0], self.folder / "identity", command)
        assert result.exit_code == 0, result
        return result.stdout.strip()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, litecoind: Path) -> Iterator[Nodes]:
    ensure_base_image(lambda _: None)
    folder = tmp_path_factory.mktemp("core")
    world = create_world("bitcoin-core", folder / "fleet.yaml")
    authorized = write_identity(folder / "identity")
    try:
        born = [boot(world, name, authorized) for name in ("core-1.1", "core-2.1")]
        for endpoint in born:
            wait_until(partial(is_up, endpoint, folder / "identity"))
        yield Nodes(folder, [rotate_host_key(each, folder / "identity", lambda _: None) for each in born], litecoind)
    finally:
        clean_world(world)


def test_blocks_of_one_reach_the_other(nodes: Nodes) -> None:
    outcomes = nodes.configure()
    assert [outcome.status for outcome in outcomes.values()] == ["ok", "ok"], outcomes
    assert all(client.syncing for client in nodes.probe())  # as long as there is no block of these days
    made = json.loads(nodes.run(f"/usr/local/lib/orchestrator/rpc bitcoin-core generatetodescriptor 3 '{ANYONE}'"))
    wait_until(lambda: [client.head_hash for client in nodes.probe()] == [made[-1]] * 2)
    for client in nodes.probe():
        assert (client.active, client.error, client.version) == (True, None, "21.2.1")
        assert (client.height, client.headers, client.syncing) == (3, 3, False)
        assert client.peers
    assert nodes.run("ps -o user= -p $(systemctl show --value -p MainPID bitcoin-core)") == "bitcoin-core"


def test_a_restart_renews_the_cookie_and_the_probe_goes_on(nodes: Nodes) -> None:
    cookie = "/var/lib/nodes/bitcoin-core/.cookie"
    before = nodes.run(f"cat {cookie}")
    assert nodes.run(f"stat --format '%U %a' {cookie}") == "bitcoin-core 600"
    nodes.run("systemctl restart bitcoin-core && /usr/local/lib/orchestrator/probe --wait 60 bitcoin-core")
    assert nodes.run(f"cat {cookie}") != before
    assert nodes.probe()[0].height == 3
    outcomes = nodes.configure()
    assert [(outcome.status, outcome.changed) for outcome in outcomes.values()] == [("ok", 0), ("ok", 0)], outcomes
