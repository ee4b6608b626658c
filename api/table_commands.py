"""`renling import`, `renling export`, `renling template`: tables that staff have, in and out."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table as Grid

from api.interrupts import asked_to_stop
from api.terminal import (
    EXIT_REFUSED,
    EXIT_STOPPED,
    Json,
    clock,
    err,
    open_store,
    operator,
    out,
    progress,
)
from matching.use_cases.needs import ShowReason

app = typer.Typer()
_SHOWN = 20  # bad cells on the terminal; the rejects file and --json have all of them


class TableName(StrEnum):
    """Which table."""

    NEEDS = "needs"
    RESOURCES = "resources"
    PEOPLE = "people"
    ORGANISATIONS = "organisations"
    TEAMS = "teams"


TableArgument = Annotated[TableName, typer.Argument(help="Which table.")]
Area = Annotated[str | None, typer.Option(help="Id or official code of the area to work in; by default the only city.")]


@app.command("import")
def import_(
    table: TableArgument,
    file: Annotated[Path, typer.Argument(help="An Excel workbook or a CSV.")],
    area: Area = None,
    sheet: Annotated[str | None, typer.Option(help="Which sheet; by default the first whose header fits.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Write the good rows, and the others into a file to be mended.")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="That file; by default FILE.rejects beside it.")] = None,
    as_json: Json = False,
) -> None:
    """Bring a table in: all of it or, with a bad row, nothing.

    Run again, it doubles nothing. Ctrl-C stops after the page at hand.
    Example: renling import needs 需求.xlsx --dry-run
    """
    from matching.use_cases.lookups import acting_in
    from seeds.tables.importing import import_table

    with open_store(patience=60) as (store, _):
        by = acting_in(store, area, by=operator())
        with asked_to_stop() as stop, progress(quiet=as_json) as report:
            done = import_table(
                store,
                table,
                file,
                by=by,
                clock=clock,
                sheet=sheet,
                dry_run=dry_run,
                skip_bad_rows=skip_bad_rows,
                rejects=rejects,
                progress=report,
                stop=stop,
            )
    if as_json:
        typer.echo(json.dumps(asdict(done), default=str, ensure_ascii=False))
    else:
        _show(done, table)
    if done.stopped:
        sys.exit(EXIT_STOPPED)
    if done.wrong:
        sys.exit(EXIT_REFUSED)


def _show(done: Any, table: str) -> None:
    where = f"sheet {done.sheet}: " if done.sheet else ""
    if done.others:
        where = f"sheet {done.sheet} (also fitting, take them with --sheet: {', '.join(done.others)}): "
    if done.left_out:
        _say(f"columns left out, for none of ours has their header: {', '.join(done.left_out)}")
    if done.wrong:
        _show_wrong(done)
    bad = f", {done.bad_rows:,} rows bad" if done.wrong else ""
    if done.refused:
        _say(
            f"{where}{done.rows:,} rows{bad}; nothing was written. Mend them, or write the others with --skip-bad-rows"
        )
        return
    verb = "would be new" if done.dry_run else "new"
    _say(f"{where}{done.rows:,} rows: {done.new:,} {table} {verb}, {done.there:,} there already{bad}")
    if done.rejects:
        _say(f"the bad rows are in {done.rejects}; mend them there and import that file")
    if done.stopped:
        _say("stopped; run the same again to go on")


def _show_wrong(done: Any) -> None:
    grid = Grid("row", "column", "value", "what to do", box=None, pad_edge=False)
    for wrong in done.wrong[:_SHOWN]:
        value = "(not shown)" if wrong.value is None else wrong.value
        grid.add_row(*map(_literal, (str(wrong.row), wrong.column, value, wrong.message)))
    err.print(grid, highlight=False)
    if len(done.wrong) > _SHOWN:
        err.print(f"… and {len(done.wrong) - _SHOWN:,} more; --json lists all of them", highlight=False)


def _literal(words: str) -> Any:
    from rich.text import Text

    return Text(words)  # what stands in a cell is no markup


def _say(words: str) -> None:
    out.print(words, markup=False, highlight=False, soft_wrap=True)


@app.command("export")
def export(
    table: TableArgument,
    file: Annotated[Path, typer.Argument(help="The file to write, .xlsx or .csv; one that is there is replaced.")],
    area: Area = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Needs with their full words; needs a --reason.")
    ] = False,
    personal: Annotated[
        bool, typer.Option("--personal", help="People and contacts in full; needs a --reason.")
    ] = False,
    reason: Annotated[ShowReason | None, typer.Option(help="Why; it is written down for every row.")] = None,
    as_json: Json = False,
) -> None:
    """Write a table that `renling import` reads back; masked unless a reason is given.

    Example: renling export people 人员.xlsx --area 610202001 --personal --reason supervision
    """
    from matching.use_cases.lookups import acting_in
    from seeds.tables.exporting import export_table

    _check_wish(table, with_text=with_text, personal=personal, reason=reason)
    with open_store(patience=60) as (store, _):
        by = acting_in(store, area, by=operator())
        with progress(quiet=as_json) as report:
            count = export_table(store, table, file, by=by, clock=clock, reason=reason, progress=report)
    if as_json:
        typer.echo(json.dumps({"rows": count, "file": str(file)}, ensure_ascii=False))
    else:
        _say(f"{count:,} {table} in {file}")


def _check_wish(table: TableName, *, with_text: bool, personal: bool, reason: ShowReason | None) -> None:
    full = with_text or personal
    if with_text and table is not TableName.NEEDS:
        raise typer.BadParameter("only needs have a text", param_hint="--with-text")
    if personal and table not in (TableName.PEOPLE, TableName.ORGANISATIONS):
        raise typer.BadParameter("only people and organisations have personal columns", param_hint="--personal")
    if full and reason is None:
        raise typer.BadParameter(f"say why: one of {', '.join(ShowReason)}", param_hint="--reason")
    if reason is not None and not full:
        raise typer.BadParameter("goes with --with-text or --personal", param_hint="--reason")


@app.command("template")
def template(
    table: TableArgument,
    file: Annotated[
        Path | None, typer.Option("--out", help="The file to write, .xlsx or .csv; by default TABLE.xlsx here.")
    ] = None,
) -> None:
    """Write a table to fill in, with what each column means.

    Example: renling template needs --out 需求.xlsx
    """
    from matching.use_cases.lookups import acting_in, places
    from seeds.tables.known import Known
    from seeds.tables.subjects import SUBJECTS
    from seeds.tables.writing import write_template

    path = file or Path(f"{table}.xlsx")
    with open_store() as (store, _):
        known = Known(places(store, by=acting_in(store, None, by=operator())))
    write_template(path, SUBJECTS[table].table, known)
    _say(f"{path}: fill in the first sheet, then `renling import {table} {path}`")
