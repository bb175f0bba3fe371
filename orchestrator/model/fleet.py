"""The fleet as its spec declares it: accounts, groups of nodes, policy."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from orchestrator.model.artifact import ArtifactPin
from orchestrator.model.base import Frozen
from orchestrator.model.control import ControlPlane
from orchestrator.model.host import EnrolledHost
from orchestrator.model.names import Line, Name, PlaceName
from orchestrator.model.quantity import MOST_IOPS, Gibibytes, Stake
from orchestrator.model.review import Review
from orchestrator.model.rule import Rule
from orchestrator.model.site import MOST_VCPUS, Arch, CpuKind, DiskKind
from orchestrator.model.source import Source

# A group of a million nodes is placed in seconds; a machine's name has room for that many digits.
MOST_NODES = 1_000_000

# A reserved address belongs to the machine until it is retired, whatever happens to the machine meanwhile.
AddressKind = Literal["ephemeral", "reserved"]

# One stack an account, or one stack for all of them.
StackLayout = Literal["accounts", "fleet"]
FLEET_STACK = "fleet"


class Account(Frozen):
    """A named account with one provider. `regions` empty: every region that the catalogue knows.

    `operator` is the company behind the machines; for cloud accounts it is the provider, for enrolled hosts
    each host names its own.
    """

    name: Name
    provider: PlaceName
    regions: tuple[PlaceName, ...] = ()
    project: Line | None = None
    hosts: tuple[EnrolledHost, ...] = ()
    hosts_file: str | None = Field(default=None, alias="hosts_path")
    source: Source = Field(alias="__source__")
    region_sources: dict[str, Source] = Field(default_factory=dict, alias="__regions__")


class MachineNeed(Frozen):
    """What a node needs of its machine; memory and disk in GiB. Dedicated cores unless `cpu` says otherwise.

    `iops` are input/output operations a second of its disk: a data volume is provisioned with them. `egress` is what
    is expected to leave it for the internet in a month, GiB; None is not priced.
    """

    vcpus: int = Field(ge=1, le=MOST_VCPUS, strict=True)
    memory: Gibibytes
    disk: Gibibytes
    cpu: CpuKind = "dedicated"
    disk_kind: DiskKind | None = None
    iops: int | None = Field(default=None, ge=1, le=MOST_IOPS, strict=True)
    egress: Gibibytes | None = None
    arch: Arch | None = None


class Standby(Frozen):
    """Spare nodes of a group: synced and signing nothing. `warm` is the one mode there is: they run like the others."""

    count: int = Field(ge=1, le=MOST_NODES, strict=True)
    mode: Literal["warm"] = "warm"


class Group(Frozen):
    """Nodes that are interchangeable: same chain, network, clients to choose from, and need.

    `clients` maps a role to the clients that may fill it; `combinations`, where there are any, are the only ones of the
    roles that they name: each a client for each of the same roles. `stake` is per node, in the chain's own coin.
    `address_kind` is of the machines' public addresses. `standby` asks for spare nodes: they are a group of their own,
    named "<group>-standby", whose `standby_of` is this group's name. The network is `production` unless the client
    catalogue says that it is none; on one that is, a missing fact is an error and no warning.
    """

    name: Name
    chain: PlaceName
    network: PlaceName
    count: int = Field(ge=1, le=MOST_NODES, strict=True)
    clients: dict[PlaceName, tuple[PlaceName, ...]] = Field(min_length=1)
    combinations: tuple[dict[PlaceName, PlaceName], ...] = ()
    machine: MachineNeed
    stake: Stake = Decimal(1)
    labels: dict[Line, Line] = Field(default_factory=dict)
    address_kind: AddressKind = Field(default="ephemeral", alias="address")
    standby: Standby | None = None
    standby_of: str | None = Field(default=None, alias="__standby_of__")
    production: bool = Field(default=True, alias="__production__")
    source: Source = Field(alias="__source__")


def get_standby_name(group: str) -> str:
    """The name of the group that a group's standby nodes are."""
    return f"{group}-standby"


class Access(Frozen):
    """Who may log in to the machines: public SSH keys, and the networks (CIDR) that SSH is open to."""

    ssh_keys: tuple[str, ...] = Field(min_length=1)
    ssh_from: tuple[str, ...] = Field(min_length=1)


class Fleet(Frozen):
    """A whole fleet: the one thing that a spec file declares. `digest` is the spec text's own, "sha256:…".

    `layout` says how it is cut into Pulumi stacks, `control` what it is run with; neither has a part in placement.
    `artifacts` are what the operator vouches for of clients' releases, by client; nor have they. `review` says how
    findings are judged.
    """

    name: Name = Field(alias="fleet")
    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    policy: tuple[Rule, ...]
    access: Access | None = None
    layout: StackLayout = "accounts"
    control: ControlPlane | None = None
    artifacts: dict[str, ArtifactPin] = Field(default_factory=dict)
    review: Review | None = None
    digest: str
    path: str

    def list_stacks(self) -> tuple[str, ...]:
        """The names of the Pulumi stacks that declare the fleet."""
        return tuple(account.name for account in self.accounts) if self.layout == "accounts" else (FLEET_STACK,)

    def get_stack(self, account: str) -> str:
        """The name of the stack that declares an account."""
        return account if self.layout == "accounts" else FLEET_STACK

    def get_account(self, name: str) -> Account:
        """The account of that name; KeyError where there is none."""
        return {account.name: account for account in self.accounts}[name]
