"""A flow that allows more than a problem does, so that its optimum is a bound on every plan's value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.optimizer.shape import nesting
from matching.optimizer.starts import all_start_ranges, most_in_time
from matching.problem import LARGEST, Ints, Pin, Pool, Problem, Windows


def relaxed(problem: Problem) -> Problem:
    """Return the problem without times, groups, conflicts and `whole`, and with uses of 1.

    What a resource can serve becomes the units that fit if all were of the smallest use that any of its pairs has; of
    pools that cross, and floors that do, those that can't be nested are left out.
    """
    most = most_in_time(problem, *all_start_ranges(problem))
    usable = np.flatnonzero(most > 0)
    least = np.full(len(problem.resource_capacity), LARGEST, dtype=np.int64)
    np.minimum.at(least, problem.resource[usable], problem.use[usable])
    pool_rows = [pool.resources for pool in problem.pools]
    floor_rows = [floor.needs for floor in problem.floors]
    crossing_pools = nesting(pool_rows, len(least)).crossing
    crossing_floors = nesting(floor_rows, len(problem.need_quantity)).crossing
    pools = []
    for number, pool in enumerate(problem.pools):
        smallest = int(least[pool.resources].min(initial=LARGEST))
        if number not in crossing_pools and smallest > 0:
            pools.append(Pool(pool.id, pool.capacity // smallest, pool.resources))
    return replace(
        problem,
        resource_capacity=np.where(least > 0, problem.resource_capacity // np.maximum(1, least), LARGEST),
        limit=most,
        use=np.ones(len(problem.need), dtype=np.int64),
        need_whole=np.zeros(len(problem.need_quantity), dtype=bool),
        need_duration=np.zeros(len(problem.need_quantity), dtype=np.int64),
        need_windows=Windows.none(len(problem.need_quantity)),
        pools=pools,
        floors=[floor for number, floor in enumerate(problem.floors) if number not in crossing_floors],
        groups=(),
        conflicts=(),
        fixed=[Pin(pin.candidate, pin.quantity) for pin in problem.fixed],
    )


def simple_bound(problem: Problem) -> int:
    """Return a bound at once: what needs are worth at their best resources, or resources at their best needs."""
    worth = problem.need_value[problem.need] + problem.value
    by_need = _best(problem.need, worth, problem.need_quantity)
    least = np.full(len(problem.resource_capacity), LARGEST, dtype=np.int64)
    np.minimum.at(least, problem.resource, problem.use)
    if (least == 0).any():
        return by_need
    return min(by_need, _best(problem.resource, worth, problem.resource_capacity // least))


def _best(owner: Ints, worth: Ints, units: Ints) -> int:
    """Return the sum of each owner's units at the most that one of them is worth."""
    best = np.zeros(len(units), dtype=np.int64)
    np.maximum.at(best, owner, worth)
    return sum(most * each for most, each in zip(units.tolist(), best.tolist(), strict=True))
