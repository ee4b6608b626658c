"""People (人): masked by default; what is personal is read with a reason, and every reading is written down."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, field_validator, model_validator

from api.http.errors import problems
from api.http.etags import EtagMissing, RevDep, set_etag
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import (
    CardText,
    Cursor,
    Day,
    HomeShape,
    Id,
    Instant,
    Limit,
    Page,
    PlainText,
    Shape,
    Whole,
    after_of,
    cursor_of,
)
from graph.model.ids import new_id
from graph.model.people import Person, PersonSummary, age_band, masked
from graph.model.times import city_date
from graph.store import Conflict, Erased, KeyReused, NotFound, Stale
from matching.errors import InvalidInput, TooMany
from matching.use_cases import people as use_cases

router = APIRouter(tags=["people"])

_DISTANT = 2100
_NEVER_NULL = ("name", "lives_in", "languages", "verified")


_Name = Annotated[CardText, Field(min_length=1, max_length=50, examples=["王秀英"])]
_LivesIn = Annotated[Id, Field(description="Id of a building, a grid or any other area of your scope.")]
_Languages = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=35)]],
    Field(max_length=10, description="BCP 47 tags, such as `zh` or `wuu`."),
]


class _About(Shape):
    """What may be known of a person; every field may be left out."""

    phone: Annotated[PlainText | None, Field(max_length=40, description="Kept as E.164.")] = None
    id_number: Annotated[PlainText | None, Field(max_length=40, description="18 characters (居民身份证).")] = None
    address: Annotated[PlainText | None, Field(max_length=200)] = None
    health: Annotated[PlainText | None, Field(max_length=500)] = None
    birth_year: Annotated[Whole | None, Field(ge=1900, le=2100)] = None
    home: HomeShape | None = None
    household: Id | None = None
    member_of: Annotated[Id | None, Field(description="A party organisation.")] = None
    works_for: Annotated[Id | None, Field(description="An organisation.")] = None
    reports_to: Annotated[Id | None, Field(description="The area to which they report in (双报到).")] = None
    paused_until: Annotated[Instant | None, Field(description="They get no offers before this moment.")] = None
    consent: Annotated[Day | None, Field(description="The day on which they agreed to be kept here.")] = None
    keep_until: Annotated[Day | None, Field(description="The last day on which they are kept here.")] = None

    @field_validator("paused_until", "consent", "keep_until")
    @classmethod
    def _near(cls, at: datetime | date | None) -> datetime | date | None:
        if at is not None and not 1900 <= at.year < _DISTANT:
            raise ValueError(f"give a day between 1900 and {_DISTANT}, or none")
        return at

    def fields(self) -> dict[str, Any]:
        """Return the fields that were sent, as the model has them."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if sent.get("home") is not None:
            sent["home"] = sent["home"].point()
        if "languages" in sent:
            sent["languages"] = tuple(sent["languages"])
        return sent


class PersonIn(_About):
    """A person as staff record them."""

    name: _Name
    lives_in: _LivesIn
    languages: _Languages = Field(default_factory=list)
    verified: Annotated[bool, Field(strict=True, description="Somebody checked who this is.")] = False


