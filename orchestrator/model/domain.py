"""What may fail together: a failure domain of the machines, or an implementation that fills a client role."""

from collections.abc import Mapping

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import CLIENT_KIND, Placed, check_kind, split_domain

__all__ = ["CLIENT_KIND", "Domain", "get_domain"]


class Domain(Frozen):
    """A domain by kind and name: country=DE, client.execution=geth."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}={self.value}"

    @classmethod
    def parse(cls, text: str) -> "Domain":
        """KIND=VALUE as a domain; ValueError that says what is wrong with it."""
        kind, value = split_domain(text, "country=DE")
        return cls(kind=check_kind(kind), value=value)


def get_domain(kind: str, place: Placed, clients: Mapping[str, str]) -> str | None:
    """The name of the domain of `kind` that a node is in, by its place and its clients; None where it is not known."""
    if kind.startswith(CLIENT_KIND):
        return clients.get(kind.removeprefix(CLIENT_KIND))
    return place.get_domain(kind)  # type: ignore[arg-type] # every other kind is one of places
