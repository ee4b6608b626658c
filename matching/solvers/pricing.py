"""What every block takes at given prices, compiled; with prices as floats to search, as integers to prove."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.problem import Ints
from matching.solvers.compiled import compiled, inner
from matching.solvers.instance import Instance

Floats = npt.NDArray[np.float64]
Numbers = Any  # an array of float64 or of int64, one of them in all places


class Grid(NamedTuple):
    """Time of resources in stretches of `step` minutes, for as long as windows go.

    Attributes
    ----------
    first : shape (resources + 1,)
        The stretches of resource `i` are `first[i]` to `first[i + 1]`.
    low : shape (resources,)
        The minute at which its first begins.
    """

    first: Ints
    low: Ints
    step: int


class Tariff(NamedTuple):
    """What is paid, multiplied by `scale`.

    Attributes
    ----------
    use, unit : shape (resources,)
        For a unit of capacity; for each unit assigned, whatever its use (the slope of `balance`).
    bonus : shape (needs,)
        What floors add to each unit of a need.
    minute : shape (stretches,)
        For a minute.
    before : shape (stretches + 1,)
        For all minutes before a stretch.
    """

    use: Numbers
    unit: Numbers
    bonus: Numbers
    minute: Numbers
    before: Numbers
    scale: Any


class Taken(NamedTuple):
    """What blocks take in all: use by resource, minutes by stretch, units by need."""

    use: Ints
    minutes: Ints
    met: Ints


@inner
def _paid_until(grid: Grid, tariff: Tariff, resource: int, minute: int) -> Any:
    first = grid.first[resource]
    count = grid.first[resource + 1] - first
    passed = max(0, min(minute - grid.low[resource], count * grid.step))
    stretch = passed // grid.step
    paid = tariff.before[first + stretch]
    if stretch < count:
        paid += (passed - stretch * grid.step) * tariff.minute[first + stretch]
    return paid


@inner
def cheapest_start(a: Instance, grid: Grid, tariff: Tariff, row: int) -> tuple[Any, int]:
    """Return the least that a unit's time costs on a row, and a minute to start: one where a stretch changes."""
    resource, duration = a.resource[row], a.duration[a.need[row]]
    count = grid.first[resource + 1] - grid.first[resource]
    low, step = grid.low[resource], grid.step
    best, at = 0 * tariff.scale, -1
    for k in range(a.range_first[row], a.range_first[row + 1]):
        opens, closes = a.range_low[k], a.range_high[k]
        for side in range(2):  # a stretch changes where it starts, or where it ends
            shift = side * duration
            stretch = max(0, (opens + shift - low) // step)
            start = opens
            while True:
                cost = _paid_until(grid, tariff, resource, start + duration) - _paid_until(
                    grid, tariff, resource, start
                )
                if at < 0 or cost < best:
                    best, at = cost, start
                    if cost == 0:
                        return best, at
                if start == closes:
                    break
                stretch += 1
                start = closes if stretch > count else min(closes, max(opens, low + stretch * step - shift))
    return best, at


@compiled
def cost_of_rows(a: Instance, grid: Grid, tariff: Tariff, first: int, last: int, cost: Numbers) -> None:
    """Write what one unit on each row pays."""
    for row in range(first, last):
        resource, need = a.resource[row], a.need[row]
        cost[row] = a.use[row] * tariff.use[resource] + tariff.unit[resource] - tariff.bonus[need]
        if a.duration[need]:
            cost[row] += cheapest_start(a, grid, tariff, row)[0]


@compiled
def best_of_blocks(a: Instance, grid: Grid, tariff: Tariff, first: int, last: int, taken: Taken) -> Any:
    """Return what blocks `first` to `last` gain at best, and add what they take.

    A unit's time is priced only once nothing cheaper can come before it.
    """
    gained = 0 * tariff.scale
    widest = 0
    for b in range(first, last):
        rows = 0
        for i in range(a.block_first[b], a.block_first[b + 1]):
            need = a.block_need[i]
            rows += a.need_first[need + 1] - a.need_first[need]
        widest = max(widest, rows)
    worth = np.zeros(widest, dtype=tariff.use.dtype)
    given = np.zeros(widest, dtype=np.int64)
    start = np.zeros(widest, dtype=np.int64)
    for b in range(first, last):
        total, offset, complete = 0 * tariff.scale, 0, True
        for i in range(a.block_first[b], a.block_first[b + 1]):
            need = a.block_need[i]
            head, count = a.need_first[need], a.need_first[need + 1] - a.need_first[need]
            timed = a.duration[need] > 0
            full = a.all_or_none[b] or a.required[need]
            left = a.quantity[need]
            for k in range(count):
                row = head + k
                resource = a.resource[row]
                at = offset + k
                given[at], start[at] = 0, -1
                worth[at] = (
                    tariff.scale * a.worth[row]
                    - a.use[row] * tariff.use[resource]
                    - tariff.unit[resource]
                    + tariff.bonus[need]
                )
                if a.kept[row] > 0:
                    worth[at] += tariff.scale * a.change_cost
                if a.pinned[row] > 0:
                    if timed:
                        cost, start[at] = cheapest_start(a, grid, tariff, row)
                        worth[at] -= cost
                    units = min(left, a.most[row], a.pinned[row])
                    kept = min(units, a.kept[row])
                    total += units * worth[at]
                    if a.kept[row] > 0 and units >= a.kept[row]:
                        worth[at] -= tariff.scale * a.change_cost
                        total -= (units - kept) * tariff.scale * a.change_cost
                    given[at], left = units, left - units
            while left > 0:
                best = -1
                for k in range(offset, offset + count):
                    if given[k] < a.most[head + k - offset] and (best < 0 or worth[k] > worth[best]):
                        best = k
                if best < 0 or (worth[best] <= 0 and not full):
                    break
                row = head + best - offset
                if timed and start[best] < 0:
                    cost, start[best] = cheapest_start(a, grid, tariff, row)
                    worth[best] -= cost
                    continue
                room = a.most[row] - given[best]
                if given[best] < a.kept[row]:
                    room = min(room, a.kept[row] - given[best])
                units = min(left, room)
                total += units * worth[best]
                given[best] += units
                left -= units
                if given[best] == a.kept[row]:
                    worth[best] -= tariff.scale * a.change_cost
            complete &= left == 0 or not full
            offset += count
        if a.all_or_none[b] and not a.wanted[b] and (total <= 0 or not complete):
            continue
        gained += total
        offset = 0
        for i in range(a.block_first[b], a.block_first[b + 1]):
            need = a.block_need[i]
            for row in range(a.need_first[need], a.need_first[need + 1]):
                units = given[offset]
                if units > 0:
                    _take(a, grid, taken, row, units, start[offset])
                offset += 1
    return gained


@inner
def _take(a: Instance, grid: Grid, taken: Taken, row: int, units: int, start: int) -> None:
    need, resource = a.need[row], a.resource[row]
    taken.use[resource] += units * a.use[row]
    taken.met[need] += units
    if a.duration[need]:
        low, step = grid.low[resource], grid.step
        first, count = grid.first[resource], grid.first[resource + 1] - grid.first[resource]
        end = start + a.duration[need]
        for stretch in range(max(0, (start - low) // step), min(count, (end - 1 - low) // step + 1)):
            opens = low + stretch * step
            taken.minutes[first + stretch] += units * (min(end, opens + step) - max(start, opens))


@compiled
def open_minutes(grid: Grid, window_first: Ints, opens: Ints, closes: Ints, minutes: Ints) -> None:
    """Add up how many minutes of each stretch a resource works."""
    for resource in range(len(grid.low)):
        first, count = grid.first[resource], grid.first[resource + 1] - grid.first[resource]
        for window in range(window_first[resource], window_first[resource + 1]):
            low = grid.low[resource]
            begin = max(0, (opens[window] - low) // grid.step)
            for stretch in range(begin, count):
                start = low + stretch * grid.step
                if start >= closes[window]:
                    break
                minutes[first + stretch] += min(closes[window], start + grid.step) - max(opens[window], start)
