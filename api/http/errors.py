"""The one place where a refusal becomes problem JSON (RFC 9457)."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.etags import EtagMissing
from api.security.keys import Unauthorised
from graph.model.refusals import Refusal
from graph.store import (
    Conflict,
    Erased,
    KeyReused,
    LeaseHeld,
    LeaseLost,
    LoginRefused,
    NotFound,
    SchemaMismatch,
    Stale,
    StoreAway,
)
from matching.errors import (
    Expired,
    InvalidInput,
    NotAllowed,
    NotAMatch,
    QuotaUsed,
    Taken,
    TooLarge,
    TooMany,
    WrongState,
)

_log = structlog.get_logger("renling.http")


STATUS: dict[type[Refusal], HTTPStatus] = {
    Unauthorised: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    NotAMatch: HTTPStatus.CONFLICT,
    Taken: HTTPStatus.CONFLICT,
    QuotaUsed: HTTPStatus.CONFLICT,
    WrongState: HTTPStatus.CONFLICT,
    Expired: HTTPStatus.CONFLICT,
    LeaseLost: HTTPStatus.CONFLICT,
    Erased: HTTPStatus.GONE,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    EtagMissing: HTTPStatus.PRECONDITION_REQUIRED,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLarge: HTTPStatus.UNPROCESSABLE_ENTITY,
    LeaseHeld: HTTPStatus.LOCKED,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    SchemaMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreAway: HTTPStatus.SERVICE_UNAVAILABLE,
    LoginRefused: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every refusal and its status; docs/reference.md lists the same, and a test compares them."""

OTHER_CODES = {
    "unparsable": (400, "The body can't be read as JSON in UTF-8."),
    "too_long": (413, "The body is longer than any honest one."),
    "no_such_route": (404, "There is nothing at this address."),
    "no_such_method": (405, "The address does not know this method."),
    "internal": (500, "A mistake of ours; nothing was half-written."),
}
"""Code → (status, meaning) of answers that no rule makes: they come from HTTP itself or from a bug."""

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One field that can't stand."""

    field: str = Field(examples=["requires.0.capability"])
    message: str = Field(examples=["no such capability; GET /capabilities lists them"])


class Problem(BaseModel):
    """Why something could not be done, and what to do (RFC 9457); `code` is stable."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:renling:problem:not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no such need in your area"])
    code: str = Field(examples=["not_found"])
    errors: list[FieldError] | None = None


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route's refusals, with those that every route has."""
    grouped: dict[int, list[str]] = {}
    every: tuple[type[Refusal], ...] = (*refusals, Unauthorised, NotAllowed, InvalidInput, StoreAway)
    for refusal in every:
        codes = grouped.setdefault(int(STATUS[refusal]), [])
        if refusal.code not in codes:
            codes.append(refusal.code)
    if InvalidInput in refusals:
        grouped.setdefault(400, []).append("unparsable")
        grouped.setdefault(413, []).append("too_long")
    grouped[500] = ["internal"]
    return {
        status: {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, codes in sorted(grouped.items())
    }


def problem(
    status: int, code: str, detail: str, more: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem as a response."""
    body = {
        "type": f"urn:renling:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        **(more or {}),
    }
    return JSONResponse(jsonable_encoder(body), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of an app a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(_NothingEscapes)


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 — registered for it
    status = STATUS[type(error)]
    headers = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "2"
    return problem(status, error.code, error.detail, error.more, headers)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 — registered for it
    found = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        where = found[0]["loc"][-1]
        why = found[0].get("ctx", {}).get("error", "")
        return problem(400, "unparsable", f"the body is no JSON: {why} at character {where}")
    # Neither the value nor the input goes back or into a log: it may be personal.
    errors = [{"field": _place(e["loc"]), "message": _words(e)} for e in found]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        InvalidInput.code,
        f"nothing was written; mend: {', '.join(e['field'] for e in errors)}",
        {"errors": errors},
    )


_LIKE_A_NUMBER = re.compile(r"\d{5}")
_LIKE_A_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


def _place(loc: tuple[int | str, ...]) -> str:
    kept = loc[1:] if loc and loc[0] in ("body", "query", "path", "header") and len(loc) > 1 else loc
    return ".".join(str(part) if isinstance(part, int) else shown(part) for part in kept)


def shown(name: str) -> str:
    """Return a field's name as it may be shown.

    One that we do not know is the caller's: it may be anything, a resident's name or phone too.
    """
    return name if _LIKE_A_FIELD.fullmatch(name) and not _LIKE_A_NUMBER.search(name) else "(unknown)"


def _words(error: Mapping[str, Any]) -> str:
    message = str(error["msg"])
    return message.removeprefix("Value error, ")


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 — registered for it
    code, detail = {
        404: ("no_such_route", "there is nothing at this address; /docs lists what there is"),
        405: ("no_such_method", "this address does not know this method; /docs lists what it knows"),
        400: ("unparsable", "the body can't be read as JSON in UTF-8"),
    }.get(error.status_code, ("internal", str(error.detail)))
    return problem(error.status_code, code, detail, headers=error.headers)


class _NothingEscapes:
    """Answers what nobody foresaw. An exception handler would not do: Starlette raises such an error again.

    The server would then log the error's words, and these may hold anything.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            answer = _internal(scope, error)
            if begun:
                raise RuntimeError("an answer broke off; the log says where") from None
            await answer(scope, receive, send)


def _internal(scope: Scope, error: Exception) -> JSONResponse:
    # Only where it happened: the message of an unexpected error may hold anything.
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    frames = [f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in ours]
    route = scope.get("route")
    _log.error("internal", error=type(error).__name__, route=getattr(route, "path", None), frames=frames[-8:])
    return problem(500, "internal", "this is a mistake of ours; nothing was half-written. It is in the server's log.")
