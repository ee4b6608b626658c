"""Checks a plan against its problem, apart from every solver: nothing is shared but the definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.plan import Plan, PlanStatus, Reason
from matching.problem import Ints, Problem

Numbers = npt.NDArray[Any]
"""Integers of 64 bits, or Python's own where these do not hold what is summed."""

_SUMMABLE = 2.0**62
_REASONS = frozenset(str(reason) for reason in Reason)


def verify(problem: Problem, plan: Plan) -> list[str]:
    """Return a sentence for each rule that a plan breaks; empty where it keeps them all.

    It proves every constraint, the objective and what is left of each need; not bounds, prices or fixes.
    """
    malformed = list(_malformed(problem, plan))
    if malformed:
        return malformed
    if plan.objective is None:
        return list(_nothing(plan))
    check = _Check(problem, plan)
    return [
        *check.pairs(),
        *check.needs(),
        *check.resources(),
        *check.sums(),
        *check.groups(),
        *check.conflicts(),
        *check.pins(),
        *check.times(),
        *check.left(),
        *check.claims(),
    ]


def _malformed(problem: Problem, plan: Plan) -> Iterator[str]:
    if not isinstance(plan.units, np.ndarray) or plan.units.dtype != np.int64:
        yield "units: an array of int64 is wanted"
    elif plan.units.shape != problem.need.shape:
        yield f"units: {len(plan.units)} numbers for {len(problem.need)} candidates"
    if not all(0 <= row < len(problem.need) for row in plan.starts):
        yield "starts: one names a candidate that does not exist"
    if not all(0 <= unmet.need < len(problem.need_quantity) for unmet in plan.unmet):
        yield "unmet: one names a need that does not exist"
    for name, number in (("objective", plan.objective), ("bound", plan.bound)):
        if not isinstance(number, int | None):
            yield f"{name}: a whole number is wanted"


def _nothing(plan: Plan) -> Iterator[str]:
    if plan.status in (PlanStatus.OPTIMAL, PlanStatus.FEASIBLE):
        yield f"objective: null in a plan that says {plan.status}"
    if plan.units.any() or plan.starts:
        yield "assignments: there are some, but no objective"
    if plan.unmet:
        yield "unmet: there is something, but no objective"


