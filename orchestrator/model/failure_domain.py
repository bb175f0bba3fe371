"""The kinds of failure domain, and where a machine stands in each."""

from difflib import get_close_matches
from typing import Annotated, Literal, Protocol, get_args, runtime_checkable

from pydantic import AfterValidator

from orchestrator.model.line import check_line
from orchestrator.model.source import Origin

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

# The kinds that are no places: the implementations that fill one role of a node, such as client.execution.
CLIENT_KIND = "client."


def check_kind(text: str) -> str:
    """A kind that a rule may speak of; ValueError where it is none."""
    if text not in DOMAIN_KINDS and get_role(text) is None:
        near = get_close_matches(text, DOMAIN_KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join((*DOMAIN_KINDS, 'client.ROLE'))}"
        raise ValueError(f"{text[:40]!r} is no kind of domain; {hint}")
    return text


def get_role(kind: str) -> str | None:
    """The client role that a kind speaks of: "execution" of "client.execution"; None for kinds of places."""
    role = kind.removeprefix(CLIENT_KIND)
    return role if kind.startswith(CLIENT_KIND) and role else None


RuleKind = Annotated[str, AfterValidator(check_kind)]
"""What a rule may be `per`: a kind of failure domain, or client.<role>."""


class Placed(Protocol):
    """Anything that has a place in the failure domains."""

    def get_domain(self, kind: DomainKind) -> str | None:
        """The name of the domain of this kind that it is in; None where the fact is unknown."""
        ...


@runtime_checkable
class Recorded(Protocol):
    """Anything whose facts were read somewhere."""

    @property
    def origin(self) -> Origin:
        """Where they are written."""
        ...


def split_domain(text: str, example: str) -> tuple[str, str]:
    """Kind and value of a domain as commands name it, KIND=VALUE; ValueError, with an example, where it is not so."""
    kind, separator, value = text.partition("=")
    if not separator or not value:
        raise ValueError(f"{text!r} names no domain: write KIND=VALUE, such as {example}")
    return kind, check_line(value)
