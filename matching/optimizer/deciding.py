"""A flow's optimum taken to a plan that keeps groups, `whole` needs and conflicts, which are decided one after another.

The flow is kept optimal through it (solvers/standing_flow.py), so each decision is weighed exactly beside those that
came before; a few shortest ways take the place of a solve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from matching.deadline import Deadline
from matching.plan import PlanStatus, plan_value
from matching.problem import Problem
from matching.solvers.solution import Solution


class Decisions:
    """What was decided of a flow's groups, `whole` needs and conflicts.

    Parameters
    ----------
    problem
        The flow: without groups, conflicts and `whole`.
    optimal
        An optimal plan of it.
    bundles
        Needs (rows) of which all are served in full, or none at all.

    Raises
    ------
    ValueError
        It has floors, or its values are too large to be kept optimal need by need.
    """

    def __init__(self, problem: Problem, optimal: Solution, bundles: Sequence[Sequence[int]]) -> None:
        if any(floor.minimum for floor in problem.floors):
            raise ValueError("problem: it has floors")
        # Loads compiled loops.
        from matching.solvers.standing_flow import StandingFlow

        self._problem, self._bundles = problem, bundles
        self._flow = StandingFlow(problem, optimal.units)
        self._fixed = problem.pinned
        pinned = np.zeros(len(problem.need_quantity), dtype=np.int64)
        np.add.at(pinned, problem.need, self._fixed)
        self._pinned: list[int] = pinned.tolist()
        self._stays: list[bool] = (problem.need_required | (pinned > 0)).tolist()
        self._quantity: list[int] = problem.need_quantity.tolist()
        worth = np.abs(problem.need_value).max(initial=0) + np.abs(problem.value).max(initial=0)
        self._prize = 4 * int(worth) + 1  # for a unit: more than it could push out
        most = int(np.abs(problem.need_value).max(initial=0)) + self._prize
        self._flow.check_value(most)
        self._flow.check_worth(int(problem.need_quantity.max(initial=0)), most)
        self._inside: set[int] = set()

    def settle(self, broken: Iterable[int], clashes: Iterable[tuple[int, int]], deadline: Deadline) -> bool:
        """Decide what does not hold; what has come right meanwhile is left.

        Returns
        -------
        bool
            False where the time is over, or something can't be decided either way.
        """
        bundles = (number for number in broken if self._is_broken(number))
        pairs = ((a, b) for a, b in clashes if self._flow.units(a) and self._flow.units(b))
        return all(not deadline.over() and self._decide(number) for number in bundles) and all(
            not deadline.over() and self._part(*pair) for pair in pairs
        )

    def solution(self) -> Solution:
        """Return the optimum beside what was decided; the caller looks whether all rules hold."""
        units = self._flow.all_units()
        return Solution(PlanStatus.FEASIBLE, units, plan_value(self._problem, units), None, "")

    def _is_broken(self, number: int) -> bool:
        needs = self._bundles[number]
        left = [self._flow.left(need) for need in needs]
        return any(left) and any(more < self._quantity[need] for need, more in zip(needs, left, strict=True))

    def _decide(self, number: int) -> bool:
        """Serve a bundle in full, or nothing of it, whichever leaves the city better off."""
        needs = self._bundles[number]
        stays = any(self._stays[need] for need in needs)
        units = sum(self._quantity[need] for need in needs)
        if number in self._inside:  # something that was decided later has pushed it out
            if stays:
                return False
            self._inside.remove(number)
            self._praise(needs, -self._prize)
            self._want(needs, nothing=True)
            return True
        served = self._praise(needs, self._prize) - self._prize * units
        full = not any(self._flow.left(need) for need in needs)
        if stays:
            self._inside.add(number)
            return full
        unpraised = self._praise(needs, -self._prize) + self._prize * units
        without = served + unpraised + self._want(needs, nothing=True)
        if full and served > without:
            self._want(needs, nothing=False)
            self._praise(needs, self._prize)
            self._inside.add(number)
        return True

    def _praise(self, needs: Sequence[int], by: int) -> int:
        """Change what each unit is worth, and return what that adds to the objective."""
        return sum(self._flow.change_value(need, by, self._quantity[need]).worth for need in needs)

    def _want(self, needs: Sequence[int], *, nothing: bool) -> int:
        """Take back what is wanted of needs, or want it again, and return what that adds to the objective."""
        worth = 0
        for need in needs:
            effect = self._flow.change_quantity(need, -self._quantity[need] if nothing else self._quantity[need])
            worth += 0 if effect is None else effect.worth
        return worth

    def _part(self, one: int, other: int) -> bool:
        """Of two candidates that clash, do without the one that is worth less."""
        need = self._problem.need
        for row in sorted((one, other), key=lambda row: (self._stays[need[row]], self._worth_of(row), row)):
            if self._fixed[row]:
                continue
            mine = int(need[row])
            free = self._quantity[mine] - self._pinned[mine]
            self._flow.change_quantity(mine, -free)
            self._flow.close(row)
            return self._flow.change_quantity(mine, free) is not None  # else it is required, and there is no other way
        return False

    def _worth_of(self, row: int) -> int:
        return int(self._problem.need_value[self._problem.need[row]] + self._problem.value[row])
