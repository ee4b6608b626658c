"""The exact optimum of a problem that is a flow."""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow

from graph.model.plans import PlanStatus
from matching.problem import Ints, Problem, Solution

METHOD = "minimum-cost flow"


class SolverError(RuntimeError):
    """The solver itself failed: a bug here or in OR-Tools, never the caller's."""


def solve(problem: Problem) -> Solution:
    """Solve a problem exactly by minimum-cost flow.

    A need sends its units to its candidates' resources and what is left to the sink; each resource sends at
    most its capacity on. What is fixed is taken out first. Costs are the negated values.

    Returns
    -------
    Solution
        `status` is OPTIMAL and `bound` equals `objective`; INFEASIBLE where what is fixed breaks a limit.

    References
    ----------
    A. V. Goldberg, "An efficient implementation of a scaling minimum-cost flow algorithm", J. Algorithms 22
    (1997); OR-Tools' SimpleMinCostFlow.
    """
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    left = problem.need_quantity - _sums(problem.need, problem.fixed, needs)
    room = problem.resource_capacity - _sums(problem.resource, problem.fixed, resources)
    spare = problem.limit - problem.fixed
    if min(left.min(initial=0), room.min(initial=0), spare.min(initial=0)) < 0:
        return Solution(PlanStatus.INFEASIBLE, np.zeros_like(problem.need), None, None, METHOD)

    worth = problem.need_value[problem.need] + problem.value
    ceiling = np.minimum(np.minimum(spare, left[problem.need]), room[problem.resource])
    # A unit of no worth never adds to the objective, so its arc can be left out.
    arcs = np.flatnonzero((worth > 0) & (ceiling > 0))
    units = problem.fixed.copy()
    if len(arcs):
        units[arcs] += _flow(problem, arcs, worth[arcs], ceiling[arcs], left, room)
    objective = int((units * worth).sum())
    return Solution(PlanStatus.OPTIMAL, units, objective, objective, METHOD)


def _flow(problem: Problem, arcs: Ints, worth: Ints, ceiling: Ints, left: Ints, room: Ints) -> Ints:
    """Return the flow on each of the arcs."""
    needs, resources = len(left), len(room)
    sink = needs + resources
    rows = np.arange(needs, dtype=np.int64)
    stock = needs + np.arange(resources, dtype=np.int64)
    flow = min_cost_flow.SimpleMinCostFlow()
    numbers = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([problem.need[arcs], stock, rows]).astype(np.int32),
        np.concatenate([needs + problem.resource[arcs], np.full(resources + needs, sink)]).astype(np.int32),
        np.concatenate([ceiling, room, left]),
        np.concatenate([-worth, np.zeros(resources + needs, dtype=np.int64)]),
    )
    flow.set_nodes_supplies(
        np.arange(sink + 1, dtype=np.int32), np.concatenate([left, np.zeros(resources, np.int64), [-left.sum()]])
    )
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise SolverError(f"minimum-cost flow ended with status {status}")
    found: Ints = flow.flows(numbers[: len(arcs)])
    return found


def _sums(rows: Ints, numbers: Ints, length: int) -> Ints:
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, rows, numbers)
    return total
