"""Whether two sides have time for each other."""

from __future__ import annotations

import numpy as np

from graph.snapshot import Bools, Ints, Snapshot


class Meetings:
    """Whether two lists of windows leave room for one visit; each pair of lists is looked at once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._windows = snapshot.windows
        self._known: dict[tuple[int, int, int], bool] = {}

    def together(self, ours: Ints, theirs: Ints, duration: Ints) -> Bools:
        """Tell of each pair whether a stretch of `duration` minutes (at least one) suits both."""
        count, longest = len(self._windows) + 1, int(duration.max(initial=0)) + 1
        keys, inverse = np.unique(((ours + 1) * count + theirs + 1) * longest + duration, return_inverse=True)
        known = [
            self._meet(key // longest // count - 1, key // longest % count - 1, key % longest) for key in keys.tolist()
        ]
        found: Bools = np.array(known, dtype=np.bool_)[inverse.reshape(-1)]
        return found

    def _meet(self, a: int, b: int, minutes: int) -> bool:
        key = (a, b, minutes)
        if key not in self._known:
            week = ((0, 7 * 24 * 60),)
            ours = self._windows[a] if a >= 0 else week
            theirs = self._windows[b] if b >= 0 else week
            self._known[key] = any(
                min(end, other_end) - max(start, other_start) >= max(1, minutes)
                for start, end in ours
                for other_start, other_end in theirs
            )
        return self._known[key]


def busy(snapshot: Snapshot, need: Ints, resource: Ints) -> Bools:
    """Tell of each pair whether the resource is with somebody else at the time appointed for the need."""
    taken = np.zeros(len(need), dtype=np.bool_)
    begins = snapshot.needs.appointed[need]
    ends = begins + np.maximum(1, snapshot.needs.duration[need]) * 60_000
    for row, start, end in snapshot.busy:
        taken |= (resource == row) & (begins >= 0) & (begins < end) & (start < ends)
    return taken
