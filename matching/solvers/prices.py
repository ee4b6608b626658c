"""Prices of what is scarce, by which the worth of a whole city's plan is bounded from above.

Capacities, pools, resources' time and floors get prices in place of limits; each block (a group, or a need by itself)
then takes what is best for it alone. Whatever the prices, what all blocks gain and what the scarce things would fetch
come to at least the worth of any plan (Lagrangian relaxation). Good prices are found by the volume algorithm; the bound
is computed once more in integers, so that it is proved.
"""

from __future__ import annotations

import time

import numpy as np

from matching.deadline import Deadline
from matching.optimizer.starts import in_order
from matching.problem import Ints, Problem
from matching.solvers.instance import Instance
from matching.solvers.pricing import (
    Floats,
    Grid,
    Numbers,
    Taken,
    Tariff,
    best_of_blocks,
    cost_of_rows,
    open_minutes,
)
from matching.solvers.volume import Volume

_STRETCHES = 2_000_000  # of time at most that have a price
_STEP = 60
_SLICE = 500_000  # candidates between two looks at the clock
_LARGEST = 2.0**60
_FINEST = 20  # bits by which prices are finer than the objective


class Pricing:
    """The volume algorithm on one instance; it can be stopped and go on.

    Parameters
    ----------
    lower
        What a known plan is worth, or a guess; it sets the length of the first steps.
    carried : shape (resources,)
        About what each resource will carry; `balance` is priced by its slope there.
    prices : shape (resources,)
        Of capacities, to start from: those of a flow that is much like it save hundreds of rounds.

    Attributes
    ----------
    slowest
        The seconds that the slowest look at all blocks took: about what the bound will take.
    """

    def __init__(
        self, problem: Problem, instance: Instance, *, lower: int, carried: Ints, prices: Ints | None = None
    ) -> None:
        a = self._instance = instance
        self.slowest = 0.0
        self._grid, minutes = _time(problem, a)
        self._slope = 2 * a.balance * (a.load + carried)
        held = sum(held.quantity for held in problem.current)
        self._constant = a.balance * sum(units**2 for units in carried.tolist()) - a.change_cost * held
        self._members = np.repeat(np.arange(len(a.capacity)), np.diff(a.resource_pool_first))
        self._of_floor = np.repeat(np.arange(len(a.quantity)), np.diff(a.need_floor_first))
        self._limit = np.concatenate([a.capacity, a.pool_capacity, minutes, -a.floor_minimum])
        self._cuts = np.cumsum([len(a.capacity), len(a.pool_capacity), len(minutes)])
        self._scale = self._scales()
        rows = np.zeros(len(a.block_first), dtype=np.int64)
        np.add.at(rows, a.block + 1, np.diff(a.need_first))
        size = np.cumsum(rows)
        wanted = np.arange(0, size[-1] + _SLICE, _SLICE)
        self._slices = np.unique(np.append(np.searchsorted(size, wanted[:-1]), len(size) - 1)).tolist()
        start = np.zeros(len(self._limit))
        if prices is not None:
            start[: len(prices)] = prices * (self._scale[: len(prices)] > 0)
        self._volume = Volume(start, np.zeros(len(start)), self._scale, lower)

    def improve(self, rounds: int, deadline: Deadline) -> None:
        """Look for better prices, until the time is over or nothing moves."""
        for _ in range(rounds):
            prices = self._volume.next()
            found = None if prices is None else self._all_blocks(self._tariff(prices, 1), deadline)
            if prices is None or found is None:
                return
            gained, usage = found
            value = gained + self._constant + float((prices * self._limit)[prices > 0].sum())
            self._volume.take_in(prices, value, self._limit - usage)

    def bound(self) -> int | None:
        """Return the bound by the best prices, proved in integers; None where they would be too large."""
        limits = [float(limit) for limit in self._limit]
        a = self._instance
        worth = np.abs(a.worth.astype(float)) + a.change_cost + np.abs(self._slope[a.resource].astype(float))
        reached = float((worth.max(initial=0) + 1) * a.quantity.astype(float).sum())
        use, _, _, _ = self._parts(self._volume.best)
        paid = float((a.use * use[a.resource] * np.minimum(a.most, a.quantity[a.need])).max(initial=0.0))
        reached += paid * len(a.quantity) + float(np.abs(self._volume.best * limits)[self._volume.best > 0].sum())
        bits = min(_FINEST, int(np.floor(np.log2(_LARGEST / max(1.0, reached)))))
        if bits < 0:
            return None
        scale = 1 << bits
        whole = np.rint(self._volume.best * scale).astype(np.int64)
        found = self._all_blocks(self._tariff(whole, scale), Deadline())
        assert found is not None  # noqa: S101  # there is no deadline
        fetched = sum(price * limit for price, limit in zip(whole.tolist(), self._limit.tolist(), strict=True) if price)
        return (int(found[0]) + fetched) // scale + self._constant

    def cost(self) -> Floats:
        """Return what one unit on each row of the instance pays at the best prices."""
        cost = np.zeros(len(self._instance.need))
        cost_of_rows(self._instance, self._grid, self._tariff(self._volume.best, 1), 0, len(cost), cost)
        return cost

    def _all_blocks(self, tariff: Tariff, deadline: Deadline) -> tuple[float, Ints] | None:
        """Return what blocks gain, and what they take of everything; None where the time was over first."""
        a = self._instance
        minutes = self._cuts[2] - self._cuts[1]
        taken = Taken(*(np.zeros(count, dtype=np.int64) for count in (len(a.capacity), minutes, len(a.quantity))))
        gained, began = 0, time.monotonic()
        for first, last in zip(self._slices[:-1], self._slices[1:], strict=True):
            if deadline.over():
                return None
            gained += best_of_blocks(a, self._grid, tariff, first, last, taken)
        self.slowest = max(self.slowest, time.monotonic() - began)
        pools = np.zeros(len(a.pool_capacity), dtype=np.int64)
        np.add.at(pools, a.resource_pool, taken.use[self._members])
        floors = np.zeros(len(a.floor_minimum), dtype=np.int64)
        np.add.at(floors, a.need_floor, taken.met[self._of_floor])
        return gained, np.concatenate([taken.use, pools, taken.minutes, -floors])

    def _tariff(self, prices: Numbers, scale: int) -> Tariff:
        use, minute, before, bonus = self._parts(prices)
        return Tariff(use, (self._slope * scale).astype(prices.dtype), bonus, minute, before, prices.dtype.type(scale))

    def _parts(self, prices: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Return prices as blocks pay them."""
        a = self._instance
        resources, pools, minute, floors = np.split(prices, self._cuts)
        use, bonus = resources.copy(), np.zeros(len(a.quantity), dtype=prices.dtype)
        np.add.at(use, self._members, pools[a.resource_pool])
        np.add.at(bonus, self._of_floor, floors[a.need_floor])
        before = np.concatenate([np.zeros(1, dtype=prices.dtype), np.cumsum(minute * self._grid.step)])
        return use, np.ascontiguousarray(minute), before, bonus

    def _scales(self) -> Floats:
        """Return the size of a step of each price against the others; 0 where a limit can't bind."""
        a = self._instance
        most = np.minimum(a.most, a.quantity[a.need]).astype(float) * a.use
        rows = np.bincount(a.resource, minlength=len(a.capacity))
        most_used = np.bincount(a.resource, weights=most, minlength=len(rows))
        each = np.bincount(a.resource, weights=a.use, minlength=len(rows)) / np.maximum(1, rows)
        pool_used, pool_each = np.zeros(len(a.pool_capacity)), np.ones(len(a.pool_capacity))
        np.add.at(pool_used, a.resource_pool, most_used[self._members])
        np.maximum.at(pool_each, a.resource_pool, each[self._members])
        stretches = np.full(self._cuts[2] - self._cuts[1], float(self._grid.step))
        return np.concatenate(
            [
                np.where(most_used > a.capacity, 1 / np.maximum(each, 1e-9), 0) / np.maximum(1, a.capacity) ** 0.25,
                np.where(pool_used > a.pool_capacity, 1 / np.maximum(pool_each, 1e-9), 0),
                1 / stretches,
                np.ones(len(a.floor_minimum)),
            ]
        )


def _time(problem: Problem, a: Instance) -> tuple[Grid, Ints]:
    """Return resources' time in stretches, and how many minutes of each they work."""
    row = np.repeat(np.arange(len(a.need)), np.diff(a.range_first))
    ends = [windows.end.max(initial=0) for windows in (problem.need_windows, problem.resource_windows)]
    end = np.minimum(a.range_high + a.duration[a.need[row]], max(ends))
    low = np.full(len(a.capacity), np.iinfo(np.int64).max)
    high = np.zeros(len(a.capacity), dtype=np.int64)
    np.minimum.at(low, a.resource[row], a.range_low)
    np.maximum.at(high, a.resource[row], end)
    low, step = np.minimum(low, high), _STEP
    while float(((high - low) / step).sum()) > _STRETCHES:
        step *= 2
    low -= low % step
    counts = -((low - high) // step)
    grid = Grid(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), low, step)
    minutes = np.zeros(int(grid.first[-1]), dtype=np.int64)
    open_minutes(grid, *in_order(problem.resource_windows, touching_are_one=True), minutes)
    return grid, minutes
