"""Who is not to serve whom (不宜安排)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.http.errors import problems
from api.http.needed import ActorDep, KeyDep, PartsDep
from api.http.shapes import Id, Shape
from graph.model.assignments import Side
from graph.store import Conflict, KeyReused, NotFound
from matching.errors import InvalidInput
from matching.use_cases import exclusions as use_cases

router = APIRouter(tags=["exclusions"])


class RuleOutIn(Shape):
    """Who is not to serve a need."""

    resource: Annotated[Id, Field(description="One that the provider lists; all of theirs are ruled out.")]
    side: Annotated[Side, Field(description="Who wants it so: the resident (`community`) or the provider.")] = (
        Side.COMMUNITY
    )
    always: Annotated[
        bool, Field(strict=True, description="For whatever the same resident or household needs, not for this alone.")
    ] = False
    lift: Annotated[bool, Field(strict=True, description="End it.")] = False


class ApartIn(Shape):
    """A need that does not go to whoever serves this one."""

    need: Id
    lift: Annotated[bool, Field(strict=True, description="End it.")] = False


class RuledOutShape(Shape):
    """A provider that is ruled out."""

    provider: str
    side: Side
    always: bool


class ExclusionsShape(Shape):
    """What stands against some providers for a need; what is offered or accepted already stands."""

    providers: list[RuledOutShape]
    needs: Annotated[list[str], Field(description="Ids of those that do not go to whoever serves this one.")]


@router.get("/needs/{need}/exclusions", responses=problems(NotFound))
def get_exclusions(need: str, parts: PartsDep, actor: ActorDep) -> ExclusionsShape:
    """Return who is ruled out for a need, and which needs are kept apart from it."""
    return ExclusionsShape.model_validate(use_cases.exclusions_of(parts.store, need, by=actor))


@router.post("/needs/{need}/ruled-out", responses=problems(NotFound, InvalidInput, KeyReused, Conflict))
def rule_out(need: str, body: RuleOutIn, parts: PartsDep, actor: ActorDep, key: KeyDep) -> ExclusionsShape:
    """Rule out a provider for a need or for its resident, or end that; neither side is told."""
    changed = use_cases.rule_out(
        parts.store,
        need,
        body.resource,
        side=body.side,
        always=body.always,
        lift=body.lift,
        by=actor,
        key=key,
        clock=parts.clock,
    )
    return ExclusionsShape.model_validate(changed)


@router.post("/needs/{need}/apart", responses=problems(NotFound, InvalidInput, KeyReused, Conflict))
def keep_apart(need: str, body: ApartIn, parts: PartsDep, actor: ActorDep, key: KeyDep) -> ExclusionsShape:
    """Keep two needs from going to one provider, or end that."""
    changed = use_cases.keep_apart(parts.store, need, body.need, lift=body.lift, by=actor, key=key, clock=parts.clock)
    return ExclusionsShape.model_validate(changed)
