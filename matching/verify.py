"""Checks a plan against its problem, apart from every solver: nothing is shared but the definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from matching.plan import Plan, PlanStatus, Reason
from matching.problem import Problem


def verify(problem: Problem, plan: Plan) -> list[str]:
    """Return a sentence for each rule that a plan breaks; empty where it keeps them all.

    It proves every constraint, the objective and what is left of each need; not bounds, prices or fixes.
    """
    if len(plan.units) != len(problem.need):
        return [f"units: {len(plan.units)} numbers for {len(problem.need)} candidates"]
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


def _nothing(plan: Plan) -> Iterator[str]:
    if plan.status in (PlanStatus.OPTIMAL, PlanStatus.FEASIBLE):
        yield f"objective: null in a plan that says {plan.status}"
    if plan.units.any() or plan.starts:
        yield "assignments: there are some, but no objective"
    if plan.unmet:
        yield "unmet: there is something, but no objective"


class _Check:
    """A plan's rows in plain numbers, and one method for each kind of rule."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.units = {row: int(plan.units[row]) for row in np.flatnonzero(plan.units).tolist()}
        self.need = {row: int(problem.need[row]) for row in self.units}
        self.resource = {row: int(problem.resource[row]) for row in self.units}
        self.met: Counter[int] = Counter()
        self.used: Counter[int] = Counter()
        self.carried: Counter[int] = Counter()
        for row, units in self.units.items():
            self.met[self.need[row]] += units
            self.carried[self.resource[row]] += units
            self.used[self.resource[row]] += units * int(problem.use[row])

    def _need(self, need: int) -> str:
        return f"need {self.problem.need_ids[need]}"

    def _resource(self, resource: int) -> str:
        return f"resource {self.problem.resource_ids[resource]}"

    def _pair(self, row: int) -> str:
        problem = self.problem
        return f"{self._need(int(problem.need[row]))} on {self._resource(int(problem.resource[row]))}"

    def pairs(self) -> Iterator[str]:
        for row, units in self.units.items():
            if units < 0:
                yield f"{self._pair(row)}: {units} units"
            if units > int(self.problem.limit[row]):
                yield f"{self._pair(row)}: {units} units, its limit is {int(self.problem.limit[row])}"

    def needs(self) -> Iterator[str]:
        problem = self.problem
        for need, units in sorted(self.met.items()):
            quantity = int(problem.need_quantity[need])
            if units > quantity:
                yield f"{self._need(need)}: {units} units, {quantity} are wanted"
            elif problem.need_whole[need] and 0 < units < quantity:
                yield f"{self._need(need)}: {units} of {quantity} units, it is whole"
        for need in np.flatnonzero(problem.need_required).tolist():
            if self.met[need] < int(problem.need_quantity[need]):
                quantity = int(problem.need_quantity[need])
                yield f"{self._need(need)}: {self.met[need]} of {quantity} units, it is required"

    def resources(self) -> Iterator[str]:
        for resource, used in sorted(self.used.items()):
            capacity = int(self.problem.resource_capacity[resource])
            if used > capacity:
                yield f"{self._resource(resource)}: {used} used, its capacity is {capacity}"

    def sums(self) -> Iterator[str]:
        for pool in self.problem.pools:
            used = sum(self.used[resource] for resource in pool.resources.tolist())
            if used > pool.capacity:
                yield f"pool {pool.id}: {used} used, its capacity is {pool.capacity}"
        for floor in self.problem.floors:
            met = sum(self.met[need] for need in floor.needs.tolist())
            if met < floor.minimum:
                yield f"floor {floor.id}: {met} units met, its minimum is {floor.minimum}"

    def groups(self) -> Iterator[str]:
        for group in self.problem.groups:
            quantity = {need: int(self.problem.need_quantity[need]) for need in group.needs}
            some = any(self.met[need] for need in group.needs)
            short = [need for need in group.needs if self.met[need] < quantity[need]]
            if some and short:
                yield f"group {group.id}: served in part; {self._need(short[0])} is not met in full"
            if group.together:
                starts = {
                    start
                    for row, need in self.need.items()
                    if need in quantity
                    for start in self.plan.starts.get(row, ())
                }
                if len(starts) > 1:
                    yield f"group {group.id}: starts at {sorted(starts)}, it comes together"

    def conflicts(self) -> Iterator[str]:
        if not self.problem.conflicts:
            return
        servers: dict[int, set[int]] = {}
        for row, need in self.need.items():
            servers.setdefault(need, set()).add(self.resource[row])
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
            if self.units.get(row, 0) < units:
                yield f"{self._pair(row)}: {self.units.get(row, 0)} units, {units} are fixed"
        for row, wanted in starts.items():
            for start in sorted((wanted - Counter(self.plan.starts.get(row, ()))).elements()):
                yield f"{self._pair(row)}: no unit starts at {start}, one is fixed there"

    def times(self) -> Iterator[str]:
        problem = self.problem
        work: dict[int, list[tuple[int, int, int]]] = {}
        for row in sorted(self.plan.starts.keys() - self.units.keys()):
            yield f"{self._pair(row)}: starts without units"
        for row, units in self.units.items():
            need, resource = self.need[row], self.resource[row]
            duration = int(problem.need_duration[need])
            starts = self.plan.starts.get(row)
            if not duration:
                if starts is not None:
                    yield f"{self._pair(row)}: starts are for timed needs only"
                continue
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
                    yield (
                        f"{self._resource(resource)}: {self._need(self.need[latest[2]])} until {latest[1]} and "
                        f"{self._need(self.need[interval[2]])} from {interval[0]} overlap"
                    )
                latest = max(latest, interval, key=lambda i: i[1])

    def left(self) -> Iterator[str]:
        told = Counter(unmet.need for unmet in self.plan.unmet)
        rows = [unmet.need for unmet in self.plan.unmet]
        if rows != sorted(rows):
            yield "unmet: not in the order of needs"
        for need in sorted(n for n, times in told.items() if times > 1):
            yield f"unmet: {self._need(need)} is there {told[need]} times"
        claimed = {unmet.need: unmet for unmet in self.plan.unmet}
        for need, quantity in enumerate(self.problem.need_quantity.tolist()):
            left = quantity - self.met[need]
            said = claimed.get(need)
            if said is None:
                if left > 0:
                    yield f"unmet: {self._need(need)} has {left} units left and is missing"
            elif said.quantity != left:
                yield f"unmet: {self._need(need)} has {left} units left, {said.quantity} are claimed"
        for unmet in self.plan.unmet:
            if unmet.reason not in {str(reason) for reason in Reason}:
                yield f"unmet: {self._need(unmet.need)} has an unknown reason"

    def claims(self) -> Iterator[str]:
        problem, plan = self.problem, self.plan
        worth = 0
        for row, units in self.units.items():
            worth += units * (int(problem.need_value[self.need[row]]) + int(problem.value[row]))
        for resource, x in self.carried.items():
            load = int(problem.resource_load[resource])
            worth -= problem.balance * ((load + x) ** 2 - load**2)
        given = {(self.need[row], self.resource[row]): units for row, units in self.units.items()}
        for pair, units in problem.in_force.items():
            worth -= problem.change_cost * max(0, units - given.get(pair, 0))
        if worth != plan.objective:
            yield f"objective: {plan.objective} is claimed, the plan is worth {worth}"
        if plan.status in (PlanStatus.INFEASIBLE, PlanStatus.UNKNOWN):
            yield f"status: {plan.status}, but there is a plan"
        if plan.bound is not None and plan.bound < worth:
            yield f"bound: {plan.bound} is below the objective {worth}"
        if plan.status is PlanStatus.OPTIMAL and plan.bound != plan.objective:
            yield "status: optimal, but the bound is not the objective"


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
