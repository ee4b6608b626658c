"""From a problem to a verified plan: split into parts, solve each by the method that fits, put together, check."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from matching.deadline import Deadline
from matching.fixes.search import with_fixes
from matching.optimizer.part_solving import METHODS, PartSolver, Wish
from matching.optimizer.parts import Part, cut_out
from matching.optimizer.requirements import as_named
from matching.optimizer.shape import components, hard_needs, hard_resources, is_flow
from matching.optimizer.unmet import unmet_needs
from matching.plan import Plan, PlanStatus, plan_value
from matching.problem import Problem
from matching.solvers.solution import Solution
from matching.verify import verify

# Times what it took to find the parts: what the reasons and the verifier take of that, where no need is hard; more
# where all are.
_AFTERWARDS, _IF_HARD = 1.5, 4.5


def solve(
    problem: Problem,
    *,
    time_limit: float | None = None,
    threads: int = 1,
    seed: int = 0,
    method: str = "auto",
    prices: bool = False,
    fixes: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """Return the best plan that can be found in the time; no plan leaves before the verifier has passed it.

    Parameters
    ----------
    time_limit
        Seconds, > 0; None for none.
    threads
        ≥ 1. With one, the same problem and seed give the same plan, unless the time was over.
    seed
        ≥ 0.
    method
        `auto`: what is a flow exactly as a minimum-cost flow; what would be one without groups, `whole` needs and
        conflicts, where it is small, by branch and bound over flows; needs of one unit with unlike uses by exchanges;
        everything else by a search by prices, by constraint programming from its plan, or by either alone, as the size
        asks. `flow`, `constraints`, `search` and `greedy` use only that, but what is a flow is never searched.
    prices
        Also say what one more unit of each capacity would add; of a flow only.
    fixes
        Of so many unmet needs, ≥ 0, also look for the cheapest changes that would serve them (see `fix_search`). A
        search for the plan then leaves a quarter of the time; a flow takes what it needs.
    stop
        Asked now and then; True ends it with the best plan so far.

    Raises
    ------
    ValueError
        There is no such method, the problem is no flow and the method is `flow`, or another number is out of its range.
    RuntimeError
        The verifier refuses the plan, or a solver failed: a bug here.
    """
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is none of {', '.join(METHODS)}")
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"time_limit: {time_limit}; seconds above 0 are wanted, or None")
    for name, number, least in (("threads", threads, 1), ("seed", seed, 0), ("fixes", fixes, 0)):
        if number < least:
            raise ValueError(f"{name}: {number} is below {least}")
    flow = is_flow(problem)
    if method == "flow" and not flow:
        raise ValueError("method: the problem is no flow (docs/problem-format.md says what is); leave it at auto")
    began = time.perf_counter()
    deadline = Deadline(time_limit, stop)
    first = deadline.share(0.75) if fixes and not flow else deadline
    wish = Wish(method, threads, seed, prices and flow)
    empty = [i for i, floor in enumerate(problem.floors) if floor.minimum and not len(floor.needs)]
    if empty:
        found = _Found(
            PlanStatus.INFEASIBLE, because=as_named(problem, [("floor", empty[0])]), methods=("by its floors",)
        )
    elif flow:
        found = _whole(problem, PartSolver(wish, first))
    else:
        parts = _parts(problem)
        after = (_AFTERWARDS + _IF_HARD * hard_needs(problem).mean()) * (time.perf_counter() - began)
        after = min(after, deadline.left() / 4)
        found = _in_parts(problem, parts, PartSolver(wish, first.before(after)))
    plan = found.plan(problem, seed, time.perf_counter() - began)
    wrong = verify(problem, plan)
    if wrong:
        raise RuntimeError(f"the verifier refuses the plan: {'; '.join(wrong[:5])}")
    if not fixes:
        return plan
    plan = with_fixes(problem, plan, fixes, deadline, threads=threads, seed=seed)
    return replace(plan, seconds=time.perf_counter() - began)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the parts come to."""

    status: PlanStatus
    solution: Solution | None = None
    bound: int | None = None
    because: list[dict[str, Any]] | None = None
    methods: tuple[str, ...] = ()

    def plan(self, problem: Problem, seed: int, seconds: float) -> Plan:
        solver = " + ".join(dict.fromkeys(self.methods)) or "nothing to solve"
        if self.solution is None:
            nothing = np.zeros(len(problem.need), dtype=np.int64)
            return Plan(
                self.status,
                nothing,
                None,
                None if self.status is PlanStatus.INFEASIBLE else self.bound,
                infeasible_because=self.because,
                solver=solver,
                seconds=seconds,
                seed=seed,
            )
        units, starts = self.solution.units, self.solution.starts
        objective = plan_value(problem, units)
        proved = self.bound == objective
        status = PlanStatus.OPTIMAL if proved else PlanStatus.FEASIBLE
        return Plan(
            status,
            units,
            objective,
            self.bound,
            starts,
            unmet_needs(problem, units, starts, status),
            prices=self.solution.prices if proved else None,
            solver=solver,
            seconds=seconds,
            seed=seed,
        )


