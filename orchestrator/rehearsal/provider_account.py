"""One account at a rehearsed cloud: what all kinds of its resources share, whichever cloud it is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import ClassVar

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.site import Zone
from orchestrator.rehearsal.cloud import CloudAccount, Properties, Refusal, Unreachable
from orchestrator.rehearsal.outage import is_api_lost
from orchestrator.rehearsal.world import World


class ProviderAccount(ABC):
    """One account: its world, its name, what the cloud remembers of it, and the facts that the cloud holds it to."""

    provider: ClassVar[str]

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.cloud = CloudAccount(world.folder / "accounts" / name)

    def get_resource(self, kind: str, identifier: str) -> Properties:
        """The resource; Refusal in the cloud's own words where there is none."""
        found = self.cloud.find_resource(kind, identifier)
        if found is None:
            raise self.refuse_missing(kind, identifier)
        return found

    @abstractmethod
    def refuse_missing(self, kind: str, identifier: str) -> Refusal:
        """The cloud's words for a resource that is not there."""

    @property
    def facts(self) -> Catalogue:
        """The catalogue's facts on the provider."""
        return load_facts(self.provider)

    def make_id(self, _kind: str) -> str:
        """An id for a new resource, in the cloud's own form."""
        return self.cloud.take_id()

    def refuse_if_lost(self, region: str | None = None, zone: str | None = None) -> None:
        """Unreachable where the account, or the region or zone (by its id) that the call is about, is lost."""
        domains: dict[DomainKind, str] = {"account": self.name, "provider": self.provider, "operator": self.provider}
        if region is not None:
            domains["region"] = f"{self.provider}/{region}"
        if zone is not None:
            domains["zone"] = f"{self.provider}/{zone}"
        if is_api_lost(self.world, domains):
            raise Unreachable(
                f"{self.provider} API: connection timed out (account {self.name} is lost in this rehearsal)"
            )

    def list_domains(self, zone: Zone) -> dict[DomainKind, str]:
        """The failure domains of a machine in that zone, as far as they are known."""
        known: Mapping[DomainKind, str | None] = {
            "account": self.name,
            "operator": self.provider,
            "provider": self.provider,
            "region": f"{self.provider}/{zone.region}",
            "zone": f"{self.provider}/{zone.zone_id or zone.zone}",
            "country": zone.country,
            "jurisdiction": zone.jurisdiction,
        }
        return {kind: value for kind, value in known.items() if value is not None}


@cache
def load_facts(provider: str) -> Catalogue:
    """The built-in catalogue's facts on a provider, read once: large clouds have thousands."""
    return load_catalogue(wanted=[(provider, ())])


def to_id(value: object) -> str:
    """A numeric id from the wire, where it is a float or a text, as the text that it is kept under."""
    return str(to_whole(value))


def to_whole(value: object) -> int:
    """A number from the wire, where it is a float or a text, as the whole number that it is."""
    return int(float(str(value)))
