"""Needs (需求): record them, look at them, ask who could serve them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field, ValidationInfo, field_validator

from api.http.errors import problems
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import (
    CardText,
    Cursor,
    Id,
    Instant,
    Limit,
    Page,
    PlainText,
    Shape,
    Whole,
    WindowShape,
    before_of,
    cursor_of,
    window_shapes,
    windows_of,
)
from graph.model.ids import new_id
from graph.model.needs import Channel, Need, NeedKind, NeedState, Required, Urgency
from graph.model.needs import Field as NeedField
from graph.store import Conflict, Erased, KeyReused, NotFound
from matching.errors import InvalidInput
from matching.use_cases import needs as use_cases

router = APIRouter(tags=["needs"])

_DISTANT = datetime(2100, 1, 1, tzinfo=UTC)


class RequiredShape(Shape):
    """One capability asked for."""

    capability: Annotated[Id, Field(examples=["plumbing"])]
    level: Annotated[Whole, Field(ge=1, le=5)] = 1


class NeedIn(Shape):
    """A need as staff record it (点单)."""

    title: Annotated[
        CardText,
        Field(min_length=1, max_length=40, description="Public: no names, no numbers.", examples=["厨房水管漏水"]),
    ]
    text: Annotated[
        PlainText,
        Field(
            min_length=1,
            max_length=2000,
            description="The full words; encrypted, shown only to who serves the case.",
            examples=["三楼王奶奶家厨房水管漏水,家里只有老人,请下午去。"],
        ),
    ]
    area: Annotated[Id, Field(description="Id of a grid, a building or any other area of your scope.")]
    requires: Annotated[
        list[RequiredShape],
        Field(min_length=1, max_length=5, description="All of them, from the same provider."),
    ]
    kind: NeedKind = NeedKind.NEED
    urgency: Urgency = Urgency.BY_DATE
    field: NeedField = NeedField.ASSISTANCE
    channel: Channel = Channel.DOOR
    quantity: Annotated[Whole, Field(ge=1, le=1000)] = 1
    person: Annotated[Id | None, Field(description="The resident it is for.")] = None
    at_home: Annotated[bool, Field(strict=True, description="It is served in the resident's home.")] = False
    duration: Annotated[Whole, Field(ge=0, le=480, description="Minutes a unit takes; 0 where it does not matter.")] = 0
    windows: Annotated[
        list[WindowShape] | None, Field(min_length=1, max_length=28, description="When it suits; null is any time.")
    ] = None
    appointed: Annotated[
        Instant | None,
        Field(
            description="When the visit begins, where that is agreed on; it lasts `duration`; `windows` don't count.",
        ),
    ] = None
    due: Annotated[Instant | None, Field(description="The deadline, with its offset.")] = None

    @field_validator("due", "appointed")
    @classmethod
    def _near(cls, at: datetime | None) -> datetime | None:
        if at is not None and at >= _DISTANT:
            raise ValueError(f"that is too far away; give one before {_DISTANT.year}, or none")
        return at

    @field_validator("appointed")
    @classmethod
    def _lasts(cls, appointed: datetime | None, info: ValidationInfo) -> datetime | None:
        if appointed is not None and not info.data.get("duration"):
            raise ValueError("say in duration how many minutes the visit takes")
        return appointed

    @field_validator("requires")
    @classmethod
    def _once(cls, requires: list[RequiredShape]) -> list[RequiredShape]:
        if len({r.capability for r in requires}) != len(requires):
            raise ValueError("a capability is named twice")
        return requires

    def need(self) -> Need:
        """Return the need, with a new id."""
        return Need(
            id=new_id(),
            requires=tuple(Required(r.capability, r.level) for r in self.requires),
            windows=windows_of(self.windows),
            **self.model_dump(exclude={"requires", "windows"}),
        )


class NeedShape(Shape):
    """A need's public card and where it stands; its full words are read with a reason."""

    id: str
    title: str
    area: str
    requires: list[RequiredShape]
    kind: NeedKind
    state: NeedState
    urgency: Urgency
    field: NeedField
    channel: Channel
    quantity: int
    reserved: Annotated[int, Field(description="Units in live offers.")]
    taken: Annotated[int, Field(description="Units in accepted assignments.")]
    at_home: bool
    duration: int
    windows: list[WindowShape] | None
    appointed: Instant | None
    due: Instant | None
    raised_at: Instant | None
    rev: int

    @classmethod
    def of(cls, need: Need) -> NeedShape:
        """Return what of a need goes over the wire."""
        values = {name: getattr(need, name) for name in cls.model_fields if name not in ("requires", "windows")}
        return cls(
            **values,
            requires=[RequiredShape.model_validate(r) for r in need.requires],
            windows=window_shapes(need.windows),
        )


class TextIn(Shape):
    """Why you read a need's full words; it is written down."""

    reason: use_cases.ShowReason


class TextShape(Shape):
    """A need's full words."""

    need: str
    text: str


class EventShape(Shape):
    """One thing that happened."""

    subject: Annotated[str, Field(description="The need's or an assignment's id.")]
    seq: int
    at: Instant
    actor: Annotated[str, Field(description="An API key's id, `operator:…`, or `clock`.")]
    party: str
    verb: str
    before: str | None
    after: str | None
    reason: str | None


@router.post("/needs", status_code=201, responses=problems(InvalidInput, Erased, KeyReused, Conflict))
def record_need(body: NeedIn, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response) -> NeedShape:
    """Record what a resident asks (点单); it is open at once."""
    need = use_cases.record_need(parts.store, body.need(), by=actor, key=key, clock=parts.clock)
    response.headers["Location"] = f"/api/v1/needs/{need.id}"
    return NeedShape.of(need)


@router.get("/needs", responses=problems(NotFound, InvalidInput))
def list_needs(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[str | None, Query(max_length=100, description="Id or official code; needs below it.")] = None,
    state: NeedState | None = None,
    urgency: Urgency | None = None,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[NeedShape]:
    """List the needs of your scope, the latest first."""
    found = use_cases.list_needs(
        parts.store,
        area=area,
        state=state,
        urgency=urgency,
        before=before_of(cursor),
        limit=limit + 1,
        by=actor,
    )
    more = cursor_of(found[limit - 1].raised_at, found[limit - 1].id) if len(found) > limit else None
    return Page[NeedShape](items=[NeedShape.of(need) for need in found[:limit]], next=more)


@router.get("/needs/{need}", responses=problems(NotFound))
def get_need(need: str, parts: PartsDep, actor: ActorDep) -> NeedShape:
    """Return one need."""
    return NeedShape.of(use_cases.get_need(parts.store, need, by=actor))


@router.post("/needs/{need}/text", responses=problems(NotFound, Erased, InvalidInput, Conflict))
def show_text(need: str, body: TextIn, parts: PartsDep, actor: ActorDep) -> TextShape:
    """Read a need's full words; every reading is written down with its reason, a repeated one too."""
    text = use_cases.show_text(parts.store, need, reason=body.reason, by=actor, clock=parts.clock)
    return TextShape(need=need, text=text)


@router.get("/needs/{need}/events", responses=problems(NotFound))
def get_history(need: str, parts: PartsDep, actor: ActorDep) -> Page[EventShape]:
    """Return everything that happened to a need and its assignments, in order, on one page."""
    events = use_cases.history(parts.store, need, by=actor)
    return Page[EventShape](items=[EventShape.model_validate(e) for e in events])
