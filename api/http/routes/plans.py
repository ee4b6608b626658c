"""Plans (方案): what the nights came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.http.errors import problems
from api.http.needed import ActorDep, PartsDep
from api.http.shapes import (
    ChangeShape,
    Cursor,
    Instant,
    Limit,
    Page,
    SentenceShape,
    Shape,
    after_of,
    before_of,
    cursor_of,
)
from graph.model.needs import Urgency
from graph.model.plans import PlanState, PlanStatus, UnmetNeed, Worth
from graph.store import NotFound
from matching.errors import InvalidInput
from matching.scoring import NEED_BY_DATE
from matching.sentences import said, the_bottleneck, the_floor, the_shortage, the_sole, why_not, worth
from matching.use_cases import plans as use_cases

router = APIRouter(tags=["plans"])


class Figures(Shape):
    """Units of one urgency; null where too few are behind them to be told to planners."""

    needs: int | None
    asked: int | None
    held: Annotated[int | None, Field(description="In offers and assignments made before this plan.")]
    served: Annotated[int | None, Field(description="By this plan.")]
    unmet: int | None
    more: Annotated[
        int | None,
        Field(description="Of the unmet, how many could be served at most beside all that is; null in older plans."),
    ] = None


class PlanShape(Shape):
    """One plan. Figures of a larger area than your scope are null, and to planners those with too few behind them."""

    id: str
    area: str
    night: date
    number: Annotated[int, Field(description="1 for the night's first plan.")]
    state: PlanState
    status: Annotated[PlanStatus, Field(description="`optimal` only where the bound equals the objective.")]
    made_at: Instant
    method: str
    objective: int | None
    bound: Annotated[int | None, Field(description="No plan's objective can be above it.")]
    pairs: int | None
    written: Annotated[int | None, Field(description="Pairs offered.")]
    skipped: Annotated[int | None, Field(description="Pairs left out: need or resource had changed meanwhile.")]
    unmet: Annotated[int | None, Field(description="Needs with something left.")]
    figures: dict[Urgency, Figures] | None
    seconds: Annotated[dict[str, float] | None, Field(description="By stage.")]

    @classmethod
    def of(cls, seen: use_cases.SeenPlan) -> PlanShape:
        """Return what of a plan goes over the wire."""
        names = [name for name in cls.model_fields if name != "figures"]
        values = {name: None if name in seen.hidden else getattr(seen.plan, name) for name in names}
        return cls.model_validate({**values, "figures": seen.figures})


class ServedShape(Shape):
    """What a community or a group of residents asks for and gets, in units."""

    kind: Annotated[str, Field(description="`area` or `group`.")]
    id: Annotated[str, Field(description="An area's id; of groups `vulnerable` or `others`.")]
    name: str | None
    needs: int
    asked: int
    held: int
    served: int


class FloorShape(Shape):
    """What came of the least share that an area asks for, in units, those in hand before included."""

    area: str
    share: Annotated[int, Field(description="Per cent of what is asked for below it.")]
    asked: int
    least: Annotated[int, Field(description="The share of what is asked for, rounded up.")]
    reachable: Annotated[int, Field(description="What is kept to, for more can't be had.")]
    proved: Annotated[bool, Field(description="False: no more was found in time.")]
    before: Annotated[int, Field(description="Units in hand by the best plan without floors.")]
    after: Annotated[int, Field(description="Units in hand by this plan.")]
    words: SentenceShape


class ShortageShape(Shape):
    """Needs that can't all be served, whatever the plan: they ask for more than all who could serve them have."""

    capability: str
    area: Annotated[str | None, Field(description="A community; null for the whole plan.")]
    needs: int
    asked: int
    resources: Annotated[int, Field(description="Those that could serve any of them.")]
    units: Annotated[int, Field(description="What these have for them, beside what others hold.")]
    missing: Annotated[int, Field(description="So many units are left at least.")]
    words: SentenceShape


class SoleShape(Shape):
    """A resource that is the only one for some needs."""

    resource: str
    needs: int
    asked: int
    words: SentenceShape


class WorthShape(Shape):
    """What one more unit of a resource, or one more person with a skill in a community, would add to the plan."""

    resource: str | None
    capability: str | None
    area: str | None
    urgency: Annotated[
        int, Field(description=f"What more could be served, by weight; a need by date weighs {NEED_BY_DATE:,}.")
    ]
    rest: Annotated[int, Field(description="Level, nearness, same community; below 0 where they are the price of it.")]
    needs: Annotated[int, Field(description="Unmet needs that it could serve.")]
    exact: Annotated[bool, Field(description="False: it would add at least so much.")]
    words: SentenceShape


class FindingsShape(Shape):
    """What a plan says beside who serves whom."""

    changes: Annotated[
        dict[str, int],
        Field(description="Units against what was in force: `kept`, `moved`, `new`, `dropped`. Empty for planners."),
    ]
    served: Annotated[list[ServedShape], Field(description="By area and by group. Empty for planners.")]
    load: Annotated[
        dict[str, int],
        Field(description="Resources by how far they are used: `none`, `half`, `more`, `full`. Empty for planners."),
    ]
    floors: Annotated[list[FloorShape], Field(description="What came of each area's least share. Empty for planners.")]
    shortages: Annotated[
        list[ShortageShape], Field(description="What can't be had, the most missing first. Empty for planners.")
    ]
    sole: Annotated[list[SoleShape], Field(description="Who is the only one for something. Empty for planners.")]
    people: Annotated[
        list[WorthShape],
        Field(description="One more person: two units of capacity, at any time, of median level, for their community."),
    ]
    resources: Annotated[list[WorthShape], Field(description="One more unit of each.")]
    note: SentenceShape


