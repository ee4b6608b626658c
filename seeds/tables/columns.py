"""A table's columns, declared once: its template, parser, export and documentation follow."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seeds.tables.cells import Cell
from seeds.tables.known import Known

Parser = Callable[[Known, Cell], Any]
Writer = Callable[[Known, Any], str | int | None]
ERROR = "错误"
"""The column of a rejects file that says what to mend; left out when it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Parameters
    ----------
    name
        Its English header; the key of its value in a row.
    header
        The Chinese one, which is written out.
    also
        Other headers that people use.
    parse
        From a cell that is not empty to the value; raises `ValueError`.
    write
        From a value that is not None to what the cell holds.
    personal
        Its values are never repeated in an error, and written out only with a reason.
    shown
        It is only written out: what it says is left aside when it is read.
    """

    name: str
    header: str
    help: str
    example: str | int = ""
    also: tuple[str, ...] = ()
    parse: Parser = lambda _, cell: cell
    write: Writer = lambda _, value: str(value)
    required: bool = False
    personal: bool = False
    shown: bool = False

    @property
    def headers(self) -> frozenset[str]:
        """Every header that it may stand under, in the form of `plain_header`."""
        return frozenset(plain_header(header) for header in (self.name, self.header, *self.also))


@dataclass(frozen=True, slots=True)
class Table:
    """One subject's table.

    Parameters
    ----------
    name
        As on the command line.
    title
        In Chinese: the sheet's name.
    """

    name: str
    title: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return a column by its English name."""
        return next(column for column in self.columns if column.name == name)

    def by_header(self) -> Mapping[str, Column]:
        """Return the columns by every header that they may stand under."""
        return {header: column for column in self.columns for header in column.headers}


def plain_header(cell: Cell) -> str:
    """Return a header in one form: without blanks, stars, and what stands in brackets."""
    words = unicodedata.normalize("NFKC", "" if cell is None else str(cell)).casefold()
    return re.sub(r"\([^)]*\)|\[[^\]]*\]|[\s*:_#]", "", words)


def taken(parse: Callable[[Cell], Any]) -> Parser:
    """Return a parser that knows no names from one that needs none."""
    return lambda _, cell: parse(cell)


def words(write: Callable[[Any], str | int | None]) -> Writer:
    """Return a writer that knows no names from one that needs none."""
    return lambda _, value: write(value)
