"""What kind of problem it is: which parts have nothing to do with each other, and which of them are flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.problem import Bools, Ints, Problem


@dataclass(frozen=True, slots=True, eq=False)
class Nesting:
    """Sets that lie in each other or apart, as a forest.

    Attributes
    ----------
    innermost : shape (members,)
        The smallest set in which each member lies; −1 where in none.
    parent : shape (sets,)
        The smallest set in which each set lies; −1 where in none, or where it crosses another.
    crossing
        Sets that overlap one that is at least as large, without lying in it.
    """

    innermost: Ints
    parent: Ints
    crossing: tuple[int, ...]


def nesting(sets: Sequence[Ints], members: int) -> Nesting:
    """Put sets of rows into each other, the largest first; of equal ones the later lies in the earlier."""
    innermost = np.full(members, -1, dtype=np.int64)
    parent = np.full(len(sets), -1, dtype=np.int64)
    crossing = []
    for number in sorted(range(len(sets)), key=lambda i: (-len(sets[i]), i)):
        mine = sets[number]
        if not len(mine):
            continue
        around = np.unique(innermost[mine])
        if len(around) > 1:
            crossing.append(number)
            continue
        parent[number] = around[0]
        innermost[mine] = number
    return Nesting(innermost, parent, tuple(crossing))


def components(problem: Problem) -> tuple[Ints, Ints]:
    """Return the number of the connected part in which each need and each resource lies.

    Two belong together where a candidate, a pool, a floor, a group or a conflict joins them. Numbers go by the first
    need or resource of a part.
    """
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    pairs = [(problem.need, needs + problem.resource)]
    pairs += [(needs + pool.resources[:-1], needs + pool.resources[1:]) for pool in problem.pools]
    pairs += [(floor.needs[:-1], floor.needs[1:]) for floor in problem.floors]
    for group in problem.groups:
        row = np.array(group.needs, dtype=np.int64)
        pairs.append((row[:-1], row[1:]))
    conflicts = np.array(list(problem.conflicts), dtype=np.int64).reshape(-1, 2)
    pairs.append((conflicts[:, 0], conflicts[:, 1]))
    one, other = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    label = np.arange(needs + resources, dtype=np.int64)
    while True:
        before = label.copy()
        low = np.minimum(label[one], label[other])
        np.minimum.at(label, label[one], low)  # the whole part of the higher label hears of the lower one
        np.minimum.at(label, label[other], low)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(before, label):
            break
    number = np.unique(label, return_inverse=True)[1].astype(np.int64)
    return number[:needs], number[needs:]


def is_flow(problem: Problem) -> bool:
    """Return whether the whole problem is a flow, as docs/problem-format.md defines it."""
    return not hard_needs(problem).any() and not hard_resources(problem).any()


def hard_needs(problem: Problem) -> Bools:
    """Return the needs by which their part is no flow."""
    quantity, duration = problem.need_quantity, problem.need_duration
    hard: Bools = (duration > 0) | (problem.need_whole & (quantity > 1) & ~problem.need_required)
    for group in problem.groups:
        rows = list(group.needs)
        if len(rows) > 1 or (quantity[rows] > 1).any():
            hard[rows] = True
    for pair in problem.conflicts:
        hard[list(pair)] = True
    floors = [floor.needs for floor in problem.floors]
    for number in nesting(floors, len(quantity)).crossing:
        hard[floors[number]] = True
    return hard


def hard_resources(problem: Problem) -> Bools:
    """Return the resources by which their part is no flow."""
    hard = np.zeros(len(problem.resource_capacity), dtype=bool)
    hard[problem.resource[problem.use != 1]] = True
    pools = [pool.resources for pool in problem.pools]
    for number in nesting(pools, len(hard)).crossing:
        hard[pools[number]] = True
    return hard
