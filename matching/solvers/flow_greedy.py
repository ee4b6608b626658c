"""A greedy plan of a large flow, at once: compiled, as it is wanted while the time for the exact one runs out."""

from __future__ import annotations

import numpy as np

from matching.deadline import Deadline
from matching.plan import PlanStatus, plan_value
from matching.problem import Problem
from matching.solvers.greedy import METHOD, solve_greedily
from matching.solvers.network import sums
from matching.solvers.solution import Solution


def solve_flow_greedily(problem: Problem, deadline: Deadline) -> Solution:
    """Give units to the pairs of a flow, those of the most worth first; what is fixed comes before.

    Returns
    -------
    Solution
        FEASIBLE, without a bound. Where something is required, what `solve_greedily` finds.
    """
    pinned = problem.pinned
    left = problem.need_quantity - sums(problem.need, pinned, len(problem.need_quantity))
    carried = sums(problem.resource, pinned, len(problem.resource_capacity))
    free, spare = problem.resource_capacity - carried, problem.limit - pinned
    pools = [pool.resources for pool in problem.pools]
    pool_free = np.array([pool.capacity - carried[pool.resources].sum() for pool in problem.pools], dtype=np.int64)
    broken = any(numbers.min(initial=0) < 0 for numbers in (left, free, spare, pool_free))
    if broken or problem.need_required.any() or any(floor.minimum for floor in problem.floors):
        return solve_greedily(problem, deadline)
    # Loading it takes longer than many a solve.
    from matching.solvers.flow_greedy_loop import give

    worth = problem.need_value[problem.need] + problem.value
    order = np.flatnonzero(worth > 0)
    order = order[np.argsort(-worth[order], kind="stable")]
    members = np.concatenate([np.zeros(0, dtype=np.int64), *pools])
    number = np.repeat(np.arange(len(pools)), [len(pool) for pool in pools])
    by_resource = np.argsort(members, kind="stable")
    first = np.searchsorted(members[by_resource], np.arange(len(free) + 1))
    units = pinned.copy()
    give(
        order,
        (problem.need, problem.resource, worth, spare),
        (left, free, pool_free),
        (first, number[by_resource]),
        problem.balance,
        problem.resource_load + carried,
        units,
    )
    return Solution(PlanStatus.FEASIBLE, units, plan_value(problem, units), None, METHOD)
