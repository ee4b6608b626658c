"""The command line: `renling`."""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import nullcontext
from datetime import date, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from api import key_commands, person_commands, solve_commands, table_commands, upkeep_commands
from api.interrupts import asked_to_stop
from api.open_store import REQUEST, opened
from api.settings import Settings
from api.terminal import (
    EXIT_AWAY,
    EXIT_BUG,
    EXIT_HELD,
    EXIT_REFUSED,
    EXIT_STOPPED,
    EXIT_USAGE,
    Json,
    clock,
    err,
    open_store,
    operator,
    out,
    progress,
)
from graph.engine import EngineError
from graph.model.actors import EVERYTHING, Role
from graph.model.refusals import Refusal
from graph.model.times import city_date
from graph.sealing import KeyProblem
from graph.store import LeaseHeld, Store, StoreAway

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Renling 认领: matches residents' needs with who can serve them.",
    epilog="Settings come from RENLING_… in the environment; docs/reference.md lists them.",
)
seed_app = typer.Typer(no_args_is_help=True, help="Load a city to start from.")
app.add_typer(seed_app, name="seed")
app.add_typer(key_commands.app, name="key")
app.add_typer(upkeep_commands.app)
app.add_typer(person_commands.app, name="person")
app.add_typer(table_commands.app)
app.command("solve")(solve_commands.solve)
app.command("verify")(solve_commands.check)


def main() -> None:
    """Run the command line; every foreseen error is one sentence and an exit code."""
    try:
        app()
    except LeaseHeld as error:
        _fail(error.detail, EXIT_HELD)
    except StoreAway as error:
        _fail(error.detail, EXIT_AWAY)
    except (EngineError, KeyProblem) as error:
        _fail(f"{error}\n  `renling doctor` looks at the set-up.", EXIT_AWAY)
    except Refusal as error:
        wrong = "".join(f"\n  {e['field']}: {e['message']}" for e in error.more.get("errors", []))
        _fail(error.detail + wrong, EXIT_REFUSED)
    except ValidationError as error:
        wrong = "".join(f"\n  RENLING_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        _fail(f"a setting can't stand:{wrong}\n  docs/reference.md lists them.", EXIT_USAGE)
    except KeyboardInterrupt:
        _fail("stopped", EXIT_STOPPED)
    except Exception:
        traceback.print_exc()
        _fail("this is a mistake of ours; the lines above say where", EXIT_BUG)


def _fail(words: str, code: int) -> None:
    err.print(f"renling: {words}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


@seed_app.command("tongchuan")
def seed_tongchuan(
    scale: Annotated[float, typer.Option(min=0.001, max=1.0, help="1.0 is the whole city.")] = 0.01,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other people and needs.")] = 1,
    needs: Annotated[int | None, typer.Option(min=0, help="How many needs; by default 6,000 × scale.")] = None,
    as_json: Json = False,
) -> None:
    """Load Tongchuan: its real divisions, with generated people, lists and needs.

    Loading twice changes nothing. Example: renling seed tongchuan --scale 0.05
    """
    with open_store(patience=60) as (store, _):
        loaded = _seed(store, scale, seed, needs, quiet=as_json)
    if as_json:
        typer.echo(json.dumps({"total": loaded.total, "new": loaded.new}))
    else:
        _show_loaded(loaded)


def _seed(store: Store, scale: float, seed: int, needs: int | None, *, quiet: bool) -> Any:
    from seeds.load import load
    from seeds.tongchuan import build

    with progress(quiet=quiet) as report:
        report("generate", 0, 0)
        city = build(scale=scale, seed=seed, needs=needs, now=clock.now())
        report("generate", 1, 1)
        return load(store, city, progress=report)


def _show_loaded(loaded: Any) -> None:
    counts = ", ".join(f"{count} {subject}" for subject, count in loaded.total.items())
    new = sum(loaded.new.values())
    out.print(f"Tongchuan: {counts} ({new} new)" if new else f"Tongchuan: {counts} (all there already)")


@app.command()
def nightly(
    area: Annotated[str | None, typer.Option(help="Id or official code; by default the whole city.")] = None,
    night: Annotated[
        datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], help="The night's date, today's by default; it plans for the day after."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan, but write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Match everything open and offer it to both sides; the night's batch.

    Run again, it goes on where it stopped, or writes nothing where nothing has changed. Ctrl-C stops after the
    page at hand. Example: renling nightly --area 610202001 --dry-run
    """
    with open_store(patience=90) as (store, _):
        report = _nightly(store, area, night.date() if night else None, dry_run=dry_run, quiet=as_json)
    _show_night(report, as_json=as_json)
    if report.stopped:
        sys.exit(EXIT_STOPPED)


def _nightly(
    store: Store,
    area: str | None,
    night: date | None,
    *,
    dry_run: bool = False,
    quiet: bool = False,
    at_once: bool = False,
) -> Any:
    """Run the night; Ctrl-C stops it after the page at hand, or at once."""
    from matching.use_cases.nightly import nightly as run

    asked = nullcontext(lambda: False) if at_once else asked_to_stop()
    with asked as stop, progress(quiet=quiet) as report:
        return run(
            store,
            area=area,
            night=night or city_date(clock.now()),
            by=operator(),
            clock=clock,
            dry_run=dry_run,
            progress=report,
            stop=stop,
        )


def _show_night(report: Any, *, as_json: bool = False) -> None:
    from api import night_summary

    if as_json:
        typer.echo(json.dumps(night_summary.as_json(report)))
    else:
        night_summary.show(out, report)


@app.command()
def sweep(as_json: Json = False) -> None:
    """Expire every offer whose time to answer is over; the night does so too.

    Meant for a timer, every few minutes by day: until then such an offer still holds its units.
    """
    from matching.use_cases.answers import sweep as run

    with open_store() as (store, _):
        expired = run(store, clock=clock)
    if as_json:
        typer.echo(json.dumps({"expired": expired}))
    elif expired:
        out.print(f"{expired} offers had run out; their units are free again")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; RENLING_HOST otherwise.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="RENLING_PORT otherwise; 0 is any.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="First load the demo city and run one night.")] = False,
) -> None:
    """Serve the API until Ctrl-C; its documentation is at /docs.

    Example: renling serve --port 8080
    """
    from api.serving import listen, serve_until_stopped

    settings = Settings()
    sock = listen(
        host or settings.host,
        settings.port if port is None else port,
        any_free=port is None and "RENLING_PORT" not in os.environ,
    )
    with sock, opened(settings, patience=60, reply_within=REQUEST) as (store, engine):
        if demo:
            store.patient(10).migrate()
            _demo(store)
        engine.supervise()
        serve_until_stopped(store.patient(3), clock, sock, out)


def _demo(store: Store) -> None:
    from api.security.keys import create_key

    _show_loaded(_seed(store, 0.01, 1, None, quiet=False))
    _show_night(_nightly(store, None, None, at_once=True))  # nobody waits for the demo to be tidied up
    records = store.read(lambda graph: graph.api_keys.all(), scope=EVERYTHING)
    if any(r.name == "demo" and not r.revoked and r.expires > clock.now() for r in records):
        program = os.path.relpath(sys.argv[0])
        out.print(
            f"API key: shown at the first start; `{program} key create --name me --role city --area 6102` makes another"
        )
        return
    key, record = create_key(store, name="demo", role=Role.CITY, area="6102", provider=None, days=30, clock=clock)
    out.print(
        f"API key, shown this once (staff of the whole city, until {record.expires:%Y-%m-%d}):\n  {key}",
        highlight=False,
    )
