"""The application: routes, errors and limits put together."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import Problem, add_error_handlers, problem
from api.http.needed import Parts, known_query
from api.http.routes import (
    areas,
    assignments,
    capabilities,
    cards,
    exclusions,
    health,
    matches,
    needs,
    organisations,
    people,
    personal_data,
    plans,
    resources,
    statistics,
    teams,
)
from graph.model.times import Clock
from graph.store import Store

LONGEST_BODY = 256 * 1024  # bytes; the longest honest request is a need of 2,000 characters

_ABOUT = """
Matches residents' needs with who can serve them. Send an API key as `Authorization: Bearer rl_…`
(`renling key create` makes one), an `Idempotency-Key` with everything that writes, and with a PATCH of what has an
`ETag` that one as `If-Match`.

Errors are problem JSON (RFC 9457) with a stable `code`; docs/reference.md lists them.
"""


def create_app(store: Store, clock: Clock, *, ready: Callable[[], bool] = lambda: True) -> FastAPI:
    """Return the application; its documentation is served from the machine itself.

    Parameters
    ----------
    ready
        Whether the store may be used yet; until then every route of it answers that it is away.
    """
    app: FastAPI = FastAPIOffline(
        title="Renling 认领",
        version=version("renling"),
        description=_ABOUT,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url="/openapi.json",
        generate_unique_id_function=_operation_id,
    )
    app.state.parts = Parts(store, clock, ready)
    api = APIRouter(prefix="/api/v1", dependencies=[Depends(known_query)])
    register = (organisations, teams, resources, cards, statistics)
    for module in (
        areas,
        capabilities,
        people,
        personal_data,
        needs,
        matches,
        exclusions,
        assignments,
        plans,
        *register,
    ):
        api.include_router(module.router)
    app.include_router(health.router)
    app.include_router(api)
    app.add_middleware(_LimitedBody)
    add_error_handlers(app)
    _declare_problem(app)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name  # a function's name says what it does; a generated client calls its methods so


def _declare_problem(app: FastAPI) -> None:
    """Put the shape of problems into the OpenAPI, and take out FastAPI's own, which is never sent."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            shapes = document["components"]["schemas"]
            problem_shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            shapes.update(problem_shape.pop("$defs"))
            shapes["Problem"] = problem_shape
            for path in document["paths"].values():
                for operation in path.values():
                    responses = operation["responses"]
                    if "HTTPValidationError" in str(responses.get("422")):
                        responses["422"] = {
                            "description": "Unprocessable Entity: `invalid_input`",
                            "content": {
                                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                            },
                        }
            for unused in ("HTTPValidationError", "ValidationError"):
                shapes.pop(unused, None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


class _LimitedBody:
    """Refuses a body that is longer than any honest one, before it is in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # the caller is gone
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > LONGEST_BODY:
                refused = problem(413, "too_long", f"the body is longer than {LONGEST_BODY // 1024} KiB")
                await refused(scope, receive, send)
                return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)