class PersonChange(_About):
    """What to change of a person: a field that is left out stays, null takes it away."""

    name: _Name | None = None
    lives_in: _LivesIn | None = None
    languages: _Languages | None = None
    verified: Annotated[bool | None, Field(strict=True)] = None

    @field_validator(*_NEVER_NULL)
    @classmethod
    def _there(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("can be changed, but not taken away")
        return value

    @model_validator(mode="after")
    def _something(self) -> PersonChange:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


class PersonShape(Shape):
    """A person, masked."""

    id: str
    name: Annotated[str | None, Field(description="Masked.", examples=["王**"])]
    age: Annotated[str | None, Field(description="In ten years, or `minor`.", examples=["80-89"])]
    has_phone: bool
    grid: Annotated[str, Field(description="Where they live, down to the grid.")]
    household: str | None
    party_organisation: str | None
    verified: bool
    paused_until: Instant | None
    rev: int

    @classmethod
    def of(cls, summary: PersonSummary, year: int) -> PersonShape:
        """Return what of a person goes over the wire."""
        person = summary.person
        return cls(
            id=person.id,
            name=None if person.name is None else masked(person.name),
            age=age_band(person.birth_year, year),
            has_phone=summary.has_phone,
            grid=summary.grid,
            household=person.household,
            party_organisation=person.member_of,
            verified=person.verified,
            paused_until=person.paused_until,
            rev=person.rev,
        )


class SearchIn(Shape):
    """Either of the two, however it is written."""

    phone: Annotated[PlainText | None, Field(max_length=40)] = None
    id_number: Annotated[PlainText | None, Field(max_length=40)] = None


@router.get("/people", responses=problems(NotFound, InvalidInput))
def list_people(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[str | None, Query(max_length=100, description="Id or official code; who lives below it.")] = None,
    time_over: Annotated[
        bool, Query(description="Only who is past the last day on which they are to be kept: to be erased, or kept on.")
    ] = False,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[PersonShape]:
    """List who lives in your scope, masked."""
    found = use_cases.list_people(
        parts.store,
        area=area,
        time_over=time_over,
        after=after_of(cursor),
        limit=limit + 1,
        by=actor,
        clock=parts.clock,
    )
    more = cursor_of(found[limit - 1].person.id) if len(found) > limit else None
    return Page[PersonShape](items=[PersonShape.of(p, _year(parts)) for p in found[:limit]], next=more)


@router.post("/people", status_code=201, responses=problems(InvalidInput, Erased, KeyReused, Conflict))
def record_person(body: PersonIn, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response) -> PersonShape:
    """Record a person; what is personal is encrypted under a key of their own."""
    person = Person(id=new_id(), **body.fields())
    made = use_cases.record_person(parts.store, person, by=actor, key=key, clock=parts.clock)
    response.headers["Location"] = f"/api/v1/people/{made.person.id}"
    set_etag(response, made.person.rev)
    return PersonShape.of(made, _year(parts))


@router.post("/people/search", responses=problems(InvalidInput, TooMany, Conflict))
def find_people(body: SearchIn, parts: PartsDep, actor: ActorDep) -> Page[PersonShape]:
    """Find by phone or ID number who lives in your scope, masked, 50 at most; that you searched is written down."""
    found = use_cases.find_people(parts.store, phone=body.phone, id_number=body.id_number, by=actor, clock=parts.clock)
    return Page[PersonShape](items=[PersonShape.of(p, _year(parts)) for p in found], next=None)


@router.get("/people/{person}", responses=problems(NotFound, Erased))
def get_person(person: str, parts: PartsDep, actor: ActorDep, response: Response) -> PersonShape:
    """Return one person, masked; the ETag goes with a change."""
    found = use_cases.get_person(parts.store, person, by=actor)
    set_etag(response, found.person.rev)
    return PersonShape.of(found, _year(parts))


@router.patch(
    "/people/{person}",
    responses=problems(NotFound, Erased, Stale, EtagMissing, InvalidInput, KeyReused, Conflict),
)
def change_person(
    person: str,
    body: PersonChange,
    parts: PartsDep,
    actor: ActorDep,
    rev: RevDep,
    key: KeyDep,
    response: Response,
) -> PersonShape:
    """Change some fields of a person; null takes one away, and what they belonged to is kept with its end."""
    changed = use_cases.change_person(parts.store, person, body.fields(), rev=rev, by=actor, key=key, clock=parts.clock)
    set_etag(response, changed.person.rev)
    return PersonShape.of(changed, _year(parts))


def _year(parts: PartsDep) -> int:
    return city_date(parts.clock.now()).year
