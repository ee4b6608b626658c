"""Parts that are a flow but for groups, `whole` needs and conflicts: branch and bound over exact flows.

Every group, and every `whole` need, is either in (all of it is required) or out (nothing of it may be served); of two
needs in conflict a resource does without one. With that chosen, what is left is a flow. The flow that leaves a choice
open allows more, so its optimum bounds every plan below it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from matching.deadline import Deadline
from matching.optimizer.deciding import Decisions
from matching.optimizer.shape import is_flow
from matching.plan import PlanStatus
from matching.problem import Ints, Problem
from matching.solvers.flow import solve_flow
from matching.solvers.solution import Solution

METHOD = "branch and bound over minimum-cost flows"

_MOST_PASSES = 100  # over what does not hold yet; a city takes about ten
_MOST_HELD = 2**25  # numbers of open flows that are kept: 256 MB


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which bundles (numbers) are in, which are out, and which candidates (rows) are not used."""

    inside: frozenset[int] = frozenset()
    outside: frozenset[int] = frozenset()
    without: frozenset[int] = frozenset()


def takes_branching(problem: Problem) -> bool:
    """Return whether a problem is a flow but for groups, `whole` needs and conflicts."""
    return is_flow(_open(problem))


def solve_by_branching(
    problem: Problem, deadline: Deadline, *, root: Solution | None = None, large: bool = False
) -> Solution:
    """Return the best plan found by the deadline; OPTIMAL where it is proved.

    Parameters
    ----------
    root
        An optimum of the problem without groups, `whole` and conflicts, where it is known.
    large
        Take the first plan from decisions beside a standing flow, whose loops take a moment to load.

    Returns
    -------
    Solution
        OPTIMAL, INFEASIBLE, FEASIBLE with a bound, or UNKNOWN, with a bound where one is known.

    References
    ----------
    A. H. Land, A. G. Doig, "An automatic method of solving discrete programming problems", Econometrica 28 (1960).
    """
    search = _Search(problem, deadline, root, large)
    found = search.run()
    return replace(found, method=METHOD)


