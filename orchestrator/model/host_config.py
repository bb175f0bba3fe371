"""What one machine is to carry, as a value, and the digest that tells it from anything else."""

import hashlib
import json
from collections.abc import Mapping

from orchestrator.model.base import Frozen
from orchestrator.model.endpoint import Endpoint


class ClientConfig(Frozen):
    """One client of a machine. `artifact_folder` holds its binaries here, `artifact_digest` names their content.

    `ports` are its ports' numbers by name, for the other clients of the machine too. `peers` are the nodes that it is
    to hold connections with, wherever they are, each in the form that the client's file gives it.
    """

    name: str
    role: str
    network: str
    ports: dict[str, int]
    artifact_folder: str
    artifact_digest: str
    peers: tuple[str, ...] = ()


class Genesis(Frozen):
    """The genesis of a development network: its name, the folder that holds it here, a digest of what is in it."""

    name: str
    folder: str
    digest: str


class HostConfig(Frozen):
    """A machine as Ansible sees it. `volume_device` is the path of its data volume there; None: its own disk."""

    endpoint: Endpoint
    hostname: str
    clients: tuple[ClientConfig, ...]
    genesis: Genesis | None = None
    volume_device: str | None = None

    @property
    def machine(self) -> str:
        """The machine's id, "btc-3.2"."""
        return self.endpoint.machine


def compute_configuration_digest(host: HostConfig, ansible_folder_digest: str) -> str:
    """What the machine should carry, as "sha256:…": the same wishes give the same digest, in whatever order.

    How the machine is reached and where the artifacts lie on this side are no part of it; peers are. Roles and ports
    are in the clients' files, and so in the digest of Ansible's folder.
    """
    wishes = {
        "ansible": ansible_folder_digest,
        "machine": host.machine,
        "hostname": host.hostname,
        "volume_device": host.volume_device,
        "genesis": host.genesis.digest if host.genesis else None,
        "clients": [_describe_client(client) for client in sorted(host.clients, key=lambda client: client.name)],
    }
    text = json.dumps(wishes, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _describe_client(client: ClientConfig) -> Mapping[str, object]:
    return {
        "name": client.name,
        "network": client.network,
        "artifact": client.artifact_digest,
        "peers": sorted(client.peers),
    }
