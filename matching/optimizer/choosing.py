"""What it would cost the whole plan to choose a pair that it does not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matching.deadline import Deadline
from matching.optimizer.shape import is_flow
from matching.optimizer.solving import solve
from matching.plan import PlanStatus
from matching.problem import Ints, Pin, Problem


def costs_of_choosing(problem: Problem, rows: Sequence[int], *, time_limit: float | None = None) -> list[int | None]:
    """Return by how much the optimum falls where one more unit than is fixed must lie on a candidate, exactly.

    A flow whose candidates are worth something is solved once; anything else once more for each candidate.

    Parameters
    ----------
    rows
        Candidates of one need.
    time_limit
        Seconds for all of them; None for none.

    Returns
    -------
    list
        Of each row, ≥ 0; None where no plan has such a unit, or where the time did not suffice for a proof.
    """
    deadline = Deadline(time_limit)
    if rows and is_flow(problem) and (_worth(problem, rows) > 0).all():
        # OR-Tools is not loaded before it is needed.
        from matching.solvers.choosing import choosing_in_a_flow

        return choosing_in_a_flow(problem, int(problem.need[rows[0]]), rows, deadline)
    best = solve(problem, time_limit=time_limit)
    pinned = problem.pinned
    costs: list[int | None] = []
    for number, row in enumerate(rows):
        if best.status is PlanStatus.OPTIMAL and best.units[row] > pinned[row]:
            costs.append(0)
            continue
        limit = None if time_limit is None else max(0.001, deadline.left() / (len(rows) - number))
        other = solve(replace(problem, fixed=[*problem.fixed, Pin(row)]), time_limit=limit)
        proved = best.status is other.status is PlanStatus.OPTIMAL
        costs.append((best.objective or 0) - (other.objective or 0) if proved else None)
    return costs


def _worth(problem: Problem, rows: Sequence[int]) -> Ints:
    """Return what a unit on each candidate is worth; a flow's network leaves out what is worth nothing."""
    chosen = np.array(rows, dtype=np.int64)
    worth: Ints = problem.need_value[problem.need[chosen]] + problem.value[chosen]
    return worth
