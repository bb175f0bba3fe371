"""The policy's rules as written: one verb a rule, each with its place in the source."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import RuleKind, get_role
from orchestrator.model.names import Line
from orchestrator.model.quantity import MOST_AMOUNT, Amount, Duration, UsdAMonth, render_amount
from orchestrator.model.source import Source

Level = Literal["error", "warning"]
Weight = Literal["nodes", "stake", "vcpus"]
MOST_PRIORITY = 1000


class Selector(Frozen):
    """Which groups a rule speaks of, together as one subject, by group, chain, network or label; all given hold."""

    group: Line | None = None
    chain: Line | None = None
    network: Line | None = None
    label: dict[Line, Line] | None = None


Subject = Literal["fleet"] | Selector


class RuleBase(Frozen):
    """What all rules share. `of` None applies the rule to each group on its own, or to what DEFAULT_SUBJECT says.

    After a loss rules of a higher `priority` give way after those of a lower one, and at the same priority those that
    `relax` before those that do not. `relax` is how long after a loss the rule may be broken before that is an error.
    """

    DEFAULT_SUBJECT: ClassVar[Literal["fleet"] | None] = None

    name: Line | None = None
    of: Subject | None = None
    level: Level = "error"
    priority: int = Field(default=0, ge=0, le=MOST_PRIORITY, strict=True)
    relax: Duration | None = None
    source: Source = Field(alias="__source__")

    @property
    def verb(self) -> str:
        """The rule's verb, such as "cap"."""
        return VERB_OF[type(self)]

    @property
    def title(self) -> str:
        """The name given, or the rule in a few words, such as "cap 34% per account"."""
        return self.name or self.describe()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of domain that the rule speaks of; none for one that speaks of no domain."""
        per: str | None = getattr(self, "per", None)
        return () if per is None else (per,)

    def describe(self) -> str:
        """The rule in a few words, such as "cap 34% per account"."""
        raise NotImplementedError


class Cap(RuleBase):
    """No domain holds more than the amount of the subject's wanted weight; shares round down."""

    cap: Amount
    per: RuleKind
    by: Weight = "nodes"

    def describe(self) -> str:
        """Such as "cap 34% per account"."""
        return f"cap {render_amount(self.cap)} per {self.per}"


class Below(RuleBase):
    """Every domain holds strictly less than the amount of the subject's wanted weight."""

    below: Amount
    per: RuleKind
    by: Weight = "nodes"

    def describe(self) -> str:
        """Such as "below 33% per country"."""
        return f"below {render_amount(self.below)} per {self.per}"


class OfDomains(RuleBase):
    """A rule that has one whole number, under its verb, for all domains of a kind together."""

    per: RuleKind

    def describe(self) -> str:
        """Such as "skew 1 per account"."""
        return f"{self.verb} {getattr(self, self.verb)} per {self.per}"


class Skew(OfDomains):
    """The fullest and the emptiest eligible domain differ by at most so many nodes."""

    skew: int = Field(ge=0, le=MOST_AMOUNT, strict=True)


class MinDomains(OfDomains):
    """At least so many distinct domains are in use."""

    min_domains: int = Field(ge=1, le=MOST_AMOUNT, strict=True)


class Allow(RuleBase):
    """Nodes stand only in the domains named; a domain that is not known is not allowed."""

    allow: tuple[Line, ...] = Field(min_length=1)
    per: RuleKind

    def describe(self) -> str:
        """Such as "allow DE, FI per country"."""
        return f"allow {', '.join(self.allow)} per {self.per}"


class Deny(RuleBase):
    """No node stands in a domain named; a domain that is not known is denied too."""

    deny: tuple[Line, ...] = Field(min_length=1)
    per: RuleKind

    def describe(self) -> str:
        """Such as "deny US per country"."""
        return f"deny {', '.join(self.deny)} per {self.per}"


