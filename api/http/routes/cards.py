"""Public cards (公开卡片): both lists, to search and to claim from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.http.errors import problems
from api.http.needed import ActorDep, PartsDep
from api.http.shapes import CardShape, CardText, Cursor, Limit, Page, cursor_of, hit_of
from graph.model.cards import CardKind
from graph.store import NotFound
from matching.errors import InvalidInput
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


@router.get("/cards", responses=problems(NotFound, InvalidInput))
def find_cards(
    parts: PartsDep,
    actor: ActorDep,
    q: Annotated[
        CardText,
        Query(
            max_length=use_cases.LONGEST,
            description="Words between blanks; a card is found where all of them stand. None are all cards.",
            examples=["水管"],
        ),
    ] = "",
    kind: CardKind = CardKind.NEED,
    area: Annotated[
        str | None,
        Query(max_length=100, description="Id or official code; cards below it. A building stands for its grid."),
    ] = None,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[CardShape]:
    """Search the public cards of open needs or listed resources, of any area.

    A card whose title is just the words comes first, then the newest.
    """
    found, end = use_cases.find_cards(parts.store, q, kind=kind, area=area, after=hit_of(cursor), limit=limit, by=actor)
    more = None if end is None else cursor_of(int(end.exact), end.at, end.id)
    return Page[CardShape](items=[CardShape.of(card) for card in found], next=more)
