"""A plan in the making: what is given and what is left, and every change entered so that it can be taken back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.problem import Ints
from matching.solvers.compiled import inner
from matching.solvers.dice import Dice, dice_of, roll
from matching.solvers.instance import Instance

Int = Any  # int or np.int64: one and the same once compiled

# Places in `tally`.
VALUE = 0  # of all that is given, beside what no plan changes
SHORT = 1  # units that are required, or under a floor, and not given
SPARE = 2  # places for timed units that are free
ENTRIES = 3  # in the journal
WORK = 4  # steps done, the measure of time that is the same on every machine


class Board(NamedTuple):
    """Units on every row, and all that follows from them.

    Attributes
    ----------
    served_first, served_next, served_before
        The rows that each resource serves, as a list through rows; −1 ends it.
    busy_first, busy_next, busy_start, busy_end, busy_row
        The timed units of each resource in the order of time, as a list through places.
    journal_row, journal_units, journal_start
        Changes since it was last emptied; units are negative where they were taken.
    dice
        The state of the random numbers.
    """

    units: Ints
    left: Ints
    free: Ints
    carried: Ints
    pool_free: Ints
    floor_left: Ints
    served_first: Ints
    served_next: Ints
    served_before: Ints
    busy_first: Ints
    busy_next: Ints
    busy_start: Ints
    busy_end: Ints
    busy_row: Ints
    spare: Ints
    journal_row: Ints
    journal_units: Ints
    journal_start: Ints
    tally: Ints
    dice: Dice


def empty_board(a: Instance, seed: int) -> Board:
    """Return one with nothing given."""
    rows, resources = len(a.need), len(a.capacity)
    timed = int(timed_units(a))
    longest = int(np.bincount(a.block[a.need], minlength=1).max(initial=0)) + timed_in_a_block(a)
    journal = max(1 << 14, 16 * longest)
    tally = np.zeros(8, dtype=np.int64)
    tally[SHORT] = a.quantity[a.required].sum() + a.floor_minimum.sum()
    tally[SPARE] = timed
    return Board(
        units=np.zeros(rows, dtype=np.int64),
        left=a.quantity.copy(),
        free=a.capacity.copy(),
        carried=np.zeros(resources, dtype=np.int64),
        pool_free=a.pool_capacity.copy(),
        floor_left=a.floor_minimum.copy(),
        served_first=np.full(resources, -1, dtype=np.int64),
        served_next=np.full(rows, -1, dtype=np.int64),
        served_before=np.full(rows, -1, dtype=np.int64),
        busy_first=np.full(resources, -1, dtype=np.int64),
        busy_next=np.full(timed, -1, dtype=np.int64),
        busy_start=np.zeros(timed, dtype=np.int64),
        busy_end=np.zeros(timed, dtype=np.int64),
        busy_row=np.zeros(timed, dtype=np.int64),
        spare=np.arange(timed)[::-1].copy(),
        journal_row=np.zeros(journal, dtype=np.int64),
        journal_units=np.zeros(journal, dtype=np.int64),
        journal_start=np.zeros(journal, dtype=np.int64),
        tally=tally,
        dice=dice_of(seed),
    )


def timed_units(a: Instance) -> float:
    """Return how many timed units a plan can have at most."""
    return float(_timed_by_need(a).sum())


def timed_in_a_block(a: Instance) -> int:
    """Return how many of them a block can have at most."""
    return int(np.bincount(a.block, weights=_timed_by_need(a), minlength=1).max(initial=0))


def _timed_by_need(a: Instance) -> npt.NDArray[np.float64]:
    most = np.bincount(a.need, weights=a.most, minlength=len(a.quantity))
    return np.where(a.duration > 0, np.minimum(most, a.quantity), 0)


@inner
def chance(s: Board) -> float:
    """Return a random number from 0 to 1."""
    return roll(s.dice)


@inner
def any_of(s: Board, count: Int) -> Int:
    """Return a random number from 0 to `count` − 1."""
    return min(count - 1, int(chance(s) * count))


@inner
def gain(a: Instance, s: Board, row: Int) -> Int:
    """Return what one more unit on a row adds to the value."""
    worth = a.worth[row]
    if s.units[row] < a.kept[row]:
        worth += a.change_cost
    if a.balance:
        resource = a.resource[row]
        worth -= a.balance * (2 * (a.load[resource] + s.carried[resource]) + 1)
    return worth


@inner
def room(a: Instance, s: Board, row: Int) -> Int:
    """Return how many more units a row could get, time aside."""
    resource = a.resource[row]
    most = min(a.most[row] - s.units[row], s.left[a.need[row]])
    use = a.use[row]
    if use > 0:
        most = min(most, s.free[resource] // use)
        for i in range(a.resource_pool_first[resource], a.resource_pool_first[resource + 1]):
            most = min(most, s.pool_free[a.resource_pool[i]] // use)
    if most > 0:
        for i in range(a.enemy_first[row], a.enemy_first[row + 1]):
            if s.units[a.enemy[i]] > 0:
                return 0
    return most


@inner
def free_start(a: Instance, s: Board, row: Int, at: Int, late: bool) -> Int:
    """Return the first or the last minute at which one more unit could start, or `at` if it could then; else −1."""
    resource, duration = a.resource[row], a.duration[a.need[row]]
    place, found = s.busy_first[resource], -1
    for k in range(a.range_first[row], a.range_first[row + 1]):
        low, high = a.range_low[k], a.range_high[k]
        if at >= 0:
            if at < low or at > high:
                continue
            low = high = at
        start = low
        while True:
            s.tally[WORK] += 1
            while place >= 0 and s.busy_end[place] <= start:
                place = s.busy_next[place]
            last = high
            if place >= 0:
                last = min(last, s.busy_start[place] - duration)
            if start <= last:
                if not late:
                    return start
                found = last
            if place < 0 or s.busy_end[place] > high:
                break
            start = s.busy_end[place]
    return found


@inner
def give(a: Instance, s: Board, row: Int, units: Int, start: Int) -> None:
    """Give units to a row, negative to take them; `start` is that of the one unit where it is timed."""
    s.tally[WORK] += 2
    _enter(a, s, row, units, start)
    entry = s.tally[ENTRIES]
    s.journal_row[entry], s.journal_units[entry], s.journal_start[entry] = row, units, start
    s.tally[ENTRIES] = entry + 1


@inner
def take_back(a: Instance, s: Board, entries: Int) -> None:
    """Undo changes until the journal has so many entries."""
    for entry in range(s.tally[ENTRIES] - 1, entries - 1, -1):
        _enter(a, s, s.journal_row[entry], -s.journal_units[entry], s.journal_start[entry])
    s.tally[WORK] += s.tally[ENTRIES] - entries
    s.tally[ENTRIES] = entries


@inner
def _enter(a: Instance, s: Board, row: Int, units: Int, start: Int) -> None:
    need, resource = a.need[row], a.resource[row]
    before = s.units[row]
    after = before + units
    s.units[row] = after
    s.tally[VALUE] += units * a.worth[row]
    if a.kept[row] > 0:
        s.tally[VALUE] += a.change_cost * (min(after, a.kept[row]) - min(before, a.kept[row]))
    if a.balance:
        s.tally[VALUE] -= a.balance * units * (2 * (a.load[resource] + s.carried[resource]) + units)
    s.left[need] -= units
    if a.required[need]:
        s.tally[SHORT] -= units
    for i in range(a.need_floor_first[need], a.need_floor_first[need + 1]):
        floor = a.need_floor[i]
        short = s.floor_left[floor]
        s.floor_left[floor] = short - units
        s.tally[SHORT] += max(0, short - units) - max(0, short)
    s.carried[resource] += units
    s.free[resource] -= units * a.use[row]
    for i in range(a.resource_pool_first[resource], a.resource_pool_first[resource + 1]):
        s.pool_free[a.resource_pool[i]] -= units * a.use[row]
    if before == 0:
        _join(s, resource, row)
    elif after == 0:
        _leave(s, resource, row)
    if a.duration[need]:
        if units > 0:
            _occupy(s, resource, row, start, start + a.duration[need])
        else:
            _release(s, resource, row, start)


@inner
def _join(s: Board, resource: Int, row: Int) -> None:
    following = s.served_first[resource]
    s.served_first[resource], s.served_next[row], s.served_before[row] = row, following, -1
    if following >= 0:
        s.served_before[following] = row


@inner
def _leave(s: Board, resource: Int, row: Int) -> None:
    before, following = s.served_before[row], s.served_next[row]
    if before >= 0:
        s.served_next[before] = following
    else:
        s.served_first[resource] = following
    if following >= 0:
        s.served_before[following] = before


@inner
def _occupy(s: Board, resource: Int, row: Int, start: Int, end: Int) -> None:
    s.tally[SPARE] -= 1
    place = s.spare[s.tally[SPARE]]
    s.busy_start[place], s.busy_end[place], s.busy_row[place] = start, end, row
    before: Int = -1
    following = s.busy_first[resource]
    while following >= 0 and s.busy_start[following] < start:
        before, following = following, s.busy_next[following]
    s.busy_next[place] = following
    if before >= 0:
        s.busy_next[before] = place
    else:
        s.busy_first[resource] = place


@inner
def _release(s: Board, resource: Int, row: Int, start: Int) -> None:
    before: Int = -1
    place = s.busy_first[resource]
    while s.busy_start[place] != start or s.busy_row[place] != row:
        before, place = place, s.busy_next[place]
    if before >= 0:
        s.busy_next[before] = s.busy_next[place]
    else:
        s.busy_first[resource] = s.busy_next[place]
    s.spare[s.tally[SPARE]] = place
    s.tally[SPARE] += 1
