"""What one more unit at any place would add to a flow's optimum, by one sweep over what the flow leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.deadline import Deadline
from matching.problem import Ints, Problem
from matching.solvers.flow import cheapest
from matching.solvers.residual import FAR, distances, residual


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """What a unit is worth where.

    Attributes
    ----------
    unit : shape (resources,)
        What one more unit of each capacity adds to the optimum, pools and floors unchanged.
    to_serve : shape (needs,)
        What is lost elsewhere when a unit from outside serves the need: nothing where the need has a unit left, else
        what the unit that it frees can't make up for. A unit worth more than that adds the difference.
    """

    unit: Ints
    to_serve: Ints


def margins(problem: Problem, deadline: Deadline) -> Margins | None:
    """Return the margins of a flow without balance; None where none is feasible.

    Raises
    ------
    OutOfTime
        Before they were known.

    References
    ----------
    R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network Flows" (1993), chapter 9: residual optimality.
    """
    found = cheapest(problem, deadline)
    if found is None:
        return None
    network, flow = found
    needs, resources = len(problem.need_quantity), len(network.room)
    arcs = residual(network.tail, network.head, network.capacity, network.cost, flow)
    carried = np.zeros(resources, dtype=np.int64)
    lanes = slice(len(network.candidate), len(network.candidate) + len(network.carrier))
    np.add.at(carried, network.carrier, flow[lanes])
    unit = np.zeros(resources, dtype=np.int64)
    full = carried == network.room
    for node in np.unique(network.below[full]).tolist():
        back = distances(arcs, len(network.supply), node, deadline)[needs : needs + resources]
        mine = full & (network.below == node) & (back < FAR // 2)
        unit[mine] = np.maximum(0, -back[mine])
    sink = len(network.supply) - 1
    to_serve = distances(arcs, len(network.supply), sink, deadline)[:needs]
    met = problem.pinned
    np.add.at(met, network.candidate, flow[: len(network.candidate)])
    left = problem.need_quantity.copy()
    np.subtract.at(left, problem.need, met)
    to_serve[left > 0] = 0  # also of needs that nobody can serve, which the network leaves out
    return Margins(unit, to_serve)
