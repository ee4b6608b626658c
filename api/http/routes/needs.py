"""Needs (需求): record them, look at them, ask who could serve them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
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
    ProviderShape,
    SentenceShape,
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
from matching.errors import InvalidInput, WrongState
from matching.scoring import NEED_BY_DATE
from matching.use_cases import needs as use_cases
from matching.use_cases.matches import Match, Matches, request_match
from matching.way import Subject, Within

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


class SkillShape(Shape):
    """One capability asked for, and the one of the resource that provides it."""

    capability: str
    least: Annotated[int, Field(description="The lowest level asked for.")]
    by: Annotated[str, Field(description="What the resource names: the same, or a more special one.")]
    level: int


class ReachShape(Shape):
    """How the provider reaches the need."""

    within: Within
    area: Annotated[str | None, Field(description="The area that holds both, or that the resource lists.")]
    minutes: Annotated[int | None, Field(description="On foot: straight line × 1.3; null where it is not known.")]
    limit: Annotated[int | None, Field(description="How many minutes they go; null where the rule is another.")]


class WayShape(Shape):
    """The path in the graph: resident, capabilities, resource, provider, reach."""

    subject_kind: Subject
    subject: str | None
    subject_name: Annotated[str | None, Field(description="A person's is masked; null where you may not see it.")]
    skills: list[SkillShape]
    resource: str
    provider_name: str | None
    reach: ReachShape


class CostIn(StrEnum):
    """What else is worked out of each match."""

    WHOLE = "whole"


class CostShape(Shape):
    """What choosing a match costs the best plan for everything that is open in the city now, exactly."""

    urgency: Annotated[
        int,
        Field(description=f"What others are left with unserved, by weight; a need by date weighs {NEED_BY_DATE:,}."),
    ]
    rest: Annotated[int, Field(description="Level, nearness, same community; below 0 where others fit better then.")]
    words: SentenceShape


class MatchShape(Shape):
    """One resource that could serve the need now, and why it."""

    resource: str
    title: str
    provider: ProviderShape
    period: Annotated[str, Field(examples=["2026-W48"])]
    free: Annotated[int, Field(description="Units nobody reserves or takes in this period.")]
    minutes_on_foot: Annotated[int | None, Field(description="Straight line × 1.3; null where it is not known.")]
    value: Annotated[int, Field(description="The sum of the parts.")]
    parts: Annotated[
        dict[str, int],
        Field(description="What the value is made of.", examples=[{"level": 160, "near": 431, "same_community": 200}]),
    ]
    way: WayShape
    why: SentenceShape
    cost: Annotated[
        CostShape | None, Field(description="With `cost=whole`; null where no plan has it, or no proof came in time.")
    ]

    @classmethod
    def of(cls, match: Match) -> MatchShape:
        """Return what of a match goes over the wire."""
        return cls(
            resource=match.resource.id,
            title=match.resource.title,
            provider=ProviderShape.of(match.provider),
            period=match.period,
            free=match.free,
            minutes_on_foot=match.minutes,
            value=match.value,
            parts=match.parts,
            way=WayShape.model_validate(match.way),
            why=SentenceShape.model_validate(match.why),
            cost=None if match.cost is None else CostShape.model_validate(match.cost),
        )


class HolderShape(Shape):
    """A need of your scope that holds capacity."""

    need: str
    title: str


class MatchesShape(Shape):
    """The best candidates now, the best first."""

    need: str
    matches: list[MatchShape]
    reason: Annotated[
        str | None,
        Field(
            description="Why there is none: a code of docs/reference.md, or `served` where nothing is left.",
            examples=["out_of_reach"],
        ),
    ]
    why: Annotated[SentenceShape | None, Field(description="The reason as a sentence.")]
    held_by: Annotated[
        dict[str, int],
        Field(description="Where there is none: assignments that hold the capacity of those who could, by urgency."),
    ]
    holders: Annotated[list[HolderShape], Field(description="Those of your scope, the first ten.")]

    @classmethod
    def of(cls, found: Matches) -> MatchesShape:
        """Return what of the matches goes over the wire."""
        return cls(
            need=found.need.id,
            matches=[MatchShape.of(m) for m in found.matches],
            reason=found.reason,
            why=None if found.why is None else SentenceShape.model_validate(found.why),
            held_by=dict(found.holders.by_urgency),
            holders=[HolderShape(need=need, title=title) for need, title in found.holders.needs],
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


@router.post("/needs/{need}/matches", responses=problems(NotFound, WrongState, InvalidInput))
def find_matches(
    need: str,
    parts: PartsDep,
    actor: ActorDep,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    cost: Annotated[
        CostIn | None, Query(description="`whole`: read and solve the whole city, seconds in a large one.")
    ] = None,
) -> MatchesShape:
    """Ask who could serve a need now, with the parts of each value; writes nothing."""
    whole = cost is CostIn.WHOLE
    found = request_match(parts.store, need, by=actor, clock=parts.clock, limit=limit, whole=whole)
    return MatchesShape.of(found)


@router.get("/needs/{need}/events", responses=problems(NotFound))
def get_history(need: str, parts: PartsDep, actor: ActorDep) -> Page[EventShape]:
    """Return everything that happened to a need and its assignments, in order, on one page."""
    events = use_cases.history(parts.store, need, by=actor)
    return Page[EventShape](items=[EventShape.model_validate(e) for e in events])
