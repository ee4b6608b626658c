"""Whether the arrays of a problem fit together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matching.problem import Ints, Problem, Windows

WORTH = 2**62
"""No plan's value may reach it."""


def is_worth_too_much(problem: Problem) -> bool:
    """Return whether `worth_reached` comes to 2^62; an upper estimate settles nearly every problem."""
    largest = np.abs(problem.need_value.astype(float)) + max(
        -float(problem.value.min(initial=0)), float(problem.value.max(initial=0))
    )
    rough = 1.001 * float((problem.need_quantity * largest).sum())
    return rough + _beside(problem) >= WORTH and worth_reached(problem) >= WORTH


def worth_reached(problem: Problem) -> int:
    """Return the number that the format wants below 2^62: a bound on the size of any plan's value."""
    most: dict[int, int] = {}
    values = problem.need_value.tolist()
    for need, value in zip(problem.need.tolist(), problem.value.tolist(), strict=True):
        most[need] = max(most.get(need, 0), abs(values[need] + value))
    return sum(int(problem.need_quantity[need]) * worth for need, worth in most.items()) + _beside(problem)


def _beside(problem: Problem) -> int:
    """Return what `current` and `balance` could come to."""
    beside = problem.change_cost * sum(held.quantity for held in problem.current)
    if problem.balance:
        units: dict[int, int] = {}
        for resource, ceiling in zip(problem.resource.tolist(), problem.ceiling.tolist(), strict=True):
            units[resource] = units.get(resource, 0) + ceiling
        loads = problem.resource_load.tolist()
        beside += problem.balance * sum((loads[r] + x) ** 2 - loads[r] ** 2 for r, x in units.items())
    return beside


_COLUMNS = {
    "need": ("need_value", "need_whole", "need_required", "need_duration", "need_ids"),
    "resource": ("resource_load", "resource_ids"),
    "candidate": ("resource", "value", "limit", "use"),
}
_COUNTS = ("need_quantity", "need_duration", "resource_capacity", "resource_load", "limit", "use")


def check(problem: Problem) -> None:
    """Raise ValueError where arrays, rows or numbers do not fit together."""
    needs, resources, pairs = len(problem.need_quantity), len(problem.resource_capacity), len(problem.need)
    for (what, names), length in zip(_COLUMNS.items(), (needs, resources, pairs), strict=True):
        for name in names:
            if len(getattr(problem, name)) != length:
                raise ValueError(f"{name}: one number a {what}")
    for name, rows in (("need", needs), ("resource", resources)):
        column = getattr(problem, name)
        if pairs and not (column.min() >= 0 and column.max() < rows):
            raise ValueError(f"{name}: a candidate names a row that does not exist")
    for name in _COUNTS:
        column = getattr(problem, name)
        if len(column) and column.min() < 0:
            raise ValueError(f"{name}: below 0 at {int(column.argmin())}")
    if _has_twice(problem.need * max(1, resources) + problem.resource):
        raise ValueError("a pair of need and resource is listed twice")
    for name, windows, owners in (
        ("need_windows", problem.need_windows, needs),
        ("resource_windows", problem.resource_windows, resources),
    ):
        _check_windows(name, windows, owners)
    _check_rows("pools", (pool.resources for pool in problem.pools), resources)
    _check_rows("floors", (floor.needs for floor in problem.floors), needs)
    _check_rows("groups", (np.array(group.needs, dtype=np.int64) for group in problem.groups), needs)
    grouped = [need for group in problem.groups for need in group.needs]
    if len(set(grouped)) != len(grouped):
        raise ValueError("groups: a need is in two")
    if any(a == b or not (0 <= a < needs and 0 <= b < needs) for a, b in problem.conflicts):
        raise ValueError("conflicts: each names two different needs")
    for pin in problem.fixed:
        if not 0 <= pin.candidate < pairs or pin.quantity < 1:
            raise ValueError("fixed: a pin names a candidate and a quantity of at least 1")
        if pin.start is not None and (pin.quantity != 1 or not problem.need_duration[problem.need[pin.candidate]]):
            raise ValueError("fixed: a start is for one unit of a timed need")
    for held in problem.current:
        if not (0 <= held.need < needs and 0 <= held.resource < resources) or held.quantity < 1:
            raise ValueError("current: each names a need, a resource and a quantity of at least 1")
    if min(problem.change_cost, problem.balance, 0) < 0 or any(pool.capacity < 0 for pool in problem.pools):
        raise ValueError("change_cost, balance and the capacities of pools are at least 0")


def _has_twice(keys: Ints) -> bool:
    ordered = keys if (keys[1:] >= keys[:-1]).all() else np.sort(keys)
    return bool((ordered[1:] == ordered[:-1]).any())


def _check_windows(name: str, windows: Windows, owners: int) -> None:
    if len(windows.first) != owners + 1 or len(windows.always) != owners:
        raise ValueError(f"{name}: one list an owner")
    if len(windows.start) and not (windows.start.min() >= 0 and (windows.start < windows.end).all()):
        raise ValueError(f"{name}: 0 ≤ start < end")
    if not len(windows.start):
        return
    owner = np.repeat(np.arange(owners), np.diff(windows.first))
    order = np.lexsort((windows.start, owner))
    same = owner[order][1:] == owner[order][:-1]
    if (same & (windows.start[order][1:] < windows.end[order][:-1])).any():
        raise ValueError(f"{name}: two of one owner overlap")


def _check_rows(name: str, lists: Iterable[Ints], rows: int) -> None:
    for members in lists:
        if len(members) and not (members.min() >= 0 and members.max() < rows):
            raise ValueError(f"{name}: one names a row that does not exist")
        if _has_twice(members):
            raise ValueError(f"{name}: one names a row twice")
