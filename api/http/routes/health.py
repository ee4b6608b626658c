"""Is it alive, is it ready."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from api.http.errors import MEDIA_TYPE
from api.http.needed import PartsDep
from api.http.shapes import Shape

router = APIRouter(tags=["health"])


class Health(Shape):
    """The service answers."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    """Tell that the process answers, whatever the store does."""
    return Health()  # async: no thread is needed, so it answers while every thread waits for the store


@router.get(
    "/readyz",
    responses={
        503: {
            "description": "Service Unavailable: `store_away`",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    },
)
def readyz(parts: PartsDep) -> Health:
    """Tell that the store answers too."""
    parts.store.ping()
    return Health()
