"""A linear program in whole numbers as plain data: variables, rows, no solver."""

from collections.abc import Mapping, Sequence

from orchestrator.policy.candidates import Cell, ClientCell
from orchestrator.policy.linear import Terms

# Whole numbers above this are no longer exact in the solver's floating point.
EXACT_LIMIT = 2**53


class Program:
    """Variables with limits and rows over them; a `LinearModel` once `counts` says which variables count a cell."""

    def __init__(self) -> None:
        self.lows: list[int] = []
        self.highs: list[int | None] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[Terms, int | None, int | None]] = []
        self.counts: dict[Cell | ClientCell, list[int]] = {}

    def get_count(self, cell: Cell | ClientCell) -> Sequence[int]:
        """The variables whose sum is the number of nodes in the cell, or of those that run the client."""
        return self.counts.get(cell, ())

    def add_count(self, cell: Cell, high: int) -> int:
        """A whole variable from 0 to `high` that counts nodes in the cell."""
        variable = self.add_whole(high)
        self.count_as(cell, variable)
        return variable

    def count_as(self, cell: Cell | ClientCell, variable: int) -> None:
        """A variable counts nodes in the cell, or nodes that run the client."""
        self.counts.setdefault(cell, []).append(variable)

    def add_whole(self, high: int | None) -> int:
        """A whole variable from 0 to `high`."""
        variable = self.add_variable(0, high)
        self.whole[variable] = True
        return variable

    def add_variable(self, low: int, high: int | None) -> int:
        """A variable that need not be whole."""
        self.lows.append(low)
        self.highs.append(high)
        self.whole.append(False)
        return len(self.lows) - 1

    def add_row(self, terms: Terms, low: int | None, high: int | None) -> None:
        """Require low <= terms <= high. A row that no term can reach still counts: it may be impossible."""
        _refuse_inexact(*(coefficient for _, coefficient in terms), low or 0, high or 0)
        self.rows.append((merge_terms(terms), low, high))

    def compute_least(self, terms: Terms) -> int | None:
        """What an expression cannot fall below by its variables' limits alone; None where these set no limit."""
        least = 0
        for variable, coefficient in terms:
            limit = self.lows[variable] if coefficient > 0 else self.highs[variable]
            if limit is None:
                return None
            least += coefficient * limit
        return least

    def holds(self, values: Sequence[int]) -> bool:
        """Whether every row holds for these values, in exact whole numbers."""
        return all(
            (low is None or low <= compute_value(terms, values))
            and (high is None or compute_value(terms, values) <= high)
            for terms, low, high in self.rows
        )


def merge_terms(terms: Terms) -> Terms:
    """One term a variable, in the order of the variables, none of weight zero."""
    merged: dict[int, int] = {}
    for variable, coefficient in terms:
        merged[variable] = merged.get(variable, 0) + coefficient
    return tuple((variable, merged[variable]) for variable in sorted(merged) if merged[variable])


def compute_value(terms: Terms, values: Sequence[int] | Mapping[int, int]) -> int:
    """An expression's value in exact whole numbers."""
    return sum(coefficient * values[variable] for variable, coefficient in terms)


def _refuse_inexact(*numbers: int) -> None:
    if any(abs(number) >= EXACT_LIMIT for number in numbers):
        raise OverflowError("a weight or limit of 2^53 or more cannot be held exactly by the solver")
