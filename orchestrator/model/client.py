"""A blockchain client as the client catalogue (ansible/clients/*.yml) describes it: the file, and the core's view."""

from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.model.base import Frozen
from orchestrator.model.source import Source

# Client names become file, unit and folder names on the machines.
ClientName = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=40)]


class Port(Frozen):
    """A port that a client listens on. `open` to the world (peer-to-peer) or to the machine itself alone."""

    name: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535)
    protocol: Literal["tcp", "udp"] = "tcp"
    open: Literal["world", "loopback"]


class ClientFacts(Frozen):
    """What the core needs of a client: the chain and role it serves, whether that role signs, ports per network.

    `artifacts` says how its programs are had, as model/artifact.py reads it.
    """

    name: str
    chain: str
    role: str
    signs: bool
    version: str
    ports: dict[str, tuple[Port, ...]]
    artifacts: dict[str, dict[str, Any]] = Field(default_factory=dict)
    source: Source


class ClientNetwork(Frozen):
    """How a client joins one network of its chain: arguments of its command line, and its ports there."""

    args: tuple[str, ...] = ()
    ports: tuple[Port, ...]


class ClientFile(Frozen):
    """A client's file as it is written.

    The core reads what ClientFacts holds. All else is Ansible's: kept as it stands, so that a misspelt key is still
    an error, and its meaning is in one place, the role `client`.
    """

    client: ClientName
    chain: str = Field(min_length=1)
    role: str = Field(min_length=1)
    signs: bool
    version: str = Field(min_length=1)
    artifacts: dict[str, dict[str, Any]] = Field(min_length=1)
    networks: dict[str, ClientNetwork] = Field(min_length=1)
    data_dir: str = Field(min_length=1)
    command: str | tuple[str, ...]
    files: dict[str, list[dict[str, Any]]] = Field(default_factory=dict)
    unit: dict[str, Any] = Field(default_factory=dict)
    peers: dict[str, Any] = Field(default_factory=dict)
    health: dict[str, Any] = Field(default_factory=dict)
