"""A blockchain client as the client catalogue (ansible/clients/*.yml) describes it to the core."""

from typing import Literal

from pydantic import Field

from orchestrator.model.base import Frozen
from orchestrator.model.source import Source


class Port(Frozen):
    """A port that a client listens on. `open` to the world (peer-to-peer) or to the machine itself alone."""

    name: str
    port: int = Field(ge=1, le=65535)
    protocol: Literal["tcp", "udp"] = "tcp"
    open: Literal["world", "loopback"]


class ClientFacts(Frozen):
    """What the core needs of a client: the chain and role it serves, whether that role signs, ports per network."""

    name: str
    chain: str
    role: str
    signs: bool
    version: str
    ports: dict[str, tuple[Port, ...]]
    source: Source
