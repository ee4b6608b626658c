"""Hours of the week by name, with the words people use for them."""

from __future__ import annotations

from dataclasses import dataclass

from graph.model.times import Window, Windows

_DAY = 24 * 60
_WEEKDAYS = range(5)
_WEEKEND = range(5, 7)
_ALL = range(7)


@dataclass(frozen=True, slots=True)
class Hours:
    """When something suits.

    Parameters
    ----------
    words
        In Chinese, as on a card; empty for any time.
    """

    words: str
    windows: Windows


def _clock(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def _hours(words: str, *stretches: tuple[range, str, str]) -> Hours:
    windows = sorted(
        Window(day * _DAY + _clock(start), day * _DAY + _clock(end)) for days, start, end in stretches for day in days
    )
    return Hours(words, tuple(windows))


HOURS = {
    "any": Hours("", None),
    "evenings": _hours("工作日晚上", (_WEEKDAYS, "18:30", "21:00")),
    "weekend": _hours("周末", (_WEEKEND, "9:00", "18:00")),
    "saturday": _hours("周六", (range(5, 6), "9:00", "18:00")),
    "sunday": _hours("周日", (range(6, 7), "9:00", "18:00")),
    "evenings_weekend": _hours("晚上和周末", (_WEEKDAYS, "18:30", "21:00"), (_WEEKEND, "9:00", "18:00")),
    "weekday_mornings": _hours("工作日上午", (_WEEKDAYS, "8:30", "11:30")),
    "weekday_afternoons": _hours("工作日下午", (_WEEKDAYS, "14:30", "17:30")),
    "weekdays": _hours("工作日白天", (_WEEKDAYS, "8:30", "17:30")),
    "mornings": _hours("每天上午", (_ALL, "8:30", "11:30")),
    "afternoons": _hours("每天下午", (_ALL, "14:30", "17:30")),
    "noon": _hours("每天中午", (_ALL, "11:00", "13:30")),
    "after_school": _hours("放学以后", (_WEEKDAYS, "16:30", "19:00")),
    "two_mornings": _hours("周二、周四上午", (range(1, 4, 2), "8:30", "11:30")),
    "daytime": _hours("每天白天", (_ALL, "8:30", "18:00")),
    "shop": _hours("营业时间", (_ALL, "9:00", "20:00")),
}
"""By name; the words of a name must read well before 方便 and in brackets."""
