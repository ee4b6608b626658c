"""What choosing some pairs would cost a flow's optimum, all by one sweep over what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.deadline import Deadline
from matching.problem import Problem
from matching.solvers.flow import cheapest
from matching.solvers.residual import FAR, distances, residual


def choosing_in_a_flow(problem: Problem, need: int, rows: Sequence[int], deadline: Deadline) -> list[int | None]:
    """Return by how much the optimum falls where one more unit than is fixed must lie on a candidate.

    A unit forced onto an arc that has none closes a cycle with the shortest way back through what the flow leaves open,
    and what that costs is exactly what the optimum loses.

    Parameters
    ----------
    problem
        A flow (see `shape.is_flow`).
    need, rows
        Candidates of one need.

    Returns
    -------
    list
        Of each row, 0 where the optimum has such a unit, and None where no plan has one.

    Raises
    ------
    OutOfTime
        Before it was known.

    References
    ----------
    R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows" (1993), chapter 9: residual optimality.
    """
    found = cheapest(problem, deadline)
    if found is None:
        return [None] * len(rows)
    network, flow = found
    tail, head, cost = residual(network.tail, network.head, network.capacity, network.cost, flow)
    back = distances((head, tail, cost), len(network.supply), need, deadline)  # against the arcs: the way to the need
    costs: list[int | None] = []
    for row in rows:
        arcs = np.flatnonzero((network.candidate == row) & (network.capacity[: len(network.candidate)] > 0))
        if flow[arcs].any():
            costs.append(0)
            continue
        ways = [int(network.cost[arc]) + int(back[network.head[arc]]) for arc in arcs.tolist()]
        least = min((way for way in ways if way < FAR // 2), default=None)
        costs.append(least)
    return costs
