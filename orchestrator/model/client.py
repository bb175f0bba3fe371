"""A blockchain client as the client catalogue (ansible/clients/*.yml) describes it: the file, and the core's view."""

from datetime import date
from decimal import Decimal
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from orchestrator.model.artifact import ArtifactPin
from orchestrator.model.base import Frozen
from orchestrator.model.names import Line
from orchestrator.model.quantity import MOST_GIBIBYTES
from orchestrator.model.source import Source

# Client names become file, unit and folder names on the machines.
ClientName = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=40)]

# What releases call the architectures of machines, where that is another name.
ARTIFACT_ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}

# Nobody waits longer than a year for a node.
MOST_HOURS = 8760

PEER_PORT = "p2p"
PEER_PLACEHOLDERS = frozenset({"address", "port", "identity"})


def check_peer_address(text: str) -> str:
    """The form of a peer's address as written; ValueError where it asks for something that nothing fills in."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    strange = sorted(names - PEER_PLACEHOLDERS)
    if strange:
        raise ValueError(f"{{{strange[0]}}} is filled in by nothing: write {{address}}, {{port}} or {{identity}}")
    return text


# How a client is told where a peer is. `identity` is the name that the peer's own key gives it, as its probe reports.
PeerAddress = Annotated[str, AfterValidator(check_peer_address)]


class Port(Frozen):
    """A port that a client listens on. `open` to the world (peer-to-peer) or to the machine itself alone."""

    name: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535)
    protocol: Literal["tcp", "udp"] = "tcp"
    open: Literal["world", "loopback"]


# How a node comes by the chain: all of a peer's files, a recent state that peers or a publisher offer, a recent block
# that somebody vouches for, or every block since the first.
SyncMethod = Literal["peer copy", "snapshot", "checkpoint", "genesis"]


class Ready(Frozen):
    """How long a client takes from nothing to in sync on one network by one method, and what it downloads for that.

    Each figure has a source and a date; what nobody has measured or published is left out, not guessed.
    """

    method: SyncMethod
    hours: Decimal = Field(gt=0, le=MOST_HOURS)
    gigabytes: Decimal | None = Field(default=None, gt=0, le=MOST_GIBIBYTES)
    source: Line
    dated: date


class ClientFacts(Frozen):
    """What the core needs of a client: the chain and role it serves, whether that role signs, ports per network.

    `artifacts` says how its programs are had, as model/artifact.py reads it. `peer_address` is how it is told of a
    peer; None where it has none. `ready` is how long it takes to be in sync, by network, and `methods` how it comes in
    sync there as its file has it run. `test_networks` are
    those that are no production: networks for tests and development.
    """

    name: str
    chain: str
    role: str
    signs: bool
    version: str
    ports: dict[str, tuple[Port, ...]]
    artifacts: dict[str, dict[str, Any]] = Field(default_factory=dict)
    peer_address: PeerAddress | None = None
    ready: dict[str, tuple[Ready, ...]] = Field(default_factory=dict)
    methods: dict[str, SyncMethod] = Field(default_factory=dict)
    test_networks: frozenset[str] = frozenset()
    source: Source

    def get_port(self, network: str, name: str) -> int | None:
        """The number of a port by its name; None where the client has none of that name."""
        return next((port.port for port in self.ports[network] if port.name == name), None)

    def get_method(self, network: str) -> SyncMethod:
        """How it comes in sync on a network: from the first block, where nothing else is said."""
        return self.methods.get(network, "genesis")

    def get_ready(self, network: str) -> Ready | None:
        """How long it takes on a network by the method that it uses there; None where that is not known."""
        return next((way for way in self.ready.get(network, ()) if way.method == self.get_method(network)), None)

    def is_built_for(self, arch: str, pin: ArtifactPin | None = None) -> bool:
        """Whether its programs are to be had for machines of an architecture: built from source, or released for it.

        A release that names no architecture is taken to be of all. What `pin` vouches for is there too.
        """
        if "go" in self.artifacts or "release" not in self.artifacts:
            return True
        release = self.artifacts["release"]
        named = {*release.get("arch_names", ()), *release.get("sha256", ())}
        pinned = pin.sha256 if pin is not None else {}
        return not named or ARTIFACT_ARCHES.get(arch, arch) in {*named, *pinned}


class ClientNetwork(Frozen):
    """How a client joins one network of its chain: arguments of its command line, and its ports there.

    `head_age` is for how many seconds the newest block may be the newest, on chains whose blocks come by time.
    `sync` is how it comes in sync as this file has it run, `ready` how long that takes, by method. A network is
    `production` unless it is said to be none: one where a node that is away costs nobody anything.
    """

    production: bool = Field(default=True, strict=True)
    args: tuple[str, ...] = ()
    ports: tuple[Port, ...]
    head_age: int | None = Field(default=None, ge=1)
    sync: SyncMethod = "genesis"
    ready: tuple[Ready, ...] = ()


class ClientPeers(Frozen):
    """How a client is told of its peers: at its start by `argument` or in a `file`, then by calls, `add` and `remove`.

    `address` is the form of one peer.
    """

    address: PeerAddress = "{address}:{port}"
    argument: str | None = None
    file: dict[str, str] = Field(default_factory=dict)
    add: dict[str, Any] = Field(default_factory=dict)
    remove: dict[str, Any] = Field(default_factory=dict)


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
    after: tuple[str, ...] = ()
    files: dict[str, list[dict[str, Any]]] = Field(default_factory=dict)
    unit: dict[str, Any] = Field(default_factory=dict)
    peers: ClientPeers | None = None
    health: dict[str, Any] = Field(default_factory=dict)
