"""A plan at once, with no proof: what is fixed and required first, then whatever adds most to the objective."""

from __future__ import annotations

import numpy as np

from matching.deadline import Deadline
from matching.optimizer.ledger import Ledger, Step
from matching.plan import PlanStatus, plan_value
from matching.problem import Ints, Problem
from matching.solvers.solution import Solution

METHOD = "greedy"
_LOOK = 256  # candidates between two looks at the clock
_TOGETHER = 200  # starts that are tried for a group that comes together


def solve_greedily(problem: Problem, deadline: Deadline, *, first: Ints | None = None) -> Solution:
    """Give units one candidate after another, the best first, as far as every limit allows.

    Parameters
    ----------
    first : shape (candidates,)
        Candidates with more than 0 here come before the others: what a relaxation would give.

    Returns
    -------
    Solution
        FEASIBLE, without a bound; UNKNOWN where a requirement could not be met in this way.
    """
    making = _Making(problem, deadline, first)
    if not (making.pins() and making.required() and making.floors()):
        return Solution(PlanStatus.UNKNOWN, np.zeros(len(problem.need), dtype=np.int64), None, None, METHOD)
    making.rest()
    units, starts = making.ledger.outcome()
    return Solution(PlanStatus.FEASIBLE, units, plan_value(problem, units), None, METHOD, starts)


class _Making:
    def __init__(self, problem: Problem, deadline: Deadline, first: Ints | None) -> None:
        self.problem, self.deadline = problem, deadline
        self.ledger = Ledger(problem, deadline.over)
        worth = problem.need_value[problem.need] + problem.value
        density = worth / np.maximum(1, problem.use)
        before = np.zeros(len(worth), dtype=bool) if first is None else first > 0
        self.order: list[int] = np.lexsort((np.arange(len(worth)), -density, ~before)).tolist()
        self.group = {need: group for group in problem.groups for need in group.needs}
        # Needs that are served in full or not at all, with all whom they must be served with.
        quantity = problem.need_quantity.tolist()
        whole = (problem.need_whole | problem.need_required).tolist()
        self.all_of: dict[int, tuple[int, ...]] = {
            need: (need,) for need, all_or_none in enumerate(whole) if all_or_none and quantity[need] > 1
        }
        self.all_of |= {need: group.needs for need, group in self.group.items()}
        self.rows: dict[int, list[int]] = {}
        if self.all_of or problem.need_required.any():
            for row, need in enumerate(self.ledger.need):
                self.rows.setdefault(need, []).append(row)

    def pins(self) -> bool:
        """Give what is fixed, with starts first."""
        for pin in sorted(self.problem.fixed, key=lambda pin: pin.start is None):
            if not self._give(pin.candidate, pin.quantity, pin.start):
                return False
        starts = self.ledger.starts.items()
        for group in self.problem.groups:
            mine = {start for row, given in starts if self.ledger.need[row] in group.needs for start in given}
            if group.together and len(mine) > 1:
                return False  # a minute that suits all of them is for others to find
        # A need of which something is fixed may have to be served in full.
        return all(
            self._serve(self.all_of[need])
            for need in {self.ledger.need[pin.candidate] for pin in self.problem.fixed}
            if need in self.all_of
        )

    def required(self) -> bool:
        """Serve what is required, those with the fewest candidates first."""
        needs = np.flatnonzero(self.problem.need_required).tolist()
        return all(
            self._serve(self.all_of.get(need, (need,)))
            for need in sorted(needs, key=lambda need: (len(self.rows.get(need, ())), need))
        )

    def floors(self) -> bool:
        """Serve more of each floor's needs until it has its least."""
        for floor in self.problem.floors:
            mine = set(floor.needs.tolist())
            quantity = self.problem.need_quantity.tolist()
            short = floor.minimum - sum(quantity[need] - self.ledger.left[need] for need in mine)
            for row in self.order:
                if short <= 0:
                    break
                if self.ledger.need[row] in mine:
                    before = sum(self.ledger.left[need] for need in mine)
                    self._candidate(row, short, worthwhile=False)
                    short -= before - sum(self.ledger.left[need] for need in mine)
            if short > 0:
                return False
        return True

    def rest(self) -> None:
        """Give whatever adds to the objective, as long as there is time."""
        for count, row in enumerate(self.order):
            if count % _LOOK == 0 and self.deadline.over():
                return
            self._candidate(row, None, worthwhile=True)

    def _candidate(self, row: int, most: int | None, *, worthwhile: bool) -> None:
        ledger = self.ledger
        need = ledger.need[row]
        if not ledger.left[need]:
            return
        if need in self.all_of:
            steps = self._try(self.all_of[need])
            if steps and worthwhile and not self._pays(steps):
                ledger.take_back(steps)
            return
        rises = self.problem.balance or self.problem.change_cost
        while ledger.left[need] and (most is None or most > 0) and not (worthwhile and ledger.gain(row) <= 0):
            step = ledger.give(row, 1 if rises else min(ledger.left[need], most or ledger.left[need]))
            if step is None:
                return
            most = None if most is None else most - step[1]

    def _pays(self, steps: list[Step]) -> bool:
        """Return whether steps that were just given add to the objective."""
        self.ledger.take_back(steps)
        gain = 0
        for candidate, units, starts in steps:
            for unit in range(units):
                gain += self.ledger.gain(candidate)
                self.ledger.book(candidate, 1, starts[unit : unit + 1])
        return gain > 0

    def _give(self, row: int, units: int, start: int | None) -> bool:
        while units:
            step = self.ledger.give(row, units, start)
            if step is None:
                return False
            units -= step[1]
        return True

    def _serve(self, needs: tuple[int, ...]) -> bool:
        return not self.deadline.over() and self._try(needs) is not None

    def _try(self, needs: tuple[int, ...]) -> list[Step] | None:
        """Serve needs in full, at one start where they come together."""
        group = self.group.get(needs[0])
        timed = [need for need in needs if self.ledger.duration[need]]
        if group is None or not group.together or not timed:
            return self.ledger.serve(needs, self.rows)
        for start in self._common_starts(timed):
            steps = self.ledger.serve(needs, self.rows, start)
            if steps is not None:
                return steps
        return None

    def _common_starts(self, needs: list[int]) -> list[int]:
        """Return minutes at which a group could start: where a range of starts begins, or work ends."""
        given = {
            start for need in needs for row in self.rows.get(need, ()) for start in self.ledger.starts.get(row, ())
        }
        if given:
            return sorted(given)[:1]
        starts = set()
        for need in needs:
            for row in self.rows.get(need, ()):
                starts |= {first for first, _ in self.ledger.ranges(row)}
                starts |= {end for _, end in self.ledger.busy(row)}
        return sorted(starts)[:_TOGETHER]
