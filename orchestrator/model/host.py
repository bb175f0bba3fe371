"""An enrolled host: a machine that its owner put at the fleet's disposal over SSH."""

from decimal import Decimal

from pydantic import Field

from orchestrator.model.names import PlaceName
from orchestrator.model.quantity import MOST_GIBIBYTES, MOST_IOPS, Usd
from orchestrator.model.site import MOST_VCPUS, Arch, CpuKind, DiskKind, DomainFacts
from orchestrator.model.source import Source


class EnrolledHost(DomainFacts):
    """One enrolled machine: how to reach it, who runs it, where it stands, what it is and costs (USD a month).

    `host_key` is its public SSH key ("ssh-ed25519 AAAA…"), pinned: nothing is trusted on first use.
    """

    name: str
    address: str
    port: int = Field(default=22, ge=1, le=65535, strict=True)
    user: str = "root"
    host_key: str
    operator: PlaceName
    region: PlaceName
    zone: PlaceName
    vcpus: int = Field(ge=1, le=MOST_VCPUS, strict=True)
    cpu: CpuKind = "dedicated"
    memory_gib: Decimal = Field(gt=0, le=MOST_GIBIBYTES, decimal_places=20)
    disk_gib: int = Field(ge=0, le=MOST_GIBIBYTES, strict=True)
    disk_kind: DiskKind | None = None
    disk_iops: int | None = Field(default=None, ge=1, le=MOST_IOPS, strict=True)
    arch: Arch = "x86_64"
    usd_per_month: Usd | None = None
    source: Source = Field(alias="__source__")
