"""Changes of a problem that would serve an unmet need: what a `fix` lists, and the problem with them made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from matching.problem import LARGEST, Floor, Ints, Pool, Problem, Windows

Change = Mapping[str, Any]
"""One change as the plan's file has it: `{"change": kind, …}`, with ids."""

KINDS = ("split", "window", "limit", "capacity", "pool", "conflict", "candidate")
"""The kinds of change, the least first."""


def applied(problem: Problem, fix: Iterable[Change]) -> Problem:
    """Return the problem with changes made; candidates that are new come after the others.

    Parameters
    ----------
    fix
        As in the plan's file. A window that is added becomes one with those that it overlaps.

    Raises
    ------
    ValueError
        A change names something that the problem does not have, or of a kind that there is not.
    TooLarge
        A plan's value might not fit into 62 bits any more.
    """
    making = _Making(problem)
    for change in fix:
        kind = change.get("change")
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of change; one of {', '.join(KINDS)} is wanted")
        try:
            getattr(making, kind)(change)
        except KeyError as error:
            raise ValueError(f"{kind}: {error} is missing, or the problem has none of this name") from None
    return making.problem()


def demanding(problem: Problem, fix: Iterable[Change], need: int, met: int) -> Problem:
    """Return the problem with a need `required`; where a fix splits it, with more than `met` units of it instead."""
    if any(change["change"] == "split" for change in fix):
        another = max((floor.id for floor in problem.floors), default="") + " and one more unit"  # an id of its own
        more = Floor(another, met + 1, np.array([need], dtype=np.int64))
        return replace(problem, floors=[*problem.floors, more])
    required = problem.need_required.copy()
    required[need] = True
    return replace(problem, need_required=required)


def keeping(problem: Problem, met: Ints) -> Problem:
    """Return the problem where every need gets as much as it has: required what is met, and of the others a floor.

    Parameters
    ----------
    met : shape (needs,)
        Units that each has.
    """
    several = np.flatnonzero((met > 0) & (met < problem.need_quantity))
    floors = [Floor(f"kept of {row}", int(met[row]), np.array([row], dtype=np.int64)) for row in several.tolist()]
    served = (met > 0) & (met >= problem.need_quantity)
    return replace(problem, need_required=problem.need_required | served, floors=[*problem.floors, *floors])


class _Making:
    """Columns of a problem in the making, one method for each kind of change."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._need = {mine: row for row, mine in enumerate(problem.need_ids)}
        self._resource = {mine: row for row, mine in enumerate(problem.resource_ids)}
        self._capacity, self._limit = problem.resource_capacity.copy(), problem.limit.copy()
        self._whole = problem.need_whole.copy()
        self._pools = {pool.id: pool for pool in problem.pools}
        self._conflicts = list(problem.conflicts)
        self._windows: dict[str, list[tuple[int, tuple[int, int]]]] = {"need": [], "resource": []}
        self._pairs: list[tuple[int, int, int, int, int]] = []

    def problem(self) -> Problem:
        """Return the problem as it has become."""
        base = self._problem
        columns: dict[str, Any] = {
            "resource_capacity": self._capacity,
            "need_whole": self._whole,
            "pools": list(self._pools.values()),
            "conflicts": self._conflicts,
            "need_windows": _with_windows(base.need_windows, self._windows["need"]),
            "resource_windows": _with_windows(base.resource_windows, self._windows["resource"]),
        }
        names = ("need", "resource", "value", "use", "limit")
        for name, more in zip(names, np.array(self._pairs, dtype=np.int64).reshape(-1, 5).T, strict=True):
            columns[name] = np.concatenate([self._limit if name == "limit" else getattr(base, name), more])
        return replace(base, **columns)

    def split(self, change: Change) -> None:
        self._whole[self._need[change["need"]]] = False

    def window(self, change: Change) -> None:
        side = "need" if "need" in change else "resource"
        row = (self._need if side == "need" else self._resource)[change[side]]
        start, end = change["add"]
        self._windows[side].append((row, (start, end)))

    def limit(self, change: Change) -> None:
        base = self._problem
        need, resource = self._need[change["need"]], self._resource[change["resource"]]
        rows = np.flatnonzero((base.need == need) & (base.resource == resource))
        if not len(rows):
            raise ValueError("limit: the pair is no candidate")
        self._limit[rows] = _raised(int(self._limit[rows[0]]), change)

    def capacity(self, change: Change) -> None:
        row = self._resource[change["resource"]]
        self._capacity[row] = _raised(int(self._capacity[row]), change)

    def pool(self, change: Change) -> None:
        pool = self._pools[change["pool"]]
        self._pools[pool.id] = Pool(pool.id, _raised(pool.capacity, change), pool.resources)

    def conflict(self, change: Change) -> None:
        one, other = (self._need[need] for need in change["needs"])
        kept = [pair for pair in self._conflicts if set(pair) != {one, other}]
        if len(kept) == len(self._conflicts):
            raise ValueError("conflict: the problem has none between these needs")
        self._conflicts = kept

    def candidate(self, change: Change) -> None:
        pair = self._need[change["need"]], self._resource[change["resource"]]
        terms = change.get("value", 0), change.get("use", 1), change.get("limit", LARGEST)
        self._pairs.append((*pair, *terms))


def union(windows: Sequence[tuple[int, int]], add: tuple[int, int]) -> list[tuple[int, int]]:
    """Return windows with one added, which becomes one with those that it overlaps."""
    met = [window for window in windows if window[0] < add[1] and add[0] < window[1]]
    hull = (min([add[0], *(start for start, _ in met)]), max([add[1], *(end for _, end in met)]))
    return sorted([*(window for window in windows if window not in met), hull])


def _with_windows(windows: Windows, added: Sequence[tuple[int, tuple[int, int]]]) -> Windows:
    if not added:
        return windows
    lists = [windows.list(owner) for owner in range(len(windows.always))]
    for owner, add in added:
        mine = lists[owner]
        lists[owner] = None if mine is None else union(mine, add)
    return Windows.of(lists)


def _raised(number: int, change: Change) -> int:
    return min(LARGEST, number + int(change["by"]))
