"""What every command needs: the terminal, the exit codes, the store."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.open_store import opened
from api.settings import Settings
from graph.engine import Engine
from graph.model.actors import Actor, Role
from graph.model.times import SystemClock
from graph.store import Store

out = Console()
err = Console(stderr=True)
clock = SystemClock()

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_HELD = 3
EXIT_AWAY = 4
EXIT_BUG = 70
EXIT_STOPPED = 130
EXIT_CODES = {
    0: "done",
    EXIT_REFUSED: "refused: the words say why and what to do; of `doctor`: it found something wrong; "
    "of `verify`: the plan is wrong",
    EXIT_USAGE: "wrong usage, a setting or a file that can't stand",
    EXIT_HELD: "another night, or another migration, is at work; of `solve`: the time ran out with nothing to show",
    EXIT_AWAY: "the store or the address can't be had; of `solve` and `verify`: a path that can't be read or written",
    EXIT_BUG: "a mistake of ours, with its traceback",
    EXIT_STOPPED: "stopped by Ctrl-C; run it again to go on",
}

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@contextmanager
def open_store(*, patience: float = 10.0) -> Iterator[tuple[Store, Engine]]:
    """Open the store that the settings name, with its schema.

    Parameters
    ----------
    patience
        Seconds to wait for a store that goes away meanwhile.
    """
    with opened(Settings(), patience=patience) as (store, engine):
        # Whoever starts a command wants to know soon.
        store.patient(min(patience, 10)).migrate()
        yield store, engine


def operator() -> Actor:
    """Return who acts on the machine itself: the system's user."""
    return Actor(f"operator:{getpass.getuser()}", Role.OPERATOR)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a reporter of (stage, done, of how many) that draws a bar on a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield report
