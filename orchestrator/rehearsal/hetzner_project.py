"""A project at the rehearsed Hetzner: what all kinds of resources share."""

from orchestrator.model.site import Zone
from orchestrator.rehearsal.cloud import Properties, Refusal
from orchestrator.rehearsal.provider_account import ProviderAccount
from orchestrator.rehearsal.stored_kind import StoredKind

PROVIDER = "hetzner"


class HetznerProject(ProviderAccount):
    """One account."""

    provider = PROVIDER

    def refuse_missing(self, kind: str, identifier: str) -> Refusal:
        """As the API says it."""
        return Refusal(f"{kind} with ID '{identifier}' not found", "not_found")

    def refuse_taken_name(self, kind: str, name: str) -> None:
        """Names are unique in a project, for each kind."""
        if any(resource.get("name") == name for resource in self.cloud.list_resources(kind).values()):
            raise Refusal(f"{kind} name is already used", "uniqueness_error")

    def get_zone(self, location: str | None) -> Zone:
        """The location; Refusal where there is none of that name, Unreachable where it is lost."""
        zone = next((zone for zone in self.facts.zones if zone.region == location), None)
        if zone is None:
            raise Refusal(f"location '{location}' not found", "invalid_input")
        self.refuse_if_lost(zone.region)
        return zone


class HetznerKind(StoredKind[HetznerProject]):
    """A kind of resource: names are taken once, and what is protected is not deleted."""

    def check(self, inputs: Properties) -> None:
        """Refusal where another resource of the kind has the name."""
        if "name" in inputs:
            self._account.refuse_taken_name(self.kind, inputs["name"])

    def prepare_delete(self, _identifier: str, found: Properties) -> None:
        """Refusal where the resource is protected."""
        if found.get("deleteProtection"):
            raise Refusal(f"{self.kind} deletion is protected", "protected")
