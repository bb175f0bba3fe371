"""The policy's rules as written: one verb a rule, each with its place in the source."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.names import Line
from orchestrator.model.quantity import MOST_AMOUNT, Amount, render_amount
from orchestrator.model.source import Source

Level = Literal["error", "warning"]
Weight = Literal["nodes", "stake", "vcpus"]


class Selector(Frozen):
    """Which groups a rule speaks of, together as one subject, by group, chain, network or label; all given hold."""

    group: Line | None = None
    chain: Line | None = None
    network: Line | None = None
    label: dict[Line, Line] | None = None


Subject = Literal["fleet"] | Selector


class RuleBase(Frozen):
    """What all rules share. `of` None applies the rule to each group on its own."""

    name: Line | None = None
    of: Subject | None = None
    level: Level = "error"
    source: Source = Field(alias="__source__")

    @property
    def verb(self) -> str:
        """The rule's verb, such as "cap"."""
        return VERB_OF[type(self)]

    @property
    def title(self) -> str:
        """The name given, or the rule in a few words, such as "cap 34% per account"."""
        return self.name or self.describe()

    def describe(self) -> str:
        """The rule in a few words, such as "cap 34% per account"."""
        raise NotImplementedError


class Cap(RuleBase):
    """No domain holds more than the amount of the subject's wanted weight; shares round down."""

    cap: Amount
    per: DomainKind
    by: Weight = "nodes"

    def describe(self) -> str:
        """Such as "cap 34% per account"."""
        return f"cap {render_amount(self.cap)} per {self.per}"


class Below(RuleBase):
    """Every domain holds strictly less than the amount of the subject's wanted weight."""

    below: Amount
    per: DomainKind
    by: Weight = "nodes"

    def describe(self) -> str:
        """Such as "below 33% per country"."""
        return f"below {render_amount(self.below)} per {self.per}"


class Skew(RuleBase):
    """The fullest and the emptiest eligible domain differ by at most so many nodes."""

    skew: int = Field(ge=0, le=MOST_AMOUNT, strict=True)
    per: DomainKind

    def describe(self) -> str:
        """Such as "skew 1 per account"."""
        return f"skew {self.skew} per {self.per}"


class MinDomains(RuleBase):
    """At least so many distinct domains are in use."""

    min_domains: int = Field(ge=1, le=MOST_AMOUNT, strict=True)
    per: DomainKind

    def describe(self) -> str:
        """Such as "min_domains 3 per country"."""
        return f"min_domains {self.min_domains} per {self.per}"


class Allow(RuleBase):
    """Nodes stand only in the domains named; a domain that is not known is not allowed."""

    allow: tuple[Line, ...] = Field(min_length=1)
    per: DomainKind

    def describe(self) -> str:
        """Such as "allow DE, FI per country"."""
        return f"allow {', '.join(self.allow)} per {self.per}"


class Deny(RuleBase):
    """No node stands in a domain named; a domain that is not known is denied too."""

    deny: tuple[Line, ...] = Field(min_length=1)
    per: DomainKind

    def describe(self) -> str:
        """Such as "deny US per country"."""
        return f"deny {', '.join(self.deny)} per {self.per}"


VERB_OF: dict[type[RuleBase], str] = {
    Cap: "cap",
    Below: "below",
    Skew: "skew",
    MinDomains: "min_domains",
    Allow: "allow",
    Deny: "deny",
}
VERBS: tuple[str, ...] = tuple(VERB_OF.values())


def find_verb(value: Any) -> str | None:
    """The one verb of a rule as written; None where there is none or more than one."""
    if isinstance(value, RuleBase):
        return value.verb
    verbs = [verb for verb in VERBS if verb in value] if isinstance(value, dict) else []
    return verbs[0] if len(verbs) == 1 else None


Rule = Annotated[
    Annotated[Cap, Tag("cap")]
    | Annotated[Below, Tag("below")]
    | Annotated[Skew, Tag("skew")]
    | Annotated[MinDomains, Tag("min_domains")]
    | Annotated[Allow, Tag("allow")]
    | Annotated[Deny, Tag("deny")],
    Discriminator(
        find_verb,
        custom_error_type="rule_verb",
        custom_error_message=f"a rule has exactly one verb of: {', '.join(VERBS)}",
    ),
]
