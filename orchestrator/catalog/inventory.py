"""An inventory: the CSV of what already runs, each row with the facts that the catalogue knows of its place."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.catalog.csv_table import Entry, read_table
from orchestrator.catalog.tables import Table
from orchestrator.documents.known_keys import suggest
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.inventory import InventoryRow, StandingNode
from orchestrator.model.plan import MISSING, Finding
from orchestrator.model.site import DomainFacts, Zone
from orchestrator.model.source import NOWHERE, Origin, Source

UNKNOWN = "(unknown)"
NAMELESS = "nodes"
MOST_OF_NAME = 40
OWN_MACHINES = "ssh"  # no company: who runs such machines is for the column operator to say
FACTS = tuple(name for name in DomainFacts.model_fields if name not in ("latitude", "longitude"))

INVENTORY = Table(
    file="inventory.csv",
    model=InventoryRow,
    columns=(
        *("name", "provider", "account", "operator", "region", "zone", "facility", "country", "jurisdiction"),
        *("operator_jurisdiction", "continent", "asn", "latitude", "longitude", "group", "chain", "network"),
        *("clients", "stake", "machine_type", "vcpus", "cpu", "memory_gib", "disk_gib", "disk_kind", "arch"),
        *("usd_per_month", "volume_gib", "volume_type", "image", "id", "volume_id", "address", "port", "user"),
        "host_key",
    ),
    filled=("name", "provider"),
    key=("name",),
    page="docs/import.md",
)


@dataclass(frozen=True)
class ListedPlace:
    """Where a listed machine stands: what its row says, and beyond it what all zones that the row may mean agree on.

    `zones` are those zones; none where the catalogue does not know the provider or the place. `origin` is the row's.
    """

    row: InventoryRow
    zones: tuple[Zone, ...]
    origin: Origin = NOWHERE

    def get_domain(self, kind: DomainKind) -> str | None:
        """The domain of `kind`, named as everywhere; None where neither row nor catalogue says it."""
        row = self.row
        match kind:
            case "provider" | "account":
                return getattr(row, kind)  # type: ignore[no-any-return] # a name or None
            case "operator":
                return row.operator or (None if row.provider == OWN_MACHINES else row.provider)
            case "region":
                return join(row.provider, row.region)
            case "zone":
                return join(row.provider, (self.zone.zone_id or self.zone.zone) if self.zone else row.zone)
            case "site":
                return join(row.account, row.region, self.zone.zone if self.zone else row.zone)
            case _:
                return getattr(row, kind) or self.get_listed(kind)

    def get_listed(self, fact: str) -> str | None:
        """A fact as the catalogue knows it: where all zones that the row may mean agree on it."""
        stated = {getattr(zone, fact) for zone in self.zones}
        return stated.pop() if len(stated) == 1 else None

    @property
    def zone(self) -> Zone | None:
        """The catalogue's own zone, where the row can mean but one."""
        return self.zones[0] if len(self.zones) == 1 else None


@dataclass(frozen=True)
class Inventory:
    """Every row of an inventory with its place, in the order of the file. `findings` are warnings on the facts."""

    path: str
    entries: tuple[Entry[InventoryRow], ...]
    nodes: tuple[StandingNode, ...]
    findings: tuple[Finding, ...]


def load_inventory(path: Path, catalogue: Catalogue) -> Inventory:
    """The inventory at `path`; InvalidDocument with every problem.

    Facts that the file leaves empty are the catalogue's, where it has them; where both state one they must agree.
    """
    entries = sorted(read_table(path, INVENTORY, keep_all).values(), key=lambda entry: entry.source.line)
    if not entries:
        message = f"{path.name} lists no machine"
        raise InvalidDocument([OrchestratorError(message, hint="add a line a machine", source=Source.at(path))])
    finder = ZoneFinder(catalogue.zones)
    places = [ListedPlace(entry.fact, finder.find(entry.fact), Origin(entry.source)) for entry in entries]
    listed = list(zip(entries, places, strict=True))
    problems = [problem for entry, place in listed for problem in find_contradictions(entry, place)]
    if problems:
        raise InvalidDocument(problems)
    findings = tuple(finding for entry in entries for finding in finder.find_unknown(entry))
    return Inventory(str(path), tuple(entries), tuple(build_node(entry, place) for entry, place in listed), findings)