class MinNodes(RuleBase):
    """At least the amount of the subject's wanted weight stands in the domains named; shares round up.

    `within` has a domain by kind; a node is in there where it is in all of them.
    """

    min_nodes: Amount
    within: dict[RuleKind, Line] = Field(alias="in", min_length=1)
    by: Weight = "nodes"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the domains named."""
        return tuple(self.within)

    @property
    def place(self) -> str:
        """The domains named, such as "jurisdiction EU"."""
        return " and ".join(f"{kind} {name}" for kind, name in self.within.items())

    def describe(self) -> str:
        """Such as "min_nodes 2 in jurisdiction EU"."""
        return f"min_nodes {render_amount(self.min_nodes)} in {self.place}"

    @model_validator(mode="after")
    def _is_of_places_or_of_one_client(self) -> Self:
        if len(self.within) > 1 and any(get_role(kind) for kind in self.within):
            raise ValueError("in: names one client.<role> alone, or domains of places")
        return self


class MaxDomains(OfDomains):
    """At most so many distinct domains are in use."""

    max_domains: int = Field(ge=1, le=MOST_AMOUNT, strict=True)


class Survive(RuleBase):
    """Whichever so many domains are lost, at least `keep` of the subject's wanted weight is left; shares round up."""

    survive: int = Field(ge=1, le=MOST_AMOUNT, strict=True)
    per: RuleKind
    keep: Amount
    by: Weight = "nodes"

    def describe(self) -> str:
        """Such as "survive 1 per provider, keep 50%"."""
        return f"survive {self.survive} per {self.per}, keep {render_amount(self.keep)}"


class OfGroups(RuleBase):
    """A rule that names its groups itself, and so takes no `of`."""

    @property
    def group_names(self) -> tuple[str, ...]:
        """The groups named after the verb, in written order."""
        names: tuple[str, ...] = getattr(self, self.verb)
        return names

    @model_validator(mode="after")
    def _names_groups_once(self) -> Self:
        if self.of is not None:
            raise ValueError(f"{self.verb} names its groups itself and takes no of")
        if len(set(self.group_names)) < len(self.group_names):
            raise ValueError(f"{self.verb} names a group twice")
        return self


class Apart(OfGroups):
    """No two of the groups have nodes in the same domain."""

    apart: tuple[Line, ...] = Field(min_length=2)
    per: RuleKind

    def describe(self) -> str:
        """Such as "apart eth, btc per site"."""
        return f"apart {', '.join(self.apart)} per {self.per}"


class Together(OfGroups):
    """The first group has nodes only in domains where every other group named has some."""

    together: tuple[Line, ...] = Field(min_length=2)
    per: RuleKind

    def describe(self) -> str:
        """Such as "together a, b per region"."""
        return f"together {', '.join(self.together)} per {self.per}"


class Spread(RuleBase):
    """The subject's nodes are divided over the domains named in the proportions given; none stand elsewhere."""

    spread: dict[Line, Annotated[int, Field(ge=0, le=MOST_AMOUNT, strict=True)]] = Field(min_length=1)
    per: RuleKind

    def describe(self) -> str:
        """Such as "spread aws: 3, gcp: 2 per account"."""
        return f"spread {', '.join(f'{name}: {part}' for name, part in self.spread.items())} per {self.per}"

    @model_validator(mode="after")
    def _has_a_part(self) -> Self:
        if not any(self.spread.values()):
            raise ValueError("a spread gives at least one domain a part above 0")
        return self


class Budget(RuleBase):
    """The subject's machines cost at most so much a month, in US dollars."""

    budget: UsdAMonth

    def describe(self) -> str:
        """Such as "budget 25000 USD/month"."""
        return f"budget {self.budget.normalize():f} USD/month"


class MaxMoves(RuleBase):
    """At most so many of the subject's nodes relocate in one round; without `of` it speaks of the fleet."""

    DEFAULT_SUBJECT: ClassVar[Literal["fleet"] | None] = "fleet"

    max_moves: int = Field(ge=1, le=MOST_AMOUNT, strict=True)

    def describe(self) -> str:
        """Such as "max_moves 5"."""
        return f"max_moves {self.max_moves}"


VERB_OF: dict[type[RuleBase], str] = {
    Cap: "cap",
    Below: "below",
    Skew: "skew",
    MinDomains: "min_domains",
    Allow: "allow",
    Deny: "deny",
    MinNodes: "min_nodes",
    MaxDomains: "max_domains",
    Survive: "survive",
    Apart: "apart",
    Together: "together",
    Spread: "spread",
    Budget: "budget",
    MaxMoves: "max_moves",
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
    | Annotated[Deny, Tag("deny")]
    | Annotated[MinNodes, Tag("min_nodes")]
    | Annotated[MaxDomains, Tag("max_domains")]
    | Annotated[Survive, Tag("survive")]
    | Annotated[Apart, Tag("apart")]
    | Annotated[Together, Tag("together")]
    | Annotated[Spread, Tag("spread")]
    | Annotated[Budget, Tag("budget")]
    | Annotated[MaxMoves, Tag("max_moves")],
    Discriminator(
        find_verb,
        custom_error_type="rule_verb",
        custom_error_message=f"a rule has exactly one verb of: {', '.join(VERBS)}",
    ),
]
