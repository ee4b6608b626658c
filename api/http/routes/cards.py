"""Public cards: what every role may see, whatever its scope."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.errors import problems
from api.http.needed import ActorDep, PartsDep
from api.http.shapes import CardShape
from graph.store import NotFound
from matching.use_cases import cards as use_cases

router = APIRouter(tags=["cards"])


@router.get("/needs/{need}/card", responses=problems(NotFound))
def get_need_card(need: str, parts: PartsDep, actor: ActorDep) -> CardShape:
    """Return an open need's public card: its grid, not its building, and nobody's name."""
    return CardShape.of(use_cases.need_card(parts.store, need, by=actor))


@router.get("/resources/{resource}/card", responses=problems(NotFound))
def get_resource_card(resource: str, parts: PartsDep, actor: ActorDep) -> CardShape:
    """Return a listed resource's public card."""
    return CardShape.of(use_cases.resource_card(parts.store, resource, by=actor))
