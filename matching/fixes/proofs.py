"""Whether changes serve a need: shown by a plan of the changed problem that the verifier has passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.deadline import Deadline
from matching.errors import TooLarge
from matching.fixes.changes import Change, applied, demanding, keeping
from matching.fixes.options import reach
from matching.optimizer.ledger import Ledger
from matching.optimizer.parts import Part, cut_out
from matching.optimizer.relaxation import relaxed
from matching.optimizer.shape import is_flow
from matching.plan import Plan, PlanStatus, Unmet, plan_value
from matching.problem import Ints, Pool, Problem
from matching.solvers.flow import solve_flow
from matching.solvers.solution import Solution
from matching.verify import verify

Starts = Mapping[int, tuple[int, ...]]

_LARGEST_SEARCH = 20_000  # candidates up to which a part that is no flow is searched
_MOST_STARTS = 2_000  # timed units up to which a need is served beside a plan, for they are placed one by one
_SHARE = 0.25  # of the time that is left, for one search


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A need (row) of a problem, and the plan that leaves something of it.

    Attributes
    ----------
    kept
        Whether another plan is to give every other need as much as this one does; else it is to be worth no less.
    """

    problem: Problem
    units: Ints
    starts: Starts
    need: int
    kept: bool = False

    @classmethod
    def of_part(cls, part: Part, units: Ints, starts: Starts, need: int, *, kept: bool = False) -> Case:
        """Return the case in a part of the problem, given by the rows of the whole."""
        timed = np.array(list(starts), dtype=np.int64)
        timed = timed[np.isin(timed, part.candidates)]
        mine = dict(zip(np.searchsorted(part.candidates, timed).tolist(), timed.tolist(), strict=True))
        its_starts = {row: starts[candidate] for row, candidate in mine.items()}
        return cls(part.problem, units[part.candidates], its_starts, int(np.searchsorted(part.needs, need)), kept)

    def given(self, pair: Change) -> Case:
        """Return the case with a candidate more."""
        return replace(self, problem=applied(self.problem, [pair]), units=np.append(self.units, 0))

    def around(self) -> Case:
        """Return the need with what could serve it, and of the others only what the plan has there.

        What fits beside the plan there fits in the whole.
        """
        problem, units = self.problem, self.units
        mine, servers = reach(problem, self.need)
        rows = np.flatnonzero(mine[problem.need] | ((units > 0) & servers[problem.resource]))
        quantity = np.zeros(len(mine), dtype=np.int64)
        np.add.at(quantity, problem.need[rows], units[rows])
        used = np.zeros(len(servers), dtype=np.int64)
        np.add.at(used, problem.resource, units * problem.use)
        used[servers] = 0
        there = mine | (quantity > 0)
        thinned = replace(
            problem,
            need_quantity=np.where(mine, problem.need_quantity, quantity),
            **{name: getattr(problem, name)[rows] for name in ("need", "resource", "value", "limit", "use")},
            need_required=np.zeros(len(mine), dtype=bool),
            pools=[
                Pool(pool.id, pool.capacity - int(used[pool.resources].sum()), pool.resources[servers[pool.resources]])
                for pool in problem.pools
            ],
            floors=(),
            groups=[group for group in problem.groups if self.need in group.needs],
            conflicts=[(a, b) for a, b in problem.conflicts if there[a] and there[b]],
            fixed=(),
        )
        starts = {row: self.starts[whole] for row, whole in enumerate(rows.tolist()) if whole in self.starts}
        return Case.of_part(cut_out(thinned, there, servers), units[rows], starts, self.need, kept=self.kept)

    def fits(self, fix: Sequence[Change]) -> bool:
        """Return whether, a fix made, the need can be served beside the plan as it stands."""
        problem = self._changed(fix)
        if problem is None:
            return False
        ledger = Ledger(problem)
        for row in np.flatnonzero(self.units).tolist():
            ledger.book(row, int(self.units[row]), tuple(self.starts.get(row, ())))
        needs = next((group.needs for group in problem.groups if self.need in group.needs), (self.need,))
        rows: dict[int, list[int]] = {need: [] for need in needs}
        for row in np.flatnonzero(np.isin(problem.need, needs)).tolist():
            rows[ledger.need[row]].append(row)
        if problem.need_required[self.need]:
            if sum(ledger.left[need] for need in needs if ledger.duration[need]) > _MOST_STARTS:
                return False
            ledger.serve(needs, rows)
        else:  # it is split: a unit is enough
            for row in sorted(rows[self.need], key=lambda row: -ledger.gain(row)):
                if ledger.give(row, 1) is not None:
                    break
        return self._is_proof(problem, *ledger.outcome())

    def has_plan(self, fix: Sequence[Change], deadline: Deadline, *, threads: int, seed: int) -> bool:
        """Return whether, a fix made, a search finds a plan that is no worse; False also where the time is over."""
        problem, deadline = self._changed(fix), deadline.share(_SHARE)
        if problem is None or deadline.over():
            return False
        if is_flow(problem):
            return self._shows(problem, solve_flow(problem, deadline))
        wider = solve_flow(relaxed(problem), deadline.share(0.5))
        least = None if self.kept else self._worth
        if wider.status is PlanStatus.INFEASIBLE:
            return False
        if least is not None and wider.bound is not None and wider.bound < least:
            return False
        if self._shows(problem, wider):
            return True
        if len(problem.need) > _LARGEST_SEARCH or deadline.over():
            return False
        # Its import takes longer than many a flow.
        from matching.solvers.constraint import solve_by_constraints
        from matching.solvers.constraint_model import TooMuch

        try:
            found = solve_by_constraints(
                problem, deadline, threads=threads, seed=seed, at_least=least, only_feasible=self.kept
            )
        except TooMuch:
            return False
        return self._shows(problem, found)

    @property
    def _worth(self) -> int:
        """The plan's objective, below which no other's may be."""
        return plan_value(self.problem, self.units)

    def _changed(self, fix: Sequence[Change]) -> Problem | None:
        """Return the problem with a fix made, demanding what it promises; None where the numbers get too large."""
        met = np.zeros(len(self.problem.need_quantity), dtype=np.int64)
        np.add.at(met, self.problem.need, self.units)
        try:
            problem = demanding(applied(self.problem, fix), fix, self.need, int(met[self.need]))
        except TooLarge:
            return None
        return keeping(problem, met) if self.kept else problem

    def _shows(self, problem: Problem, solution: Solution) -> bool:
        return solution.objective is not None and self._is_proof(problem, solution.units, solution.starts)

    def _is_proof(self, problem: Problem, units: Ints, starts: Starts) -> bool:
        objective = plan_value(problem, units)
        if not self.kept and objective < self._worth:
            return False
        left = problem.need_quantity.copy()
        np.subtract.at(left, problem.need, units)
        unmet = [Unmet(need, int(left[need]), "undecided") for need in np.flatnonzero(left).tolist()]
        return not verify(problem, Plan(PlanStatus.FEASIBLE, units, objective, None, starts, unmet))
