"""The kinds of failure domain, and where a machine stands in each."""

from typing import Literal, Protocol, get_args

DomainKind = Literal[
    "operator",
    "account",
    "provider",
    "region",
    "zone",
    "facility",
    "site",
    "country",
    "jurisdiction",
    "operator_jurisdiction",
    "continent",
    "asn",
]

DOMAIN_KINDS: tuple[DomainKind, ...] = get_args(DomainKind)


class Placed(Protocol):
    """Anything that has a place in the failure domains."""

    def get_domain(self, kind: DomainKind) -> str | None:
        """The name of the domain of this kind that it is in; None where the fact is unknown."""
        ...
