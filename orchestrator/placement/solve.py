"""The only user of the solver (HiGHS): minimise one whole objective after another over a linear program.

The relaxation comes first: where its solution is whole, or shows that the last solution is as good as any, that is the
answer; only else is a tree searched. Preferences are not worth a large search: there the gap is left open, and told.
One thread, a fixed seed, no time limit, no relative gap and an absolute gap below one whole unit: the same program
gives the same answer, and that answer is optimal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import highspy
import numpy as np

from orchestrator.placement.program import EXACT_LIMIT, Program, compute_value, merge_terms
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
# How far the rows of an optimum may be off: sums over a million nodes are rounded by more than the solver's own 1e-7.
ROUNDING_TOLERANCE = 1e-5
# How far from a whole number a relaxation's variable may lie and still be one: the solver's own error, no rounding.
RELAXED_TOLERANCE = 1e-6
# Limits for preferences, as counts, so the same on every machine: a tree is searched whole up to so many variables that
# are not fixed, and a relaxation is given up after so many steps.
MOST_SEARCHED = 3_000
MOST_STEPS = 10_000
# How many times as large as at best a preference's variables may be, where nothing closer is known.
LOOSE_AIM = 2


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


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The optimum over fractions: its value, and each variable's value and reduced cost."""

    objective: Terms
    value: float
    values: np.ndarray
    reduced_costs: np.ndarray

    @property
    def bound(self) -> int:
        """What no whole solution falls below."""
        return ceil(self.value - BOUND_TOLERANCE)


