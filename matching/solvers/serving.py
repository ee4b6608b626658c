"""Serving a block beside what is given already: its needs' best rows by price first, as far as it pays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.problem import Bools, Ints
from matching.solvers.compiled import compiled, inner
from matching.solvers.instance import Instance
from matching.solvers.placing import (
    ENTRIES,
    SHORT,
    VALUE,
    WORK,
    Board,
    Int,
    any_of,
    chance,
    free_start,
    gain,
    give,
    room,
    take_back,
)

_TRIALS = 8  # starts tried for a block that comes together


class Guide(NamedTuple):
    """What prices say about where to look first.

    Attributes
    ----------
    preferred : shape (rows,)
        The rows of each need, the most worth after its price first.
    reward, fee : shape (blocks,)
        About what serving a block adds, and what it pays at the prices.
    late : shape (blocks,)
        The lowest is served first: the fee less the reward, or where nothing has a price, minus the reward of a unit
        of use.
    movable : shape (blocks,)
        What may be taken away again.
    penalty
        What a unit of `SHORT` counts against the value.
    """

    preferred: Ints
    reward: npt.NDArray[np.float64]
    fee: npt.NDArray[np.float64]
    late: npt.NDArray[np.float64]
    movable: Bools
    penalty: float


def guide_of(a: Instance, cost: npt.NDArray[np.float64]) -> Guide:
    """Return it for what one unit on each row pays at the prices."""
    worth = a.worth + np.where(a.kept > 0, a.change_cost, 0).astype(float)
    preferred = np.empty(len(a.need), dtype=np.int64)
    _sort_rows(a.need_first, cost - worth, preferred)
    blocks = len(a.all_or_none)
    reward, fee, pinned = np.zeros(blocks), np.zeros(blocks), np.zeros(blocks, dtype=bool)
    served = np.flatnonzero(np.diff(a.need_first))
    best = preferred[a.need_first[served]]
    np.add.at(reward, a.block[served], a.quantity[served] * worth[best])
    np.add.at(fee, a.block[served], a.quantity[served] * cost[best])
    pinned[a.block[a.need[a.pinned > 0]]] = True
    size = np.zeros(blocks)
    np.add.at(size, a.block[served], a.quantity[served] * np.maximum(1, a.use[best]))
    late = fee - reward if cost.any() else -reward / np.maximum(1, size)
    penalty = 1.0 + 4 * float(np.abs(worth).max(initial=0) + 2 * np.abs(cost).max(initial=0))
    return Guide(preferred, reward, fee, late, ~pinned, penalty)


@compiled
def _sort_rows(first: Ints, key: npt.NDArray[np.float64], rows: Ints) -> None:
    """Write the rows of each need, those with the lowest key first."""
    for need in range(len(first) - 1):
        rows[first[need] : first[need + 1]] = first[need] + np.argsort(key[first[need] : first[need + 1]])


@compiled
def pin(a: Instance, s: Board, row: Int, units: Int, start: Int) -> Int:
    """Give units that are fixed, a timed one at a minute or, for −1, any; return the minute, −2 where that can't be."""
    s.tally[ENTRIES] = 0
    at = np.int64(start)
    if a.duration[a.need[row]]:
        at = free_start(a, s, row, at, False)
        if at < 0:
            return -2
    if room(a, s, row) < units:
        return -2
    give(a, s, row, np.int64(units), at)
    return at


@inner
def better_by(s: Board, g: Guide, value: Int, short: Int) -> float:
    """Return by how much the plan is better than one of that value and shortage."""
    return float(s.tally[VALUE] - value) - g.penalty * float(s.tally[SHORT] - short)


