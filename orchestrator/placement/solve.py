"""The only user of the solver (HiGHS): minimise one whole objective after another over a linear program.

One thread, a fixed seed, no time limit, no relative gap and an absolute gap below one whole unit: the same program
gives the same answer, and that answer is optimal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import highspy
import numpy as np

from orchestrator.placement.program import Program, compute_value, merge_terms
from orchestrator.policy.linear import Terms

OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.99,
}
# How far a whole variable of the solver may lie from a whole number.
WHOLE_TOLERANCE = 1e-4
# Taken off the solver's bound before it is rounded up to a whole number, so that its own rounding proves nothing.
BOUND_TOLERANCE = 1e-3
REDUCED_COST_TOLERANCE = 1e-3


class SolverError(RuntimeError):
    """The solver returned what it must not: not an answer about the fleet, a defect to report."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best value found, the bound shown for it, and a value for each variable."""

    value: int
    bound: int
    values: tuple[int, ...]

    @property
    def proven(self) -> bool:
        """Whether nothing better exists."""
        return self.value == self.bound


class Solver:
    """A linear program in the solver, with its last solution as the start of the next search."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._values: tuple[int, ...] | None = None
        self._whole = np.array(program.whole, dtype=bool)
        self._lowest = np.array(program.lows, dtype=float)
        self._highest = np.array([highspy.kHighsInf if high is None else high for high in program.highs], dtype=float)
        self._load()

    def minimize(self, objective: Terms, *, node_limit: int | None = None) -> Optimum | None:
        """The least value of the objective; None where no solution exists.

        `node_limit` stops the search after so many nodes of its tree; then the optimum may not be proven.
        """
        if not self._program.lows:  # the solver has no answer about a program without variables
            return Optimum(0, 0, ()) if self._program.holds(()) else None
        objective = merge_terms(objective)
        self._set_costs(objective)
        self._highs.setOptionValue("mip_max_nodes", highspy.kHighsIInf if node_limit is None else node_limit)
        if self._values is not None:
            self._highs.setSolution(_make_solution(self._values))
        self._highs.run()
        return self._read(objective)

    def hold(self, objective: Terms, value: int) -> None:
        """From now on the objective stays at most at `value`."""
        terms = merge_terms(objective)
        if terms:
            self._fix_by_reduced_cost(terms, value)
            self._highs.addRow(-highspy.kHighsInf, float(value), len(terms), *_split(terms))

    def _fix_by_reduced_cost(self, objective: Terms, value: int) -> None:
        """Fix whole variables that no solution as good as `value` can move.

        With the relaxation's optimum r and a variable's reduced cost d, moving the variable one whole unit off its
        limit costs at least r + d; where that exceeds `value`, the variable stays at its limit. Most do, and the
        searches for later objectives shrink to what is left (Dantzig, Fulkerson and Johnson 1954).
        """
        count = len(self._program.lows)
        columns = np.arange(count, dtype=np.int32)
        self._set_costs(objective)
        self._highs.changeColsIntegrality(count, columns, np.zeros(count, dtype=np.uint8))
        self._highs.run()
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            slack = value - self._highs.getInfo().objective_function_value + REDUCED_COST_TOLERANCE
            duals = np.array(self._highs.getSolution().col_dual)
            low, high = np.array(self._lowest), np.array(self._highest)
            at_low, at_high = self._whole & (duals > slack), self._whole & (-duals > slack)
            self._highest = np.where(at_low, low, high)
            self._lowest = np.where(at_high, high, low)
            self._highs.changeColsBounds(count, columns, self._lowest, self._highest)
        self._highs.changeColsIntegrality(count, columns, self._whole.astype(np.uint8))

    def _set_costs(self, objective: Terms) -> None:
        costs = np.zeros(len(self._program.lows))
        for variable, coefficient in objective:
            costs[variable] = coefficient
        self._highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)

    def _read(self, objective: Terms) -> Optimum | None:
        status = self._highs.getModelStatus()
        infeasible = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
        if status in infeasible:
            return None
        info = self._highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            raise SolverError(f"the solver stopped without a solution: {self._highs.modelStatusToString(status)}")
        self._values = self._round(self._highs.getSolution().col_value)
        value = compute_value(objective, self._values)
        shown = info.mip_dual_bound if any(self._program.whole) else info.objective_function_value
        return Optimum(value, min(value, ceil(shown - BOUND_TOLERANCE)), self._values)

    def _round(self, values: Sequence[float]) -> tuple[int, ...]:
        rounded = tuple(round(value) for value in values)
        for variable, whole in enumerate(self._program.whole):
            if whole and abs(values[variable] - rounded[variable]) > WHOLE_TOLERANCE:
                raise SolverError(f"variable {variable} should be whole and is {values[variable]!r}")
        return rounded

    def _load(self) -> None:
        program, infinity = self._program, highspy.kHighsInf
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(program.lows), len(program.rows)
        lp.col_cost_ = np.zeros(lp.num_col_)
        lp.col_lower_, lp.col_upper_ = self._lowest, self._highest
        lp.row_lower_ = np.array([-infinity if low is None else low for _, low, _ in program.rows], dtype=float)
        lp.row_upper_ = np.array([infinity if high is None else high for _, _, high in program.rows], dtype=float)
        lp.integrality_ = [
            highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous for whole in program.whole
        ]
        matrix = lp.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.num_col_, matrix.num_row_ = lp.num_col_, lp.num_row_
        matrix.start_ = np.cumsum([0, *(len(terms) for terms, _, _ in program.rows)], dtype=np.int32)
        indices = [variable for terms, _, _ in program.rows for variable, _ in terms]
        matrix.index_ = np.array(indices, dtype=np.int32)
        matrix.value_ = np.array([weight for terms, _, _ in program.rows for _, weight in terms], dtype=float)
        if self._highs.passModel(lp) == highspy.HighsStatus.kError:
            raise SolverError("the solver refuses the program")


def _split(terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([variable for variable, _ in terms], dtype=np.int32),
        np.array([weight for _, weight in terms], dtype=float),
    )


def _make_solution(values: tuple[int, ...]) -> highspy.HighsSolution:
    solution = highspy.HighsSolution()
    solution.col_value = [float(value) for value in values]
    return solution
