"""The kinds of failure domain, and where a machine stands in each."""

from typing import Literal, Protocol, get_args

from orchestrator.model.line import check_line

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


def split_domain(text: str, example: str) -> tuple[str, str]:
    """Kind and value of a domain as commands name it, KIND=VALUE; ValueError, with an example, where it is not so."""
    kind, separator, value = text.partition("=")
    if not separator or not value:
        raise ValueError(f"{text!r} names no domain: write KIND=VALUE, such as {example}")
    return kind, check_line(value)