@inner
def serve_block(a: Instance, s: Board, g: Guide, block: Int, blink: float, at: Int, at_any_cost: bool) -> bool:
    """Serve a block where that makes the plan better; return whether anything was given.

    Parameters
    ----------
    blink
        The chance that a row is overlooked, so that the same is not done again and again.
    at
        The minute at which its timed units start; −1 for any.
    at_any_cost
        Also where it makes the plan worse.
    """
    entries, value, short = s.tally[ENTRIES], s.tally[VALUE], s.tally[SHORT]
    done = False
    if a.together[block] and at < 0:
        for trial in range(_TRIALS):
            start = _some_start(a, s, g, block, trial)
            if start >= 0 and _serve_needs(a, s, g, block, blink, start):
                done = True
                break
            take_back(a, s, entries)
    else:
        done = _serve_needs(a, s, g, block, blink, at)
    if (a.all_or_none[block] and not done) or not (at_any_cost or better_by(s, g, value, short) > 0):
        take_back(a, s, entries)
    return s.tally[ENTRIES] > entries


@inner
def _some_start(a: Instance, s: Board, g: Guide, block: Int, trial: Int) -> Int:
    """Return a minute at which one of a block's timed units could start."""
    first, count = a.block_first[block], a.block_first[block + 1] - a.block_first[block]
    need = a.block_need[first + (any_of(s, count) if trial else 0)]
    for i in range(count):
        if a.duration[need]:
            break
        need = a.block_need[first + i]
    rows = a.need_first[need + 1] - a.need_first[need]
    if rows == 0:
        return -1
    row = g.preferred[a.need_first[need] + (any_of(s, rows) if trial else 0)]
    return free_start(a, s, row, np.int64(-1), trial % 2 == 1)


@inner
def _serve_needs(a: Instance, s: Board, g: Guide, block: Int, blink: float, at: Int) -> bool:
    """Serve a block's needs, and return whether all of them are served in full."""
    full = a.all_or_none[block]
    for i in range(a.block_first[block], a.block_first[block + 1]):
        _serve_need(a, s, g, a.block_need[i], blink, at, full)
        if full and s.left[a.block_need[i]] > 0:
            return False
    return s.left[a.block_need[a.block_first[block]]] == 0


@inner
def _serve_need(a: Instance, s: Board, g: Guide, need: Int, blink: float, at: Int, full: Any) -> None:
    late = chance(s) < 0.3
    for k in range(a.need_first[need], a.need_first[need + 1]):
        if s.left[need] == 0:
            return
        s.tally[WORK] += 1
        if blink > 0 and chance(s) < blink:
            continue
        row = g.preferred[k]
        most = room(a, s, row)
        while most > 0 and s.tally[ENTRIES] < len(s.journal_row) - 1:
            worth = gain(a, s, row)
            if worth <= 0 and not full and not _is_short(a, s, need):
                break
            start, units = np.int64(-1), most
            if a.duration[need]:
                start, units = free_start(a, s, row, at, late), np.int64(1)
                if start < 0:
                    break
            elif s.units[row] < a.kept[row]:
                units = min(most, a.kept[row] - s.units[row])
            elif a.balance and not full:
                units = max(1, min(most, worth // (2 * a.balance)))
            give(a, s, row, units, start)
            most -= units


@inner
def _is_short(a: Instance, s: Board, need: Int) -> bool:
    if a.required[need]:
        return True
    short = False
    for i in range(a.need_floor_first[need], a.need_floor_first[need + 1]):
        short |= s.floor_left[a.need_floor[i]] > 0
    return short


@inner
def take_row(a: Instance, s: Board, row: Int) -> None:
    """Take all units of a row."""
    if a.duration[a.need[row]] == 0:
        give(a, s, row, -s.units[row], np.int64(-1))
        return
    place = s.busy_first[a.resource[row]]
    while place >= 0:
        following = s.busy_next[place]
        if s.busy_row[place] == row:
            give(a, s, row, np.int64(-1), s.busy_start[place])
        place = following


@inner
def take_block(a: Instance, s: Board, block: Int) -> None:
    """Take all that a block has."""
    for i in range(a.block_first[block], a.block_first[block + 1]):
        need = a.block_need[i]
        if s.left[need] < a.quantity[need]:
            for row in range(a.need_first[need], a.need_first[need + 1]):
                if s.units[row] > 0:
                    take_row(a, s, row)
