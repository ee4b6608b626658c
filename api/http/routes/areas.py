"""Areas: the tree that everything hangs on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.http.errors import problems
from api.http.etags import EtagMissing, RevDep, set_etag
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import Cursor, Limit, Page, Shape, Whole, after_of, cursor_of
from graph.model.areas import AreaKind
from graph.store import Conflict, KeyReused, NotFound, Stale
from matching.errors import InvalidInput
from matching.use_cases import places

router = APIRouter(tags=["areas"])


class AreaShape(Shape):
    """One area of the tree."""

    id: str
    kind: AreaKind
    name: str
    parent: str | None
    code: str | None
    lat: float | None
    lon: float | None
    population: Annotated[
        int | None, Field(description="How many live there; of buildings and compounds told to their own staff only.")
    ]
    households: Annotated[int | None, Field(description="As `population`.")]
    outline: Annotated[list[tuple[float, float]] | None, Field(description="Corners of its border as (lat, lon).")]
    compound: Annotated[str | None, Field(description="The compound that a grid or building lies in.")]
    quota: Annotated[int | None, Field(description="Units a month of all resources by the month below it.")]
    floor: Annotated[
        int | None, Field(description="Per cent of the units asked for below it that a night sees to at least.")
    ]
    rev: Annotated[int, Field(description="How often quota and floor were set; also its ETag.")]


class AreaChanges(Shape):
    """What is to be set; what is left out stays."""

    quota: Annotated[
        Whole | None, Field(ge=0, le=1_000_000, description="Units a month of all resources by the month below it.")
    ] = None
    floor: Annotated[
        Whole | None,
        Field(ge=0, le=100, description="Per cent of the units asked for below it that a night sees to at least."),
    ] = None


@router.get("/areas", responses=problems(NotFound, InvalidInput))
def list_areas(
    parts: PartsDep,
    actor: ActorDep,
    parent: Annotated[
        str | None, Query(max_length=100, description="Id or official code; without it, the cities.")
    ] = None,
    kind: Annotated[AreaKind | None, Query(description="Only areas of this kind.")] = None,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[AreaShape]:
    """List the areas right below one; a community's compounds (小区) stand beside its grids."""
    found = places.list_areas(parts.store, parent, kind=kind, after=after_of(cursor), limit=limit + 1, by=actor)
    more = cursor_of(found[limit - 1].id) if len(found) > limit else None
    return Page[AreaShape](items=[AreaShape.model_validate(a) for a in found[:limit]], next=more)


@router.get("/areas/{area}", responses=problems(NotFound))
def get_area(area: str, parts: PartsDep, actor: ActorDep, response: Response) -> AreaShape:
    """Return one area, by its id or official code; its ETag is what a change must name."""
    found = places.get_area(parts.store, area, by=actor)
    set_etag(response, found.rev)
    return AreaShape.model_validate(found)


@router.patch("/areas/{area}", responses=problems(NotFound, InvalidInput, KeyReused, Conflict, Stale, EtagMissing))
def change_area(
    area: str, body: AreaChanges, parts: PartsDep, actor: ActorDep, key: KeyDep, rev: RevDep, response: Response
) -> AreaShape:
    """Set the quota and the least share of an area below your own; null takes one away."""
    changes = body.model_dump(exclude_unset=True)
    changed = places.change_limits(parts.store, area, changes, rev=rev, by=actor, key=key, clock=parts.clock)
    set_etag(response, changed.rev)
    return AreaShape.model_validate(changed)
