"""What a plan in the making has given out, and what could still be given beside it."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from matching.optimizer.starts import Ranges, earliest, start_ranges
from matching.plan import Reason
from matching.problem import Ints, Problem

MOST_TIMED = 200_000
"""Timed units that are given in all: each is placed, kept and told by itself."""

Step = tuple[int, int, tuple[int, ...]]
"""A candidate, units given to it, and their starts where they are timed."""


class Ledger:
    """Units given so far, kept within every upper limit of a problem.

    Parameters
    ----------
    over
        Asked before each timed unit; where it is true, no more are given.
    """

    def __init__(self, problem: Problem, over: Callable[[], bool] = lambda: False) -> None:
        self.problem = problem
        self._over = over
        self._timed = 0
        self.units = [0] * len(problem.need)
        self.starts: dict[int, list[int]] = {}
        self.need = problem.need.tolist()
        self.resource = problem.resource.tolist()
        self.use = problem.use.tolist()
        self.limit = problem.limit.tolist()
        self.left = problem.need_quantity.tolist()
        self.free = problem.resource_capacity.tolist()
        self.carried = [0] * len(self.free)
        self.duration = problem.need_duration.tolist()
        self._worth = (problem.need_value[problem.need] + problem.value).tolist()
        self._load = problem.resource_load.tolist()
        self._kept = problem.kept.tolist() if problem.change_cost else None
        self._pool_free = [pool.capacity for pool in problem.pools]
        self._pools: dict[int, list[int]] = {}
        for number, pool in enumerate(problem.pools):
            for resource in pool.resources.tolist():
                self._pools.setdefault(resource, []).append(number)
        self._enemies: dict[int, set[int]] = {}
        for a, b in problem.conflicts:
            self._enemies.setdefault(a, set()).add(b)
            self._enemies.setdefault(b, set()).add(a)
        self._serves: dict[int, dict[int, int]] = {}
        self._busy: dict[int, list[tuple[int, int]]] = {}
        self._ranges: dict[int, Ranges] = {}

    def gain(self, candidate: int) -> int:
        """Return what one more unit there adds to the objective."""
        resource = self.resource[candidate]
        gain: int = self._worth[candidate]
        if self._kept is not None and self.units[candidate] < self._kept[candidate]:
            gain += self.problem.change_cost
        if self.problem.balance:
            gain -= self.problem.balance * (2 * (self._load[resource] + self.carried[resource]) + 1)
        return gain

    def obstacle(self, candidate: int, at: int | None = None) -> Reason | None:
        """Return what stands in the way of one more unit there; None where nothing does.

        Limit and windows come first, which no other choice could help; then what other units take: conflicts, the
        resource's time, its capacity, its pools.

        Parameters
        ----------
        at
            The minute at which a timed unit would have to start; any by default.
        """
        if self.units[candidate] >= self.limit[candidate]:
            return Reason.LIMIT
        resource, need = self.resource[candidate], self.need[candidate]
        if self.duration[need] and not self.ranges(candidate):
            return Reason.TIME
        if not self._enemies.get(need, set()).isdisjoint(self._serves.get(resource, {})):
            return Reason.CONFLICT
        if self.duration[need] and self.start(candidate, at) is None:
            return Reason.TIME
        if self.use[candidate] > self.free[resource]:
            return Reason.CAPACITY
        if any(self.use[candidate] > self._pool_free[pool] for pool in self._pools.get(resource, ())):
            return Reason.POOL
        return None

    def ranges(self, candidate: int) -> Ranges:
        """Return when a unit may start as far as windows go."""
        if candidate not in self._ranges:
            self._ranges[candidate] = start_ranges(self.problem, candidate)
        return self._ranges[candidate]

    def start(self, candidate: int, at: int | None = None) -> int | None:
        """Return the first minute at which one more unit could start; None where there is none."""
        ranges = self.ranges(candidate)
        if at is not None:
            ranges = [(at, at)] if any(first <= at <= last for first, last in ranges) else []
        return earliest(ranges, self.duration[self.need[candidate]], self._busy.get(self.resource[candidate], ()))

    def busy(self, candidate: int) -> list[tuple[int, int]]:
        """Return when its resource is at work, ascending."""
        return self._busy.get(self.resource[candidate], [])

    def give(self, candidate: int, most: int, at: int | None = None) -> Step | None:
        """Give up to `most` units there, and return what was given; None where nothing could be."""
        need, resource, use = self.need[candidate], self.resource[candidate], self.use[candidate]
        most = min(most, self.left[need])
        if most <= 0 or self.obstacle(candidate, at) is not None:
            return None
        if self.duration[need]:
            if self._timed >= MOST_TIMED or self._over():
                return None
            start = self.start(candidate, at)
            assert start is not None  # noqa: S101  # no obstacle says so
            step: Step = (candidate, 1, (start,))
        else:
            rooms = [self.limit[candidate] - self.units[candidate]]
            if use:
                free = [self.free[resource], *(self._pool_free[pool] for pool in self._pools.get(resource, ()))]
                rooms.append(min(free) // use)
            step = (candidate, min(most, *rooms), ())
        self._book(step, 1)
        return step

    def take_back(self, steps: Iterable[Step]) -> None:
        """Undo what was given."""
        for step in steps:
            self._book(step, -1)

    def serve(self, needs: Iterable[int], rows: Mapping[int, list[int]], at: int | None = None) -> list[Step] | None:
        """Give needs all that they have left, the best candidates first; None, and nothing given, where that fails."""
        done: list[Step] = []
        for need in needs:
            for candidate in sorted(rows.get(need, ()), key=lambda row: (-self.gain(row), row)):
                while self.left[need]:
                    step = self.give(candidate, self.left[need], at if self.duration[need] else None)
                    if step is None:
                        break
                    done.append(step)
            if self.left[need]:
                self.take_back(done)
                return None
        return done

    def outcome(self) -> tuple[Ints, dict[int, tuple[int, ...]]]:
        """Return units by candidate, and starts."""
        starts = {row: tuple(sorted(mine)) for row, mine in sorted(self.starts.items()) if mine}
        return np.array(self.units, dtype=np.int64), starts

    def book(self, candidate: int, units: int, starts: tuple[int, ...]) -> None:
        """Enter what a verified plan has there."""
        self._book((candidate, units, starts), 1)

    def _book(self, step: Step, sign: int) -> None:
        candidate, units, starts = step
        need, resource = self.need[candidate], self.resource[candidate]
        self.units[candidate] += sign * units
        self.left[need] -= sign * units
        self.carried[resource] += sign * units
        self.free[resource] -= sign * units * self.use[candidate]
        for pool in self._pools.get(resource, ()):
            self._pool_free[pool] -= sign * units * self.use[candidate]
        if need in self._enemies:
            serves = self._serves.setdefault(resource, {})
            serves[need] = serves.get(need, 0) + sign * units
            if not serves[need]:
                del serves[need]
        self._timed += sign * len(starts)
        for start in starts:
            interval = (start, start + self.duration[need])
            if sign > 0:
                self.starts.setdefault(candidate, []).append(start)
                insort(self._busy.setdefault(resource, []), interval)
            else:
                self.starts[candidate].remove(start)
                self._busy[resource].remove(interval)
