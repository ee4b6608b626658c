"""Tables into files, row by row: Excel and CSV, so that no spreadsheet takes a text for a formula."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol

import xlsxwriter

from graph.model.refusals import Refusal
from seeds.tables.cells import Cell, text
from seeds.tables.columns import Table
from seeds.tables.known import Known
from seeds.tables.reading import EVALUATED, protected

_MOST_ROWS = 1_048_575  # of a sheet, below its header
_WIDTH = 16  # characters of a column


class Unwritable(Refusal):
    """The file can't be written."""

    code = "unwritable_file"


class Lines(Protocol):
    """Where rows go."""

    def add(self, cells: Sequence[Cell]) -> None:
        """Write one row."""
        ...


@contextmanager
def written(path: Path, table: Table, headers: Sequence[str]) -> Iterator[Lines]:
    """Yield where rows go; the file is there once all of them are, and only its owner may read it.

    Raises
    ------
    Unwritable
        Its name ends in neither .xlsx nor .csv, or the folder refuses it.
    """
    kind = path.suffix.lower()
    if kind not in (".xlsx", ".csv"):
        raise Unwritable(f"{path.name}: its name must end in .xlsx or .csv")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with _excel(unfinished, table, headers) if kind == ".xlsx" else _csv(unfinished, headers) as lines:
            yield lines
        unfinished.replace(path)
    except OSError as error:
        raise Unwritable(f"{path} can't be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


class _CsvLines:
    def __init__(self, writer: _CsvWriter) -> None:
        self._writer = writer

    def add(self, cells: Sequence[Cell]) -> None:
        # A text keeps its blanks: only what a parser reads has none at its ends.
        self._writer.writerow([protected(cell if isinstance(cell, str) else text(cell)) for cell in cells])


class _CsvWriter(Protocol):
    def writerow(self, row: Sequence[str], /) -> object: ...


@contextmanager
def _csv(path: Path, headers: Sequence[str]) -> Iterator[Lines]:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # Excel takes a file without the mark for GBK
        # All in quotation marks: where ; separates, a text with one would begin a cell that is evaluated.
        lines = _CsvLines(csv.writer(file, quoting=csv.QUOTE_ALL))
        lines.add(headers)
        yield lines


class _Sheet:
    def __init__(self, book: xlsxwriter.Workbook, name: str) -> None:
        self._sheet = book.add_worksheet(name)
        self._guarded = book.add_format({"quote_prefix": True})  # stays a text when somebody edits the cell
        self._bold = book.add_format({"bold": True})
        self._row = 0

    def head(self, headers: Sequence[str]) -> None:
        self._sheet.set_column(0, max(len(headers) - 1, 0), _WIDTH)
        self._sheet.freeze_panes(1, 0)
        for at, header in enumerate(headers):
            self._sheet.write_string(0, at, header, self._bold)

    def add(self, cells: Sequence[Cell]) -> None:
        self._row += 1
        if self._row > _MOST_ROWS:
            raise Unwritable(f"Excel holds {_MOST_ROWS:,} rows at most; write a .csv, or a smaller --area")
        for at, cell in enumerate(cells):
            match cell:
                case None | "":
                    continue
                case bool():
                    self._sheet.write_boolean(self._row, at, cell)
                case int() | float():
                    self._sheet.write_number(self._row, at, cell)
                case datetime() | date() | time() | timedelta():
                    self._sheet.write_string(self._row, at, text(cell))
                case _:
                    self._sheet.write_string(self._row, at, cell, self._guarded if cell[0] in EVALUATED else None)


@contextmanager
def _book(path: Path) -> Iterator[xlsxwriter.Workbook]:
    # Row by row to the disk: a hundred thousand rows don't fill the memory.
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    try:
        yield book
    finally:
        book.close()


@contextmanager
def _excel(path: Path, table: Table, headers: Sequence[str]) -> Iterator[Lines]:
    with _book(path) as book:
        sheet = _Sheet(book, table.title)
        sheet.head(headers)
        yield sheet


def write_template(path: Path, table: Table, known: Known | None) -> None:
    """Write a table to fill in: its header with an example; in Excel with what each column means on a second sheet.

    Parameters
    ----------
    known
        For the list of capabilities; None leaves it away.

    Raises
    ------
    Unwritable
        As `written`.
    """
    columns = [column for column in table.columns if not column.shown]
    if path.suffix.lower() == ".csv":
        with written(path, table, [column.header for column in columns]) as lines:
            lines.add([column.example for column in columns])
        return
    if path.suffix.lower() != ".xlsx":
        raise Unwritable(f"{path.name}: its name must end in .xlsx or .csv")
    try:
        with _book(path) as book:
            sheet = _Sheet(book, table.title)
            sheet.head([column.header for column in columns])
            sheet.add([column.example for column in columns])
            about = _Sheet(book, "说明")
            about.head(["栏", "英文", "必填", "说明", "也可写作"])
            for column in columns:
                row = (column.header, column.name, "是" if column.required else "", column.help, "、".join(column.also))
                about.add(row)
            if known is not None:
                _capabilities(_Sheet(book, "能力"), known)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise Unwritable(f"{path} can't be written: {error}") from error


def _capabilities(sheet: _Sheet, known: Known) -> None:
    sheet.head(["能力", "代码", "单位"])
    for capability in known.places.capabilities.values():
        sheet.add((capability.name, capability.id, capability.unit))


def cells_of(table: Table, known: Known, values: Mapping[str, object]) -> list[Cell]:
    """Return the cells of a row of values, in the table's order."""
    return [
        None if (value := values.get(column.name)) is None else column.write(known, value) for column in table.columns
    ]
