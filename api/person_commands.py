"""`renling person`: one person's data handed out or erased, by who runs the machine."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated
from uuid import uuid4

import typer

from api.terminal import clock, open_store, operator, out
from graph.model.actors import Actor
from graph.store import IdempotencyKey, Store
from matching.use_cases.needs import ShowReason
from matching.use_cases.personal_data import EraseReason, erase_person, export_person
from matching.use_cases.places import chosen_area

app = typer.Typer(no_args_is_help=True, help="One person's data.")

_Person = Annotated[str, typer.Argument(help="The person's id.")]
_Area = Annotated[str | None, typer.Option(help="Id or official code of where they live; by default the whole city.")]


@app.command("export")
def person_export(
    person: _Person,
    area: _Area = None,
    reason: Annotated[ShowReason, typer.Option(help="Why; it is written down.")] = ShowReason.RESIDENT_ASKED,
) -> None:
    """Print all that is kept of a person as JSON; it is written down who took it.

    Example: renling person export 0192… > person.json
    """
    with open_store() as (store, _):
        found = export_person(store, person, reason=reason, by=_somebody(store, area), clock=clock)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


@app.command("erase")
def person_erase(
    person: _Person,
    reason: Annotated[EraseReason, typer.Option(help="Why; it is written down.")],
    area: _Area = None,
) -> None:
    """Erase a person: what is personal can never be read again, the history of what was done stays.

    Example: renling person erase 0192… --reason resident_asked
    """
    with open_store() as (store, _):
        by = _somebody(store, area)
        key = IdempotencyKey(by.id, str(uuid4()), "person erase", clock.now())
        erase_person(store, person, reason=reason, by=by, key=key, clock=clock)
    out.print("erased; docs and SECURITY.md say what is left", highlight=False)


def _somebody(store: Store, area: str | None) -> Actor:
    """Return the operator with an area: nobody is seen without one."""
    return replace(operator(), area=chosen_area(store, area))
