"""Columns of a snapshot, from what the queries return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np

from graph.model.times import CITY_TIME, MINUTES_A_WEEK, Period, from_milliseconds
from graph.snapshot import Ints, Links

NO_CERTIFICATE_NEEDED = np.iinfo(np.int64).max


class WindowTable:
    """Gives equal lists of windows one row."""

    def __init__(self) -> None:
        self._row: dict[tuple[tuple[int, int], ...], int] = {}

    def rows(self, column: Iterable[Sequence[int]]) -> Ints:
        """Return the row of each flat list; −1 for any time."""
        found = []
        for flat in column:
            if list(flat) == [-1]:
                found.append(-1)
                continue
            key = tuple(sorted(zip(flat[::2], flat[1::2], strict=True)))
            found.append(self._row.setdefault(key, len(self._row)))
        return ints(found)

    @property
    def table(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """The different lists, by row."""
        return tuple(self._row)


def ints(values: Iterable[int]) -> Ints:
    """Return whole numbers as a column."""
    return np.fromiter(values, dtype=np.int64)


def settle_appointments(columns: dict[str, list[Any]], day: date, *, later: bool) -> None:
    """Give each appointed need the one window that is agreed on.

    What was appointed before `day` is past: the need is as free as any other. One of a later week waits for that week,
    unless it is asked for by name (`later`).
    """
    waiting = set()
    for row, appointed in enumerate(columns["appointed"]):
        if appointed < 0:
            continue
        begins = from_milliseconds(appointed).astimezone(CITY_TIME)
        if begins.date() < day:
            columns["appointed"][row] = -1
        elif Period.WEEK.of(begins.date()) == Period.WEEK.of(day) or later:
            minute = (begins.weekday() * 24 + begins.hour) * 60 + begins.minute
            columns["windows"][row] = [minute, min(minute + max(1, columns["duration"][row]), MINUTES_A_WEEK)]
        else:
            waiting.add(row)
    for name, column in columns.items():
        columns[name] = [value for row, value in enumerate(column) if row not in waiting]


def groups(names: Sequence[str]) -> Ints:
    """Return the same number for equal names that are there more than once; −1 for the others."""
    count = Counter(name for name in names if name)
    number = {name: row for row, name in enumerate(name for name, times in count.items() if times > 1)}
    return ints(number.get(name, -1) for name in names)


def links(columns: dict[str, list[Any]], left: dict[str, int], right: dict[str, int]) -> Links:
    """Return a table of pairs by row; those of which a side has no row are left out."""
    pairs = zip(columns["left"], columns["right"], columns.get("value", [0] * len(columns["left"])), strict=True)
    kept = [(left[a], right[b], value) for a, b, value in pairs if a in left and b in right]
    return Links(ints(k[0] for k in kept), ints(k[1] for k in kept), ints(k[2] for k in kept))


def days(until: str) -> int:
    """Return a certificate's last day as days since 1970."""
    if not until:
        return int(NO_CERTIFICATE_NEEDED)
    return (date.fromisoformat(until) - date(1970, 1, 1)).days
