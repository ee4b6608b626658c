"""Files as staff have them, for the tests of tables."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from graph.model.actors import EVERYTHING, Actor, Role
from graph.model.times import Clock
from graph.store import Store
from matching.use_cases.lookups import acting_in
from seeds.tables.importing import Report, import_table

OPERATOR = Actor("operator:test", Role.OPERATOR)
NEED_HEADER = ("标题", "区域", "所需能力")
A_NEED = ("厨房水管漏水", "东社区/1号楼", "水电维修")
A_NUMBER = "11010519491231002X"
BEGINS_A_FORMULA = "=+-@\t\r\n＝＋－＠"  # OWASP's list of what spreadsheets evaluate, and the wide forms
"""An ID number whose check digit fits; the standard's own example."""


def book(path: Path, sheets: dict[str, Iterable[Sequence[Any]]], merged: Iterable[str] = ()) -> Path:
    """Write a workbook; dates become date cells, numbers number cells."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date | datetime):
                        sheet.write_datetime(at, column, cell, day)
                    elif cell is not None:
                        sheet.write(at, column, cell)
            for stretch in merged:
                sheet.merge_range(stretch, None)
    return path


def text(path: Path, rows: Iterable[Sequence[Any]], *, code: str = "utf-8-sig", delimiter: str = ",") -> Path:
    """Write a CSV."""
    lines = io.StringIO(newline="")
    csv.writer(lines, delimiter=delimiter).writerows(rows)
    path.write_bytes(lines.getvalue().encode(code))
    return path


def cells(path: Path) -> list[list[Any]]:
    """Return what a workbook's first sheet or a CSV holds, as another program reads it."""
    if path.suffix == ".csv":
        return [list(row) for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""))]
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)


def bring(store: Store, table: str, path: Path, clock: Clock, *, area: str | None = None, **how: Any) -> Report:
    """Import a file as the machine's operator."""
    return import_table(store, table, path, by=acting_in(store, area, by=OPERATOR), clock=clock, **how)


def bad(report: Report) -> list[tuple[int, str, str | None]]:
    """Return (row, column, value) of every bad cell."""
    return [(wrong.row, wrong.column, wrong.value) for wrong in report.wrong]


def needs_there(store: Store) -> list[str]:
    """Return the ids of every need of the tiny city."""
    return store.read(lambda graph: [n.id for n in _all(graph)], scope=EVERYTHING)


def _all(graph: Any) -> list[Any]:
    found: list[Any] = graph.needs.page(area="city", state=None, urgency=None, before=None, limit=100_000)
    return found
