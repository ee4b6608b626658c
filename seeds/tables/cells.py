"""What a cell may hold: from what somebody typed to a value, and back to what the same reading gives again.

A parser raises `ValueError` with what is wrong and what to do; it never repeats the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from graph.model.times import CITY_TIME
from matching.identity import normal_id_number, normal_phone
from matching.texts import one_line, plain_text

Cell = str | int | float | bool | datetime | date | time | timedelta | None
"""A cell as a file holds it; None and the empty string are the same."""


class _Merged(str):
    __slots__ = ()


MERGED = _Merged()
"""An empty cell that a merged one covers: what stands there is in another cell."""

E = TypeVar("E", bound=StrEnum)

_BLANKS = " \u3000\xa0\u200b\ufeff"
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"(\d{1,2})\s*[:时点]\s*(?:(\d{1,2}|半)\s*[分]?)?(?::(\d{1,2})(\.\d{1,3})?)?")
_SPLIT_OFF = re.compile(r"\d\.\d+[eE]\+?\d+")
_DIGITS_OF_A_NUMBER = 10**15  # beyond, Excel's numbers are not exact
_YES = frozenset({"是", "有", "对", "√", "✓", "y", "yes", "true", "1"})
_NO = frozenset({"否", "无", "没有", "不", "×", "✗", "n", "no", "false", "0"})


def is_empty(cell: Cell) -> bool:
    """Tell whether nothing stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip(_BLANKS + "\r\n\t"))


def text(cell: Cell) -> str:
    """Return a cell as its words: blanks at both ends are no part of them, whole numbers have no point."""
    match cell:
        case None:
            return ""
        case str():
            return cell.strip(_BLANKS)
        case bool():
            return "是" if cell else "否"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return date_and_time_words(cell) if cell.time() != time() else day_words(cell.date())
        case date():
            return day_words(cell)
        case _:
            return str(cell)


def plain(cell: Cell) -> str:
    """Return a cell's words in one form: full-width signs are the plain ones."""
    return unicodedata.normalize("NFKC", text(cell)).strip()


def lines(longest: int) -> Callable[[Cell], str]:
    """Return a parser of free words in one or more lines."""

    def parse(cell: Cell) -> str:
        return _no_longer(plain_text(text(cell).replace("\r\n", "\n")), longest)

    return parse


def line(longest: int) -> Callable[[Cell], str]:
    """Return a parser of free words in one line."""

    def parse(cell: Cell) -> str:
        return _no_longer(one_line(text(cell).strip("\r\n")), longest)

    return parse


def _no_longer(words: str, longest: int) -> str:
    if len(words) > longest:
        raise ValueError(f"at most {longest} characters, not {len(words)}")
    return words


def whole(minimum: int, maximum: int) -> Callable[[Cell], int]:
    """Return a parser of whole numbers in a range."""

    def parse(cell: Cell) -> int:
        words = plain(cell).replace(",", "")
        if not re.fullmatch(r"-?\d{1,18}", words):
            raise ValueError(f"must be a whole number, {minimum} to {maximum}, without a unit")
        number = int(words)
        if not minimum <= number <= maximum:
            raise ValueError(f"must be {minimum} to {maximum}")
        return number

    return parse


def yes_or_no(cell: Cell) -> bool:
    """Return True of 是 and its like, False of 否."""
    words = plain(cell).casefold()
    if words in _YES:
        return True
    if words in _NO:
        return False
    raise ValueError("write 是 or 否")


def one_of(names: dict[E, tuple[str, ...]]) -> Callable[[Cell], E]:
    """Return a parser of an enum's values.

    Parameters
    ----------
    names
        The Chinese words of each, the one that is written out first; its code stands too.
    """
    by_word = {word.casefold(): value for value, words in names.items() for word in (*words, str(value))}
    choice = "、".join(words[0] for words in names.values())

    def parse(cell: Cell) -> E:
        value = by_word.get(plain(cell).casefold())
        if value is None:
            raise ValueError(f"write one of {choice}")
        return value

    return parse


# ── days and instants ────────────────────────────────────────────────────────────────────────────────────────


