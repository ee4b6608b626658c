"""`renling migrate` and `renling doctor`: keeping the store and the set-up in order."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Annotated

import typer

from api.check_up import Finding, State, check_graph, check_up
from api.open_store import opened
from api.settings import Settings
from api.terminal import EXIT_REFUSED, Json, clock, out, progress
from graph import schema

app = typer.Typer()
_MARK = {State.GOOD: "", State.NOTE: "note: ", State.WRONG: "wrong: "}


@app.command()
def migrate(as_json: Json = False) -> None:
    """Take a store of an older version to this program's; make a backup first.

    Stopped in the middle, it is simply run again. Example: renling migrate
    """
    with opened(Settings(), patience=60) as (store, _):
        before = store.patient(10).version()
        with progress(quiet=as_json) as report:
            left = store.migrate(upgrade=True, progress=report)
    if as_json:
        typer.echo(json.dumps({"from": before, "to": schema.VERSION, "left": left}))
    elif before is None:
        out.print(f"The store was empty; it has schema version {schema.VERSION} now", highlight=False)
    elif left:
        out.print(f"The store has come from schema version {before} to {schema.VERSION}", highlight=False)
    else:
        out.print(f"Nothing to do: the store has schema version {schema.VERSION} already", highlight=False)


@app.command()
def doctor(
    graph: Annotated[bool, typer.Option("--graph", help="Also recount and look through the whole graph.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with the set-up, and the one command that mends it.

    It changes nothing. Example: renling doctor --graph
    """
    settings = Settings()
    found = check_up(settings, clock=clock)
    if graph:
        with progress(quiet=as_json) as report:
            found += check_graph(settings, found, report)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(one) for one in found], ensure_ascii=False))
    else:
        for one in found:
            _show(one)
    if any(one.state is State.WRONG for one in found):
        sys.exit(EXIT_REFUSED)


def _show(one: Finding) -> None:
    out.print(
        f"{one.name:<14}{_MARK[one.state]}{one.words}",
        style="red" if one.state is State.WRONG else None,
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if one.mend is not None:
        out.print(f"{'':<14}→ {one.mend}", markup=False, highlight=False, soft_wrap=True)
