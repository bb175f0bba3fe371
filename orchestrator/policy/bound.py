"""A bound: what one rule asks of one measure of one subject."""

from dataclasses import dataclass

from orchestrator.model.rule import Rule
from orchestrator.policy.measures import Measure
from orchestrator.policy.subject import Members


@dataclass(frozen=True, slots=True)
class Bound:
    """low <= measure <= high; None is no limit.

    The measure counts `scale` to one `unit` (so that fractions of a coin are whole numbers). `wording` is the limit
    as people read it; `domain` is the one domain that the bound speaks of, if it is one. A `hard` bound never gives
    way, unless nodes that must not move break it.
    """

    rule: Rule
    subject: Members
    measure: Measure
    low: int | None = None
    high: int | None = None
    domain: str | None = None
    unit: str = "nodes"
    scale: int = 1
    wording: str = ""
    hard: bool = False

    @property
    def where(self) -> str:
        """Whom and which domain it speaks of, such as "btc, country DE"."""
        if self.domain is None:
            return self.subject.name
        return f"{self.subject.name}, {' and '.join(self.rule.kinds)} {self.domain}"

    def compute_excess(self, value: int) -> int:
        """How far a value lies outside; 0 where the bound holds."""
        over = 0 if self.high is None else value - self.high
        under = 0 if self.low is None else self.low - value
        return max(0, over, under)