class Solver:
    """A linear program in the solver, with its last solution as the start of the next search."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._values: tuple[int, ...] | None = None
        self._relaxation: Relaxation | None = None
        self._whole = np.array(program.whole, dtype=bool)
        self._columns = np.arange(len(program.lows), dtype=np.int32)
        self._lowest = np.array(program.lows, dtype=float)
        self._highest = np.array([highspy.kHighsInf if high is None else high for high in program.highs], dtype=float)
        self._load()

    def start_from(self, values: tuple[int, ...]) -> None:
        """Take a solution that is known to hold every row as the last one."""
        self._values = values

    def minimize(self, objective: Terms, *, node_limit: int | None = None) -> Optimum | None:
        """The least value of the objective; None where no solution exists.

        `node_limit` is for preferences, sums of variables, once there is a solution: it stops the search after so many
        nodes of its tree, and large programs are only searched near the relaxation; then the optimum may not be proven.
        """
        if not self._program.lows:  # the solver has no answer about a program without variables
            return Optimum(0, 0, ()) if self._program.holds(()) else None
        objective = merge_terms(objective)
        if node_limit is not None and self._values is not None:
            return self._prefer(objective, node_limit, self._values)
        relaxation = self._relax(objective)
        if relaxation is None:
            return None
        return self._accept(relaxation) or self._search(objective, relaxation.value)

    def raise_low(self, variable: int, low: int) -> None:
        """A variable is known to be at least `low` in every solution."""
        self._lowest[variable] = max(self._lowest[variable], low)
        self._highs.changeColBounds(variable, self._lowest[variable], self._highest[variable])

    def get_limits(self, terms: Terms) -> tuple[int, int]:
        """The least and the largest that the limits of its variables leave to a sum of variables."""
        variables = [variable for variable, _ in terms]
        return round(self._lowest[variables].sum()), round(min(self._highest[variables].sum(), EXACT_LIMIT))

    def _prefer(self, objective: Terms, node_limit: int, last: tuple[int, ...]) -> Optimum | None:
        """A better solution than the last by as much as is had with little searching."""
        relaxation = self._relax(objective, MOST_STEPS)
        if relaxation is None:  # it takes too many steps: all that is known is the variables' limits
            bound, aim = self.get_limits(objective)[0], self._lowest * LOOSE_AIM
        else:
            accepted = self._accept(relaxation)
            if accepted is not None:
                return accepted
            if np.count_nonzero(self._lowest < self._highest) <= MOST_SEARCHED:
                return self._search(objective, relaxation.value, node_limit)
            bound, aim = relaxation.bound, relaxation.values
        found = self._search_near(objective, aim, node_limit)
        known = (last,) if found is None else (last, found.values)
        self._values = min(known, key=lambda values: compute_value(objective, values))
        value = compute_value(objective, self._values)
        return Optimum(value, min(value, bound), self._values)

    def hold(self, objective: Terms, value: int) -> None:
        """From now on the objective stays at most at `value`.

        Whole variables that no solution as good as `value` can move are fixed. With the relaxation's optimum r and a
        variable's reduced cost d, moving the variable one whole unit off its limit costs at least r + d; where that
        exceeds `value`, the variable stays at its limit. Most do, and the searches for later objectives shrink to what
        is left (Dantzig, Fulkerson and Johnson 1954).
        """
        terms = merge_terms(objective)
        if not terms:
            return
        least = self._program.compute_least(terms)
        if least == value:  # no row says more than this: each variable stays at the limit that makes it least
            costs = self._make_costs(terms)
            self._fix(costs > 0, costs < 0)
            return
        relaxation = self._relaxation
        if relaxation is not None and relaxation.objective == terms:
            slack = value - relaxation.value + REDUCED_COST_TOLERANCE
            reduced = relaxation.reduced_costs
            self._fix(self._whole & (reduced > slack), self._whole & (-reduced > slack))
        self._highs.addRow(-highspy.kHighsInf, float(value), len(terms), *_split(terms))

    def _fix(self, at_low: np.ndarray, at_high: np.ndarray) -> None:
        low, high = self._lowest, self._highest
        self._set_limits(np.where(at_high, high, low), np.where(at_low, low, high))

    def _set_limits(self, lowest: np.ndarray, highest: np.ndarray) -> None:
        self._lowest, self._highest = lowest, highest
        self._highs.changeColsBounds(len(self._columns), self._columns, lowest, highest)

    def _relax(self, objective: Terms, most_steps: int = highspy.kHighsIInf) -> Relaxation | None:
        """The optimum over fractions; None where there is none, and so no whole one.

        Under a limit of steps None may also be that it was not reached. It starts anew, with presolve: most variables
        are fixed after some stages, and from the last objective's basis large programs took up to ten times the steps.
        """
        self._highs.clearSolver()
        self._set_costs(objective)
        self._highs.setOptionValue("simplex_iteration_limit", most_steps)
        self._highs.run()
        self._highs.setOptionValue("simplex_iteration_limit", highspy.kHighsIInf)
        if self._is_infeasible() or self._highs.getModelStatus() == highspy.HighsModelStatus.kIterationLimit:
            return None
        self._require_solution()
        solution = self._highs.getSolution()
        self._relaxation = Relaxation(
            objective,
            self._highs.getInfo().objective_function_value,
            np.array(solution.col_value),
            np.array(solution.col_dual),
        )
        return self._relaxation

    def _accept(self, relaxation: Relaxation) -> Optimum | None:
        """The relaxation's solution where it is whole, or the last solution where the relaxation shows none better."""
        if self._values is not None:
            value = compute_value(relaxation.objective, self._values)
            if value <= relaxation.bound:
                return Optimum(value, value, self._values)
        off = np.abs(relaxation.values - np.rint(relaxation.values))[self._whole]
        if off.max(initial=0.0) > RELAXED_TOLERANCE:
            return None
        return self._conclude(relaxation.objective, relaxation.values.tolist(), relaxation.value)

    def _search_near(self, objective: Terms, aim: np.ndarray, node_limit: int) -> Optimum | None:
        """A solution, if one is found, in which the objective's variables are at most as in `aim`, rounded up.

        With these limits and nothing to minimise, what is left is close to a flow, whose corners are nearly whole; the
        solution that is best in fractions may be in fractions everywhere. So what is whole in a corner is kept and the
        rest searched (relaxation enforced neighbourhood search, Berthold 2014); failing that, the root of the whole.
        """
        low, high = self._lowest, self._highest
        among = np.array([variable for variable, _ in objective])
        limits = high.copy()
        limits[among] = np.minimum(high[among], np.ceil(aim[among] - RELAXED_TOLERANCE))
        self._set_limits(low, limits)
        self._values = None
        corner = self._relax((), MOST_STEPS)
        found = None
        if corner is not None:
            found = self._search_around(corner, among, node_limit) or self._search((), 0, 1)
        self._set_limits(low, high)
        return found

    def _search_around(self, corner: Relaxation, among: np.ndarray, node_limit: int) -> Optimum | None:
        """A solution with all that is whole in a corner, but for some variables."""
        low, high = self._lowest, self._highest
        nearest = np.clip(np.rint(corner.values), low, high)
        kept = self._whole & (np.abs(corner.values - nearest) <= RELAXED_TOLERANCE)
        kept[among] = False
        if np.count_nonzero(~kept & (low < high)) > MOST_SEARCHED:
            return None
        self._set_limits(np.where(kept, nearest, low), np.where(kept, nearest, high))
        found = self._search((), 0, node_limit)
        self._set_limits(low, high)
        return found

    def _search(self, objective: Terms, bound: float, node_limit: int = highspy.kHighsIInf) -> Optimum | None:
        """Branch and bound, begun with the last solution where there is one.

        None where nothing is found, since there is nothing or the tree has more nodes than are searched.
        """
        self._set_costs(objective)
        self._highs.changeColsIntegrality(len(self._columns), self._columns, self._whole.astype(np.uint8))
        self._highs.setOptionValue("mip_max_nodes", node_limit)
        if self._values is not None:
            self._highs.setSolution(_make_solution(self._values))
        self._highs.run()
        found = None
        if not self._is_infeasible() and not self._is_given_up():
            self._require_solution()
            shown = max(self._highs.getInfo().mip_dual_bound, bound)
            found = self._conclude(objective, self._highs.getSolution().col_value, shown)
        self._highs.changeColsIntegrality(len(self._columns), self._columns, np.zeros(len(self._columns), np.uint8))
        return found

    def _is_infeasible(self) -> bool:
        infeasible = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
        return self._highs.getModelStatus() in infeasible

    def _is_given_up(self) -> bool:
        """Whether a search under a limit ended before it had any solution."""
        nothing = self._highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible
        return nothing and self._highs.getModelStatus() == highspy.HighsModelStatus.kSolutionLimit

    def _require_solution(self) -> None:
        info, status = self._highs.getInfo(), self._highs.getModelStatus()
        if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
            return
        if status == highspy.HighsModelStatus.kOptimal and info.max_primal_infeasibility < ROUNDING_TOLERANCE:
            return
        raise SolverError(f"the solver stopped without a solution: {self._highs.modelStatusToString(status)}")

    def _conclude(self, objective: Terms, values: Sequence[float], shown: float) -> Optimum:
        self._values = self._round(values)
        value = compute_value(objective, self._values)
        return Optimum(value, min(value, ceil(shown - BOUND_TOLERANCE)), self._values)

    def _set_costs(self, objective: Terms) -> None:
        self._highs.changeColsCost(len(self._columns), self._columns, self._make_costs(objective))

    def _make_costs(self, objective: Terms) -> np.ndarray:
        costs = np.zeros(len(self._columns))
        for variable, coefficient in objective:
            costs[variable] = coefficient
        return costs

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
