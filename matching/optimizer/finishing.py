"""A plan of a part that is a flow but for some needs: those keep what they have, the rest is solved again exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.deadline import Deadline
from matching.optimizer.shape import hard_needs, is_flow
from matching.plan import PlanStatus, plan_value
from matching.problem import Ints, Pin, Problem
from matching.solvers.flow import solve_flow
from matching.solvers.solution import Solution


def easy_rest(problem: Problem) -> bool:
    """Return whether half of the needs or more could be served as a flow beside what the others have."""
    return bool(2 * np.count_nonzero(hard_needs(problem)) <= len(problem.need_quantity))


def with_the_rest_solved(problem: Problem, found: Solution, deadline: Deadline) -> Solution:
    """Return a solution with everything but hard needs given anew, where that is better in the time there is.

    Parameters
    ----------
    found
        A plan that keeps every rule.
    """
    if deadline.over():
        return found
    hard = hard_needs(problem)
    mine = np.flatnonzero(~hard[problem.need])
    rest = _rest(problem, found.units, hard, mine)
    if not is_flow(rest):
        return found
    solved = solve_flow(rest, deadline)
    if solved.status is not PlanStatus.OPTIMAL:
        return found
    units = found.units.copy()
    units[mine] = solved.units
    objective = plan_value(problem, units)
    if found.objective is not None and objective <= found.objective:
        return found
    return replace(found, units=units, objective=objective)


def _rest(problem: Problem, units: Ints, hard: np.ndarray[tuple[int], np.dtype[np.bool_]], mine: Ints) -> Problem:
    """Return the problem of the needs that are not hard, beside what the hard ones have."""
    given = np.where(hard[problem.need], units, 0)
    used = np.zeros(len(problem.resource_capacity), dtype=np.int64)
    np.add.at(used, problem.resource, given * problem.use)
    carried = np.zeros(len(used), dtype=np.int64)
    np.add.at(carried, problem.resource, given)
    met = np.zeros(len(problem.need_quantity), dtype=np.int64)
    np.add.at(met, problem.need, given)
    row = np.full(len(units), -1, dtype=np.int64)
    row[mine] = np.arange(len(mine))
    return replace(
        problem,
        need=problem.need[mine],
        resource=problem.resource[mine],
        value=problem.value[mine],
        limit=problem.limit[mine],
        use=problem.use[mine],
        need_required=problem.need_required & ~hard,
        need_duration=np.where(hard, 0, problem.need_duration),
        need_whole=problem.need_whole & ~hard,
        resource_capacity=problem.resource_capacity - used,
        resource_load=problem.resource_load + carried,
        pools=[replace(pool, capacity=pool.capacity - int(used[pool.resources].sum())) for pool in problem.pools],
        floors=[
            replace(floor, minimum=max(0, floor.minimum - int(met[floor.needs].sum()))) for floor in problem.floors
        ],
        groups=[group for group in problem.groups if not hard[list(group.needs)].any()],
        conflicts=(),
        fixed=[Pin(int(row[pin.candidate]), pin.quantity) for pin in problem.fixed if row[pin.candidate] >= 0],
        current=[held for held in problem.current if not hard[held.need]],
    )
