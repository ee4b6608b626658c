"""From a file to rows with the numbers that they have in it: Excel, OpenDocument, CSV in several codes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from graph.model.refusals import Refusal
from seeds.tables.cells import MERGED, Cell, is_empty
from seeds.tables.columns import ERROR, Column, Table, plain_header

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TEXTS = (".csv", ".txt", ".tsv")
LARGEST = 200_000_000  # bytes; a file beyond is no register of a city
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how a workbook begins, also one that is named .csv
_HEADER_WITHIN = 30  # rows: titles and notes above a header are fewer
_DELIMITERS = ",;\t"
_LONGEST_CELL = 1_000_000  # characters; more means that a quotation mark was not closed
EVALUATED = frozenset("=+-@\t\r\n＝＋－＠")
"""A text that begins so may be taken for a formula."""
_PROTECTED = EVALUATED | {"'"}


class Unreadable(Refusal):
    """The file is no table that can be read."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, counted from 1, and its cells in the order of the header."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it stands in a file.

    Parameters
    ----------
    name
        The sheet's; empty of a CSV.
    headers
        As they stand; empty where a column has none.
    columns
        What each position holds; None where no column of ours has that header.
    others
        Names of other sheets that would fit too.
    """

    name: str
    headers: Sequence[str]
    columns: Sequence[Column | None]
    rows: Sequence[Row]
    others: tuple[str, ...] = ()

    @property
    def left_out(self) -> list[str]:
        """Headers that no column of ours has."""
        pairs = zip(self.headers, self.columns, strict=True)
        return [header for header, column in pairs if header and column is None and plain_header(header) != ERROR]


def read(path: Path, table: Table, *, sheet: str | None = None) -> Sheet:
    """Return the table of a file.

    Parameters
    ----------
    sheet
        Which sheet; None takes the first one whose header fits.

    Raises
    ------
    Unreadable
        It can't be opened, is protected or broken, or holds no such table.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if 0 < size <= LARGEST else b""
    except OSError as error:
        raise Unreadable(f"{path} can't be read: {error.strerror}") from None
    if not content:
        raise Unreadable(f"{path.name} is empty" if size == 0 else f"{path.name} is larger than {LARGEST:,} bytes")
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS or (suffix in TEXTS and content[:4] in _BOOKS):
        return _workbook(path, content, table, sheet)
    if suffix in TEXTS:
        if sheet is not None:
            raise Unreadable(f"{path.name} has no sheets; leave --sheet away")
        return _text(path.name, content, table)
    raise Unreadable(f"{path.name}: only {', '.join((*WORKBOOKS, *TEXTS))} can be read; save it as .xlsx or .csv")


def _workbook(path: Path, content: bytes, table: Table, sheet: str | None) -> Sheet:
    name = path.name
    try:
        book = _opened(path, content)
        if sheet is not None and sheet not in book.sheet_names:
            raise Unreadable(f"{name} has no sheet {sheet!r}; it has {', '.join(book.sheet_names)}")
        found: dict[str, Any] = {
            one: _cells(book.get_sheet_by_name(one)) for one in ([sheet] if sheet else book.sheet_names)
        }
    except PasswordError:
        raise Unreadable(f"{name} is protected by a password; open it, save it without one, and try again") from None
    except CalamineError:
        raise Unreadable(f"{name} is no workbook that can be read, or is broken; save it anew as .xlsx") from None
    return _chosen(name, found, table)


def _cells(sheet: CalamineSheet) -> list[list[Cell]]:
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[row]))):
                if (row, column) != (top, left):
                    rows[row][column] = MERGED
    return rows


def _opened(path: Path, content: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))  # by what is in it: its name may be wrong
    except PasswordError:
        raise
    except CalamineError:
        return CalamineWorkbook.from_path(path)  # by its name: only so a password is told from a broken file


def _chosen(name: str, sheets: dict[str, list[list[Cell]]], table: Table) -> Sheet:
    tried = {one: header for one, rows in sheets.items() if (header := _header(rows, table)) is not None}
    fits = [one for one, header in tried.items() if not header.missing]
    if not fits:
        best = max(tried.values(), key=lambda header: len(header.found), default=None)
        raise Unreadable(f"{name}: {_no_header(best, table)}")
    return tried[fits[0]].sheet(fits[0], sheets[fits[0]], tuple(fits[1:]))


