"""Organisations (单位/商户/社会组织): public, but for whom to call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.http.errors import problems
from api.http.etags import EtagMissing, RevDep, set_etag
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import LEFT_OUT, CardText, Cursor, Id, Limit, Page, Shape, Whole, after_of, cursor_of
from graph.model.ids import new_id
from graph.model.people import Organisation, OrganisationKind
from graph.store import Conflict, KeyReused, NotFound, Stale
from matching.errors import InvalidInput
from matching.use_cases import organisations as use_cases
from matching.use_cases.needs import ShowReason

router = APIRouter(tags=["organisations"])

Name = Annotated[CardText, Field(min_length=1, max_length=100, description="Public.", examples=["印台区人民医院"])]
ContactWords = Annotated[
    CardText, Field(min_length=1, max_length=100, description="Whom to call; encrypted, shown only with a reason.")
]
Agreement = Annotated[CardText, Field(min_length=1, max_length=500, description="What they agreed on; public.")]
Quota = Annotated[
    Whole | None,
    Field(ge=0, le=1_000_000, description="Units a month of all its resources by the month; null is no limit."),
]
Yes = Annotated[bool, Field(strict=True)]


class OrganisationIn(Shape):
    """An organisation as it is entered."""

    kind: OrganisationKind
    name: Name
    located_in: Annotated[Id, Field(description="Id of an area of your scope.")]
    contact: ContactWords | None = None
    verified: Annotated[Yes, Field(description="Somebody checked who this is.")] = False
    reports_to: Annotated[Id | None, Field(description="The area to which it reports in (双报到).")] = None
    agreement: Agreement | None = None
    quota: Quota = None


class OrganisationChanges(Shape):
    """What is to be changed; what is left out stays."""

    kind: OrganisationKind = LEFT_OUT
    name: Name = LEFT_OUT
    located_in: Id = LEFT_OUT
    contact: ContactWords = LEFT_OUT
    verified: Yes = LEFT_OUT
    reports_to: Annotated[Id | None, Field(description="Null ends the report.")] = None
    agreement: Agreement | None = None
    quota: Quota = None


class OrganisationShape(Shape):
    """An organisation, without whom to call."""

    id: str
    kind: OrganisationKind
    name: str
    located_in: str
    verified: bool
    reports_to: str | None
    agreement: str | None
    quota: Annotated[int | None, Field(description="Units a month of all its resources by the month.")]
    rev: Annotated[int, Field(description="Also its ETag.")]


class ReasonIn(Shape):
    """Why you read whom to call; it is written down."""

    reason: ShowReason


class ContactShape(Shape):
    """Whom to call."""

    organisation: str
    contact: str | None


def _shown(organisation: Organisation, response: Response) -> OrganisationShape:
    set_etag(response, organisation.rev)
    return OrganisationShape.model_validate(organisation)


@router.get("/organisations", responses=problems(NotFound, InvalidInput))
def list_organisations(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[str | None, Query(max_length=100, description="Id or official code; those below it.")] = None,
    kind: OrganisationKind | None = None,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[OrganisationShape]:
    """List organisations, by id."""
    found = use_cases.list_organisations(
        parts.store, area=area, kind=kind, after=after_of(cursor), limit=limit + 1, by=actor
    )
    more = cursor_of(found[limit - 1].id) if len(found) > limit else None
    return Page[OrganisationShape](items=[OrganisationShape.model_validate(o) for o in found[:limit]], next=more)


@router.post("/organisations", status_code=201, responses=problems(InvalidInput, KeyReused, Conflict))
def add_organisation(
    body: OrganisationIn, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response
) -> OrganisationShape:
    """Enter an organisation that lies in your scope."""
    entered = Organisation(id=new_id(), **body.model_dump())
    made = use_cases.add_organisation(parts.store, entered, by=actor, key=key, clock=parts.clock)
    response.headers["Location"] = f"/api/v1/organisations/{made.id}"
    return _shown(made, response)


@router.get("/organisations/{organisation}", responses=problems(NotFound))
def get_organisation(organisation: str, parts: PartsDep, actor: ActorDep, response: Response) -> OrganisationShape:
    """Return one organisation; its ETag is what a change must name."""
    return _shown(use_cases.get_organisation(parts.store, organisation, by=actor), response)


@router.patch(
    "/organisations/{organisation}",
    responses=problems(NotFound, InvalidInput, KeyReused, Conflict, Stale, EtagMissing),
)
def change_organisation(
    organisation: str,
    body: OrganisationChanges,
    parts: PartsDep,
    actor: ActorDep,
    key: KeyDep,
    rev: RevDep,
    response: Response,
) -> OrganisationShape:
    """Change an organisation of your scope; where it was and to whom it reported stays known."""
    changes = body.model_dump(exclude_unset=True)
    changed = use_cases.change_organisation(
        parts.store, organisation, changes, rev=rev, by=actor, key=key, clock=parts.clock
    )
    return _shown(changed, response)


@router.post("/organisations/{organisation}/contact", responses=problems(NotFound, InvalidInput, Conflict))
def show_contact(organisation: str, body: ReasonIn, parts: PartsDep, actor: ActorDep) -> ContactShape:
    """Read whom to call; every reading is written down with its reason, a repeated one too."""
    found = use_cases.show_contact(parts.store, organisation, reason=body.reason, by=actor, clock=parts.clock)
    return ContactShape.model_validate(found)