def join(*parts: str | None) -> str | None:
    """The parts with slashes between; None where one of them is not known."""
    return "/".join(part for part in parts if part) if all(parts) else None


def keep_all(provider: str, region: str) -> bool:
    """Wants every row."""
    return True


def build_node(entry: Entry[InventoryRow], place: ListedPlace) -> StandingNode:
    """The node that a machine carries."""
    row = entry.fact
    return StandingNode(
        node=row.name,
        group=row.group or name_group(row.chain),
        chain=row.chain or UNKNOWN,
        network=row.network or UNKNOWN,
        place=place,
        source=entry.source,
        clients=row.clients,
        stake=row.stake,
        vcpus=row.vcpus,
    )


def name_group(chain: str | None) -> str:
    """The group of a row that names none: its chain's name, as far as that can be the name of a group."""
    name = re.sub(r"[^a-z0-9]+", "-", (chain or "").lower()).strip("-")[:MOST_OF_NAME].strip("-")
    return name if re.match("[a-z]", name) else NAMELESS


def find_contradictions(entry: Entry[InventoryRow], place: ListedPlace) -> Iterator[OrchestratorError]:
    """Facts that the row and the catalogue state differently: one of the two is wrong."""
    for fact in FACTS:
        stated, listed = getattr(entry.fact, fact), place.get_listed(fact)
        if stated is not None and listed is not None and stated != listed:
            where = "/".join(filter(None, (entry.fact.provider, entry.fact.region, entry.fact.zone)))
            message = f"{entry.fact.name}: {fact} is {stated}, and the catalogue says {listed} of {where}"
            hint = "correct it, or leave it empty; a folder given with --catalog corrects the catalogue"
            yield OrchestratorError(message, hint=hint, source=entry.source)


class ZoneFinder:
    """Finds the catalogue's zones that a row may mean, and says where a provider is known and the place is not."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self._zones: dict[str, list[Zone]] = {}
        for zone in zones:
            self._zones.setdefault(zone.provider, []).append(zone)

    def find(self, row: InventoryRow) -> tuple[Zone, ...]:
        """The zones of the row's provider, region and zone, as far as the row says them; a zone by name or by id."""
        return tuple(
            zone
            for zone in self._zones.get(row.provider, ())
            if row.region in (None, zone.region) and row.zone in (None, zone.zone, zone.zone_id)
        )

    def find_unknown(self, entry: Entry[InventoryRow]) -> Iterator[Finding]:
        """A warning where the catalogue knows the provider, but not this region or zone of it."""
        row = entry.fact
        known = self._zones.get(row.provider, ())
        if not known or self.find(row):
            return
        regions = {zone.region for zone in known}
        if row.region is not None and row.region not in regions:
            yield _warn(entry, "region", row.region, suggest(row.region, regions))
        else:
            zones: Sequence[str] = [zone.zone for zone in known if row.region in (None, zone.region)]
            yield _warn(entry, "zone", str(row.zone), suggest(str(row.zone), zones))


def _warn(entry: Entry[InventoryRow], kind: str, name: str, hint: str) -> Finding:
    advice = f" ({hint})" if hint else ""
    return Finding(
        rule=MISSING,
        name="places are known",
        level="warning",
        subject=entry.fact.name,
        value=name,
        bound=f"a {kind} of the catalogue",
        message=f"{entry.fact.name}: the catalogue has no {kind} {name} of {entry.fact.provider}, so that what the row "
        f"does not say of it is unknown{advice}",
        source=entry.source,
    )
