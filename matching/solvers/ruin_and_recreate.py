"""A plan made better by taking a part of it away and serving that part anew, again and again.

What is taken away is on a few resources near to each other; a worse plan is accepted now and then, more seldom towards
the end (simulated annealing).

References
----------
G. Schrimpf, J. Schneider, H. Stamm-Wilbrandt, G. Dueck, "Record breaking optimization results using the ruin and
recreate principle", J. Computational Physics 159 (2000); J. Christiaens, G. Vanden Berghe, "Slack induction by string
removals for vehicle routing problems", Transportation Science 54 (2020).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.problem import Ints
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
    give,
    room,
    take_back,
)
from matching.solvers.serving import Guide, better_by, serve_block, take_block, take_row

_TAKEN = 8  # rows at most that are taken from one resource, about
_TRIED = 64  # blocks that are served anew at most
_LOOKS = 48  # rows of a resource among which others to serve are sought


@compiled
def construct(a: Instance, s: Board, g: Guide, order: Ints, at: Ints, first: Int, last: Int, at_any_cost: bool) -> None:
    """Serve blocks one after another; `at` are the minutes at which their units start, −1 for any."""
    for i in range(first, last):
        s.tally[ENTRIES] = 0
        serve_block(a, s, g, order[i], 0.0, at[i], at_any_cost)


@compiled
def follow(a: Instance, s: Board, g: Guide, units: Ints, order: Ints, first: Int, last: Int) -> None:
    """Give blocks what another plan gives them, as far as that can be; the starts are the first that are free."""
    for i in range(first, last):
        block = order[i]
        if a.together[block]:
            continue
        s.tally[ENTRIES] = 0
        value, short = s.tally[VALUE], s.tally[SHORT]
        complete = True
        for k in range(a.block_first[block], a.block_first[block + 1]):
            need = a.block_need[k]
            for row in range(a.need_first[need], a.need_first[need + 1]):
                _give_up_to(a, s, row, units[row] - s.units[row])
            complete &= s.left[need] == 0
        if (a.all_or_none[block] and not complete) or better_by(s, g, value, short) <= 0:
            take_back(a, s, np.int64(0))


@inner
def _give_up_to(a: Instance, s: Board, row: Int, wanted: Int) -> None:
    most = min(wanted, room(a, s, row)) if wanted > 0 else 0
    timed = a.duration[a.need[row]] > 0
    while most > 0:
        start, units = np.int64(-1), np.int64(most)
        if timed:
            start, units = free_start(a, s, row, np.int64(-1), False), np.int64(1)
            if start < 0:
                return
        give(a, s, row, units, start)
        most -= units


@compiled
def improve(
    a: Instance,
    s: Board,
    g: Guide,
    blocks: Ints,
    mark: Ints,
    until: Int,
    progress: float,
    progress_a_step: float,
    warm: float,
    cold: float,
) -> None:
    """Go on until so much work is done.

    Parameters
    ----------
    blocks
        Those that can be served at all and may be moved.
    mark : shape (blocks in all,)
        Working space; rounds in which each was last looked at.
    progress, progress_a_step
        How far the whole search is, 0 to 1, and what a step of work adds.
    warm, cold
        The temperature at the beginning and at the end of the whole search.
    """
    tried = np.zeros(_TRIED, dtype=np.int64)
    key = np.zeros(_TRIED)
    began = s.tally[WORK]
    never = mark[-1] < 0
    while s.tally[WORK] < until:
        now = min(1.0, progress + progress_a_step * float(s.tally[WORK] - began))
        temperature = warm * (cold / warm) ** now
        s.tally[ENTRIES] = 0
        s.tally[WORK] += 20
        value, short = s.tally[VALUE], s.tally[SHORT]
        mark[-1] += 1
        count = _ruin(a, s, g, blocks, mark, tried)
        _put_in_order(s, g, tried, key, count)
        blink = 0.02 if chance(s) < 0.7 else 0.15
        for i in range(count):
            serve_block(a, s, g, tried[i], blink, np.int64(-1), never)
        better = better_by(s, g, value, short)
        if better < 0 and chance(s) >= np.exp(better / temperature):
            take_back(a, s, np.int64(0))


@inner
def _ruin(a: Instance, s: Board, g: Guide, blocks: Ints, mark: Ints, tried: Ints) -> Int:
    """Take a part of the plan away; return how many blocks stand in `tried` to be served anew."""
    seed = blocks[any_of(s, len(blocks))]
    for _ in range(5):
        if s.left[a.block_need[a.block_first[seed]]] > 0:
            break
        seed = blocks[any_of(s, len(blocks))]
    count = _note(g, mark, tried, np.int64(0), seed)
    take_block(a, s, seed)
    block = seed
    for _ in range(1 + any_of(s, np.int64(4))):
        need = a.block_need[a.block_first[block] + any_of(s, a.block_first[block + 1] - a.block_first[block])]
        rows = a.need_first[need + 1] - a.need_first[need]
        if rows == 0:
            continue
        resource = a.resource[g.preferred[a.need_first[need] + any_of(s, rows)]]
        count = _take_from(a, s, g, mark, tried, count, resource)
        count = _look_around(a, s, g, mark, tried, count, resource)
        block = tried[any_of(s, count)]
    return count


@inner
def _note(g: Guide, mark: Ints, tried: Ints, count: Int, block: Int) -> Int:
    if mark[block] == mark[-1] or not g.movable[block] or count == len(tried):
        return count
    mark[block] = mark[-1]
    tried[count] = block
    return count + 1


@inner
def _take_from(a: Instance, s: Board, g: Guide, mark: Ints, tried: Ints, count: Int, resource: Int) -> Int:
    share = _TAKEN / max(1.0, float(s.carried[resource]))
    if chance(s) < 0.3:
        share *= 0.5
    row, steps = s.served_first[resource], 0
    while row >= 0 and steps < 500 and s.tally[ENTRIES] < len(s.journal_row) // 4:
        following = s.served_next[row]
        block = a.block[a.need[row]]
        steps += 1
        if g.movable[block] and chance(s) < share and (mark[block] == mark[-1] or count < len(tried)):
            count = _note(g, mark, tried, count, block)
            if a.all_or_none[block]:
                take_block(a, s, block)
                row = s.served_first[resource]  # the list has changed
                continue
            take_row(a, s, row)
        row = following
    s.tally[WORK] += steps
    return count


@inner
def _look_around(a: Instance, s: Board, g: Guide, mark: Ints, tried: Ints, count: Int, resource: Int) -> Int:
    """Note others that the resource could serve and that have something left."""
    first, rows = a.resource_first[resource], a.resource_first[resource + 1] - a.resource_first[resource]
    begin = any_of(s, rows)
    for i in range(min(rows, _LOOKS)):
        row = a.resource_row[first + (begin + i) % rows]
        need = a.need[row]
        if s.left[need] > 0 and count < len(tried) // 2 and a.most[row] > 0 and chance(s) < 0.4:
            count = _note(g, mark, tried, count, a.block[need])
    s.tally[WORK] += min(rows, _LOOKS) // 4
    return count


@inner
def _put_in_order(s: Board, g: Guide, tried: Ints, key: npt.NDArray[np.float64], count: Int) -> None:
    """Sort blocks by what they add, less a random part of what they pay, with some noise."""
    by_ratio = chance(s) < 0.4
    weight = 1.2 * chance(s)
    noise = 0.4 * chance(s)
    for i in range(count):
        block = tried[i]
        reward = g.reward[block] * (1 + noise * (chance(s) - 0.5))
        if by_ratio:
            key[i] = -reward / (1e-9 + 0.1 * abs(g.reward[block]) + max(0.0, g.fee[block]))
        else:
            key[i] = weight * g.fee[block] - reward
    for i in range(1, count):  # few: by insertion
        block, mine = tried[i], key[i]
        j = i - 1
        while j >= 0 and key[j] > mine:
            tried[j + 1], key[j + 1] = tried[j], key[j]
            j -= 1
        tried[j + 1], key[j + 1] = block, mine
