"""`renling key`: making, listing and revoking API keys; rotating the master key."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.settings import Settings
from api.terminal import Json, clock, open_store, out, progress
from graph.model.actors import EVERYTHING, Role
from graph.store import Store
from graph.store.rotation import rewrap, rotate_file

app = typer.Typer(no_args_is_help=True, help="API keys, and the master key.")


@app.command("create")
def key_create(
    name: Annotated[str, typer.Option(help="Who or what it is for.")],
    role: Annotated[Role, typer.Option(help="What its holder may do; docs/reference.md has the table.")],
    area: Annotated[
        str | None, typer.Option(help="Id or official code of the area it is for; a provider has none.")
    ] = None,
    provider: Annotated[str | None, typer.Option(help="For a provider: its id.")] = None,
    days: Annotated[int, typer.Option(help="Until it expires.")] = 365,
    as_json: Json = False,
) -> None:
    """Make an API key and show it, once.

    Example: renling key create --name hall --role street --area 610202001
    """
    from api.security.keys import create_key

    with open_store() as (store, _):
        key, record = create_key(store, name=name, role=role, area=area, provider=provider, days=days, clock=clock)
    if as_json:
        typer.echo(json.dumps({"key": key, "id": record.id, "expires": record.expires.isoformat()}))
    else:
        out.print(f"{key}\n  shown this once; {role} key {record.id}, until {record.expires:%Y-%m-%d}", highlight=False)


@app.command("list")
def key_list(as_json: Json = False) -> None:
    """List the keys' records; the keys themselves are not stored."""
    with open_store() as (store, _):
        records = store.read(lambda graph: graph.api_keys.all(), scope=EVERYTHING)
    rows = [
        {
            "id": r.id,
            "name": r.name,
            "role": r.role,
            "area": r.area,
            "provider": r.provider,
            "expires": r.expires.isoformat(),
            "revoked": r.revoked,
        }
        for r in records
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "revoked" if row["revoked"] else f"until {str(row['expires'])[:10]}"
        out.print(f"{row['id']}  {row['role']:<8}  {state:<16}  {row['name']}", highlight=False)
    if not rows:
        out.print("no keys yet; `renling key create` makes one")


@app.command("revoke")
def key_revoke(key: Annotated[str, typer.Argument(help="The key's id, as `renling key list` shows it.")]) -> None:
    """Make a key useless from now on."""
    with open_store() as (store, _):
        store.write(lambda graph: graph.api_keys.revoke(key), scope=EVERYTHING)


@app.command("rotate")
def key_rotate() -> None:
    """Replace the master key: every data key is wrapped under a new one; stopped in the middle, run it again.

    With the data folder's secret.key it makes the new key and drops the old one. With RENLING_MASTER_KEY=NEW,OLD
    it rewraps and says when the old one can be left out. Running services go on with a file's new key by
    themselves; where the key comes from the environment, start them anew with NEW,OLD first.
    """
    settings = Settings()
    with open_store(patience=60) as (store, engine), progress(quiet=False) as report:
        if settings.master_key is not None:
            done = rewrap(store, report)
        else:
            done = rotate_file(settings.data, lambda masters: Store(engine, masters, patience=60), report)
    if settings.master_key is not None:
        out.print(f"{done} data keys rewrapped; RENLING_MASTER_KEY needs its first key only from now on")
    else:
        out.print(f"{done} data keys rewrapped; the old master key opens nothing any more, but what is in old backups")
