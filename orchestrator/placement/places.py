"""The places where a fleet's machines can be: a site a cloud zone and account, and one an enrolled host."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.closure import Closure, Closures
from orchestrator.model.fleet import Account, Fleet
from orchestrator.model.host import EnrolledHost
from orchestrator.model.lock import Machine
from orchestrator.model.loss import Loss
from orchestrator.model.site import Site, Zone
from orchestrator.model.source import Origin

ACTIVE = "active"
ALL_OPEN = Closures()


@dataclass(frozen=True, slots=True)
class Place:
    """A site, or one enrolled host (`host` names it). `lost` places take and keep nothing.

    A closed place takes nothing new: what stands there moves out where it is drained, and stays where it is cordoned.
    """

    name: str
    site: Site
    host: str | None
    lost: bool
    closure: Closure | None = None

    @property
    def open(self) -> bool:
        """Whether new machines may come; a zone that its provider closes keeps those it has."""
        return not self.lost and self.closure is None and self.site.zone.status == ACTIVE


def compute_places(
    fleet: Fleet, catalogue: Catalogue, losses: Sequence[Loss], closures: Closures = ALL_OPEN
) -> Mapping[str, Place]:
    """Every place of every account, by name, sorted."""
    places = {}
    for account in fleet.accounts:
        for site, host in _compute_sites(account, catalogue.zones):
            name = site.name if host is None else f"{site.name}/{host}"
            places[name] = Place(name, site, host, any(loss.covers(site) for loss in losses), closures.find(site))
    return {name: places[name] for name in sorted(places)}


def get_place_name(machine: Machine) -> str:
    """The name of the place that a machine of the lock stands at."""
    return machine.site if machine.host is None else f"{machine.site}/{machine.host}"


def compute_unlisted_place(machine: Machine, losses: Sequence[Loss], closures: Closures = ALL_OPEN) -> Place:
    """The place of a machine whose zone the catalogue no longer lists: known by name, its facts unknown."""
    zone = Zone(provider=machine.provider, region=machine.region, zone=machine.zone, status="unlisted")
    site = Site(account=machine.account, operator=machine.provider, zone=zone)
    lost = any(loss.covers(site) for loss in losses)
    return Place(get_place_name(machine), site, machine.host, lost, closures.find(site))


def _compute_sites(account: Account, zones: Iterable[Zone]) -> Iterator[tuple[Site, str | None]]:
    own = [zone for zone in zones if zone.provider == account.provider and is_region_of(account, zone.region)]
    if account.provider != "ssh":
        for zone in own:
            yield Site(account=account.name, operator=account.provider, zone=zone), None
        return
    listed = {(zone.region, zone.zone): zone for zone in own}
    for host in account.hosts:
        if is_region_of(account, host.region):
            zone = compute_host_zone(account, host, listed.get((host.region, host.zone)))
            yield Site(account=account.name, operator=host.operator, zone=zone), host.name


def is_region_of(account: Account, region: str) -> bool:
    """Whether the account may use the region; without a list it may use all."""
    return not account.regions or region in account.regions


def compute_host_zone(account: Account, host: EnrolledHost, listed: Zone | None) -> Zone:
    """An enrolled host's zone with the host's own facts, which may differ between hosts of one zone."""
    return Zone(
        provider=account.provider,
        region=host.region,
        zone=host.zone,
        zone_id=listed.zone_id if listed else None,
        status=listed.status if listed else ACTIVE,
        facility=host.facility,
        country=host.country,
        jurisdiction=host.jurisdiction,
        operator_jurisdiction=host.operator_jurisdiction,
        continent=host.continent,
        asn=host.asn,
        latitude=host.latitude,
        longitude=host.longitude,
        origin=Origin(host.source),
    )
