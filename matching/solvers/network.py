"""A flow as a network: needs send their units through resources and pools to a sink, or past them.

What is fixed is taken out first. A need's units that are not met go past the resources, through its floors: as at most
so many may go unmet there, floors need no lower bounds. The cost of `balance` rises with each unit, so it is parallel
arcs out of a resource, the cheapest of which fill first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.optimizer.shape import nesting
from matching.problem import Ints, Problem

Nodes = npt.NDArray[np.int32]
"""Numbers of nodes, as OR-Tools wants them."""

UNIT_STEPS = 200_000
"""Up to so many units in all, each unit's rising cost of balance is an arc of its own from the start."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Arcs and supplies of a minimum-cost flow.

    Attributes
    ----------
    tail, head, capacity, cost : shape (arcs,)
    supply : shape (nodes,)
        Adds up to 0.
    candidate : shape (k,)
        The candidate of each of the first k arcs.
    carrier, step : shape (s,)
        The resource of each of the s arcs after those, and the units that it carries before that arc.
    below : shape (resources,)
        The node into which each resource sends: a pool, or the sink.
    room : shape (resources,)
        Units of capacity that are not fixed.
    """

    tail: Nodes
    head: Nodes
    capacity: Ints
    cost: Ints
    supply: Ints
    candidate: Ints
    carrier: Ints
    step: Ints
    below: Ints
    room: Ints


def build(problem: Problem, steps: list[Ints] | None = None) -> Network | None:
    """Return the network of a flow; None where what is fixed or required breaks a limit by itself.

    Parameters
    ----------
    steps
        Of each resource, the numbers of units between which `balance` is drawn as a straight line; from 0 to the most
        that it could carry. Every unit by default.
    """
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    pinned = problem.pinned
    pins = np.flatnonzero(pinned)
    pinned_of = sums(problem.need[pins], pinned[pins], needs)
    pinned_on = sums(problem.resource[pins], pinned[pins], resources)
    left, room = problem.need_quantity - pinned_of, problem.resource_capacity - pinned_on
    spare = problem.limit - pinned if len(pins) else problem.limit
    pools, floors = list(problem.pools), list(problem.floors)
    pool_room = [p.capacity - int(pinned_on[p.resources].sum()) for p in pools]
    if min(left.min(initial=0), room.min(initial=0), spare.min(initial=0), min(pool_room, default=0)) < 0:
        return None

    candidate, ceiling, worth = _offers(problem, pinned, np.minimum(spare, left[problem.need]))
    if not (problem.need_required.any() or any(floor.minimum for floor in floors)):
        # Serving less is then always allowed, so a unit of no worth never adds to the objective.
        useful = np.flatnonzero((worth > 0) & (ceiling > 0))
        if len(useful) < len(candidate):
            candidate, ceiling, worth = candidate[useful], ceiling[useful], worth[useful]
    from_need, into_resource = problem.need[candidate], problem.resource[candidate]
    supply = np.minimum(left, sums(from_need, ceiling, needs))
    if (problem.need_required & (supply < left)).any():
        return None

    pool_tree = nesting([p.resources for p in pools], resources)
    floor_tree = nesting([f.needs for f in floors], needs)
    first_pool, first_floor = needs + resources, needs + resources + len(pools)
    sink = first_floor + len(floors)
    below = np.where(pool_tree.innermost >= 0, first_pool + pool_tree.innermost, sink)
    past = np.where(floor_tree.innermost >= 0, first_floor + floor_tree.innermost, sink)
    inflow = sums(into_resource, ceiling, resources)
    carrier, step, width, rise = carriers(problem, np.minimum(room, inflow), pinned_on, steps)
    spill = [int((supply[f.needs] + pinned_of[f.needs]).sum()) - f.minimum for f in floors]
    if min(spill, default=0) < 0:
        return None
    most = int(supply.sum())
    rows = np.arange(needs, dtype=np.int64)
    arcs = [
        (from_need, needs + into_resource, ceiling, -worth),
        (needs + carrier, below[carrier], width, rise),
        (rows, past, np.where(problem.need_required, 0, supply), np.zeros(needs, dtype=np.int64)),
        nested_arcs(first_pool, pool_tree.parent, sink, pool_room, most),
        nested_arcs(first_floor, floor_tree.parent, sink, spill, most),
    ]
    tail, head = (np.concatenate([arc[i] for arc in arcs], dtype=np.int32, casting="same_kind") for i in (0, 1))
    capacity, cost = (np.concatenate([arc[i] for arc in arcs]) for i in (2, 3))
    supplies = np.zeros(sink + 1, dtype=np.int64)
    supplies[:needs] = supply
    supplies[sink] = -most
    return Network(tail, head, capacity, cost, supplies, candidate, carrier, step, below, room)


def _offers(problem: Problem, pinned: Ints, ceiling: Ints) -> tuple[Ints, Ints, Ints]:
    """Return candidate, most units and worth of each arc; units that keep the plan in force are worth more."""
    rows = np.arange(len(problem.need), dtype=np.int64)
    worth = problem.need_value[problem.need] + problem.value
    if not (problem.change_cost and problem.current):
        return rows, ceiling, worth
    keep = np.minimum(ceiling, np.maximum(0, problem.kept - pinned))
    again = np.flatnonzero(keep)
    return (
        np.concatenate([rows, again]),
        np.concatenate([ceiling - keep, keep[again]]),
        np.concatenate([worth, worth[again] + problem.change_cost]),
    )


def carriers(problem: Problem, most: Ints, pinned: Ints, steps: list[Ints] | None) -> tuple[Ints, Ints, Ints, Ints]:
    """Return resource, units before, width and cost a unit of each arc out of a resource."""
    resources = len(most)
    if not problem.balance:
        nothing = np.zeros(resources, dtype=np.int64)
        return np.arange(resources, dtype=np.int64), nothing, most, nothing
    steps = _steps(most) if steps is None else steps
    carrier = np.repeat(np.arange(resources), [len(mine) - 1 for mine in steps])
    low = np.concatenate([mine[:-1] for mine in steps]) if steps else most
    high = np.concatenate([mine[1:] for mine in steps]) if steps else most
    # ((load + high)² − (load + low)²) / (high − low), which is whole
    rise = problem.balance * (2 * (problem.resource_load + pinned)[carrier] + low + high)
    return carrier.astype(np.int64), low, high - low, rise


def finer_steps(network: Network, flow: Ints) -> list[Ints] | None:
    """Return where `balance` should be drawn next; None where a flow's cost is exact around it, so that it is optimal.

    A convex cost's optimum is one that no single unit can better: its neighbours, one unit less and one more, must be
    drawn exactly.
    """
    arcs = slice(len(network.candidate), len(network.candidate) + len(network.carrier))
    carried = sums(network.carrier, flow[arcs], len(network.room))
    high = network.step + network.capacity[arcs]
    most = np.zeros(len(network.room), dtype=np.int64)
    np.maximum.at(most, network.carrier, high)
    steps, exact = [], True
    order = np.argsort(network.carrier, kind="stable")
    bounds = np.searchsorted(network.carrier[order], np.arange(len(most) + 1))
    for resource, (units, top) in enumerate(zip(carried.tolist(), most.tolist(), strict=True)):
        had = np.append(high[order[bounds[resource] : bounds[resource + 1]]], 0)
        near = np.array([units - 1, units, units + 1])
        near = near[(near >= 0) & (near <= top)]
        if not np.isin(near, had).all():
            exact = False
            around = 2 ** np.arange(max(1, top.bit_length()))
            near = np.concatenate([near, units - around, units + around])
        steps.append(np.unique(np.concatenate([had, near[(near >= 0) & (near <= top)]])))
    return None if exact else steps


def _steps(most: Ints) -> list[Ints]:
    """Return where `balance` is drawn at first: at every unit where these are few, else at powers of two."""
    if float(most.sum()) <= UNIT_STEPS:
        return [np.arange(units + 1, dtype=np.int64) for units in most.tolist()]
    return [np.unique(np.append(2 ** np.arange(units.bit_length()), [0, units])) for units in most.tolist()]


def nested_arcs(first: int, parent: Ints, sink: int, capacity: list[int], most: int) -> tuple[Ints, ...]:
    """Return the arcs of nested sets, each into the next larger or the sink."""
    numbers = np.arange(len(parent), dtype=np.int64)
    return (
        first + numbers,
        np.where(parent >= 0, first + parent, sink),
        np.array([min(units, most) for units in capacity], dtype=np.int64),
        np.zeros(len(parent), dtype=np.int64),
    )


def sums(rows: Ints, numbers: Ints, length: int) -> Ints:
    """Return the sum of the numbers of each row."""
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, rows, numbers)
    return total