def _no_header(best: _Header | None, table: Table) -> str:
    needed = "、".join(column.header for column in table.columns if column.required)
    template = f"`renling template {table.name}` writes a table to fill in"
    if best is None or not best.found:
        return f"no row of it is a header with {needed}; {template}"
    missing = "、".join(best.missing)
    return f"the header in row {best.number} has no column {missing}; add it, or see what it may be called: {template}"


@dataclass(frozen=True, slots=True)
class _Header:
    """A row that may be the header."""

    number: int
    headers: list[str]
    columns: list[Column | None]
    missing: list[str]

    @property
    def found(self) -> list[str]:
        return [column.name for column in self.columns if column]

    def sheet(self, name: str, rows: list[list[Cell]], others: tuple[str, ...]) -> Sheet:
        for number, column in enumerate(self.columns):
            if column is not None and column in self.columns[:number]:
                raise Unreadable(
                    f"row {self.number} has two columns {column.header}, {_letter(self.columns.index(column))} and "
                    f"{_letter(number)}; delete or rename one"
                )
        width = len(self.headers)
        body = [
            Row(number, [*cells[:width], *[None] * (width - len(cells))])
            for number, cells in enumerate(rows[self.number :], self.number + 1)
            if not all(map(is_empty, cells[:width]))
        ]
        return Sheet(name, self.headers, self.columns, body, others)


def _header(rows: list[list[Cell]], table: Table) -> _Header | None:
    """Return the row that names the most columns: titles may stand above it."""
    best: _Header | None = None
    by_header = table.by_header()
    for index, cells in enumerate(rows[:_HEADER_WITHIN]):
        above = rows[index - 1] if index else []
        headers = [_text_of(cell) for cell in cells]
        if best is not None and not any(by_header.get(plain_header(header)) for header in headers):
            continue
        headers += [""] * (len(above) - len(headers))
        # A header merged over two rows stands in the upper one, and the lower one is empty there.
        upper = {at: _text_of(cell) for at, cell in enumerate(above) if not headers[at]}
        if any(plain_header(words) in by_header for words in upper.values()):
            headers = [upper.get(at, words) for at, words in enumerate(headers)]
        columns = [by_header.get(plain_header(header)) for header in headers]
        missing = [c.header for c in table.columns if c.required and c not in columns]
        header = _Header(index + 1, headers, columns, missing)
        own = {by_header[h] for h in map(plain_header, cells) if h in by_header}
        # Only a row with a header of its own can be one, or the first row of data would inherit it.
        if own and (best is None or len(set(header.found)) > len(set(best.found))):
            best = header
    return best


def _text_of(cell: Cell) -> str:
    return "" if is_empty(cell) else str(cell).strip()


def _letter(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(name: str, content: bytes, table: Table) -> Sheet:
    words = _decoded(name, content)
    tried: dict[str, list[list[Cell]]] = {}
    for delimiter in _DELIMITERS:
        head = list(_records(name, words, delimiter, _HEADER_WITHIN))
        header = _header(head, table)
        tried[delimiter] = head if header else []
    counts = {d: len(h.found) if (h := _header(rows, table)) else 0 for d, rows in tried.items()}
    delimiter = max(counts, key=lambda d: counts[d])
    return _chosen(name, {"": list(_records(name, words, delimiter, None))}, table)


def _decoded(name: str, content: bytes) -> str:
    codes = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for code in codes:
        try:
            return content.decode(code)
        except UnicodeDecodeError:
            continue
    raise Unreadable(f"{name} is written in a code that is neither UTF-8 nor GBK; save it as .xlsx or as CSV UTF-8")


def _records(name: str, words: str, delimiter: str, most: int | None) -> Iterator[list[Cell]]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter)
    number = 0
    try:
        for number, record in enumerate(reader, 1):
            if most is not None and number > most:
                return
            yield [unprotected(cell) for cell in record]
    except csv.Error:
        raise Unreadable(f"{name}, row {number + 1}: a quotation mark is not closed; mend it") from None


def protected(words: str) -> str:
    """Return a text as a CSV holds it, so that no spreadsheet evaluates it."""
    return f"'{words}" if words[:1] in _PROTECTED else words


def unprotected(words: str) -> str:
    """Return the text of what `protected` gave; any other stays as it is."""
    return words[1:] if words[:1] == "'" and words[1:2] in _PROTECTED else words
