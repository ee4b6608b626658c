"""A problem as a mixed-integer programme, whole, for a solver that knows nothing of it: HiGHS by MathOpt.

It states what benchmarks/cities.py and benchmarks/assignment.py make use of: uses, limits, times, `whole`, `required`,
groups and conflicts. Time is cut into steps that divide every duration and window: a plan whose work all starts as
early as it can starts on these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import gcd

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from matching import Plan, Problem, verify
from matching.optimizer.starts import ranges_of
from matching.plan import PlanStatus, plan_value
from matching.problem import Ints


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found: the worth of a verified plan, and a bound within the solver's tolerance; None for nothing."""

    objective: int | None
    bound: float | None


def solve_by_highs(problem: Problem, seconds: float) -> Answer:
    """Return what HiGHS finds; the making of the model is not in its time."""
    programme = _Programme(problem)
    model = mathopt.Model.from_model_proto(programme.proto())
    parameters = mathopt.SolveParameters(time_limit=timedelta(seconds=seconds), relative_gap_tolerance=0.0)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    bound = result.termination.objective_bounds.dual_bound
    if not result.has_primal_feasible_solution():
        return Answer(None, bound)
    values = np.fromiter(result.variable_values().values(), dtype=float)
    units, starts = programme.plan(np.rint(values).astype(np.int64))
    worth = plan_value(problem, units)
    plan = Plan(PlanStatus.FEASIBLE, units, worth, None, starts)
    assert [wrong for wrong in verify(problem, plan) if not wrong.startswith("unmet: ")] == []
    return Answer(worth, bound)