def day(cell: Cell) -> date:
    """Return the date of a date cell, of 2026年3月5日, 2026/3/5, 2026-03-05, 2026.3.5 or 20260305."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found, rest = _day_in(plain(cell))
    if rest and not re.fullmatch(r"0{1,2}:00(:00)?", rest):
        raise ValueError("must be a day without a time, such as 2026-03-05")
    return found


def _day_in(words: str) -> tuple[date, str]:
    found = _DATE.match(words) or _COMPACT_DATE.match(words)
    if found is None or not 1900 <= int(found[1]) <= 2200:
        raise ValueError("must be a date with its year, such as 2026-03-05 or 2026年3月5日")
    try:
        return date(int(found[1]), int(found[2]), int(found[3])), words[found.end() :].lstrip("T ")
    except ValueError:
        raise ValueError("there is no such day") from None


def moment(cell: Cell) -> datetime:
    """Return the instant of a date and time in the city; a day alone is its first minute."""
    return _at(cell, time())


def end_of(cell: Cell) -> datetime:
    """Return the instant until which something has time; a day alone is its last minute."""
    return _at(cell, time(23, 59))


def _at(cell: Cell, otherwise: time) -> datetime:
    if isinstance(cell, datetime):
        words, found = cell, cell.date()
        clock = words.time() if words.time() != time() else otherwise
    elif isinstance(cell, date):
        found, clock = cell, otherwise
    else:
        found, rest = _day_in(plain(cell))
        clock = _time_in(rest) if rest else otherwise
    return datetime.combine(found, clock, CITY_TIME).astimezone(UTC)


def _time_in(words: str) -> time:
    found = _TIME.fullmatch(words)
    if found is None:
        raise ValueError("must be a date, or a date and a time, such as 2026-03-05 18:30")
    minute = 30 if found[2] == "半" else int(found[2] or 0)
    try:
        return time(int(found[1]), minute, int(found[3] or 0), round(float(found[4] or 0) * 1_000_000))
    except ValueError:
        raise ValueError("there is no such time of day") from None


def day_words(value: date) -> str:
    """Return a date as it is written out."""
    return f"{value:%Y-%m-%d}"


def date_and_time_words(value: datetime) -> str:
    """Return an instant as it is written out, in the city's time; one without a zone is in it already."""
    local = value.astimezone(CITY_TIME) if value.tzinfo else value
    seconds = ":%S" if local.second or local.microsecond else ""
    words = local.strftime(f"%Y-%m-%d %H:%M{seconds}")
    return words + (f".{local.microsecond // 1000:03d}" if local.microsecond else "")


# ── personal ─────────────────────────────────────────────────────────────────────────────────────────────────


def name_of_somebody(cell: Cell) -> str:
    """Return a person's name."""
    words = line(50)(cell)
    if "*" in words or "＊" in words:
        raise ValueError("the name is masked; export with --personal, or write it in full")
    return words


def id_number(cell: Cell) -> str:
    """Return an ID number in its normal form; a number cell is refused, for Excel has lost its last digits."""
    if isinstance(cell, int | float) or _SPLIT_OFF.fullmatch(plain(cell)):
        raise ValueError(
            "the cell is a number, of which Excel keeps 15 digits only: the others are lost. "
            "Set the column's format to text, then type the ID number in again"
        )
    return normal_id_number(plain(cell))


def phone(cell: Cell) -> str:
    """Return a phone number in its normal form."""
    return normal_phone(plain(cell))


def birth_year(cell: Cell) -> int:
    """Return a year of birth, given as it is or in a date."""
    words = plain(cell)
    found = re.fullmatch(r"(\d{4})\s*年?(\s*\d{1,2}\s*月)?", words)
    year = int(found[1]) if found else day(cell).year
    if not 1900 <= year <= 2100:
        raise ValueError("must be a year from 1900 to 2100, such as 1951")
    return year


def birth_year_of(number: str) -> int:
    """Return the year of birth that an ID number names."""
    return int(number[6:10])


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────

SEPARATORS = ";,、\n"


def parts(cell: Cell) -> list[str]:
    """Return what stands in a cell between 、 ; or a line's end."""
    return [part.strip() for part in re.split(f"[{SEPARATORS}]", plain(cell)) if part.strip()]


def languages(cell: Cell) -> tuple[str, ...]:
    """Return language tags (BCP 47)."""
    found = parts(cell)
    for tag in found:
        if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag):
            raise ValueError("write language tags such as zh;wuu")
    return tuple(found)


def joined(words: Iterable[str]) -> str:
    """Return a list as it is written out."""
    return "、".join(words)
