"""How findings are judged, as the spec says it: their levels, and those that are accepted until a day."""

from datetime import date

from pydantic import Field

from orchestrator.model.base import Frozen
from orchestrator.model.names import Line
from orchestrator.model.rule import Level
from orchestrator.model.source import Source


class Suppression(Frozen):
    """Findings that are known and accepted: all of `rule` (its id or its word), or those of one name or subject.

    `until` is the last day on which it holds. A suppression that has expired is an error, whatever it hides.
    """

    rule: Line
    named: Line | None = None
    subject: Line | None = None
    reason: Line = Field(min_length=1)
    until: date
    source: Source = Field(alias="__source__")


class Review(Frozen):
    """What `check` goes by: the level of findings that are no rules of the policy (these have their own), by rule."""

    levels: dict[Line, Level] = Field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
