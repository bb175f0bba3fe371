"""The rows of an inventory as machines that a lock can hold: each held against the catalogue, every gap named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orchestrator.catalog.csv_table import locate_cell
from orchestrator.catalog.hosts import ENROLLED_PROVIDER, build_machine_type
from orchestrator.catalog.inventory import OWN_MACHINES, Inventory, ListedPlace
from orchestrator.documents.known_keys import suggest
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.host import EnrolledHost
from orchestrator.model.inventory import InventoryRow, StandingNode
from orchestrator.model.names import Name
from orchestrator.model.site import DomainFacts, MachineType, Zone
from orchestrator.model.source import Source
from orchestrator.model.ssh_key import describe_bad_key
from orchestrator.spec.hosts import LOGIN_NAME, is_address

DEFAULT_ARCH = "x86_64"
# The providers whose plug-in takes ID@REGION, and without it looks in one region alone.
REGIONAL_IDS = frozenset({"aws"})
NAME: TypeAdapter[str] = TypeAdapter(Name)

NEEDED_OF_ALL = ("chain", "network", "clients", "region")
NEEDED_OF_CLOUD = ("machine_type",)
NEEDED_OF_HOSTS = ("zone", "address", "host_key", "vcpus", "memory_gib", "disk_gib")
OPTIONAL_OF_HOSTS = ("port", "user", "cpu", "disk_kind", "arch", "usd_per_month")


class Gap(Exception):
    """What a row lacks or says wrongly in one column, and what to do."""

    def __init__(self, column: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Adopted:
    """One machine that runs. `provider` is the account's: a machine of no cloud is an enrolled `host`."""

    row: InventoryRow
    source: Source
    provider: str
    account: str
    group: str
    machine_type: MachineType
    zone: str
    zone_id: str | None = None
    volume_type: str | None = None
    host: EnrolledHost | None = None

    @property
    def disk_gib(self) -> int:
        """The disk that its node has: the volume's, else the machine's own."""
        return self.row.volume_gib or self.machine_type.local_disk_gib


def adopt_rows(inventory: Inventory, catalogue: Catalogue) -> tuple[Adopted, ...]:
    """The machines of an inventory, in its order; InvalidDocument with the first problem of each row."""
    nodes = {node.node: node for node in inventory.nodes}
    clouds = {zone.provider for zone in catalogue.zones} - {ENROLLED_PROVIDER}
    adopted: list[Adopted] = []
    problems: list[OrchestratorError] = []
    for entry in inventory.entries:
        node = nodes[entry.fact.name]
        try:
            if entry.fact.provider in clouds and isinstance(node.place, ListedPlace):
                adopted.append(adopt_cloud_machine(entry.fact, node, node.place, catalogue))
            else:
                adopted.append(adopt_host(entry.fact, node))
        except Gap as gap:
            message = f"{entry.fact.name}: {gap.message}"
            source = locate_cell(Path(inventory.path), entry.source.line, gap.column)
            problems.append(OrchestratorError(message, hint=gap.hint, source=source))
    if problems:
        raise InvalidDocument(problems)
    return tuple(adopted)


def adopt_cloud_machine(row: InventoryRow, node: StandingNode, place: ListedPlace, catalogue: Catalogue) -> Adopted:
    """A machine of a cloud that the catalogue knows; Gap where the row and the catalogue do not fit together."""
    require(row, (*NEEDED_OF_ALL, *NEEDED_OF_CLOUD))
    if row.host_key:
        refuse_bad_key(row.host_key)
    if row.provider in REGIONAL_IDS:
        refuse_misplaced_ids(row)
    zone = require_zone(row, place, catalogue.zones)
    machine_type = require_machine_type(row, catalogue.machine_types)
    if row.volume_gib is None and machine_type.local_disk_gib == 0:
        raise Gap(
            "volume_gib",
            f"{machine_type.name} has no disk of its own",
            "fill in volume_gib, the size of its data volume",
        )
    return Adopted(
        row=row,
        source=node.source,
        provider=row.provider,
        account=require_name("account", row.account or row.provider),
        group=node.group,
        machine_type=machine_type,
        zone=zone.zone,
        zone_id=zone.zone_id if zone.zone_id != zone.zone else None,
        volume_type=require_volume_type(row, catalogue) if row.volume_gib else None,
    )


