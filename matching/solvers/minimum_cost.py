"""The minimum-cost flow itself: arrays in, units on each arc out.

OR-Tools' solve can be neither interrupted nor timed out, a process can: large networks are solved in one of their own
(child.py).
"""

from __future__ import annotations

from math import isinf

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.deadline import Deadline
from matching.problem import Ints
from matching.solvers.child import run_in_a_child
from matching.solvers.network import Network, Nodes
from matching.solvers.residual import distances, residual

OWN_PROCESS = 50_000
"""From so many arcs on, a solve with a time limit gets a process of its own."""

UNLIMITED = 400_000
"""From so many arcs on, one without does too; below, Ctrl-C waits for about half a second."""

_SAFE = 2**60  # largest cost × (nodes + 1) that is handed to OR-Tools


class SolverError(RuntimeError):
    """The solver itself failed: a bug here or in OR-Tools, never the caller's."""


def minimum_cost(network: Network, deadline: Deadline) -> Ints | None:
    """Return an optimal flow, shape (arcs,); None where none is feasible.

    Raises
    ------
    OutOfTime
        Before it was found.
    SolverError
        OR-Tools failed.
    """

    def work() -> Ints | None:
        return solve_arcs(network.tail, network.head, network.capacity, network.cost, network.supply)

    if len(network.tail) < (UNLIMITED if isinf(deadline.left()) else OWN_PROCESS):
        return work()
    return run_in_a_child(work, len(network.tail), deadline)


def solve_arcs(tail: Nodes, head: Nodes, capacity: Ints, cost: Ints, supply: Ints) -> Ints | None:
    """Return an optimal flow in this process.

    Costs too large for OR-Tools are solved in two rounds: roughly, in units of 2^k, then exactly on what that leaves
    open. A flow that is optimal for the rough costs is 2^k-optimal for the true ones, so an arc whose reduced cost
    exceeds nodes × 2^k keeps its flow in some optimum, and costs may be cut off there.

    References
    ----------
    A. V. Goldberg, "An efficient implementation of a scaling minimum-cost flow algorithm", J. Algorithms 22 (1997).
    """
    nodes = len(supply)
    largest = int(np.abs(cost).max(initial=0)) * (nodes + 1)
    if largest <= _SAFE:
        return _ortools(tail, head, capacity, cost, supply)
    shift = (largest // _SAFE).bit_length()
    rough = cost >> shift
    flow = _ortools(tail, head, capacity, rough, supply)
    if flow is None:
        return None
    potential = distances(residual(tail, head, capacity, rough, flow), nodes, None)
    cut = (nodes + 1) << shift
    reduced = cost + ((potential[tail] - potential[head]) << shift)
    return solve_arcs(tail, head, capacity, np.clip(reduced, -cut, cut), supply)


def _ortools(tail: Nodes, head: Nodes, capacity: Ints, cost: Ints, supply: Ints) -> Ints | None:
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
    solver.set_nodes_supplies(np.arange(len(supply), dtype=np.int32), supply)
    status = solver.solve()
    if status == solver.INFEASIBLE:
        return None
    if status != solver.OPTIMAL:
        raise SolverError(f"minimum-cost flow ended with status {status}")
    flow: Ints = solver.flows(arcs)
    return flow