class _Programme:
    """Columns (variables) and rows (constraints), one method for each kind of rule."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.minutes = problem.need_duration[problem.need]
        self.step = _step(problem)
        self.lower: list[Ints] = []
        self.upper: list[Ints] = []
        self.columns = 0
        self.rows: list[tuple[Ints, Ints, Ints]] = []  # of each kind: constraint, column, factor
        self.low: list[Ints] = []
        self.high: list[Ints] = []
        self.constraints = 0

        # A column for each untimed candidate, and one for each candidate and start; what may start ever so late starts
        # `far` off, in a time of its own, and only with those that it comes together with any sooner.
        last = max(int(windows.end.max(initial=0)) for windows in (problem.need_windows, problem.resource_windows))
        longest = int(problem.need_duration.max(initial=0))
        self.far, self.apart = (last + longest) // self.step + 1, longest // self.step
        together = np.zeros(len(problem.need_quantity), dtype=bool)
        together[[need for group in problem.groups if group.together for need in group.needs]] = True
        nth, low, high = ranges_of(problem, np.arange(len(problem.need)))
        endless = high > last
        near = np.where(endless, np.where(together[problem.need[nth]], last, low - self.step), high)
        first = -(-low // self.step)
        counts = np.maximum(0, near // self.step - first + 1)
        begins = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        untimed = np.flatnonzero(self.minutes == 0)
        self.candidate = np.concatenate([untimed, np.repeat(nth, counts), nth[endless]])
        self.start = np.concatenate([np.full(len(untimed), -1), begins, np.full(endless.sum(), self.far)])
        most = problem.ceiling[self.candidate]
        alone = (self.start < 0) | ((self.start == self.far) & ~together[problem.need[self.candidate]])
        self._add_columns(np.where(alone, most, np.minimum(1, most)))
        self.need, self.resource = problem.need[self.candidate], problem.resource[self.candidate]
        for state in (self._needs, self._resources, self._times, self._together, self._conflicts):
            state()

    def _add_columns(self, upper: Ints, lower: Ints | int = 0) -> Ints:
        self.upper.append(upper)
        self.lower.append(np.broadcast_to(lower, len(upper)))
        first, self.columns = self.columns, self.columns + len(upper)
        return np.arange(first, self.columns)

    def _add(self, of: Ints, columns: Ints, factors: Ints, low: Ints | int, high: Ints | int, count: int) -> None:
        """Add `count` constraints; `of` says to which of them each factor belongs."""
        self.rows.append((self.constraints + of, columns, factors))
        self.low.append(np.broadcast_to(low, count))
        self.high.append(np.broadcast_to(high, count))
        self.constraints += count

    def _needs(self) -> None:
        """At most the quantity; where it is all or nothing, the quantity times a column of its own."""
        problem = self.problem
        needs = len(problem.need_quantity)
        bundle = np.full(needs, -1, dtype=np.int64)
        for number, group in enumerate(problem.groups):
            bundle[list(group.needs)] = number
        alone = np.flatnonzero((bundle < 0) & problem.need_whole & (problem.need_quantity > 1))
        bundle[alone] = len(problem.groups) + np.arange(len(alone))
        bundled = np.flatnonzero(bundle >= 0)
        bundles = len(problem.groups) + len(alone)
        least = np.bincount(bundle[bundled], weights=problem.need_required[bundled], minlength=bundles) > 0
        served = self._add_columns(np.ones(bundles, dtype=np.int64), least.astype(np.int64))
        quantity = problem.need_quantity
        self._add(
            np.concatenate([self.need, bundled]),
            np.concatenate([np.arange(len(self.need)), served[bundle[bundled]]]),
            np.concatenate([np.ones(len(self.need), dtype=np.int64), -quantity[bundled]]),
            np.where(problem.need_required & (bundle < 0), quantity, 0),
            np.where(bundle < 0, quantity, 0),
            needs,
        )

    def _resources(self) -> None:
        columns = np.arange(len(self.candidate))
        capacity = self.problem.resource_capacity
        self._add(self.resource, columns, self.problem.use[self.candidate], 0, capacity, len(capacity))

    def _times(self) -> None:
        """In each step of time a resource does one thing at most; a candidate's units may not pass its limit."""
        timed = np.flatnonzero(self.start >= 0)
        near = timed[self.start[timed] < self.far]
        steps = self.minutes[self.candidate[near]] // self.step
        column = np.repeat(near, steps)
        step = np.repeat(self.start[near], steps) + np.arange(len(column)) - np.repeat(np.cumsum(steps) - steps, steps)
        wide = int(step.max(initial=0)) + 1
        slot, of = np.unique(self.resource[column] * wide + step, return_inverse=True)
        self._add(of, column, np.ones_like(column), 0, 1, len(slot))
        candidate, of = np.unique(self.candidate[timed], return_inverse=True)
        self._add(of, timed, np.ones_like(timed), 0, self.problem.ceiling[candidate], len(candidate))

    def _together(self) -> None:
        """Of each group that comes together: one start, at which every timed need has all its units."""
        for group in self.problem.groups:
            needs = [need for need in group.needs if self.problem.need_duration[need]] if group.together else []
            mine = np.flatnonzero(np.isin(self.need, needs))
            starts, nth = np.unique(self.start[mine], return_inverse=True)
            chosen = self._add_columns(np.ones(len(starts), dtype=np.int64))
            for need in needs:
                its = self.need[mine] == need
                quantity = np.full(len(starts), -self.problem.need_quantity[need])
                of = np.concatenate([nth[its], np.arange(len(starts))])
                factors = np.concatenate([np.ones(its.sum(), dtype=np.int64), quantity])
                self._add(of, np.concatenate([mine[its], chosen]), factors, 0, 0, len(starts))

    def _conflicts(self) -> None:
        """Of two needs in conflict a resource serves one: a column for each says whether it may."""
        for a, b in self.problem.conflicts:
            of_a, of_b = (np.flatnonzero(self.need == need) for need in (a, b))
            for resource in np.intersect1d(self.resource[of_a], self.resource[of_b]).tolist():
                may = self._add_columns(np.ones(2, dtype=np.int64))
                self._add(np.zeros(2, dtype=np.int64), may, np.ones(2, dtype=np.int64), 0, 1, 1)
                for side, of_need in enumerate((of_a, of_b)):
                    mine = of_need[self.resource[of_need] == resource]
                    columns = np.append(mine, may[side])
                    factors = np.append(np.ones_like(mine), -self.upper[0][mine].sum())
                    self._add(np.zeros_like(columns), columns, factors, -int(self.upper[0][mine].sum()), 0, 1)

    def proto(self) -> model_pb2.ModelProto:
        """Return it as MathOpt takes it."""
        made = model_pb2.ModelProto()
        made.variables.ids.extend(range(self.columns))
        made.variables.lower_bounds.extend(np.concatenate(self.lower).astype(float).tolist())
        made.variables.upper_bounds.extend(np.concatenate(self.upper).astype(float).tolist())
        made.variables.integers.extend([True] * self.columns)
        worth = (self.problem.need_value[self.problem.need] + self.problem.value)[self.candidate]
        made.objective.maximize = True
        made.objective.linear_coefficients.ids.extend(np.flatnonzero(worth).tolist())
        made.objective.linear_coefficients.values.extend(worth[worth != 0].astype(float).tolist())
        made.linear_constraints.ids.extend(range(self.constraints))
        made.linear_constraints.lower_bounds.extend(np.concatenate(self.low).astype(float).tolist())
        made.linear_constraints.upper_bounds.extend(np.concatenate(self.high).astype(float).tolist())
        row, column, factor = (np.concatenate([kind[i] for kind in self.rows]) for i in range(3))
        order = np.lexsort((column, row))[np.argsort(factor[np.lexsort((column, row))] == 0, kind="stable")]
        order = order[: np.count_nonzero(factor)]
        made.linear_constraint_matrix.row_ids.extend(row[order].tolist())
        made.linear_constraint_matrix.column_ids.extend(column[order].tolist())
        made.linear_constraint_matrix.coefficients.extend(factor[order].astype(float).tolist())
        return made

    def plan(self, values: Ints) -> tuple[Ints, dict[int, tuple[int, ...]]]:
        """Return units by candidate and starts, of the columns' values."""
        units = np.zeros(len(self.problem.need), dtype=np.int64)
        given = values[: len(self.candidate)]
        np.add.at(units, self.candidate, given)
        starts: dict[int, list[int]] = {}
        group = {need: group.id for group in self.problem.groups if group.together for need in group.needs}
        own: dict[object, int] = {}  # times of their own, far off
        for column in np.flatnonzero((given > 0) & (self.start >= 0)).tolist():
            for unit in range(int(given[column])):
                begins = int(self.start[column])
                if begins == self.far:
                    who = group.get(int(self.need[column]), (column, unit))
                    begins += own.setdefault(who, len(own)) * self.apart
                starts.setdefault(int(self.candidate[column]), []).append(begins * self.step)
        return units, {row: tuple(sorted(mine)) for row, mine in starts.items()}


def _step(problem: Problem) -> int:
    """Return the largest step of time that divides every duration and window."""
    times: Iterable[Ints] = (
        problem.need_duration,
        *(side for w in (problem.need_windows, problem.resource_windows) for side in (w.start, w.end)),
    )
    return gcd(*(int(np.gcd.reduce(some, initial=0)) for some in times)) or 1
