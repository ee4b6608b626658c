"""A problem as flat arrays that compiled functions read, each need's candidates side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.optimizer.starts import all_start_ranges, ends, most_in_time
from matching.problem import Bools, Ints, Problem
from matching.solvers.compiled import compiled


class Instance(NamedTuple):
    """What is given; nothing of it changes while a plan is made.

    Rows are candidates in the order of their needs. `x_first` of a list by owner is where each owner's begins, one
    longer than there are owners. Blocks are what is served together: a group, or a need by itself.

    Attributes
    ----------
    candidate : shape (rows,)
        The problem's candidate of each row.
    most : shape (rows,)
        Units at most, by limit, quantity, capacity and time.
    enemy : by row
        Rows of other needs on the same resource that conflict with it.
    all_or_none : shape (blocks,)
        Every need of the block is met in full, or none gets any.
    wanted : shape (blocks,)
        It has to be served: a need of it is required, or has pinned units and is all or none.
    """

    candidate: Ints
    need: Ints
    resource: Ints
    worth: Ints
    most: Ints
    use: Ints
    kept: Ints
    pinned: Ints
    range_first: Ints
    range_low: Ints
    range_high: Ints
    enemy_first: Ints
    enemy: Ints
    need_first: Ints
    quantity: Ints
    duration: Ints
    required: Bools
    need_floor_first: Ints
    need_floor: Ints
    resource_first: Ints
    resource_row: Ints
    capacity: Ints
    load: Ints
    resource_pool_first: Ints
    resource_pool: Ints
    pool_capacity: Ints
    floor_minimum: Ints
    block: Ints
    block_first: Ints
    block_need: Ints
    all_or_none: Bools
    together: Bools
    wanted: Bools
    change_cost: int
    balance: int


def instance_of(problem: Problem) -> Instance:
    """Return a problem as arrays."""
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    candidate = np.argsort(problem.need, kind="stable")
    need, resource = problem.need[candidate], problem.resource[candidate]
    first, low, high = all_start_ranges(problem)
    most = most_in_time(problem, first, low, high)[candidate]
    counts = np.diff(first)[candidate]
    at = np.repeat(first[candidate] - (np.cumsum(counts) - counts), counts) + np.arange(len(low))

    block, all_or_none, together = _blocks(problem)
    block_first, block_need = by_owner(block, len(all_or_none))
    wanted = np.zeros(len(all_or_none), dtype=bool)
    wanted[block[problem.need_required]] = True
    pinned = problem.pinned[candidate]
    wanted[block[need[pinned > 0]]] |= all_or_none[block[need[pinned > 0]]]
    need_first = ends(np.bincount(need, minlength=needs))
    resource_first, resource_row = by_owner(resource, resources)
    pool_first, resource_pool = _memberships([pool.resources for pool in problem.pools], resources)
    floor_first, need_floor = _memberships([floor.needs for floor in problem.floors], needs)
    enemy_first, enemy = _enemies(problem, need_first, resource)
    return Instance(
        candidate=candidate,
        need=need,
        resource=resource,
        worth=problem.need_value[need] + problem.value[candidate],
        most=most,
        use=problem.use[candidate],
        kept=problem.kept[candidate],
        pinned=pinned,
        range_first=ends(counts),
        range_low=low[at],
        range_high=high[at],
        enemy_first=enemy_first,
        enemy=enemy,
        need_first=need_first,
        quantity=problem.need_quantity,
        duration=problem.need_duration,
        required=problem.need_required,
        need_floor_first=floor_first,
        need_floor=need_floor,
        resource_first=resource_first,
        resource_row=resource_row,
        capacity=problem.resource_capacity,
        load=problem.resource_load,
        resource_pool_first=pool_first,
        resource_pool=resource_pool,
        pool_capacity=np.array([pool.capacity for pool in problem.pools], dtype=np.int64),
        floor_minimum=np.array([floor.minimum for floor in problem.floors], dtype=np.int64),
        block=block,
        block_first=block_first,
        block_need=block_need,
        all_or_none=all_or_none,
        together=together,
        wanted=wanted,
        change_cost=problem.change_cost,
        balance=problem.balance,
    )


def by_owner(owner: Ints, owners: int) -> tuple[Ints, Ints]:
    """Return where each owner's rows begin, and the rows by owner."""
    first = ends(np.bincount(owner, minlength=owners))
    rows = np.empty(len(owner), dtype=np.int64)
    _put_by_owner(owner, first[:-1].copy(), rows)
    return first, rows


@compiled
def _put_by_owner(owner: Ints, place: Ints, rows: Ints) -> None:
    """Write each row at its owner's next place: a counting sort."""
    for row in range(len(owner)):
        mine = owner[row]
        rows[place[mine]] = row
        place[mine] += 1


def _memberships(sets: list[Ints], members: int) -> tuple[Ints, Ints]:
    """Return the sets in which each member lies."""
    member = np.concatenate([np.zeros(0, dtype=np.int64), *sets])
    number = np.repeat(np.arange(len(sets)), [len(mine) for mine in sets])
    first, rows = by_owner(member, members)
    return first, number[rows]


def _blocks(problem: Problem) -> tuple[Ints, Bools, Bools]:
    """Return the block of each need, and of each block whether it is all or none, and whether it comes together."""
    block = np.full(len(problem.need_quantity), -1, dtype=np.int64)
    groups = [group for group in problem.groups if group.needs]
    for number, group in enumerate(groups):
        block[list(group.needs)] = number
    alone = np.flatnonzero(block < 0)
    block[alone] = len(groups) + np.arange(len(alone))
    all_or_none = np.concatenate(
        [np.ones(len(groups), dtype=bool), problem.need_whole[alone] & (problem.need_quantity[alone] > 1)]
    )
    together = np.zeros(len(all_or_none), dtype=bool)
    together[: len(groups)] = [
        group.together and bool(problem.need_duration[list(group.needs)].any()) for group in groups
    ]
    return block, all_or_none, together


def _enemies(problem: Problem, need_first: Ints, resource: Ints) -> tuple[Ints, Ints]:
    """Return, of each row, the rows that can't be served beside it."""
    mine: list[Ints] = [np.zeros(0, dtype=np.int64)]
    theirs: list[Ints] = [np.zeros(0, dtype=np.int64)]
    for a, b in problem.conflicts:
        _, at_a, at_b = np.intersect1d(
            resource[need_first[a] : need_first[a + 1]],
            resource[need_first[b] : need_first[b + 1]],
            assume_unique=True,
            return_indices=True,
        )
        mine += [need_first[a] + at_a, need_first[b] + at_b]
        theirs += [need_first[b] + at_b, need_first[a] + at_a]
    owner, other = np.concatenate(mine), np.concatenate(theirs)
    first, rows = by_owner(owner, len(resource))
    return first, other[rows]
