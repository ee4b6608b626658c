"""Parts that are a flow but for needs that are served in full or not at all: branch and bound over exact flows.

Every group, and every `whole` need, is either in (all of it is required) or out (nothing of it may be served); what is
left is a flow. The flow that leaves a choice open allows more, so its optimum bounds every plan below it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from matching.deadline import Deadline
from matching.plan import PlanStatus
from matching.problem import Ints, Problem
from matching.shape import is_flow
from matching.solvers.flow import solve_flow
from matching.solvers.solution import Solution

METHOD = "branch and bound over minimum-cost flows"


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which bundles (numbers) are in, and which are out."""

    inside: frozenset[int] = frozenset()
    outside: frozenset[int] = frozenset()


def takes_branching(problem: Problem) -> bool:
    """Return whether a problem is a flow but for groups and `whole` needs."""
    return is_flow(_open(problem))


def solve_by_branching(problem: Problem, deadline: Deadline) -> Solution:
    """Return the best plan found by the deadline; OPTIMAL where it is proved.

    Returns
    -------
    Solution
        OPTIMAL, INFEASIBLE, FEASIBLE with a bound, or UNKNOWN, with a bound where one is known.

    References
    ----------
    A. H. Land, A. G. Doig, "An automatic method of solving discrete programming problems", Econometrica 28 (1960).
    """
    search = _Search(problem, deadline)
    found = search.run()
    return replace(found, method=METHOD)


class _Search:
    def __init__(self, problem: Problem, deadline: Deadline) -> None:
        self._problem, self._deadline = problem, deadline
        self._free = _open(problem)
        self._bundles = list(_bundles(problem))
        self._best: Solution | None = None

    def run(self) -> Solution:
        nothing = np.zeros(len(self._problem.need), dtype=np.int64)
        root = self._solve(_Choice())
        if root.status is not PlanStatus.OPTIMAL or root.bound is None:
            return root  # infeasible, or the time was over at once
        heap = [(-root.bound, 0, _Choice(), root)]
        made = 0
        bound = root.bound
        while heap:
            bound = -heap[0][0]
            if self._worth() is not None and bound <= (self._worth() or 0):
                break
            if self._deadline.over():
                return self._so_far(nothing, bound)
            _, _, choice, solution = heapq.heappop(heap)
            broken = self._broken(solution.units)
            if not broken:
                self._keep(solution)
                continue
            self._dive(choice, broken)
            most = max(broken, key=lambda number: (self._weight(number), -number))
            for child in (
                replace(choice, inside=choice.inside | {most}),
                replace(choice, outside=choice.outside | {most}),
            ):
                below = self._solve(child)
                if below.status is PlanStatus.UNKNOWN:
                    return self._so_far(nothing, bound)
                if below.bound is not None:
                    made += 1
                    heapq.heappush(heap, (-below.bound, made, child, below))
        if self._best is None:
            return Solution(PlanStatus.INFEASIBLE, nothing, None, None, METHOD)
        return replace(self._best, status=PlanStatus.OPTIMAL, bound=self._best.objective)

    def _worth(self) -> int | None:
        return None if self._best is None else self._best.objective

    def _so_far(self, nothing: Ints, bound: int) -> Solution:
        if self._best is None:
            return Solution(PlanStatus.UNKNOWN, nothing, None, bound, METHOD)
        return replace(self._best, status=PlanStatus.FEASIBLE, bound=bound)

    def _keep(self, solution: Solution) -> None:
        worth = self._worth()
        if solution.objective is not None and (worth is None or solution.objective > worth):
            self._best = solution

    def _dive(self, choice: _Choice, broken: list[int]) -> None:
        """Look for a plan near by: what is served in part stays out, and so does what breaks without it."""
        while broken and not self._deadline.over():
            choice = replace(choice, outside=choice.outside | set(broken))
            solution = self._solve(choice)
            if solution.status is not PlanStatus.OPTIMAL:
                return
            broken = self._broken(solution.units)
            if not broken:
                self._keep(solution)

    def _solve(self, choice: _Choice) -> Solution:
        required = self._free.need_required.copy()
        limit = self._free.limit
        inside = [need for number in choice.inside for need in self._bundles[number]]
        outside = [need for number in choice.outside for need in self._bundles[number]]
        required[inside] = True
        if outside:
            limit = np.where(np.isin(self._free.need, outside), 0, limit)
            if required[outside].any():
                return Solution(PlanStatus.INFEASIBLE, np.zeros(len(limit), dtype=np.int64), None, None, METHOD)
        return solve_flow(replace(self._free, need_required=required, limit=limit), self._deadline)

    def _broken(self, units: Ints) -> list[int]:
        """Return the bundles that are served in part."""
        met = np.zeros(len(self._problem.need_quantity), dtype=np.int64)
        np.add.at(met, self._problem.need, units)
        full, some = met >= self._problem.need_quantity, met > 0
        return [
            number
            for number, needs in enumerate(self._bundles)
            if some[list(needs)].any() and not full[list(needs)].all()
        ]

    def _weight(self, number: int) -> int:
        needs = list(self._bundles[number])
        return int((self._problem.need_quantity[needs] * self._problem.need_value[needs]).sum())


def _open(problem: Problem) -> Problem:
    return replace(problem, groups=(), need_whole=np.zeros(len(problem.need_quantity), dtype=bool))


def _bundles(problem: Problem) -> Iterator[tuple[int, ...]]:
    grouped = {need for group in problem.groups for need in group.needs}
    for group in problem.groups:
        if group.needs:
            yield group.needs
    for need in np.flatnonzero(problem.need_whole & (problem.need_quantity > 1)).tolist():
        if need not in grouped:
            yield (need,)
