"""Volunteer teams (志愿服务队): public, but for who is in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.http.errors import problems
from api.http.etags import EtagMissing, RevDep, set_etag
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import LEFT_OUT, CardText, Cursor, Id, Limit, Page, Shape, after_of, cursor_of
from graph.model.ids import new_id
from graph.model.needs import Field as NeedField
from graph.model.people import Team, masked
from graph.store import Conflict, Erased, KeyReused, NotFound, Stale
from matching.errors import InvalidInput, WrongState
from matching.use_cases import teams as use_cases

router = APIRouter(tags=["teams"])

Name = Annotated[CardText, Field(min_length=1, max_length=100, description="Public.", examples=["红马甲志愿服务队"])]
Yes = Annotated[bool, Field(strict=True)]


class TeamIn(Shape):
    """A team as it is entered; its members join it one by one."""

    name: Name
    field: NeedField
    located_in: Annotated[Id, Field(description="Id of the area of your scope that it works from.")]
    verified: Annotated[Yes, Field(description="Somebody checked who this is.")] = False


class TeamChanges(Shape):
    """What is to be changed; what is left out stays."""

    name: Name = LEFT_OUT
    field: NeedField = LEFT_OUT
    located_in: Id = LEFT_OUT
    verified: Yes = LEFT_OUT


class TeamShape(Shape):
    """A team."""

    id: str
    name: str
    field: NeedField
    located_in: str
    verified: bool
    rev: Annotated[int, Field(description="Also its ETag.")]


class MemberIn(Shape):
    """Who joins."""

    person: Annotated[Id, Field(description="A resident of your scope.")]


class MemberShape(Shape):
    """Somebody who is in a team."""

    person: str
    name: Annotated[str | None, Field(description="Masked; null outside your area, and for the team itself.")]


def _shown(team: Team, response: Response) -> TeamShape:
    set_etag(response, team.rev)
    return TeamShape.model_validate(team)


@router.get("/teams", responses=problems(NotFound, InvalidInput))
def list_teams(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[str | None, Query(max_length=100, description="Id or official code; those below it.")] = None,
    field: NeedField | None = None,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[TeamShape]:
    """List teams, by id."""
    found = use_cases.list_teams(parts.store, area=area, field=field, after=after_of(cursor), limit=limit + 1, by=actor)
    more = cursor_of(found[limit - 1].id) if len(found) > limit else None
    return Page[TeamShape](items=[TeamShape.model_validate(t) for t in found[:limit]], next=more)


@router.post("/teams", status_code=201, responses=problems(InvalidInput, Erased, KeyReused, Conflict))
def add_team(body: TeamIn, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response) -> TeamShape:
    """Enter a team that works from an area of your scope."""
    entered = Team(id=new_id(), **body.model_dump())
    made = use_cases.add_team(parts.store, entered, by=actor, key=key, clock=parts.clock)
    response.headers["Location"] = f"/api/v1/teams/{made.id}"
    return _shown(made, response)


@router.get("/teams/{team}", responses=problems(NotFound))
def get_team(team: str, parts: PartsDep, actor: ActorDep, response: Response) -> TeamShape:
    """Return one team; its ETag is what a change must name."""
    return _shown(use_cases.get_team(parts.store, team, by=actor), response)


@router.patch("/teams/{team}", responses=problems(NotFound, InvalidInput, KeyReused, Conflict, Stale, EtagMissing))
def change_team(
    team: str, body: TeamChanges, parts: PartsDep, actor: ActorDep, key: KeyDep, rev: RevDep, response: Response
) -> TeamShape:
    """Change a team of your scope; where it was stays known."""
    changes = body.model_dump(exclude_unset=True)
    return _shown(
        use_cases.change_team(parts.store, team, changes, rev=rev, by=actor, key=key, clock=parts.clock), response
    )


@router.get("/teams/{team}/members", responses=problems(NotFound))
def list_members(team: str, parts: PartsDep, actor: ActorDep) -> Page[MemberShape]:
    """List who is in a team now, on one page: staff of its area see masked names, the team itself ids."""
    found = use_cases.list_members(parts.store, team, by=actor)
    return Page[MemberShape](
        items=[MemberShape(person=m.person, name=None if m.name is None else masked(m.name)) for m in found]
    )


@router.post(
    "/teams/{team}/members", responses=problems(NotFound, Erased, InvalidInput, KeyReused, Conflict, WrongState)
)
def join_team(
    team: str, body: MemberIn, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response
) -> TeamShape:
    """Note that a resident of your scope has joined a team of your scope."""
    return _shown(use_cases.join_team(parts.store, team, body.person, by=actor, key=key, clock=parts.clock), response)


@router.post("/teams/{team}/members/{person}/leave", responses=problems(NotFound, KeyReused, Conflict))
def leave_team(team: str, person: str, parts: PartsDep, actor: ActorDep, key: KeyDep, response: Response) -> TeamShape:
    """Note that somebody has left a team of your scope; that they were in it stays known."""
    return _shown(use_cases.leave_team(parts.store, team, person, by=actor, key=key, clock=parts.clock), response)
