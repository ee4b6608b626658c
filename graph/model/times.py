"""Instants, windows of the week and the periods in which capacity is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

CITY_TIME = ZoneInfo("Asia/Shanghai")  # official time of the whole country
MINUTES_A_WEEK = 7 * 24 * 60


class Clock(Protocol):
    """Where the time comes from; injected, so that tests can set it."""

    def now(self) -> datetime:
        """Return the present instant, UTC-aware."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, UTC-aware, to the millisecond the store keeps."""
        at = datetime.now(UTC)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)


def to_milliseconds(at: datetime) -> int:
    """Return milliseconds since 1970, the form in which both stores keep an instant alike.

    Raises
    ------
    ValueError
        The instant has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return round(at.timestamp() * 1000)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the UTC instant of milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open stretch of every week, in minutes from Monday 00:00 city time.

    Parameters
    ----------
    start, end
        0 ≤ start < end ≤ 10080. A stretch over Sunday midnight is two windows.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_A_WEEK:
            raise ValueError(f"a window needs 0 ≤ start < end ≤ {MINUTES_A_WEEK}, not {self.start} to {self.end}")


Windows = tuple[Window, ...] | None
"""When something suits; None is any time, an empty tuple never."""


def flatten(windows: Windows) -> list[int] | None:
    """Return [start, end, start, end, …], the form in the store."""
    return None if windows is None else [minute for w in windows for minute in (w.start, w.end)]


def unflatten(minutes: Iterable[int] | None) -> Windows:
    """Return the windows of their flat form."""
    if minutes is None:
        return None
    flat = list(minutes)
    return tuple(Window(s, e) for s, e in zip(flat[::2], flat[1::2], strict=True))


class Period(StrEnum):
    """How long a capacity lasts before it is whole again."""

    WEEK = "week"  # people's time and venues
    MONTH = "month"  # money and stock
    ONCE = "once"  # a single thing

    def of(self, day: date) -> str:
        """Return the name of the period in which a day lies: `2026-W47`, `2026-11` or `once`."""
        if self is Period.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        return f"{day:%Y-%m}" if self is Period.MONTH else "once"


def city_date(at: datetime) -> date:
    """Return the date in the city at an instant."""
    return at.astimezone(CITY_TIME).date()
