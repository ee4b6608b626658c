"""When a unit of a timed need may start on a resource."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np

from matching.problem import LARGEST, Bools, Ints, Problem, Windows

Ranges = list[tuple[int, int]]
"""First and last minute of each range of starts, ascending, apart."""


def start_ranges(problem: Problem, candidate: int) -> Ranges:
    """Return the minutes at which a unit may start as far as the windows of both sides go.

    A unit lies inside one window of its need and one of its resource, where the resource's that touch are one.
    """
    need, resource = int(problem.need[candidate]), int(problem.resource[candidate])
    duration = int(problem.need_duration[need])
    mine = problem.need_windows.list(need)
    its = problem.resource_windows.list(resource)
    own = [(0, LARGEST)] if mine is None else sorted(mine)
    its = [(0, LARGEST)] if its is None else _joined(sorted(its))
    ranges: Ranges = []
    for start, end in own:
        for opens, closes in its:
            first, last = max(start, opens), min(end, closes) - duration
            if first <= last:
                ranges.append((first, last))
    return ranges


def all_start_ranges(problem: Problem) -> tuple[Ints, Ints, Ints]:
    """Return the start ranges of all candidates at once; an untimed need's have none.

    Returns
    -------
    first : shape (candidates + 1,)
        The ranges of candidate `i` are `first[i]` to `first[i + 1]`, ascending.
    low, high : shape (ranges,)
        First and last minute at which a unit may start.
    """
    row, low, high = ranges_of(problem, np.arange(len(problem.need)))
    return ends(np.bincount(row, minlength=len(problem.need))), low, high


def ends(counts: Ints) -> Ints:
    """Return where the rows of each owner begin, of how many each has; one longer, with where the last one's end."""
    first = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=first[1:])
    return first


def ranges_of(problem: Problem, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the start ranges of some candidates: the place in `rows`, ascending, first and last minute of each."""
    place = np.flatnonzero(problem.need_duration[problem.need[rows]])
    need, resource = problem.need[rows[place]], problem.resource[rows[place]]
    own_first, own_start, own_end = in_order(problem.need_windows, touching_are_one=False)
    its_first, its_start, its_end = in_order(problem.resource_windows, touching_are_one=True)
    mine = own_first[need + 1] - own_first[need]
    its = its_first[resource + 1] - its_first[resource]
    row = np.repeat(np.arange(len(place)), mine * its)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(mine * its) - mine * its, mine * its)
    own_at = own_first[need[row]] + nth // its[row]
    its_at = its_first[resource[row]] + nth % its[row]
    low = np.maximum(own_start[own_at], its_start[its_at])
    high = np.minimum(own_end[own_at], its_end[its_at]) - problem.need_duration[need[row]]
    there = low <= high
    return place[row[there]], low[there], high[there]


def most_in_time(problem: Problem, first: Ints, low: Ints, high: Ints) -> Ints:
    """Return the most units that each candidate could ever get, by limits and by the ranges of its starts."""
    most = problem.ceiling
    row = np.repeat(np.arange(len(most)), np.diff(first))
    fits = np.zeros(len(most), dtype=np.int64)
    each = (high - low) // problem.need_duration[problem.need[row]] + 1
    for nth in range(int(np.diff(first).max(initial=0))):
        has = np.flatnonzero(np.diff(first) > nth)
        fits[has] += np.minimum(each[first[has] + nth], most[has] - fits[has])  # no sum may pass 64 bits
    timed = problem.need_duration[problem.need] > 0
    return np.where(timed, np.minimum(most, fits), most)


def horizon(problem: Problem, units: Iterable[tuple[int, int]]) -> int:
    """Return a minute by which any plan's work can be over: what comes later can be moved there.

    Parameters
    ----------
    units
        (candidate, units at most) of all timed pairs.
    """
    last = 0
    for windows in (problem.need_windows, problem.resource_windows):
        last = max(last, int(windows.end.max(initial=0)))
    starts = (pin.start for pin in problem.fixed if pin.start is not None)
    durations = problem.need_duration[problem.need]
    longest = int(durations.max(initial=0))
    return max([last, *starts]) + longest + sum(int(durations[row]) * most for row, most in units)


def earliest(ranges: Ranges, duration: int, busy: Sequence[tuple[int, int]]) -> int | None:
    """Return the first minute in the ranges at which nothing of `busy` (sorted, apart) is in the way."""
    for first, last in ranges:
        start = first
        at = bisect_left(busy, (start, start))
        if at and busy[at - 1][1] > start:
            start = busy[at - 1][1]
        while at < len(busy) and busy[at][0] < start + duration:
            start = max(start, busy[at][1])
            at += 1
        if start <= last:
            return start
    return None


def in_order(windows: Windows, *, touching_are_one: bool) -> tuple[Ints, Ints, Ints]:
    """Return windows sorted within each owner: first row of each owner, start, end; always is [0, ∞)."""
    always = np.flatnonzero(windows.always)
    owner = np.concatenate([np.repeat(np.arange(len(windows.always)), np.diff(windows.first)), always])
    start = np.concatenate([windows.start, np.zeros(len(always), dtype=np.int64)])
    end = np.concatenate([windows.end, np.full(len(always), LARGEST)])
    order = np.lexsort((start, owner))
    owner, start, end = owner[order], start[order], end[order]
    if touching_are_one and len(owner):
        goes_on: Bools = (owner[1:] == owner[:-1]) & (start[1:] == end[:-1])
        opens, closes = np.concatenate([[True], ~goes_on]), np.concatenate([~goes_on, [True]])
        owner, start, end = owner[opens], start[opens], end[closes]
    return ends(np.bincount(owner, minlength=len(windows.always))), start, end


def _joined(windows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in windows:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
