"""From a file into the store: everything is read and checked first, then the good rows are written, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graph.model.actors import Actor
from graph.model.resources import Resource
from graph.model.times import Clock
from graph.store import Erased, NotFound, Store
from matching.use_cases.importing import Imported, Progress, Thing, bring_in, check
from matching.use_cases.lookups import Places, listed, neighbours, places
from matching.use_cases.needs import holds_a_long_number
from seeds.tables.cells import MERGED, Cell, is_empty, text
from seeds.tables.columns import ERROR, Table
from seeds.tables.known import Known
from seeds.tables.reading import Row, Sheet, read
from seeds.tables.rows import BadCell
from seeds.tables.subjects import SUBJECTS, Subject
from seeds.tables.writing import written

_EVERY = 1000  # rows between two reports of progress
_SHOWN = 40  # characters of a value in an error


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one cell.

    Parameters
    ----------
    row
        Its number in the file.
    column
        The header as it stands there.
    value
        What stands in the cell; None where it is, or may be, personal.
    message
        What is wrong and what to do.
    """

    row: int
    column: str
    value: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an import.

    Parameters
    ----------
    rows
        That the file has.
    new, there
        Things written, or, in a dry run, to be written; and those there already.
    wrong
        Every bad cell, in the file's order.
    bad_rows
        How many rows those are in.
    rejects
        The file that holds them; None where none was asked for.
    """

    sheet: str
    rows: int
    new: int
    there: int
    wrong: Sequence[Wrong]
    bad_rows: int
    left_out: Sequence[str]
    others: Sequence[str]
    rejects: Path | None = None
    dry_run: bool = False
    stopped: bool = False
    refused: bool = False


@dataclass(slots=True)
class _Checked:
    """The rows on their way: what each one came to, and what is wrong."""

    things: dict[int, Thing] = field(default_factory=dict)  # by the row's number
    wrong: list[Wrong] = field(default_factory=list)

    def bad(self) -> set[int]:
        return {wrong.row for wrong in self.wrong}


def import_table(
    store: Store,
    table: str,
    path: Path,
    *,
    by: Actor,
    clock: Clock,
    sheet: str | None = None,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    rejects: Path | None = None,
    progress: Progress = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Bring the rows of a file in; a second time nothing is doubled.

    Parameters
    ----------
    table
        One of `SUBJECTS`.
    by
        Who acts; its area is the one in which rows must lie.
    skip_bad_rows
        Write the good rows and put the others into a file; otherwise a single bad row means that none is written.
    rejects
        That file; None is one beside `path`.
    progress
        Told ("read" or "write", done, of how many).
    stop
        Asked after each page that was written.

    Raises
    ------
    Unreadable, Unwritable
        The file, or that of the rejects.
    NotFound, Erased
        What rows refer to was taken away while they were being written; the words say which rows.
    """
    subject = SUBJECTS[table]
    found = read(path, subject.table, sheet=sheet)
    here = places(store, by=by)
    checked, there = _checked(store, subject, found, here, by=by, clock=clock, progress=progress)
    bad = checked.bad()
    numbers = [number for number in checked.things if number not in bad]
    good = [checked.things[number] for number in numbers]
    refused = bool(bad) and not skip_bad_rows
    report = Report(
        sheet=found.name,
        rows=len(found.rows),
        new=sum(1 for thing in good if thing.id not in there),
        there=sum(1 for thing in good if thing.id in there),
        wrong=checked.wrong,
        bad_rows=len(bad),
        left_out=found.left_out,
        others=found.others,
        dry_run=dry_run,
        refused=refused,
    )
    if dry_run or refused:
        return report
    if bad:
        rejects = rejects or _beside(path)
        _write_rejects(rejects, subject.table, found, checked)
        report = replace(report, rejects=rejects)
    try:
        outcome: Imported = bring_in(store, good, by=by, clock=clock, progress=progress, stop=stop)
    except (NotFound, Erased) as refusal:
        first, last = refusal.more["first"], refusal.more["last"]
        raise type(refusal)(
            f"in one of the rows {numbers[first]} to {numbers[last]}: {refusal.detail}. The {first:,} rows before "
            "them are written; import the file again to see which row it is"
        ) from None
    return replace(report, new=outcome.new, there=outcome.there, stopped=outcome.stopped)