def adopt_host(row: InventoryRow, node: StandingNode) -> Adopted:
    """A machine of no cloud that the catalogue knows, as an enrolled host; Gap where too little is said to enrol it."""
    require(row, (*NEEDED_OF_ALL, *NEEDED_OF_HOSTS))
    name = require_name("name", row.name)
    refuse_unreachable(str(row.host_key), str(row.address), row.user or "root")
    operator = row.operator or (None if row.provider == OWN_MACHINES else row.provider)
    if operator is None:
        raise Gap("operator", "column operator is empty", "fill in the company that runs the machine")
    given = {name: getattr(row, name) for name in (*NEEDED_OF_HOSTS, *OPTIONAL_OF_HOSTS, *DomainFacts.model_fields)}
    fields = {name: value for name, value in given.items() if value is not None}
    fields |= {"name": name, "operator": operator, "region": row.region}
    try:
        host = EnrolledHost.model_validate({**fields, "__source__": node.source})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        column = str(detail["loc"][0])
        raise Gap(column, f"{column}: {detail['msg']}", "correct it") from None
    return Adopted(
        row=row,
        source=node.source,
        provider=ENROLLED_PROVIDER,
        account=require_name("account", row.account or row.provider),
        group=node.group,
        machine_type=build_machine_type(host),
        zone=host.zone,
        host=host,
    )


def refuse_misplaced_ids(row: InventoryRow) -> None:
    """Refuses ids that do not say the row's region: they would be looked for in another one, and not be found."""
    for column, value in (("id", row.id), ("volume_id", row.volume_id)):
        identifier, _, region = (value or "").partition("@")
        if value is not None and region != row.region:
            told = f"is in {region}, and the row in {row.region}" if region else "does not say its region"
            raise Gap(column, f"{value} {told}", f"write {identifier}@{row.region}")


def refuse_bad_key(host_key: str) -> None:
    """Refuses what is no public SSH key alone."""
    bad_key = describe_bad_key(host_key) or ("no public SSH key alone" if host_key.count(" ") > 1 else "")
    if bad_key:
        raise Gap("host_key", f"host_key is {bad_key}", "paste /etc/ssh/ssh_host_ed25519_key.pub without its comment")


def refuse_unreachable(host_key: str, address: str, user: str) -> None:
    """Refuses what SSH could not use."""
    refuse_bad_key(host_key)
    if not is_address(address):
        raise Gap("address", f"{address!r} is neither an IP address nor a host name", "write such as 192.0.2.11")
    if not LOGIN_NAME.fullmatch(user):
        raise Gap("user", f"{user!r} is no login name", "write such as root or admin")


def require(row: InventoryRow, columns: Sequence[str]) -> None:
    """Refuses a row that leaves one of the columns empty."""
    for column in columns:
        if getattr(row, column) in (None, {}):
            raise Gap(column, f"column {column} is empty", "fill it in: a spec and a lock cannot do without")


def require_name(column: str, value: str) -> str:
    """The value as a name of the spec."""
    try:
        return NAME.validate_python(value)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise Gap(column, message, f"write another one in the column {column}") from None


def require_zone(row: InventoryRow, place: ListedPlace, zones: Sequence[Zone]) -> Zone:
    """The one zone of the catalogue that the row can mean."""
    if place.zone is not None:
        return place.zone
    known = [zone for zone in zones if zone.provider == row.provider]
    here = [zone.zone for zone in known if zone.region == row.region]
    if not here:
        raise Gap(
            "region",
            f"{row.provider} has no region {row.region}",
            suggest(str(row.region), {zone.region for zone in known}),
        )
    if row.zone is None:
        raise Gap("zone", "column zone is empty", f"fill it in, {row.region} has several: {', '.join(sorted(here))}")
    raise Gap("zone", f"{row.region} has no zone {row.zone}", suggest(row.zone, here))


def require_machine_type(row: InventoryRow, types: Sequence[MachineType]) -> MachineType:
    """The machine type as the catalogue knows it in the row's region."""
    here = {found.name: found for found in types if (found.provider, found.region) == (row.provider, row.region)}
    if row.machine_type not in here:
        hint = suggest(str(row.machine_type), here) or "add it to a catalogue folder of your own, given by --catalog"
        raise Gap("machine_type", f"{row.region} has no machine type {row.machine_type}", hint)
    return here[row.machine_type]


def require_volume_type(row: InventoryRow, catalogue: Catalogue) -> str:
    """The type of the data volume: what the row says, or the only one that the provider has there."""
    types = sorted(set(list_volume_types(row, catalogue)))
    if row.volume_type is None and len(types) == 1:
        return types[0]
    if row.volume_type is None:
        raise Gap(
            "volume_type",
            "column volume_type is empty",
            f"fill it in, one of: {', '.join(types) or 'as the provider calls it'}",
        )
    if types and row.volume_type not in types:
        raise Gap("volume_type", f"{row.region} has no volume type {row.volume_type}", suggest(row.volume_type, types))
    return row.volume_type


def list_volume_types(row: InventoryRow, catalogue: Catalogue) -> Iterator[str]:
    """What volumes the provider has in the row's region."""
    for price in catalogue.storage_prices:
        if price.kind == "volume" and price.provider == row.provider and price.region in ("", row.region):
            yield price.type
