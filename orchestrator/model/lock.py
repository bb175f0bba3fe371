"""The lock as a value: which machine carries which node, where, and in what state."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from orchestrator.model.base import Frozen
from orchestrator.model.closure import Closures
from orchestrator.model.loss import Loss
from orchestrator.model.names import Line, Name, PlaceName
from orchestrator.model.quantity import MOST_GIBIBYTES, MOST_IOPS

ANCESTORS_KEPT = 64

# "<node>.<generation>": it becomes host, resource and file names.
MachineId = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?\.[1-9][0-9]{0,8}$", max_length=63)]

# "<group>-<number>".
NodeName = Annotated[str, Field(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?-[0-9]{1,7}$", max_length=48)]

# KIND=VALUE, as Loss reads it.
LossText = Annotated[str, AfterValidator(lambda text: str(Loss.parse(text)))]


class MachineState(StrEnum):
    """What the fleet wants of a machine: run it, replace it, wait for it, or hold it as it is."""

    WANTED = "wanted"
    RETIRING = "retiring"  # its replacement is on the way or here; runs on until that is in sync
    LOST = "lost"  # its domain is lost; declared still, so that nothing deletes it
    HELD = "held"  # must not be replaced before there is evidence that it no longer signs


# The states in which a machine carries its node: the others are on their way out, or nobody knows.
CARRYING_STATES = frozenset({MachineState.WANTED, MachineState.HELD})


# What of a machine may have been there before: itself, and its data volume.
ExistingPart = Literal["machine", "volume"]


class Machine(Frozen):
    """One machine: an incarnation of a node. `machine` is "<node>.<generation>"; generations are never used twice.

    `zone_id` is the provider's own id of its zone, where that is not its name: accounts name one zone differently.
    `volume_gib` is the size of its data volume (None: local disk is enough), `volume_iops` what it is provisioned with;
    `image` is pinned when first placed. `address` "reserved" is one that the machine keeps until it is retired.
    `host` names the enrolled host, for accounts of provider ssh. `compromised` is the domain (KIND=VALUE) that was
    declared compromised while it stood there: nothing is started on it any more, and it carries no node again unless
    that signs and is held. `existing` is of a machine that a cloud had before the
    fleet knew it: the provider's ids of its parts, as far as they are known; such a machine is never made. `refused` is
    the code with which a cloud refused to make the machine or a part of it: such a machine is on its way out. The line
    is enough to provision from.
    """

    machine: MachineId
    node: NodeName
    group: Name
    chain: PlaceName
    network: PlaceName
    account: Name
    provider: PlaceName
    region: PlaceName
    zone: PlaceName
    zone_id: Line | None = None
    machine_type: PlaceName
    arch: PlaceName
    image: Line | None = None
    host: Name | None = None
    volume_gib: int | None = Field(default=None, ge=1, le=MOST_GIBIBYTES)
    volume_type: PlaceName | None = None
    volume_iops: int | None = Field(default=None, ge=1, le=MOST_IOPS)
    address: Literal["reserved"] | None = None
    existing: dict[ExistingPart, Line] | None = None
    clients: dict[PlaceName, PlaceName]
    state: MachineState = MachineState.WANTED
    refused: str | None = None
    compromised: LossText | None = None

    @property
    def generation(self) -> int:
        """The incarnation's number, from 1."""
        return int(self.machine.rpartition(".")[2])

    @property
    def hostname(self) -> str:
        """The machine's host and resource name, a DNS label: "btc-3.2" is "btc-3-2"."""
        return self.machine.replace(".", "-")

    @property
    def site(self) -> str:
        """The name of its site: account/region/zone."""
        return f"{self.account}/{self.region}/{self.zone}"


class Retired(Frozen):
    """A machine that left the fleet, and the evidence on which it was let go. Allows its deletion, bars its id.

    `refused` is the cloud's own code where it refused to make the machine: then it never ran. `compromised` is the
    domain that it was in, where it was let go for that: its secrets may be in others' hands.
    """

    retired: MachineId
    node: NodeName
    account: Name
    evidence: str
    refused: str | None = None
    compromised: LossText | None = None


class Relaxed(Frozen):
    """A rule that gave way after a loss: its title, the domains that were lost (KIND=VALUE), and since when."""

    rule: Line
    cause: tuple[LossText, ...]
    since: AwareDatetime


class LockHeader(Frozen):
    """The lock's identity. `ancestors` are earlier revisions, newest first; the first is the parent.

    `revision` is a digest of all else in the file, so a file edited by hand no longer carries its own revision.
    `spec` and `facts` are digests of the spec and of the catalogue facts used (prices are no part of either).
    `lost` are the domains (KIND=VALUE) that were declared lost and not healed since: nothing is placed there.
    `drained` and `cordoned` are domains that work and take nothing new; drained ones are left by what stands there.
    `api_down` are domains whose machines run while their API does not answer: they take nothing new, and `up` leaves
    their stacks out. `terminated` are accounts that their provider closed for good: they are lost, and their clouds are
    asked nothing. `compromised` are domains that are lost since nobody may trust their machines.
    `moving` are the nodes of a round under `max_moves` whose new machine was not seen in sync yet.
    `relaxed` are the rules with `relax` that a loss made give way.
    """

    fleet: Name
    format: Literal[1] = 1
    revision: Line
    ancestors: tuple[Line, ...] = Field(default=(), max_length=ANCESTORS_KEPT)
    spec: Line
    facts: Line
    lost: tuple[LossText, ...] = ()
    drained: tuple[LossText, ...] | None = None
    cordoned: tuple[LossText, ...] | None = None
    api_down: tuple[LossText, ...] | None = None
    terminated: tuple[Name, ...] | None = None
    compromised: tuple[LossText, ...] | None = None
    moving: tuple[NodeName, ...] | None = None
    relaxed: tuple[Relaxed, ...] | None = None

    @property
    def losses(self) -> tuple[Loss, ...]:
        """The lost domains as values."""
        return _parse(self.lost)

    @property
    def closures(self) -> Closures:
        """The drained and cordoned domains as values, and those without an API."""
        return Closures(drained=_parse(self.drained), cordoned=_parse(self.cordoned), api_down=_parse(self.api_down))

    @property
    def parent(self) -> str | None:
        """The revision that this one was made from; None for a first placement."""
        return self.ancestors[0] if self.ancestors else None


def _parse(texts: tuple[str, ...] | None) -> tuple[Loss, ...]:
    return tuple(map(Loss.parse, texts or ()))


class Lock(Frozen):
    """A whole lock: header, machines sorted by (group, node number, generation), retired machines."""

    header: LockHeader
    machines: tuple[Machine, ...]
    retired: tuple[Retired, ...] = ()

    def get_machines(self, account: str) -> tuple[Machine, ...]:
        """The machines of one account, in the lock's order."""
        return tuple(machine for machine in self.machines if machine.account == account)