def _checked(
    store: Store, subject: Subject, sheet: Sheet, here: Places, *, by: Actor, clock: Clock, progress: Progress
) -> tuple[_Checked, set[str]]:
    checked = _Checked()
    headers = {
        column.name: header for header, column in zip(sheet.headers, sheet.columns, strict=True) if column is not None
    }
    known = Known(here)
    values: dict[int, dict[str, Any]] = {}
    progress("read", 0, len(sheet.rows))
    for at, row in enumerate(sheet.rows, 1):
        parsed = _parsed(row, sheet, known, checked.wrong)
        if parsed is not None:
            values[row.number] = parsed
        if at % _EVERY == 0 or at == len(sheet.rows):
            progress("read", at, len(sheet.rows))

    who = neighbours(
        store,
        id_numbers={number for row in values.values() for number in _id_numbers(row)},
        texts={words for row in values.values() if (words := subject.described(row)) is not None},
        called={(row["phone"], row["name"]) for row in values.values() if "phone" in row},
        by=by,
    )
    rows = {row.number: row for row in sheet.rows}

    def wrong(number: int, name: str, message: str, *, show: bool = True) -> None:
        column = subject.table.column(name)
        cell = rows[number].cells[sheet.columns.index(column)] if column in sheet.columns else None
        value = _shown(cell) if show and not column.personal else None
        checked.wrong.append(Wrong(number, headers.get(name, column.header), value, message))

    for number, row_values in values.items():
        if not who.shared.isdisjoint(_id_numbers(row_values)):
            name = "id_number" if "id_number" in row_values else "member_numbers"
            wrong(number, name, "several people here have this ID number; find out whose it is, and mend the others")
            continue
        try:
            checked.things[number] = subject.item(row_values, who, here)
        except BadCell as error:
            wrong(number, error.column, error.message)
    _name_as_listed(store, checked.things, values, by=by)

    first: dict[str, int] = {}
    for number, thing in checked.things.items():
        if first.setdefault(thing.id, number) != number:
            name = next(iter(values[number]))
            words = f"row {first[thing.id]} is the same {_ONE[subject.table.name]}; {_MEND[subject.table.name]}"
            wrong(number, name, words, show=False)
    there, errors = check(store, list(checked.things.values()), places=here, by=by, clock=clock)
    for number, thing in checked.things.items():
        for name, message in errors.get(thing.id, ()):
            if first[thing.id] == number:
                wrong(number, name, message)
    checked.wrong.sort(key=lambda one: one.row)
    return checked, there


def _id_numbers(values: dict[str, Any]) -> tuple[str, ...]:
    return (*([values["id_number"]] if "id_number" in values else ()), *values.get("member_numbers", ()))


_ONE = {"needs": "need", "people": "person", "organisations": "organisation", "teams": "team", "resources": "resource"}
_MEND = {
    "needs": "delete one, or give each a number of its own (编号)",
    "people": "delete one, or tell them apart by ID number (身份证号) or year of birth (出生年份)",
    "organisations": "delete one, or give them other names",
    "teams": "delete one, or give them other names",
    "resources": "delete one, or give them other titles",
}


def _parsed(row: Row, sheet: Sheet, known: Known, wrong: list[Wrong]) -> dict[str, Any] | None:
    """Return the values of a row by column; None where one is wrong."""
    values: dict[str, Any] = {}
    before = len(wrong)
    for header, column, cell in zip(sheet.headers, sheet.columns, row.cells, strict=True):
        if column is None or column.shown:
            continue
        if cell is MERGED:
            wrong.append(Wrong(row.number, header, None, "is part of a merged cell; unmerge it, and fill in each"))
            continue
        if is_empty(cell):
            if column.required:
                wrong.append(Wrong(row.number, header, None, "is empty; it must be filled in"))
            continue
        try:
            values[column.name] = column.parse(known, cell)
        except ValueError as error:
            wrong.append(Wrong(row.number, header, None if column.personal else _shown(cell), str(error)))
    return values if len(wrong) == before else None


def _shown(cell: Cell) -> str | None:
    """Return a cell's words for an error; None where a long number stands there: it may be somebody's."""
    words = text(cell)
    if holds_a_long_number(words):
        return None
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


def _name_as_listed(store: Store, things: dict[int, Thing], values: dict[int, dict[str, Any]], *, by: Actor) -> None:
    """Give resources that their providers list already the ids that they have."""
    resources = {number: thing for number, thing in things.items() if isinstance(thing, Resource)}
    if not resources:
        return
    ids = listed(store, providers={resource.provider for resource in resources.values()}, by=by)
    for number, resource in resources.items():
        there = ids.get((resource.provider, resource.title))
        if there is not None and "id" not in values[number]:
            things[number] = replace(resource, id=there)


def _beside(path: Path) -> Path:
    """Return a name for the rejects that nothing has yet: somebody may be mending an earlier one."""
    suffix = ".csv" if path.suffix.lower() in (".csv", ".txt", ".tsv") else ".xlsx"
    number = 1
    while True:
        name = path.with_name(f"{path.stem}.rejects{'' if number == 1 else f'-{number}'}{suffix}")
        if not name.exists():
            return name
        number += 1


def _write_rejects(path: Path, table: Table, sheet: Sheet, checked: _Checked) -> None:
    messages: dict[int, list[str]] = {}
    for wrong in checked.wrong:
        messages.setdefault(wrong.row, []).append(f"{wrong.column}: {wrong.message}")
    keep = [at for at, header in enumerate(sheet.headers) if header and header != ERROR]
    with written(path, table, [*(sheet.headers[at] for at in keep), ERROR]) as lines:
        for row in sheet.rows:
            if row.number in messages:
                lines.add([*(row.cells[at] for at in keep), "; ".join(messages[row.number])])