class PlanDetailShape(PlanShape):
    """One plan with what it says."""

    findings: Annotated[
        FindingsShape | None, Field(description="Null where the plan's area is larger than your scope.")
    ]

    @classmethod
    def of(cls, seen: use_cases.SeenPlan) -> PlanDetailShape:
        """Return what of a plan goes over the wire."""
        found, names = seen.findings, seen.names
        plain = PlanShape.of(seen).model_dump()
        if found is None:
            return cls.model_validate({**plain, "findings": None})

        def table(rows: Sequence[Worth]) -> list[dict[str, object]]:
            return [{**asdict(row), "words": worth(row, one=NEED_BY_DATE, names=names)._asdict()} for row in rows]

        findings = {
            "changes": dict(found.changes),
            "served": [{**asdict(row), "name": names.get(row.id)} for row in found.served],
            "load": dict(found.load),
            "floors": [{**asdict(f), "words": the_floor(f, names=names)._asdict()} for f in found.floors],
            "shortages": [{**asdict(s), "words": the_shortage(s, names=names)._asdict()} for s in found.shortages],
            "sole": [{**asdict(s), "words": the_sole(s, names=names)._asdict()} for s in found.sole],
            "people": table(found.people),
            "resources": table(found.resources),
            "note": said("do_not_add")._asdict(),
        }
        return cls.model_validate({**plain, "findings": findings})


class UnmetShape(Shape):
    """A need, or the rest of one, that a plan does not serve."""

    need: str
    title: str
    urgency: Urgency
    quantity: int
    reason: Annotated[str, Field(description="A code of docs/reference.md.", examples=["out_of_reach"])]
    why: SentenceShape
    held_by: Annotated[
        dict[str, int],
        Field(
            description="Assignments that hold the capacity of those who could, by urgency, where that is the reason.",
            examples=[{"at_once": 1, "by_date": 2}],
        ),
    ]

    @classmethod
    def of(cls, unmet: UnmetNeed, title: str) -> UnmetShape:
        """Return what of an unmet need goes over the wire."""
        why = SentenceShape.model_validate(why_not(unmet.reason, unmet.held_by))
        return cls.model_validate({**asdict(unmet), "title": title, "why": why})


class BottleneckShape(Shape):
    """Needs that a plan leaves for the same reason where the same resources could serve them."""

    reason: Annotated[str, Field(description="A code of docs/reference.md.", examples=["capacity"])]
    capability: Annotated[
        str | None, Field(description="What they ask for; null where it is several things, or not the same.")
    ]
    area: Annotated[str | None, Field(description="Their community; null where they are of several.")]
    needs: int
    units: Annotated[int, Field(description="What is left of them.")]
    resources: Annotated[int, Field(description="How many could serve them.")]
    need: Annotated[str, Field(description="That of the highest urgency.")]
    changes: Annotated[
        list[ChangeShape] | None,
        Field(
            description="The cheapest found with which it is proved that it could be served, nobody else getting less, "
            "when the plan was made; null where none was found, empty where a better plan could serve it as things "
            "were. Those of several rows do not add up: two may name the same unit. What protects people stays as it "
            "is: levels, certificates, verification, hours, a no, what is ruled out."
        ),
    ]
    words: SentenceShape


@router.get("/plans", responses=problems(InvalidInput))
def list_plans(
    parts: PartsDep,
    actor: ActorDep,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 20,
) -> Page[PlanShape]:
    """List the plans that concern your scope, the latest first."""
    found = use_cases.list_plans(parts.store, before=before_of(cursor), limit=limit + 1, by=actor)
    last = found[limit - 1].plan if len(found) > limit else None
    more = cursor_of(last.made_at, last.id) if last else None
    return Page[PlanShape](items=[PlanShape.of(seen) for seen in found[:limit]], next=more)


@router.get("/plans/{plan}", responses=problems(NotFound))
def get_plan(plan: str, parts: PartsDep, actor: ActorDep) -> PlanDetailShape:
    """Return one plan: its proof and figures, what it changes, how evenly it serves, what more would be worth."""
    return PlanDetailShape.of(use_cases.get_plan(parts.store, plan, by=actor))


@router.get("/plans/{plan}/unmet", responses=problems(NotFound, InvalidInput))
def list_unmet(
    plan: str,
    parts: PartsDep,
    actor: ActorDep,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[UnmetShape]:
    """List what a plan leaves of your scope's needs, with why."""
    found = use_cases.list_unmet(parts.store, plan, after=after_of(cursor), limit=limit + 1, by=actor)
    more = cursor_of(found[limit - 1][0].need) if len(found) > limit else None
    items = [UnmetShape.of(u, title) for u, title in found[:limit]]
    return Page[UnmetShape](items=items, next=more)


@router.get("/plans/{plan}/bottlenecks", responses=problems(NotFound, InvalidInput))
def list_bottlenecks(
    plan: str,
    parts: PartsDep,
    actor: ActorDep,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> Page[BottleneckShape]:
    """List what the needs lack that a plan leaves, and with what one of each kind could be served; most units first.

    Of a plan of a larger area than your scope, those whose needs all lie in one community of yours. The night proves as
    many as it has time for.
    """
    found, names = use_cases.list_bottlenecks(parts.store, plan, after=after_of(cursor), limit=limit + 1, by=actor)
    more = cursor_of(found[limit - 1].need) if len(found) > limit else None
    items = [{**asdict(row), "words": the_bottleneck(row, names=names)._asdict()} for row in found[:limit]]
    return Page[BottleneckShape](items=[BottleneckShape.model_validate(item) for item in items], next=more)
