"""The exact optimum of a problem that is a flow, and what one more unit of each capacity would add to it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from matching.deadline import Deadline
from matching.plan import PlanStatus, plan_value
from matching.problem import Ints, Problem
from matching.solvers.child import OutOfTime
from matching.solvers.minimum_cost import OWN_PROCESS, minimum_cost
from matching.solvers.network import Network, build, finer_steps
from matching.solvers.residual import FAR, distances, residual
from matching.solvers.solution import Solution

METHOD = "minimum-cost flow"
_COMPILED_FROM = 100_000  # arcs


def solve_flow(problem: Problem, deadline: Deadline, *, prices: bool = False) -> Solution:
    """Solve a problem exactly by minimum-cost flow.

    Parameters
    ----------
    problem
        A flow (see `shape.is_flow`); what is no flow about it is not looked at.
    prices
        Also say what one more unit of each resource's capacity would add.

    Returns
    -------
    Solution
        OPTIMAL, INFEASIBLE, or UNKNOWN where the time was over first.
    """
    nothing = np.zeros(len(problem.need), dtype=np.int64)
    try:
        found = cheapest(problem, deadline)
    except OutOfTime:
        return Solution(PlanStatus.UNKNOWN, nothing, None, None, METHOD)
    if found is None:
        return Solution(PlanStatus.INFEASIBLE, nothing, None, None, METHOD)
    network, flow = found
    units = problem.pinned
    given = np.flatnonzero(flow[: len(network.candidate)])
    np.add.at(units, network.candidate[given], flow[given])
    objective = plan_value(problem, units)
    worth = prices_of(problem, network, flow, deadline) if prices else None
    return Solution(PlanStatus.OPTIMAL, units, objective, objective, METHOD, prices=worth)


def is_feasible(problem: Problem, deadline: Deadline) -> bool:
    """Return whether a flow has any plan at all.

    Raises
    ------
    OutOfTime
        Before it was known.
    """
    network = build(problem)
    return network is not None and minimum_cost(network, deadline) is not None


def takes_a_process(problem: Problem) -> bool:
    """Return whether it is large enough to be solved in a process of its own."""
    return len(problem.need) >= OWN_PROCESS


def cheapest(problem: Problem, deadline: Deadline) -> tuple[Network, Ints] | None:
    """Return a flow's network and an optimal flow on it, exact around every unit; None where none is feasible.

    Raises
    ------
    OutOfTime
        Before it was found.
    """
    network = build(problem)
    while network is not None:
        flow = minimum_cost(network, deadline)
        if flow is None:
            return None
        steps = finer_steps(network, flow) if problem.balance else None
        if steps is None:
            return network, flow
        network = build(problem, steps)
    return None


def prices_of(problem: Problem, network: Network, flow: Ints, deadline: Deadline) -> Ints | None:
    """Return the optimum with one more unit of each capacity, minus the optimum; None where the time is over.

    One more unit opens an arc out of the resource. What it adds is the least cost of a cycle through that arc, in what
    the flow leaves open, and nothing where capacity is left over.
    """
    arcs = slice(len(network.candidate), len(network.candidate) + len(network.carrier))
    carried = np.zeros(len(network.room), dtype=np.int64)
    np.add.at(carried, network.carrier, flow[arcs])
    full = carried == network.room
    distance_from = _distances(network, flow, deadline)
    resource_node = len(problem.need_quantity) + np.arange(len(network.room))
    load = problem.resource_load + problem.resource_capacity
    prices = np.zeros(len(network.room), dtype=np.int64)
    try:
        for node in np.unique(network.below[full]).tolist():
            back = distance_from(node)[resource_node]
            gain = -(back + problem.balance * (2 * load + 1))
            mine = full & (network.below == node) & (back < FAR // 2)
            prices[mine] = np.maximum(0, gain[mine])
    except TimeoutError:
        return None
    return prices


def _distances(network: Network, flow: Ints, deadline: Deadline) -> Callable[[int], Ints]:
    """Return what tells the least cost from a node to each, along what a flow leaves open.

    Both ways come to the same numbers; the compiled one is faster, but takes longer to load than a small flow to solve.
    """
    columns = (network.tail, network.head, network.capacity, network.cost, flow)
    nodes = len(network.supply)
    if len(network.tail) < _COMPILED_FROM and "numba" not in sys.modules:
        open_arcs = residual(*columns)
        return lambda node: distances(open_arcs, nodes, node, deadline)
    from matching.solvers.residual_network import distances_along, open_ways

    ways = open_ways(nodes, *columns)

    def distance_from(node: int) -> Ints:
        if deadline.over():
            raise TimeoutError
        return distances_along(ways, node)

    return distance_from
