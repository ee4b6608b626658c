"""Matches (匹配): who could serve a need now, why, and what choosing each would cost."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.http.errors import problems
from api.http.needed import ActorDep, PartsDep
from api.http.shapes import ChangeShape, ProviderShape, SentenceShape, Shape
from graph.store import NotFound
from matching.errors import InvalidInput, WrongState
from matching.scoring import NEED_BY_DATE
from matching.use_cases.matches import Match, Matches, request_match
from matching.way import Subject, Within

router = APIRouter(tags=["needs"])


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


class FixShape(Shape):
    """The cheapest changes with which a resource could serve the need beside everything that is promised."""

    resource: str
    changes: list[ChangeShape]
    words: SentenceShape


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
    fix: Annotated[
        FixShape | None,
        Field(
            description="Where there is none: what would have to be otherwise so that somebody could. What protects "
            "people stays as it is: levels, certificates, verification, hours, a no, what is ruled out."
        ),
    ]

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
            fix=None if found.fix is None else FixShape.model_validate(found.fix),
        )


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
