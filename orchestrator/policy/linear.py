"""What a measure needs of a linear model, so that policy knows no solver."""

from collections.abc import Sequence
from typing import Protocol

from orchestrator.policy.candidates import AnyCell

Terms = tuple[tuple[int, int], ...]
"""A linear expression: (variable, whole coefficient) pairs."""


class LinearModel(Protocol):
    """A builder of variables and rows; all data are whole numbers."""

    def get_count(self, cell: AnyCell) -> Sequence[int]:
        """The variables whose sum is the number of nodes in the cell; none where it can hold no node."""
        ...

    def add_variable(self, low: int, high: int | None) -> int:
        """A new variable that need not be whole; None is no upper limit."""
        ...

    def add_whole(self, high: int | None) -> int:
        """A new whole variable from 0 to `high`."""
        ...

    def add_row(self, terms: Terms, low: int | None, high: int | None) -> None:
        """Require low <= terms <= high; None is no limit."""
        ...
