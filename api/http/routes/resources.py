"""Resources (资源): the list of what can be had (亮单)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, field_validator

from api.http.errors import problems
from api.http.etags import EtagMissing, RevDep, set_etag
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import (
    LEFT_OUT,
    CardText,
    Cursor,
    Id,
    Limit,
    Page,
    ProviderShape,
    Shape,
    Whole,
    WindowShape,
    after_of,
    cursor_of,
    window_shapes,
    windows_of,
)
from graph.model.ids import new_id
from graph.model.resources import Provided, ProviderKind, Resource, ResourceState
from graph.model.times import Period
from graph.store import Conflict, Erased, KeyReused, NotFound, Stale
from matching.errors import InvalidInput, WrongState
from matching.use_cases import listings
from matching.use_cases import resources as use_cases

router = APIRouter(tags=["resources"])


class ProvidedShape(Shape):
    """One capability of a resource."""

    capability: Annotated[Id, Field(examples=["plumbing"])]
    level: Annotated[Whole, Field(ge=1, le=5)] = 3
    certificate_until: Annotated[
        date | None, Field(description="The last day on which the certificate is valid; null where none is needed.")
    ] = None


def _once(provides: list[ProvidedShape]) -> list[ProvidedShape]:
    if len({p.capability for p in provides}) != len(provides):
        raise ValueError("a capability is named twice")
    return provides


Title = Annotated[CardText, Field(min_length=1, max_length=80, description="Public: no names, no numbers.")]
Provides = Annotated[list[ProvidedShape], Field(min_length=1, max_length=20)]
Capacity = Annotated[
    Whole, Field(ge=0, le=1_000_000, description="Units a period; for people's time, visits of up to two hours.")
]
TimeBands = Annotated[
    list[WindowShape] | None, Field(min_length=1, max_length=28, description="When it can be had; null is any time.")
]
OnFoot = Annotated[Whole | None, Field(ge=1, le=240, description="For people's time: how far; null is any distance.")]
Reaches = Annotated[list[Id], Field(max_length=50, description="Areas beyond the provider's own community.")]
Conditions = Annotated[
    CardText | None, Field(min_length=1, max_length=200, description="Public.", examples=["需提前一天预约"])
]


class ResourceIn(Shape):
    """A resource as it is put on the list (亮单)."""

    provider: Annotated[
        Id | None, Field(description="For staff: whose it is, of your scope. A provider lists its own.")
    ] = None
    title: Title
    provides: Provides
    capacity: Capacity
    period: Annotated[Period, Field(description="How long a capacity lasts before it is whole again.")] = Period.WEEK
    windows: TimeBands = None
    reach_minutes: OnFoot = None
    reaches: Reaches = Field(default_factory=list)
    conditions: Conditions = None

    _each_once = field_validator("provides")(_once)

    def resource(self) -> Resource:
        """Return the resource, with a new id; whose it is comes later."""
        values = _values(self.model_dump(exclude={"provider"}), self.windows)
        return Resource(id=new_id(), provider="", provider_kind=ProviderKind.PERSON, **values)


class ResourceChanges(Shape):
    """What is to be changed; what is left out stays."""

    title: Title = LEFT_OUT
    provides: Provides = LEFT_OUT
    capacity: Capacity = LEFT_OUT
    windows: TimeBands = None
    reach_minutes: OnFoot = None
    reaches: Reaches = LEFT_OUT
    conditions: Conditions = None

    _each_once = field_validator("provides")(_once)

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent, as the model has them."""
        return _values(self.model_dump(exclude_unset=True), self.windows)


def _values(dumped: Mapping[str, Any], windows: list[WindowShape] | None) -> dict[str, Any]:
    values = dict(dumped)
    if "windows" in values:
        values["windows"] = windows_of(windows)
    if "provides" in values:
        values["provides"] = tuple(sorted((Provided(**p) for p in values["provides"]), key=lambda p: p.capability))
    if "reaches" in values:
        values["reaches"] = tuple(sorted(set(values["reaches"])))
    return values


