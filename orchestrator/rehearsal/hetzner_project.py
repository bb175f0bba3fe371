"""A project at the rehearsed Hetzner: what all kinds of resources share."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.failure_domain import DomainKind
from orchestrator.rehearsal.cloud import CloudAccount, Refusal, Unreachable
from orchestrator.rehearsal.outage import is_lost
from orchestrator.rehearsal.world import World

PROVIDER = "hetzner"


class HetznerProject:
    """One account: its world, its name, what the cloud remembers of it, and the facts that the cloud holds it to."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.cloud = CloudAccount(world.folder / "accounts" / name)

    @cached_property
    def facts(self) -> Catalogue:
        """The catalogue's facts on Hetzner."""
        return load_catalogue(wanted=[(PROVIDER, ())])

    def refuse_if_lost(self, region: str | None = None) -> None:
        """Unreachable where the account, or the region that the call is about, is lost."""
        domains: dict[DomainKind, str] = {"account": self.name, "provider": PROVIDER, "operator": PROVIDER}
        if region is not None:
            domains["region"] = f"{PROVIDER}/{region}"
        if is_lost(self.world, domains):
            raise Unreachable(f"{PROVIDER} API: connection timed out (account {self.name} is lost in this rehearsal)")

    def refuse_location(self, location: str | None) -> None:
        """Refusal where there is no such location; Unreachable where it is lost."""
        if location not in {zone.region for zone in self.facts.zones}:
            raise Refusal(f"location '{location}' not found", "invalid_input")
        self.refuse_if_lost(location)

    def list_domains(self, location: str) -> dict[DomainKind, str]:
        """The failure domains of a machine in that location, as far as they are known."""
        zone = next(zone for zone in self.facts.zones if zone.region == location)
        known: Mapping[DomainKind, str | None] = {
            "account": self.name,
            "operator": PROVIDER,
            "provider": PROVIDER,
            "region": f"{PROVIDER}/{location}",
            "zone": f"{PROVIDER}/{zone.zone_id or zone.zone}",
            "country": zone.country,
            "jurisdiction": zone.jurisdiction,
        }
        return {kind: value for kind, value in known.items() if value is not None}


def to_id(value: Any) -> str:
    """An id from the wire, where it is a float or a text, as the text that it is kept under."""
    return str(to_whole(value))


def to_whole(value: Any) -> int:
    """A number from the wire, where it is a float or a text, as the whole number that it is."""
    return int(float(value))