def _whole(problem: Problem, solver: PartSolver) -> _Found:
    """Solve a flow as it is."""
    solution = solver.flow(problem)
    because = None
    if solution.status is PlanStatus.INFEASIBLE:
        found = solver.because(problem)
        because = None if found is None else as_named(problem, found)
    shown = solution if solution.objective is not None else None
    return _Found(solution.status, shown, solution.bound, because, (solution.method,))


def _in_parts(problem: Problem, parts: tuple[Part, list[Part]], solver: PartSolver) -> _Found:
    """Solve what is a flow as one, and each other connected part by itself."""
    units = np.zeros(len(problem.need), dtype=np.int64)
    starts: dict[int, tuple[int, ...]] = {}
    bounds: list[int | None] = []
    statuses: list[PlanStatus] = []
    methods: list[str] = []
    for part, solution in solver.each(*parts):
        methods.append(solution.method)
        if solution.status is PlanStatus.INFEASIBLE:
            found = solver.because(part.problem)
            because = None if found is None else as_named(problem, _back(problem, part, found))
            return _Found(PlanStatus.INFEASIBLE, because=because, methods=(solution.method,))
        statuses.append(solution.status)
        bounds.append(solution.bound)
        units[part.candidates] = solution.units
        starts |= {int(part.candidates[row]): mine for row, mine in solution.starts.items()}
    # What the plan in force has beside the candidates is lost in any plan.
    lost = problem.change_cost * (sum(held.quantity for held in problem.current) - int(problem.kept.sum()))
    bound = None if None in bounds else reduce(lambda a, b: a + (b or 0), bounds, -lost)
    if PlanStatus.UNKNOWN in statuses:
        return _Found(PlanStatus.UNKNOWN, None, bound, methods=tuple(methods))
    together = Solution(PlanStatus.FEASIBLE, units, None, bound, "", dict(sorted(starts.items())))
    return _Found(PlanStatus.FEASIBLE, together, bound, methods=tuple(methods))


def _parts(problem: Problem) -> tuple[Part, list[Part]]:
    """Return what is a flow, and the other parts, the smallest first."""
    of_need, of_resource = components(problem)
    count = int(max(of_need.max(initial=-1), of_resource.max(initial=-1))) + 1
    hard = np.zeros(count, dtype=bool)
    hard[of_need[hard_needs(problem)]] = True
    hard[of_resource[hard_resources(problem)]] = True
    flow = cut_out(problem, ~hard[of_need], ~hard[of_resource])
    others = [cut_out(problem, of_need == part, of_resource == part) for part in np.flatnonzero(hard).tolist()]
    return flow, sorted(others, key=lambda part: len(part.candidates))


def _back(problem: Problem, part: Part, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return a part's requirements by the whole's numbers."""
    floors = {floor.id: number for number, floor in enumerate(problem.floors)}
    number: dict[str, Callable[[int], int]] = {
        "required": lambda need: int(part.needs[need]),
        "floor": lambda floor: floors[part.problem.floors[floor].id],
        "fixed": lambda pin: part.pins[pin],
    }
    return [(kind, number[kind](row)) for kind, row in found]
