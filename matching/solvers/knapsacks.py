"""What each resource by itself would take best of the needs, and what any one candidate would cost it; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.problem import Ints
from matching.solvers.compiled import compiled
from matching.solvers.instance import Instance
from matching.solvers.volume import Floats

NEVER = 2**62
"""What a candidate costs that does not fit."""


class Knapsacks(NamedTuple):
    """A knapsack for each resource.

    Attributes
    ----------
    first : shape (resources + 1,)
        Where each one's items begin.
    row, use : shape (items,)
        The instance's rows.
    capacity : shape (resources,)
        At most the use of all its items.
    """

    first: Ints
    row: Ints
    use: Ints
    capacity: Ints


def knapsacks_of(a: Instance) -> Knapsacks:
    """Return them for an instance of needs of one unit."""
    able = a.resource_row[a.most[a.resource_row] > 0]
    resources = len(a.capacity)
    first = np.concatenate([[0], np.cumsum(np.bincount(a.resource[able], minlength=resources))]).astype(np.int64)
    used = np.zeros(resources, dtype=np.int64)
    np.add.at(used, a.resource[able], a.use[able])
    return Knapsacks(first, able, a.use[able], np.minimum(a.capacity, used))


@compiled
def fill_all(k: Knapsacks, worth: Floats, taken: Ints) -> float:
    """Return what all take at best; in `taken`, by item, 1 where they take it.

    Parameters
    ----------
    worth : shape (items,)
    """
    total = 0.0
    for i in range(len(k.capacity)):
        first, last, capacity = k.first[i], k.first[i + 1], k.capacity[i]
        gained = np.zeros(capacity + 1)
        kept = np.empty((last - first, capacity + 1), dtype=np.bool_)
        for item in range(first, last):
            if worth[item] <= 0:
                continue
            use, keep = k.use[item], kept[item - first]
            for room in range(capacity, use - 1, -1):
                more = gained[room - use] + worth[item]
                keep[room] = more > gained[room]
                if keep[room]:
                    gained[room] = more
        total += gained[capacity]
        room = capacity
        for item in range(last - 1, first - 1, -1):
            taken[item] = 0
            if worth[item] > 0 and k.use[item] <= room and kept[item - first, room]:
                taken[item] = 1
                room -= k.use[item]
    return total


@compiled
def force_each(k: Knapsacks, worth: Ints, cost: Ints) -> int:
    """Return what all take at best, in integers; in `cost`, by item, how much less that is where it must be taken."""
    total = 0
    for i in range(len(k.capacity)):
        first, last, capacity = k.first[i], k.first[i + 1], k.capacity[i]
        before = np.zeros((last - first + 1, capacity + 1), dtype=np.int64)  # by the items before it, and by room
        for item in range(first, last):
            use, old, new = k.use[item], before[item - first], before[item - first + 1]
            new[:use] = old[:use]
            for room in range(use, capacity + 1):
                new[room] = max(old[room], old[room - use] + worth[item])
        best = before[last - first, capacity]
        total += best
        after = np.zeros(capacity + 1, dtype=np.int64)
        for item in range(last - 1, first - 1, -1):
            use, old = k.use[item], before[item - first]
            cost[item] = NEVER
            for room in range(capacity - use + 1):
                cost[item] = min(cost[item], best - worth[item] - old[room] - after[capacity - use - room])
            for room in range(capacity, use - 1, -1):
                after[room] = max(after[room], after[room - use] + worth[item])
    return total
