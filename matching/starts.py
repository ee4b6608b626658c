"""When a unit of a timed need may start on a resource."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from matching.problem import LARGEST, Problem

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


def _joined(windows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in windows:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
