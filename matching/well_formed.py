"""Whether the arrays of a problem fit together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

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
    "need": ("need_quantity", "need_value", "need_whole", "need_required", "need_duration"),
    "resource": ("resource_capacity", "resource_load"),
    "candidate": ("need", "resource", "value", "limit", "use"),
}
_COUNTS = ("need_quantity", "need_duration", "resource_capacity", "resource_load", "limit", "use")
_MOST = 2**63 - 1


def check(problem: Problem) -> None:
    """Raise ValueError where arrays, rows or numbers do not fit together."""
    needs, resources, pairs = len(problem.need_quantity), len(problem.resource_capacity), len(problem.need)
    for (what, names), length in zip(_COLUMNS.items(), (needs, resources, pairs), strict=True):
        for name in names:
            column = getattr(problem, name)
            _check_array(name, column, bool if name in ("need_whole", "need_required") else np.int64)
            if len(column) != length:
                raise ValueError(f"{name}: one number a {what}")
    for name, ids, length in (("need", problem.need_ids, needs), ("resource", problem.resource_ids, resources)):
        if len(ids) != length:
            raise ValueError(f"{name}_ids: one id a {name}")
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
    _check_windows("need_windows", problem.need_windows, needs)
    _check_windows("resource_windows", problem.resource_windows, resources)
    _check_rows("pools", (pool.resources for pool in problem.pools), resources)
    _check_rows("floors", (floor.needs for floor in problem.floors), needs)
    _check_rows("groups", (np.array(group.needs) for group in problem.groups), needs)
    grouped = [need for group in problem.groups for need in group.needs]
    if len(set(grouped)) != len(grouped):
        raise ValueError("groups: a need is in two")
    if any(
        len(pair) != 2 or pair[0] == pair[1] or not all(0 <= need < needs for need in pair)
        for pair in problem.conflicts
    ):
        raise ValueError("conflicts: each names two different needs")
    for pin in problem.fixed:
        if not 0 <= pin.candidate < pairs or not _is_count(pin.quantity, 1):
            raise ValueError("fixed: a pin names a candidate and a quantity of at least 1")
        if pin.start is not None and (pin.quantity != 1 or not problem.need_duration[problem.need[pin.candidate]]):
            raise ValueError("fixed: a start is for one unit of a timed need")
    for held in problem.current:
        if not (0 <= held.need < needs and 0 <= held.resource < resources and _is_count(held.quantity, 1)):
            raise ValueError("current: each names a need, a resource and a quantity of at least 1")
    counts = [problem.change_cost, problem.balance, *(pool.capacity for pool in problem.pools)]
    if not all(_is_count(number) for number in [*counts, *(floor.minimum for floor in problem.floors)]):
        raise ValueError(
            "change_cost, balance, capacities of pools and minima of floors are integers from 0 to 2^63 − 1"
        )
    for name, rows_of in (("pools", problem.pools), ("floors", problem.floors), ("groups", problem.groups)):
        check_unique(name, [row.id for row in rows_of])


def _check_array(name: str, column: Any, kind: type) -> None:
    """Raise ValueError where a column is no array of numbers that are summed as they are meant."""
    if not isinstance(column, np.ndarray) or column.dtype != kind or column.ndim != 1:
        shape = f"{column.dtype}, shape {column.shape}" if isinstance(column, np.ndarray) else type(column).__name__
        wanted = np.dtype(kind).name
        raise ValueError(f"{name}: an array of {wanted} with one axis is wanted, this is {shape}")


def _is_count(number: Any, least: int = 0) -> bool:
    return isinstance(number, int | np.integer) and least <= int(number) <= _MOST


def _has_twice(keys: Ints) -> bool:
    ordered = keys if (keys[1:] >= keys[:-1]).all() else np.sort(keys)
    return bool((ordered[1:] == ordered[:-1]).any())


def check_unique(name: str, ids: Sequence[str]) -> None:
    """Raise ValueError where an id is there twice."""
    if len(set(ids)) != len(ids):
        raise ValueError(f"{name}: an id is there twice")


def _check_windows(name: str, windows: Windows, owners: int) -> None:
    for part, kind in (("first", np.int64), ("start", np.int64), ("end", np.int64), ("always", bool)):
        _check_array(f"{name}.{part}", getattr(windows, part, None), kind)
    first = windows.first
    if len(first) != owners + 1 or len(windows.always) != owners:
        raise ValueError(f"{name}: one list an owner")
    count = np.diff(first)
    if first[0] != 0 or (count < 0).any() or not first[-1] == len(windows.start) == len(windows.end):
        raise ValueError(f"{name}: `first` tells where each owner's rows begin, from 0 to all of them")
    if (count[windows.always] > 0).any():
        raise ValueError(f"{name}: an owner that is `always` there has none")
    if not len(windows.start):
        return
    if not (windows.start.min() >= 0 and (windows.start < windows.end).all()):
        raise ValueError(f"{name}: 0 ≤ start < end")
    owner = np.repeat(np.arange(owners), count)
    order = np.lexsort((windows.start, owner))
    same = owner[order][1:] == owner[order][:-1]
    if (same & (windows.start[order][1:] < windows.end[order][:-1])).any():
        raise ValueError(f"{name}: two of one owner overlap")


def _check_rows(name: str, lists: Iterable[Ints], rows: int) -> None:
    for members in lists:
        if not len(members):
            continue
        _check_array(f"{name}: rows", members, np.int64)
        if not (members.min() >= 0 and members.max() < rows):
            raise ValueError(f"{name}: one names a row that does not exist")
        if _has_twice(members):
            raise ValueError(f"{name}: one names a row twice")
