"""Figures (统计) of needs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.http.errors import problems
from api.http.needed import ActorDep, PartsDep
from api.http.shapes import Shape
from graph.store import NotFound
from matching.errors import InvalidInput
from matching.use_cases import statistics as use_cases
from matching.use_cases.fairness import fairness

router = APIRouter(tags=["statistics"])


class NeedFiguresShape(Shape):
    """Needs and their units; null where too few are behind it to be told."""

    needs: int | None
    asked: Annotated[int | None, Field(description="Units.")]
    held: Annotated[int | None, Field(description="Units in offers and accepted assignments.")]
    left: Annotated[int | None, Field(description="Units that nobody has offered or accepted.")]


class NeedStatisticsShape(Shape):
    """Needs below an area, counted by one thing."""

    area: str
    by: use_cases.By
    total: Annotated[
        NeedFiguresShape, Field(description="A need that asks for two capabilities counts with both, but once here.")
    ]
    cells: Annotated[
        dict[str, NeedFiguresShape],
        Field(description="By value. Of areas: those right below, and the area itself for what lies right in it."),
    ]


class ShareShape(Shape):
    """What one part asks for and has in hand."""

    id: Annotated[str, Field(description="An area's id; of groups `vulnerable` or `others`.")]
    name: str | None
    figures: NeedFiguresShape
    share: Annotated[int | None, Field(description="Per cent of the units asked for that are in hand.")]
    floor: Annotated[int | None, Field(description="The least share that the area is to get a night.")]


class FairnessShape(Shape):
    """How evenly help is spread below an area."""

    area: str
    total: ShareShape
    areas: Annotated[list[ShareShape], Field(description="Right below it, the least served first.")]
    groups: list[ShareShape]
    spread: Annotated[
        int | None, Field(description="Between the best and the least served area, in points of a per cent.")
    ]


@router.get("/statistics/needs", responses=problems(NotFound, InvalidInput))
def count_needs(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[str | None, Query(max_length=100, description="Id or official code; your scope's own.")] = None,
    by: use_cases.By = use_cases.By.AREA,
) -> NeedStatisticsShape:
    """Count the needs of an area by one thing; planners are told no count below 5, nor what would give one away."""
    found = use_cases.need_statistics(parts.store, area=area, by_what=by, by=actor)
    return NeedStatisticsShape.model_validate(found)


@router.get("/statistics/fairness", responses=problems(NotFound, InvalidInput))
def tell_fairness(
    parts: PartsDep,
    actor: ActorDep,
    area: Annotated[str | None, Query(max_length=100, description="Id or official code; your scope's own.")] = None,
) -> FairnessShape:
    """Tell how evenly help is spread over areas and groups; planners as by `GET /statistics/needs`."""
    return FairnessShape.model_validate(fairness(parts.store, area=area, by=actor))
