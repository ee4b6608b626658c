"""What routes need: the application's parts, who is asking, and their idempotency key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.http.errors import shown
from api.security.keys import Unauthorised, authenticate
from graph.model.actors import Actor
from graph.model.times import Clock
from graph.store import IdempotencyKey, Store, StoreAway
from matching.errors import InvalidInput

_bearer = HTTPBearer(auto_error=False, description="An API key: `Authorization: Bearer rl_…`")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is wired from."""

    store: Store
    clock: Clock
    ready: Callable[[], bool]


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    if not parts.ready():
        raise StoreAway("the store has not been ready since the service was started; `renling doctor` says why")
    return parts


def known_query(request: Request) -> None:
    """Refuse a query parameter that a route does not know: a misspelt filter would give the whole list.

    Raises
    ------
    InvalidInput
        Names every such parameter.
    """
    route = request.scope["route"]
    known = {parameter.alias for parameter in route.dependant.query_params}
    if unknown := sorted(set(request.query_params) - known):
        what = f"this route knows {', '.join(sorted(known)) or 'none'}"
        raise InvalidInput(*((shown(name), f"no such query parameter; {what}") for name in unknown))


PartsDep = Annotated[Parts, Depends(_parts)]


def _actor(parts: PartsDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Actor:
    if credentials is None:
        raise Unauthorised("send an API key: `Authorization: Bearer rl_…`")
    return authenticate(parts.store, credentials.credentials, parts.clock)


ActorDep = Annotated[Actor, Depends(_actor)]


async def _key(
    request: Request,
    parts: PartsDep,
    actor: ActorDep,
    idempotency_key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=100,
            pattern=r"^[A-Za-z0-9_.:-]+$",
            description="Yours to choose, new for each thing you want done; the same has no second effect for 30 days.",
            examples=["6b1d8e1c-walkthrough"],
        ),
    ],
) -> IdempotencyKey:
    what = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return IdempotencyKey(actor.id, idempotency_key, hashlib.sha256(what).hexdigest(), parts.clock.now())


KeyDep = Annotated[IdempotencyKey, Depends(_key)]
