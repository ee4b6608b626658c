"""`renling solve` and `renling verify`: the optimizer by itself, on files; no store and no server is needed."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.interrupts import asked_to_stop
from matching import Plan, Problem, verify
from matching import solve as find_plan
from matching.files import InvalidFile, check_writable, read_plan, read_problem, write_plan
from matching.optimizer.part_solving import METHODS
from matching.optimizer.shape import is_flow
from matching.plan import PlanStatus

EXIT_WRONG = 1
EXIT_INVALID = 2
EXIT_UNKNOWN = 3
EXIT_PATH = 4
EXIT_BUG = 70
EXIT_STOPPED = 130

_ProblemPath = Annotated[Path, typer.Argument(help="A JSON file, or a folder with Parquet tables.", show_default=False)]


def solve(
    problem: _ProblemPath,
    out: Annotated[Path, typer.Option(help="Where to write the plan, as JSON.", show_default=False)],
    time_limit: Annotated[float, typer.Option(help="Seconds for solving, beside reading and writing.")] = 10.0,
    threads: Annotated[int, typer.Option(min=1, max=256, help="With 1, the same plan every time.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Of the search's randomness.")] = 0,
    prices: Annotated[bool, typer.Option("--prices", help="Also what one more unit of each capacity adds.")] = False,
    fixes: Annotated[int, typer.Option(min=0, help="Also what would serve so many of the unmet needs.")] = 0,
    method: Annotated[str, typer.Option(help=f"One of {', '.join(METHODS)}.")] = "auto",
) -> None:
    """Find the best plan for a problem in a file (docs/problem-format.md) and write it.

    Ctrl-C writes the best plan so far. Example: renling solve problem.json --out plan.json
    """
    began = time.perf_counter()
    if not 0 < time_limit < float("inf"):
        _end("--time-limit: a number of seconds above 0 is wanted", EXIT_INVALID)
    if method not in METHODS:
        _end(f"--method: one of {', '.join(METHODS)} is wanted", EXIT_INVALID)
    with _paths():
        check_writable(out)
        stated = _read(problem)
    if method == "flow" and not is_flow(stated):
        _end("--method: the problem is no flow (docs/problem-format.md says what is); leave it at auto", EXIT_INVALID)
    with asked_to_stop() as stop:  # until the plan is written, so that no Ctrl-C loses it
        plan = find_plan(
            stated,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            method=method,
            prices=prices,
            fixes=fixes,
            stop=stop,
        )
        plan = replace(plan, seconds=time.perf_counter() - began)
        with _paths():
            write_plan(stated, plan, out)
    _tell(stated, plan, out)
    if plan.status is PlanStatus.UNKNOWN:
        sys.exit(EXIT_UNKNOWN)


def check(problem: _ProblemPath, plan: Annotated[Path, typer.Argument(help="What `solve` wrote.")]) -> None:
    """Check a plan against its problem: every constraint, the objective, what is left; list every violation.

    Bounds, prices and fixes are not proved. Example: renling verify problem.json plan.json
    """
    with _paths():
        stated = _read(problem)
        try:
            found, wrong = read_plan(plan, stated)
        except InvalidFile as error:
            _invalid(plan, error)
    wrong += verify(stated, found)
    if wrong:
        for sentence in wrong:
            _say(sentence)
        _end(f"{plan}: the plan is wrong in {len(wrong)} {'place' if len(wrong) == 1 else 'places'}", EXIT_WRONG)
    _say(f"valid: {found.status}, objective {_number(found.objective)}")


def main() -> None:
    """Run the two commands by themselves: nothing of the service is loaded, so they start at once."""
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command("solve")(solve)
    app.command("verify")(check)
    try:
        app(prog_name="renling")
    except KeyboardInterrupt:
        _end("stopped", EXIT_STOPPED)
    except Exception:
        traceback.print_exc()
        _end("this is a mistake of ours; the lines above say where", EXIT_BUG)


@contextmanager
def _paths() -> Iterator[None]:
    """End with the exit code of a path that can't be read or written."""
    try:
        yield
    except OSError as error:
        _end(f"{error.filename or 'the path'}: {error.strerror or error}", EXIT_PATH)


def _read(path: Path) -> Problem:
    try:
        return read_problem(path)
    except InvalidFile as error:
        _invalid(path, error)


def _invalid(path: Path, error: InvalidFile) -> NoReturn:
    for place, words in error.errors:
        typer.echo(_visible(f"{place}: {words}" if place else words), err=True)
    _end(f"{path}: can't stand; mend what is listed above", EXIT_INVALID)


def _tell(problem: Problem, plan: Plan, out: Path) -> None:
    """Say in a line what came of it."""
    asked = sum(problem.need_quantity.tolist())
    left = sum(unmet.quantity for unmet in plan.unmet)
    if plan.objective is None:
        words = f"{plan.status}"
        if plan.infeasible_because:
            words += f" because of {len(plan.infeasible_because)} requirements that can't hold together"
    else:
        words = (
            f"{plan.status}: {asked - left:,} of {asked:,} units served, objective {_number(plan.objective)}, "
            f"bound {_number(plan.bound)}"
        )
    _say(f"{words}; {plan.solver}, {plan.seconds:.2f} s; written to {out}")


def _say(words: str) -> None:
    """Print a line; where nobody listens any more, the exit code still says it all."""
    try:
        typer.echo(_visible(words))
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            _end(f"standard output: {error.strerror}", EXIT_PATH)


def _visible(words: str) -> str:
    """Return a line with what steers a terminal written out: ids may hold any character."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)


def _number(number: int | None) -> str:
    return "none" if number is None else f"{number:,}"


def _end(words: str, code: int) -> NoReturn:
    typer.echo(f"renling: {_visible(words)}", err=True)
    sys.exit(code)
