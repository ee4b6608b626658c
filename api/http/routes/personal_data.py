"""Personal data (个人信息): read with a reason, exported, erased; and who has seen what."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.http.errors import problems
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import Cursor, HomeShape, Instant, Limit, Page, Shape, before_of, cursor_of
from graph.model.people import FocusKind, PersonSummary
from graph.store import Conflict, Erased, KeyReused, NotFound
from matching.errors import InvalidInput, WrongState
from matching.use_cases import personal_data as use_cases
from matching.use_cases.needs import ShowReason

router = APIRouter(tags=["people"])


class ReasonIn(Shape):
    """Why you read what is personal; it is written down."""

    reason: ShowReason


class PersonalShape(Shape):
    """Everything that is kept about a person themselves."""

    id: str
    name: str | None
    phone: str | None
    id_number: str | None
    address: str | None
    health: str | None
    birth_year: int | None
    home: HomeShape | None
    languages: list[str]
    lives_in: str
    household: str | None
    focus: Annotated[list[FocusKind], Field(description="Why their household is kept in view (重点人群).")]
    member_of: str | None
    works_for: str | None
    reports_to: str | None
    verified: bool
    paused_until: Instant | None
    consent: date | None
    keep_until: date | None
    rev: int

    @classmethod
    def of(cls, summary: PersonSummary) -> PersonalShape:
        """Return a person as those who may see everything do."""
        person = summary.person
        values = {name: getattr(person, name) for name in cls.model_fields if name != "focus"}
        home = None if person.home is None else HomeShape(lat=person.home[0], lon=person.home[1])
        return cls(**values | {"home": home, "languages": list(person.languages)}, focus=sorted(summary.focus))


class ExportShape(Shape):
    """All that is kept of a person, with the words of their needs and who has seen what."""

    person: dict[str, Any]
    relationships: list[dict[str, Any]]
    households: list[dict[str, Any]]
    needs: list[dict[str, Any]]
    resources: list[dict[str, Any]]
    assignments: list[dict[str, Any]]
    events: list[dict[str, Any]]


class EraseIn(Shape):
    """Why a person is erased."""

    reason: use_cases.EraseReason


class ErasedShape(Shape):
    """A person of whom nothing personal is kept any more."""

    person: str
    erased: bool = True


class ShowingShape(Shape):
    """Somebody read something personal, or searched people by a phone or ID number."""

    subject: Annotated[
        str,
        Field(description="The person's, need's or organisation's id; of a search the id of the key that searched."),
    ]
    seq: int
    at: Instant
    actor: Annotated[str, Field(description="An API key's id, or `operator:…`.")]
    verb: Annotated[
        str,
        Field(
            description="`show_personal` of a person, `show_text` of a need, `show_contact` of an organisation, "
            "`export` of a person, `search_people`."
        ),
    ]
    reason: str | None


@router.post("/people/{person}/personal", responses=problems(NotFound, Erased, InvalidInput, Conflict))
def show_personal(person: str, body: ReasonIn, parts: PartsDep, actor: ActorDep) -> PersonalShape:
    """Read what is personal; every reading is written down with its reason, a repeated one too."""
    return PersonalShape.of(
        use_cases.show_personal(parts.store, person, reason=body.reason, by=actor, clock=parts.clock)
    )


@router.post("/people/{person}/export", responses=problems(NotFound, Erased, InvalidInput, Conflict))
def export_person(person: str, body: ReasonIn, parts: PartsDep, actor: ActorDep) -> ExportShape:
    """Hand out all that is kept of a person; it is written down."""
    found = use_cases.export_person(parts.store, person, reason=body.reason, by=actor, clock=parts.clock)
    return ExportShape(**found)


@router.post("/people/{person}/erase", responses=problems(NotFound, WrongState, InvalidInput, KeyReused, Conflict))
def erase_person(person: str, body: EraseIn, parts: PartsDep, actor: ActorDep, key: KeyDep) -> ErasedShape:
    """Erase a person: what is personal can never be read again, the history of what was done stays."""
    erased = use_cases.erase_person(parts.store, person, reason=body.reason, by=actor, key=key, clock=parts.clock)
    return ErasedShape(person=erased.id)


@router.get("/showings", responses=problems(NotFound, InvalidInput))
def list_showings(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[
        str | None, Query(max_length=100, description="Id or official code; of whom lives below it.")
    ] = None,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[ShowingShape]:
    """List who has read what is personal in your scope, and why, and who searched people there, the latest first."""
    found = use_cases.list_showings(parts.store, area=area, before=before_of(cursor), limit=limit + 1, by=actor)
    last = found[limit - 1] if len(found) > limit else None
    more = None if last is None else cursor_of(last.at, f"{last.subject}|{last.seq}")
    return Page[ShowingShape](items=[ShowingShape.model_validate(e) for e in found[:limit]], next=more)