class ResourceShape(Shape):
    """An entry of the list."""

    id: str
    title: str
    provider: ProviderShape
    grid: Annotated[str | None, Field(description="Where the provider is at home, never nearer than the grid.")]
    provides: list[ProvidedShape]
    capacity: int
    period: Period
    free: Annotated[
        dict[str, int] | None,
        Field(
            description="Units nobody reserves or takes, by period; told to staff and to the provider itself.",
            examples=[{"2026-W48": 2}],
        ),
    ]
    windows: list[WindowShape] | None
    reach_minutes: int | None
    reaches: list[str]
    conditions: str | None
    state: ResourceState
    rev: Annotated[int, Field(description="Also its ETag.")]

    @classmethod
    def of(cls, seen: use_cases.SeenResource) -> ResourceShape:
        """Return what of a resource goes over the wire."""
        plain = ("id", "title", "capacity", "period", "reach_minutes", "conditions", "state", "rev")
        return cls(
            **{name: getattr(seen.resource, name) for name in plain},
            provider=ProviderShape.of(seen.provider),
            grid=seen.grid,
            provides=[ProvidedShape.model_validate(p) for p in seen.resource.provides],
            free=None if seen.free is None else dict(seen.free),
            windows=window_shapes(seen.resource.windows),
            reaches=list(seen.resource.reaches),
        )


def _shown(seen: use_cases.SeenResource, response: Response) -> ResourceShape:
    set_etag(response, seen.resource.rev)
    return ResourceShape.of(seen)


@router.get("/resources", responses=problems(NotFound, InvalidInput))
def list_resources(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Id or official code; of providers at home below it. For all but staff of there a building "
            "stands for its grid.",
        ),
    ] = None,
    capability: Annotated[
        str | None, Query(max_length=100, description="What gives it, or something more special.")
    ] = None,
    provider: Annotated[
        str | None, Query(max_length=100, description="Whose; a person only of your scope, or yourself.")
    ] = None,
    state: Annotated[ResourceState, Query(description="What is withdrawn, only of your own.")] = ResourceState.LISTED,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[ResourceShape]:
    """List what can be had, everywhere, by id."""
    found = use_cases.list_resources(
        parts.store,
        area=area,
        capability=capability,
        provider=provider,
        state=state,
        after=after_of(cursor),
        limit=limit + 1,
        by=actor,
        clock=parts.clock,
    )
    more = cursor_of(found[limit - 1].id) if len(found) > limit else None
    return Page[ResourceShape](items=[ResourceShape.of(seen) for seen in found[:limit]], next=more)


@router.post("/resources", status_code=201, responses=problems(InvalidInput, Erased, KeyReused, Conflict))
def list_resource(body: ResourceIn, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response) -> ResourceShape:
    """Put a resource on the list (亮单): a provider its own, staff one of their area's, recorded so."""
    made = listings.list_resource(
        parts.store, body.resource(), provider=body.provider, by=actor, key=key, clock=parts.clock
    )
    response.headers["Location"] = f"/api/v1/resources/{made.id}"
    return _shown(made, response)


@router.get("/resources/{resource}", responses=problems(NotFound))
def get_resource(resource: str, parts: PartsDep, actor: ActorDep, response: Response) -> ResourceShape:
    """Return one resource with its free units; its ETag is what a change must name."""
    return _shown(use_cases.get_resource(parts.store, resource, by=actor, clock=parts.clock), response)


@router.patch(
    "/resources/{resource}", responses=problems(NotFound, Erased, InvalidInput, KeyReused, Conflict, Stale, EtagMissing)
)
def change_resource(
    resource: str,
    body: ResourceChanges,
    parts: PartsDep,
    actor: ActorDep,
    key: KeyDep,
    rev: RevDep,
    response: Response,
) -> ResourceShape:
    """Change a resource; offers that stand keep standing, and nothing promised breaks."""
    changed = listings.change_resource(
        parts.store, resource, body.changes(), rev=rev, by=actor, key=key, clock=parts.clock
    )
    return _shown(changed, response)


@router.post("/resources/{resource}/withdraw", responses=problems(NotFound, Erased, KeyReused, Conflict, WrongState))
def withdraw_resource(
    resource: str, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response
) -> ResourceShape:
    """Take a resource off the list: it gets no new offers, live ones stay."""
    return _shown(listings.withdraw_resource(parts.store, resource, by=actor, key=key, clock=parts.clock), response)


@router.post("/resources/{resource}/list", responses=problems(NotFound, Erased, KeyReused, Conflict, WrongState))
def relist_resource(resource: str, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response) -> ResourceShape:
    """Put a resource that was withdrawn back on the list."""
    return _shown(listings.relist_resource(parts.store, resource, by=actor, key=key, clock=parts.clock), response)
