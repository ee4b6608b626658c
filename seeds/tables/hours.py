"""Hours of the week in words: 周一至周五 9:00-11:30;周六全天."""

from __future__ import annotations

import re
from collections.abc import Iterable

from graph.model.times import Window, Windows
from seeds.tables.cells import Cell, plain

_DAY = 24 * 60
_DAYS = "一二三四五六日"
_GROUPS = {"工作日": range(5), "周末": range(5, 7), "双休日": range(5, 7), "每天": range(7), "每日": range(7)}
_STRETCHES = {
    "全天": (0, _DAY),
    "白天": (8 * 60, 18 * 60),
    "上午": (8 * 60, 12 * 60),
    "中午": (12 * 60, 14 * 60),
    "下午": (14 * 60, 18 * 60),
    "晚上": (18 * 60, 21 * 60),
}
_ONE_DAY = r"(?:周|星期|礼拜)?[一二三四五六日天]"
_DAY_WORDS = re.compile(rf"(工作日|周末|双休日|每天|每日|{_ONE_DAY}(?:[至到~-]{_ONE_DAY})?)(?:[、和,]\s*)?")
_HOURS = re.compile(r"(\d{1,2})(?::(\d{2})|点(半)?)\s*[-~至到—–]+\s*(\d{1,2})(?::(\d{2})|点(半)?)")
_MEANT = "write hours such as 周一至周五 9:00-11:30;周六全天, or 随时"


def windows(cell: Cell) -> Windows:
    """Return the windows of a week; None is any time, an empty tuple never. Those that touch become one.

    Raises
    ------
    ValueError
        It can't be read, or a stretch ends before it begins.
    """
    words = plain(cell)
    if words.casefold() in ("随时", "任何时间", "any"):
        return None
    if words.casefold() in ("从不", "never"):
        return ()
    found: list[Window] = []
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", words))):
        found.extend(_of(part))
    if not found:
        raise ValueError(_MEANT)
    return _together(found)


def _of(part: str) -> Iterable[Window]:
    days: list[int] = []
    at = 0
    while found := _DAY_WORDS.match(part, at):
        days.extend(_days(found[1]))
        at = found.end()
    rest = part[at:].strip()
    stretches = [_stretch(piece.strip()) for piece in re.split(r"[,、和]", rest)] if rest else [(0, _DAY)]
    # Hours without a day are every day's.
    return [Window(d * _DAY + start, d * _DAY + end) for d in days or range(7) for start, end in stretches]


def _days(words: str) -> Iterable[int]:
    if words in _GROUPS:
        return _GROUPS[words]
    numbers = [_DAYS.index(sign.replace("天", "日")) for sign in words if sign in "一二三四五六日天"]
    if len(numbers) == 1:
        return numbers
    first, last = numbers
    if last < first:
        raise ValueError("days run from Monday to Sunday; write 周六、周日、周一 one by one")
    return range(first, last + 1)


def _stretch(words: str) -> tuple[int, int]:
    if words in _STRETCHES:
        return _STRETCHES[words]
    found = _HOURS.fullmatch(words)
    if found is None:
        raise ValueError(_MEANT)
    start = int(found[1]) * 60 + (30 if found[3] else int(found[2] or 0))
    end = int(found[4]) * 60 + (30 if found[6] else int(found[5] or 0))
    if not 0 <= start < end <= _DAY or int(found[2] or 0) > 59 or int(found[5] or 0) > 59:
        raise ValueError("hours end after they begin, by 24:00; one past midnight is two, of two days")
    return start, end


def _together(found: Iterable[Window]) -> tuple[Window, ...]:
    merged: list[Window] = []
    for window in sorted(found):
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return tuple(merged)


def words_of(value: Windows) -> str:
    """Return windows as they are written out; days of the same hours stand together."""
    if value is None:
        return "随时"
    if not value:
        return "从不"
    by_day: list[list[str]] = [[] for _ in range(7)]
    for window in _together(value):
        for number in range(window.start // _DAY, (window.end - 1) // _DAY + 1):
            start, end = max(window.start - number * _DAY, 0), min(window.end - number * _DAY, _DAY)
            by_day[number].append("全天" if (start, end) == (0, _DAY) else f"{_clock(start)}-{_clock(end)}")
    pieces = []
    first = 0
    while first < 7:
        last = first
        while last < 6 and by_day[last + 1] == by_day[first]:
            last += 1
        if by_day[first]:
            days = f"周{_DAYS[first]}" + (f"至周{_DAYS[last]}" if last > first else "")
            pieces.append(f"{days} {','.join(by_day[first])}".replace(" 全天", "全天"))
        first = last + 1
    return ";".join(pieces)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
