"""What already runs, as a team lists it: a row a machine, and the node that it carries with the place it stands at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from orchestrator.model.failure_domain import Placed
from orchestrator.model.names import Line, Name, PlaceName
from orchestrator.model.site import Arch, CpuKind, DiskKind, DomainFacts
from orchestrator.model.source import Source


def parse_clients(value: Any) -> Any:
    """ "execution=geth;consensus=prysm" as a mapping; ValueError for anything that is not role=client."""
    if not isinstance(value, str):
        return value
    clients: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in value.split(";"))):
        role, separator, client = (piece.strip() for piece in part.partition("="))
        if not (separator and role and client):
            raise ValueError(f"{part!r} is no role=client: write node=btcd, or execution=geth;consensus=prysm")
        if role in clients:
            raise ValueError(f"the role {role} is there twice")
        clients[role] = client
    return clients


class InventoryRow(DomainFacts):
    """One machine as a team lists it; None is what the list does not say. Memory, disk and volume are in GiB.

    `operator` is the company behind the machine; `clients` is by role; `stake` is of the node, in the chain's own coin.
    `id` and `volume_id` are the provider's own, as `pulumi import` takes them.
    """

    name: PlaceName
    provider: PlaceName
    account: Name | None = None
    operator: PlaceName | None = None
    region: PlaceName | None = None
    zone: PlaceName | None = None
    group: Name | None = None
    chain: PlaceName | None = None
    network: PlaceName | None = None
    clients: Annotated[dict[PlaceName, PlaceName], BeforeValidator(parse_clients)] = Field(default_factory=dict)
    stake: Decimal = Field(default=Decimal(1), gt=0)
    machine_type: PlaceName | None = None
    vcpus: int | None = Field(default=None, ge=1)
    cpu: CpuKind | None = None
    memory_gib: Decimal | None = Field(default=None, gt=0)
    disk_gib: int | None = Field(default=None, ge=0)
    disk_kind: DiskKind | None = None
    arch: Arch | None = None
    usd_per_month: Decimal | None = Field(default=None, ge=0)
    volume_gib: int | None = Field(default=None, ge=1)
    volume_type: PlaceName | None = None
    image: Line | None = None
    id: Line | None = None
    volume_id: Line | None = None
    address: Line | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    user: PlaceName | None = None
    host_key: Line | None = None


@dataclass(frozen=True)
class StandingNode:
    """A node that runs, and where: whatever it was read from. `stake` is in the chain's own coin, `clients` by role.

    `source` is where it is written, or its group.
    """

    node: str
    group: str
    chain: str
    network: str
    place: Placed
    source: Source
    clients: Mapping[str, str] = field(default_factory=dict)
    stake: Decimal = Decimal(1)
    vcpus: int | None = None
