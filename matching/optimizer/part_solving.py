"""One part of a problem, by the method that fits it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isinf

import numpy as np

from matching.deadline import Deadline
from matching.optimizer.branching import solve_by_branching, takes_branching
from matching.optimizer.finishing import easy_rest, with_the_rest_solved
from matching.optimizer.parts import Part
from matching.optimizer.relaxation import relaxed, simple_bound
from matching.optimizer.requirements import Requirement, irreducible
from matching.optimizer.shape import is_flow
from matching.plan import Plan, PlanStatus
from matching.problem import Problem
from matching.solvers.child import OutOfTime
from matching.solvers.flow import is_feasible, solve_flow, takes_a_process
from matching.solvers.flow_greedy import solve_flow_greedily
from matching.solvers.greedy import solve_greedily
from matching.solvers.solution import Solution
from matching.verify import verify

METHODS = ("auto", "flow", "constraints", "search", "greedy")

_SMALL = 400  # candidates up to which constraint programming starts from a greedy plan
_MEDIUM = 8_000  # candidates up to which it follows a search; beyond, there is only the search
_FOR_THE_RELAXATION = 0.6  # of the time at most: without it the search is far from a bound

_MOST_UNITS = 2.0**60  # units in all that sums of 64 bits hold


@dataclass(frozen=True, slots=True)
class Wish:
    """How to solve; see `optimizer.solve`."""

    method: str
    threads: int
    seed: int
    prices: bool


class PartSolver:
    """Solves parts until the deadline."""

    def __init__(self, wish: Wish, deadline: Deadline) -> None:
        self._wish, self._deadline = wish, deadline
        self._flow_takes = 0.0  # seconds of the last relaxation

    def each(self, flow: Part, others: list[Part]) -> Iterator[tuple[Part, Solution]]:
        """Yield the solution of each part; the time is shared by size, and what a part leaves goes to the next."""
        sizes = [1 + len(part.candidates) for part in others]
        if len(flow.needs) or len(flow.resources):
            share = 1 + len(flow.candidates)
            yield flow, self.flow(flow.problem, self._deadline.share(max(0.5, share / (share + sum(sizes)))))
        for number, part in enumerate(others):
            yield part, self._other(part.problem, self._deadline.share(sizes[number] / sum(sizes[number:])))

    def flow(self, problem: Problem, deadline: Deadline | None = None) -> Solution:
        """Solve a flow; a large one with a greedy plan in hand, should the time be over first."""
        deadline = deadline or self._deadline
        if self._wish.method == "constraints":
            return self._by_constraints(problem, deadline, simple_bound(problem))
        if self._wish.method == "greedy" or _beyond(problem):
            return _with_bound(solve_greedily(problem, deadline), simple_bound(problem))
        if not takes_a_process(problem) or isinf(deadline.left()):
            return solve_flow(problem, deadline, prices=self._wish.prices)
        beside = _Beside(problem, deadline)
        solution = solve_flow(problem, deadline, prices=self._wish.prices)
        greedy = beside.end(wanted=solution.status is PlanStatus.UNKNOWN)
        return solution if greedy is None else _with_bound(greedy, simple_bound(problem))

    def _other(self, problem: Problem, deadline: Deadline) -> Solution:
        bound = simple_bound(problem)
        method = self._wish.method
        if method == "greedy" or _beyond(problem):
            return _with_bound(solve_greedily(problem, deadline), bound)
        if method == "constraints":
            return self._by_constraints(problem, deadline, bound)
        search = method == "search" or len(problem.need) > _SMALL
        began = time.monotonic()
        wider = solve_flow(relaxed(problem), deadline.share(_FOR_THE_RELAXATION), prices=search)
        self._flow_takes = time.monotonic() - began
        if wider.status is PlanStatus.INFEASIBLE:
            return replace(wider, method="relaxation to a flow")
        if wider.bound is not None:
            bound = min(bound, wider.bound)
            if _holds(problem, wider):
                return replace(wider, method="relaxation to a flow")
        if method == "auto" and takes_branching(problem):
            root = wider if wider.status is PlanStatus.OPTIMAL else None
            share = deadline.share(0.4) if search else deadline
            branched = solve_by_branching(problem, share, root=root, large=search)
            proved = branched.status in (PlanStatus.OPTIMAL, PlanStatus.INFEASIBLE)
            if proved or (branched.objective is not None and not search):
                return branched
            if branched.bound is not None:
                bound = min(bound, branched.bound)
            return _better(self._by_size(problem, deadline, bound, wider), branched)
        return self._by_size(problem, deadline, bound, wider)

    def _by_size(self, problem: Problem, deadline: Deadline, bound: int, wider: Solution) -> Solution:
        method = self._wish.method
        if method != "search" and len(problem.need) <= _SMALL:
            return self._by_constraints(problem, deadline, bound, wider)
        alone = method == "search" or len(problem.need) > _MEDIUM
        return self._by_search(problem, deadline, bound, wider, alone=alone)

    def _by_search(self, problem: Problem, deadline: Deadline, bound: int, wider: Solution, *, alone: bool) -> Solution:
        # numba is not loaded for what is small.
        from matching.solvers.exchange import takes_exchanges
        from matching.solvers.search import TooMany, solve_by_search

        again = 1.5 * self._flow_takes
        rest = wider.status is PlanStatus.OPTIMAL and again < deadline.left() / 2 and easy_rest(problem)
        exchanges = takes_exchanges(problem)
        watch = deadline.share(0.05) if exchanges else deadline if alone else deadline.share(0.3)
        if rest:  # which is solved once more, when the search is over
            watch = watch.before(again)
        try:
            found = solve_by_search(
                problem,
                watch,
                threads=self._wish.threads,
                seed=self._wish.seed,
                relaxation=wider,
                effort=1.0 if alone and not exchanges else 0.02,
            )
        except TooMany:
            return self._by_constraints(problem, deadline, bound, wider)
        if found.bound is not None:
            bound = min(bound, found.bound)
        if exchanges:
            watch = deadline.before(again) if rest else deadline
            found = self._by_exchanges(problem, watch, bound, _with_bound(found, bound), alone=alone)
            if not rest or found.objective is None or found.bound is None:
                return found
            return _with_bound(with_the_rest_solved(problem, found, deadline), found.bound)
        if found.objective is None:
            return self._by_constraints(problem, deadline, bound, wider)
        if rest:
            found = with_the_rest_solved(problem, found, deadline)
        if alone:
            return _with_bound(found, bound)
        return self._by_constraints(problem, deadline, bound, start=found)

    def _by_exchanges(
        self, problem: Problem, deadline: Deadline, bound: int, start: Solution, *, alone: bool
    ) -> Solution:
        from matching.solvers.constraint_model import TooMuch
        from matching.solvers.core import solve_by_core, takes_core
        from matching.solvers.exchange import solve_by_exchanges

        threads, seed = self._wish.threads, self._wish.seed
        core = self._wish.method == "auto" and takes_core(problem)
        watch = deadline.share(0.5 if alone else 0.1) if core else deadline if alone else deadline.share(0.7)
        found = _with_bound(solve_by_exchanges(problem, start, watch, threads=threads, seed=seed), bound)
        if core and found.status is not PlanStatus.OPTIMAL:
            try:
                solved = solve_by_core(problem, found, deadline, threads=threads, seed=seed)
            except TooMuch:
                return found
            return replace(solved, method=f"{found.method} + {solved.method}")
        if core or (alone and found.objective is not None):
            return found
        return self._by_constraints(problem, deadline, bound, start=found)

    def _by_constraints(
        self,
        problem: Problem,
        deadline: Deadline,
        bound: int,
        wider: Solution | None = None,
        *,
        start: Solution | None = None,
    ) -> Solution:
        before = "" if start is None else f"{start.method} + "
        start = start or self._greedily(problem, deadline, wider)
        if start.objective == bound or deadline.over():
            return _with_bound(start, bound)
        # Its import takes longer than many a flow.
        from matching.solvers.constraint import solve_by_constraints
        from matching.solvers.constraint_model import TooMuch

        try:
            solution = solve_by_constraints(
                problem, deadline, threads=self._wish.threads, seed=self._wish.seed, hint=start
            )
        except TooMuch:
            return _with_bound(start, bound)
        if solution.status is PlanStatus.INFEASIBLE:
            return solution
        if solution.bound is not None:
            bound = min(bound, solution.bound)
        if solution.objective is None or (start.objective is not None and start.objective > solution.objective):
            solution = replace(start, method=solution.method)
        return _with_bound(replace(solution, method=before + solution.method), bound)

    def _greedily(self, problem: Problem, deadline: Deadline, wider: Solution | None) -> Solution:
        greedy = solve_greedily(problem, deadline.share(0.3), first=None if wider is None else wider.units)
        plain = solve_greedily(problem, deadline.share(0.2)) if wider is not None else greedy
        if greedy.objective is None or (plain.objective is not None and plain.objective > greedy.objective):
            return plain
        return greedy

    def because(self, problem: Problem) -> list[Requirement] | None:
        """Return an irreducible set of requirements of an infeasible problem; None where the time is over first."""
        try:
            return irreducible(problem, self._is_feasible)
        except OutOfTime:
            return None

    def _is_feasible(self, problem: Problem) -> bool:
        if self._deadline.over():
            raise OutOfTime
        if is_flow(problem):
            return is_feasible(problem, self._deadline)
        if not is_feasible(relaxed(problem), self._deadline):
            return False
        from matching.solvers.constraint import solve_by_constraints
        from matching.solvers.constraint_model import TooMuch

        try:
            solution = solve_by_constraints(
                problem, self._deadline, threads=self._wish.threads, seed=self._wish.seed, only_feasible=True
            )
        except TooMuch as error:
            raise OutOfTime from error
        if solution.status is PlanStatus.UNKNOWN:
            raise OutOfTime
        return solution.status is not PlanStatus.INFEASIBLE


class _Beside:
    """A greedy plan, made beside a solve in another process."""

    def __init__(self, problem: Problem, deadline: Deadline) -> None:
        self._enough = False
        self._solution: Solution | None = None
        watch = Deadline(deadline.left(), lambda: self._enough or deadline.over())

        def work() -> None:
            self._solution = solve_flow_greedily(problem, watch)

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def end(self, *, wanted: bool) -> Solution | None:
        """Return the plan where it is wanted."""
        self._enough = True
        self._thread.join()
        return self._solution if wanted else None


def _beyond(problem: Problem) -> bool:
    pinned = sum(pin.quantity for pin in problem.fixed)
    if float(problem.need_quantity.max(initial=0)) * len(problem.need) + pinned < _MOST_UNITS:
        return False
    return float(problem.ceiling.astype(float).sum()) + pinned > _MOST_UNITS


def _better(found: Solution, other: Solution) -> Solution:
    """Return the better of two, with the bound of the first."""
    if other.objective is None or found.bound is None:
        return found
    if found.objective is not None and found.objective >= other.objective:
        return found
    return _with_bound(other, found.bound)


def _with_bound(solution: Solution, bound: int) -> Solution:
    """Return a solution with a bound, proved where the bound is what it has."""
    proved = solution.objective == bound
    return replace(solution, bound=bound, status=PlanStatus.OPTIMAL if proved else solution.status)


def _holds(problem: Problem, solution: Solution) -> bool:
    """Return whether a relaxation's plan is one of the problem itself, beside what needs no units to hold."""
    if problem.need_duration[problem.need[np.flatnonzero(solution.units)]].any():
        return False
    met = np.zeros(len(problem.need_quantity), dtype=np.int64)
    np.add.at(met, problem.need, solution.units)
    plan = Plan(PlanStatus.FEASIBLE, solution.units, solution.objective, solution.bound)
    return not [sentence for sentence in verify(problem, plan) if not sentence.startswith("unmet: ")]