class _Check:
    """A plan's rows, summed up, and one method for each kind of rule."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.rows = np.flatnonzero(plan.units)
        self.need, self.resource = problem.need[self.rows], problem.resource[self.rows]
        self.units = self._summable(plan.units[self.rows])
        self.met = _sums(self.need, self.units, len(problem.need_quantity))
        self.carried = _sums(self.resource, self.units, len(problem.resource_capacity))
        self.used = _sums(self.resource, self.units * problem.use[self.rows], len(problem.resource_capacity))

    def _summable(self, units: Numbers) -> Numbers:
        """Return units as Python's own integers where a sum or product of them might not fit into 64 bits."""
        problem, rows = self.problem, self.rows
        total = float(np.abs(units.astype(float)).sum())
        worth = np.abs(problem.need_value[self.need].astype(float)) + np.abs(problem.value[rows].astype(float))
        balance = problem.balance * (2 * float(problem.resource_load.max(initial=0)) + total)
        each = max(float(worth.max(initial=0)) + balance, float(problem.use[rows].max(initial=0)))
        return units if total * each < _SUMMABLE else units.astype(object)

    def _need(self, need: int) -> str:
        return f"need {self.problem.need_ids[need]}"

    def _resource(self, resource: int) -> str:
        return f"resource {self.problem.resource_ids[resource]}"

    def _pair(self, row: int) -> str:
        problem = self.problem
        return f"{self._need(int(problem.need[row]))} on {self._resource(int(problem.resource[row]))}"

    def pairs(self) -> Iterator[str]:
        limit = self.problem.limit[self.rows]
        for at in np.flatnonzero((self.units < 0) | (self.units > limit)).tolist():
            pair = self._pair(int(self.rows[at]))
            if self.units[at] < 0:
                yield f"{pair}: {self.units[at]} units"
            else:
                yield f"{pair}: {self.units[at]} units, its limit is {limit[at]}"

    def needs(self) -> Iterator[str]:
        met, quantity = self.met, self.problem.need_quantity
        partial = self.problem.need_whole & (met > 0) & (met < quantity)
        for need in np.flatnonzero((met > quantity) | partial).tolist():
            if partial[need]:
                yield f"{self._need(need)}: {met[need]} of {quantity[need]} units, it is whole"
            else:
                yield f"{self._need(need)}: {met[need]} units, {quantity[need]} are wanted"
        for need in np.flatnonzero(self.problem.need_required & (met < quantity)).tolist():
            yield f"{self._need(need)}: {met[need]} of {quantity[need]} units, it is required"

    def resources(self) -> Iterator[str]:
        used, capacity = self.used, self.problem.resource_capacity
        for resource in np.flatnonzero(used > capacity).tolist():
            yield f"{self._resource(resource)}: {used[resource]} used, its capacity is {capacity[resource]}"

    def sums(self) -> Iterator[str]:
        for pool in self.problem.pools:
            used = self.used[pool.resources].sum()
            if used > pool.capacity:
                yield f"pool {pool.id}: {used} used, its capacity is {pool.capacity}"
        for floor in self.problem.floors:
            met = self.met[floor.needs].sum()
            if met < floor.minimum:
                yield f"floor {floor.id}: {met} units met, its minimum is {floor.minimum}"

    def groups(self) -> Iterator[str]:
        quantity = self.problem.need_quantity
        starts: dict[int, set[int]] = {}
        for row, mine in self.plan.starts.items():
            starts.setdefault(int(self.problem.need[row]), set()).update(mine)
        for group in self.problem.groups:
            some = any(self.met[need] for need in group.needs)
            short = [need for need in group.needs if self.met[need] < quantity[need]]
            if some and short:
                yield f"group {group.id}: served in part; {self._need(short[0])} is not met in full"
            if group.together:
                all_starts = set().union(*(starts.get(need, set()) for need in group.needs))
                if len(all_starts) > 1:
                    yield f"group {group.id}: starts at {sorted(all_starts)}, it comes together"

    def conflicts(self) -> Iterator[str]:
        in_conflict = np.zeros(len(self.met), dtype=bool)
        in_conflict[[need for pair in self.problem.conflicts for need in pair]] = True
        at = np.flatnonzero(in_conflict[self.need])
        servers: dict[int, set[int]] = {}
        for need, resource in zip(self.need[at].tolist(), self.resource[at].tolist(), strict=True):
            servers.setdefault(need, set()).add(resource)
        for a, b in self.problem.conflicts:
            for resource in sorted(servers.get(a, set()) & servers.get(b, set())):
                yield f"{self._resource(resource)}: serves both {self._need(a)} and {self._need(b)}, which conflict"

    def pins(self) -> Iterator[str]:
        pinned: Counter[int] = Counter()
        starts: dict[int, Counter[int]] = {}
        for pin in self.problem.fixed:
            pinned[pin.candidate] += pin.quantity
            if pin.start is not None:
                starts.setdefault(pin.candidate, Counter())[pin.start] += 1
        for row, units in pinned.items():
            if self.plan.units[row] < units:
                yield f"{self._pair(row)}: {self.plan.units[row]} units, {units} are fixed"
        for row, wanted in starts.items():
            for start in sorted((wanted - Counter(self.plan.starts.get(row, ()))).elements()):
                yield f"{self._pair(row)}: no unit starts at {start}, one is fixed there"

    def times(self) -> Iterator[str]:
        problem = self.problem
        work: dict[int, list[tuple[int, int, int]]] = {}
        for row in sorted(self.plan.starts):
            if not self.plan.units[row]:
                yield f"{self._pair(row)}: starts without units"
            elif not problem.need_duration[problem.need[row]]:
                yield f"{self._pair(row)}: starts are for timed needs only"
        timed = np.flatnonzero(problem.need_duration[self.need])
        for row, units in zip(self.rows[timed].tolist(), self.units[timed].tolist(), strict=True):
            need, resource = int(problem.need[row]), int(problem.resource[row])
            duration = int(problem.need_duration[need])
            starts = self.plan.starts.get(row)
            if starts is None or len(starts) != units:
                yield f"{self._pair(row)}: {len(starts or ())} starts for {units} units"
            for start in starts or ():
                end = start + duration
                if not _inside(problem.need_windows.list(need), start, end):
                    yield f"{self._pair(row)}: [{start}, {end}) is in no window of the need"
                if not _inside(_joined(problem.resource_windows.list(resource)), start, end):
                    yield f"{self._pair(row)}: [{start}, {end}) is in no window of the resource"
                work.setdefault(resource, []).append((start, end, row))
            if starts and list(starts) != sorted(starts):
                yield f"{self._pair(row)}: the starts are not ascending"
        for resource, intervals in sorted(work.items()):
            intervals.sort()
            latest = intervals[0]
            for interval in intervals[1:]:
                if interval[0] < latest[1]:
                    before, after = int(problem.need[latest[2]]), int(problem.need[interval[2]])
                    yield (
                        f"{self._resource(resource)}: {self._need(before)} until {latest[1]} and "
                        f"{self._need(after)} from {interval[0]} overlap"
                    )
                latest = max(latest, interval, key=lambda i: i[1])

    def left(self) -> Iterator[str]:
        told = [unmet.need for unmet in self.plan.unmet]
        if told != sorted(told):
            yield "unmet: not in the order of needs"
        for need, times in sorted(Counter(told).items()):
            if times > 1:
                yield f"unmet: {self._need(need)} is there {times} times"
        left = self.problem.need_quantity - self.met
        missing = left > 0
        missing[told] = False
        for need in np.flatnonzero(missing).tolist():
            yield f"unmet: {self._need(need)} has {left[need]} units left and is missing"
        really = left[told].tolist()
        for unmet, quantity in zip(self.plan.unmet, really, strict=True):
            if unmet.quantity != quantity:
                yield f"unmet: {self._need(unmet.need)} has {quantity} units left, {unmet.quantity} are claimed"
            if unmet.reason not in _REASONS:
                yield f"unmet: {self._need(unmet.need)} has an unknown reason"

    def claims(self) -> Iterator[str]:
        problem, plan = self.problem, self.plan
        worth = int((self.units * (problem.need_value[self.need] + problem.value[self.rows])).sum())
        if problem.balance:
            worth -= problem.balance * int((self.carried * (2 * problem.resource_load + self.carried)).sum())
        in_force = problem.in_force if problem.change_cost else {}
        if in_force:
            pairs = zip(self.need.tolist(), self.resource.tolist(), strict=True)
            given = dict(zip(pairs, self.units.tolist(), strict=True))
            lost = (max(0, units - given.get(pair, 0)) for pair, units in in_force.items())
            worth -= problem.change_cost * sum(lost)
        if worth != plan.objective:
            yield f"objective: {plan.objective} is claimed, the plan is worth {worth}"
        if plan.status in (PlanStatus.INFEASIBLE, PlanStatus.UNKNOWN):
            yield f"status: {plan.status}, but there is a plan"
        if plan.bound is not None and plan.bound < worth:
            yield f"bound: {plan.bound} is below the objective {worth}"
        if plan.status == PlanStatus.OPTIMAL and plan.bound != plan.objective:
            yield "status: optimal, but the bound is not the objective"


def _sums(rows: Ints, numbers: Numbers, length: int) -> Numbers:
    total = np.zeros(length, dtype=numbers.dtype)
    np.add.at(total, rows, numbers)
    return total


def _joined(windows: list[tuple[int, int]] | None) -> list[tuple[int, int]] | None:
    """Return a resource's windows with those that touch made one."""
    if windows is None:
        return None
    joined: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _inside(windows: list[tuple[int, int]] | None, start: int, end: int) -> bool:
    if windows is None:
        return start >= 0
    return any(opens <= start and end <= closes for opens, closes in windows)
