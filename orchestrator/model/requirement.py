"""A requirement on a loss, as a command names it: NAME=LIMIT, or "recoverable"."""

from fractions import Fraction
from typing import Literal, get_args

from orchestrator.model.base import Frozen

RECOVERABLE = "recoverable"
Measured = Literal["share", "stake", "nodes", "broken", "relocations", "hours"]
MEASURED: tuple[Measured, ...] = get_args(Measured)
SHARES: frozenset[str] = frozenset({"share", "stake"})


class Requirement(Frozen):
    """What every loss must keep to: `name` is at most `limit`; None for "recoverable", which has no number."""

    name: Literal["recoverable"] | Measured
    limit: Fraction | None = None
    text: str

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> "Requirement":
        """share=34%, hours=24 or recoverable as a requirement; ValueError that says what is wrong with it."""
        name, separator, number = (part.strip() for part in text.partition("="))
        if name == RECOVERABLE and not separator:
            return cls(name=RECOVERABLE, text=text)
        measured = next((each for each in MEASURED if each == name), None)
        if measured is None:
            raise ValueError(f"{text!r} is no requirement; there are: {RECOVERABLE}, {'=…, '.join(MEASURED)}=…")
        try:
            percent = number.endswith("%")
            limit = Fraction(number.removesuffix("%").strip()) / (100 if percent else 1)
        except (ValueError, ZeroDivisionError):
            example = "share=34%" if name in SHARES else f"{name}=2"
            raise ValueError(f"{text!r} gives no limit: write such as {example}") from None
        if limit < 0 or (percent and name not in SHARES) or (name in SHARES and limit > 1):
            kind = "a share up to 100%" if name in SHARES else "a number of 0 or more"
            raise ValueError(f"{text!r}: the limit is {kind}")
        return cls(name=measured, limit=limit, text=text)

    @property
    def needs_recovery(self) -> bool:
        """Whether the answer to a loss must be solved for."""
        return self.name in ("recoverable", "relocations", "hours")
