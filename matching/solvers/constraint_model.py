"""A problem as constraints on integers and intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from matching.deadline import Deadline
from matching.optimizer.starts import all_start_ranges, horizon, most_in_time
from matching.problem import Ints, Problem
from matching.solvers.child import OutOfTime
from matching.solvers.solution import Solution

LARGEST_MODEL = 200_000
"""Candidates and timed units beyond which a model is not built."""

_LARGEST_SUM = 2**60  # OR-Tools refuses sums that might not fit into 63 bits
_MORE = 2 * _LARGEST_SUM  # stands for any number that no sum of the model reaches


class TooMuch(Exception):
    """A part is beyond what is handed to OR-Tools, in size or in numbers."""


@dataclass(slots=True)
class _Pair:
    """The variables of one candidate: its units and, of a timed need, when each starts.

    Units pinned to a minute are there in any case; each other one has a start and a literal that says whether it is.
    """

    units: Any
    pinned: list[int] = field(default_factory=list)
    free: list[tuple[Any, Any]] = field(default_factory=list)


class Model:
    """Variables and constraints of a problem, one method for each kind.

    Attributes
    ----------
    constant
        What every plan's objective has beside the expression that the model maximises.

    Raises
    ------
    TooMuch
        It is beyond what can be stated.
    OutOfTime
        Before all of it was stated.
    """

    def __init__(self, problem: Problem, deadline: Deadline) -> None:
        self.problem, self._deadline = problem, deadline
        first, low, high = all_start_ranges(problem)
        most = most_in_time(problem, first, low, high)
        timed = np.flatnonzero(problem.need_duration[problem.need])
        if len(most) + float(most[timed].astype(float).sum()) > LARGEST_MODEL:
            raise TooMuch
        self.model = cp_model.CpModel()
        self.constant = 0
        self._need: list[int] = problem.need.tolist()
        self._resource: list[int] = problem.resource.tolist()
        self._duration: list[int] = problem.need_duration[problem.need].tolist()
        self._of_need = _rows(self._need, len(problem.need_quantity))
        self._of_resource = _rows(self._resource, len(problem.resource_capacity))
        ranges, ends = list(zip(low.tolist(), high.tolist(), strict=True)), first.tolist()
        self._ranges = {row: ranges[ends[row] : ends[row + 1]] for row in timed.tolist()}
        self._most: list[int] = most.tolist()
        self._end = horizon(problem, ((row, self._most[row]) for row in self._ranges))
        self._check_sums()
        self._start_of: dict[int, Any] = {}
        for group in problem.groups:
            if group.together:
                self._start_of |= dict.fromkeys(group.needs, self.model.new_int_var(0, self._end, ""))
        self._pairs = [_Pair(self.model.new_int_var(0, most, "")) for most in self._most]
        self._pins()
        for row in self._ranges:
            self._times(row)
        self._needs()
        self._resources()
        self._conflicts()

    def _look_at_the_clock(self) -> None:
        if self._deadline.over():
            raise OutOfTime

    def _check_sums(self) -> None:
        problem = self.problem
        worth = np.abs(problem.need_value[problem.need].astype(float) + problem.value) + problem.change_cost
        factors = np.maximum(np.maximum(1, problem.use), worth)
        if self._end > _LARGEST_SUM or float((np.array(self._most, dtype=float) * factors).sum()) > _LARGEST_SUM:
            raise TooMuch

    def _sum(self, rows: Iterable[int]) -> Any:
        return cp_model.LinearExpr.sum([self._pairs[row].units for row in rows])

    def _pins(self) -> None:
        fixed: dict[int, int] = {}
        for pin in self.problem.fixed:
            fixed[pin.candidate] = fixed.get(pin.candidate, 0) + pin.quantity
            if pin.start is not None:
                self._pairs[pin.candidate].pinned.append(pin.start)
        for row, units in fixed.items():
            if units > self._most[row]:
                self.model.add_bool_or([])  # can't be
                self._pairs[row].pinned.clear()
            else:
                self.model.add(self._pairs[row].units >= units)

    def _times(self, row: int) -> None:
        """State the starts of a pair's units; they are alike, so the earlier comes first."""
        self._look_at_the_clock()
        model, pair, duration = self.model, self._pairs[row], self._duration[row]
        ranges = [[first, min(last, self._end)] for first, last in self._ranges[row] if first <= self._end]
        together = self._start_of.get(self._need[row])
        for minute in pair.pinned:
            if not any(first <= minute <= last for first, last in ranges):
                model.add_bool_or([])
            if together is not None:
                model.add(together == minute)
        before: tuple[Any, Any] | None = None
        for _ in range(self._most[row] - len(pair.pinned)):
            start = model.new_int_var_from_domain(cp_model.Domain.from_intervals(ranges), "")
            there = model.new_bool_var("")
            if before is not None:
                model.add_implication(there, before[1])
                model.add(start >= before[0] + duration).only_enforce_if(there)
            if together is not None:
                model.add(start == together).only_enforce_if(there)
            before = (start, there)
            pair.free.append(before)
        model.add(pair.units == len(pair.pinned) + cp_model.LinearExpr.sum([there for _, there in pair.free]))

    def _needs(self) -> None:
        problem, model = self.problem, self.model
        quantity = [min(units, _MORE) for units in problem.need_quantity.tolist()]
        served: dict[int, Any] = {need: model.new_bool_var("") for need in np.flatnonzero(problem.need_whole).tolist()}
        for group in problem.groups:
            served |= dict.fromkeys(group.needs, model.new_bool_var(""))
        met = [self._sum(rows) for rows in self._of_need]
        for need, required in enumerate(problem.need_required.tolist()):
            if required:
                model.add(met[need] == quantity[need])
            if need in served:
                model.add(met[need] == quantity[need] * served[need])
            else:
                model.add(met[need] <= quantity[need])
        for floor in problem.floors:
            model.add(
                cp_model.LinearExpr.sum([met[need] for need in floor.needs.tolist()]) >= min(floor.minimum, _MORE)
            )

    def _resources(self) -> None:
        problem, model = self.problem, self.model
        capacity: list[int] = problem.resource_capacity.tolist()
        # A pair that can get nothing may have a use too large for any sum.
        use = [use if most else 0 for use, most in zip(problem.use.tolist(), self._most, strict=True)]
        used = []
        for resource, rows in enumerate(self._of_resource):
            self._look_at_the_clock()
            units = [self._pairs[row].units for row in rows]
            used.append(cp_model.LinearExpr.weighted_sum(units, [use[row] for row in rows]))
            model.add(used[-1] <= min(capacity[resource], _MORE))
            intervals = []
            for row in rows:
                pair, duration = self._pairs[row], self._duration[row]
                intervals += [model.new_fixed_size_interval_var(minute, duration, "") for minute in pair.pinned]
                intervals += [
                    model.new_optional_fixed_size_interval_var(start, duration, there, "") for start, there in pair.free
                ]
            if len(intervals) > 1:
                model.add_no_overlap(intervals)
        for pool in problem.pools:
            mine = [used[resource] for resource in pool.resources.tolist()]
            model.add(cp_model.LinearExpr.sum(mine) <= min(pool.capacity, _MORE))

    def _conflicts(self) -> None:
        serves: dict[int, Any] = {}
        for a, b in self.problem.conflicts:
            theirs = {self._resource[row]: row for row in self._of_need[b]}
            for row in self._of_need[a]:
                other = theirs.get(self._resource[row])
                if other is None:
                    continue
                for each in (row, other):
                    if each not in serves:
                        serves[each] = self.model.new_bool_var("")
                        self.model.add(self._pairs[each].units == 0).only_enforce_if(~serves[each])
                self.model.add_at_most_one([serves[row], serves[other]])

    def maximise(self) -> None:
        """State the objective.

        Raises
        ------
        TooMuch
            The squares of `balance` are too large.
        """
        self.model.maximize(self._worth())

    def be_worth(self, least: int) -> None:
        """Allow only plans whose objective is at least this.

        Raises
        ------
        TooMuch
            The squares of `balance` are too large, or `least` is.
        """
        worth = self._worth()
        if abs(least - self.constant) > _LARGEST_SUM:
            raise TooMuch
        self.model.add(worth >= least - self.constant)

    def _worth(self) -> Any:
        problem, model = self.problem, self.model
        worth = (problem.need_value[problem.need] + problem.value).tolist()
        terms = [pair.units for pair in self._pairs]
        factors = [value if most else 0 for value, most in zip(worth, self._most, strict=True)]
        if problem.change_cost:
            self.constant -= problem.change_cost * sum(held.quantity for held in problem.current)
            for row, units in enumerate(problem.kept.tolist()):
                if units:
                    keeps = model.new_int_var(0, min(units, self._most[row]), "")
                    model.add(keeps <= self._pairs[row].units)
                    terms.append(keeps)
                    factors.append(problem.change_cost)
        if problem.balance:
            for load, rows in zip(problem.resource_load.tolist(), self._of_resource, strict=True):
                most = sum(self._most[row] for row in rows)
                top = (load + most) ** 2
                if problem.balance * top > _LARGEST_SUM:
                    raise TooMuch
                carried = model.new_int_var(load, load + most, "")
                square = model.new_int_var(load**2, top, "")
                model.add(carried == load + self._sum(rows))
                model.add_multiplication_equality(square, [carried, carried])
                terms.append(square)
                factors.append(-problem.balance)
                self.constant += problem.balance * load**2
        return cp_model.LinearExpr.weighted_sum(terms, factors)

    def hint(self, plan: Solution) -> None:
        """Start the search from a plan; every variable is named, for a hint with holes is but loosely followed."""
        for row, pair in enumerate(self._pairs):
            self.model.add_hint(pair.units, int(plan.units[row]))
            starts = list(plan.starts.get(row, ()))
            for minute in pair.pinned:
                if minute in starts:
                    starts.remove(minute)
            for number, (start, there) in enumerate(pair.free):
                self.model.add_hint(there, number < len(starts))
                self.model.add_hint(start, starts[number] if number < len(starts) else self._ranges[row][0][0])

    def outcome(self, solver: cp_model.CpSolver) -> tuple[Ints, dict[int, tuple[int, ...]]]:
        """Return units by candidate, and starts."""
        units = np.array([solver.value(pair.units) for pair in self._pairs], dtype=np.int64)
        starts = {}
        for row in np.flatnonzero(units).tolist():
            if self._duration[row]:
                pair = self._pairs[row]
                free = [solver.value(start) for start, there in pair.free if solver.value(there)]
                starts[row] = tuple(sorted([*pair.pinned, *free]))
        return units, starts


def _rows(owner: list[int], owners: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(owners)]
    for row, mine in enumerate(owner):
        rows[mine].append(row)
    return rows