class _Search:
    def __init__(self, problem: Problem, deadline: Deadline, root: Solution | None, large: bool) -> None:
        self._problem, self._deadline = problem, deadline
        self._root, self._large = root, large
        self._free = _open(problem)
        self._bundles = list(_bundles(problem))
        self._pinned = problem.pinned
        self._best: Solution | None = None

    def run(self) -> Solution:
        nothing = np.zeros(len(self._problem.need), dtype=np.int64)
        root = self._root or self._solve(_Choice())
        if root.status is not PlanStatus.OPTIMAL or root.bound is None:
            return root  # infeasible, or the time was over at once
        if self._large:
            self._decide(root)
        heap = [(-root.bound, 0, _Choice(), root)]
        made = 0
        bound = root.bound
        while heap:
            bound = -heap[0][0]
            if not self._may_better(bound):
                break
            if self._deadline.over() or len(heap) * len(nothing) > _MOST_HELD:
                return self._so_far(nothing, bound)
            _, _, choice, solution = heapq.heappop(heap)
            if self._holds(solution):
                self._keep(solution)
                continue
            self._dive(choice, solution)
            for child in self._children(choice, solution):
                below = self._solve(child)
                if below.status is PlanStatus.UNKNOWN:
                    return self._so_far(nothing, bound)
                if below.bound is not None and self._may_better(below.bound):
                    made += 1
                    heapq.heappush(heap, (-below.bound, made, child, below))
        if self._best is None:
            return Solution(PlanStatus.INFEASIBLE, nothing, None, None, METHOD)
        return replace(self._best, status=PlanStatus.OPTIMAL, bound=self._best.objective)

    def _worth(self) -> int | None:
        return None if self._best is None else self._best.objective

    def _may_better(self, bound: int) -> bool:
        worth = self._worth()
        return worth is None or bound > worth

    def _so_far(self, nothing: Ints, bound: int) -> Solution:
        if self._best is None:
            return Solution(PlanStatus.UNKNOWN, nothing, None, bound, METHOD)
        return replace(self._best, status=PlanStatus.FEASIBLE, bound=bound)

    def _keep(self, solution: Solution) -> None:
        if solution.objective is not None and self._may_better(solution.objective):
            self._best = solution

    def _holds(self, solution: Solution) -> bool:
        return not (self._broken(solution.units) or self._clashes(solution.units))

    def _decide(self, root: Solution) -> None:
        """Look for a plan near the optimum of the open problem, one decision after another."""
        try:
            decisions = Decisions(self._free, root, self._bundles)
        except ValueError:  # its numbers are too large for that
            return
        found = root
        for _ in range(_MOST_PASSES):
            broken, clashes = self._broken(found.units), self._clashes(found.units)
            if not broken and not clashes:
                self._keep(found)
                return
            broken.sort(key=lambda number: (-self._weight(number), number))
            if not decisions.settle(broken, clashes, self._deadline):
                return
            found = decisions.solution()

    def _children(self, choice: _Choice, solution: Solution) -> tuple[_Choice, _Choice]:
        """Return the two ways to decide what weighs most of what does not hold."""
        if broken := self._broken(solution.units):
            most = max(broken, key=lambda number: (self._weight(number), -number))
            return replace(choice, inside=choice.inside | {most}), replace(choice, outside=choice.outside | {most})
        one, other = max(self._clashes(solution.units), key=lambda rows: min(self._worth_of(row) for row in rows))
        return replace(choice, without=choice.without | {one}), replace(choice, without=choice.without | {other})

    def _dive(self, choice: _Choice, solution: Solution) -> None:
        """Look for a plan near by: what is served in part stays out, and of two that clash the lesser is not used."""
        while solution.status is PlanStatus.OPTIMAL and not self._deadline.over():
            broken, clashes = self._broken(solution.units), self._clashes(solution.units)
            if not broken and not clashes:
                self._keep(solution)
                return
            lesser = {min(rows, key=lambda row: (self._pinned[row] > 0, self._worth_of(row))) for rows in clashes}
            choice = replace(choice, outside=choice.outside | set(broken), without=choice.without | lesser)
            solution = self._solve(choice)

    def _solve(self, choice: _Choice) -> Solution:
        required = self._free.need_required.copy()
        limit = self._free.limit
        inside = [need for number in choice.inside for need in self._bundles[number]]
        outside = [need for number in choice.outside for need in self._bundles[number]]
        required[inside] = True
        if choice.without:
            limit = limit.copy()
            limit[list(choice.without)] = 0
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

    def _clashes(self, units: Ints) -> list[tuple[int, int]]:
        """Return pairs of candidates by which one resource serves two needs in conflict."""
        if not self._problem.conflicts:
            return []
        by_need: dict[int, dict[int, int]] = {}
        for row in np.flatnonzero(units).tolist():
            by_need.setdefault(int(self._problem.need[row]), {})[int(self._problem.resource[row])] = row
        return [
            (row, by_need[b][resource])
            for a, b in self._problem.conflicts
            for resource, row in by_need.get(a, {}).items()
            if resource in by_need.get(b, {})
        ]

    def _worth_of(self, row: int) -> int:
        return int(self._problem.need_value[self._problem.need[row]] + self._problem.value[row])

    def _weight(self, number: int) -> int:
        needs = list(self._bundles[number])
        return int((self._problem.need_quantity[needs] * self._problem.need_value[needs]).sum())


def _open(problem: Problem) -> Problem:
    return replace(problem, groups=(), conflicts=(), need_whole=np.zeros(len(problem.need_quantity), dtype=bool))


def _bundles(problem: Problem) -> Iterator[tuple[int, ...]]:
    grouped = {need for group in problem.groups for need in group.needs}
    for group in problem.groups:
        if group.needs:
            yield group.needs
    for need in np.flatnonzero(problem.need_whole & (problem.need_quantity > 1)).tolist():
        if need not in grouped:
            yield (need,)
