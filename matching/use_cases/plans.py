"""Looking at plans: their figures only where the plan's whole area lies in the scope.

Planners are told no count below `disclosure.SMALLEST`: of each urgency, needs and units asked for are shown or hidden
together, and so is what became of the units; where one is hidden, the next smallest is too, since the units of all are
known from other figures. The objective counts units by their urgency, so it is hidden with them. Plans of less than
a street have no figures for planners; the difference of two plans with different areas or nights is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from itertools import islice

from graph.model.actors import AREA_KINDS, Actor, Role
from graph.model.plans import Bottleneck, Change, Findings, Plan, Shortage, UnmetNeed, Worth
from graph.store import Graph, Store
from matching.disclosure import SMALLEST, hide, too_small
from matching.permissions import permit

_LOOKED_AT = 500  # unmet needs a look at the scope; most belong to other areas


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """A plan as far as the scope may see.

    Parameters
    ----------
    hidden
        Names of the figures that may not be shown: all of them where the plan's area does not lie in the scope.
    figures
        By urgency; None in place of what is hidden.
    findings
        None where the plan has none or its area does not lie in the scope. To planners, whom no count of a few people's
        needs is told, it has only what one more would be worth, where enough unmet needs stand behind it.
    names
        Of the capabilities and areas of the findings, and titles of the resources, by id.
    """

    plan: Plan
    hidden: frozenset[str]
    figures: Mapping[str, Mapping[str, int | None]] | None
    findings: Findings | None = None
    names: Mapping[str, str] = field(default_factory=dict)


_FIGURES = frozenset({"objective", "bound", "pairs", "written", "skipped", "unmet", "seconds"})
_GROUPS = (("needs", "asked"), ("held", "served", "unmet"))


def list_plans(store: Store, *, before: tuple[datetime, str] | None, limit: int, by: Actor) -> list[SeenPlan]:
    """Return plans that concern the scope, the latest first."""
    permit(by, "see plans")

    def work(graph: Graph) -> list[SeenPlan]:
        return [_seen(graph, plan, by) for plan in graph.plans.page(before=before, limit=limit)]

    return store.read(work, scope=by.scope)


def get_plan(store: Store, plan: str, *, by: Actor) -> SeenPlan:
    """Return a plan that concerns the scope.

    Raises
    ------
    NotFound
        It does not exist or concerns another area.
    """
    permit(by, "see plans")

    def work(graph: Graph) -> SeenPlan:
        seen = _seen(graph, graph.plans.get(plan), by)
        return replace(seen, names=names_in(graph, seen.findings))

    return store.read(work, scope=by.scope)


def names_in(graph: Graph, findings: Findings | None, bottlenecks: Sequence[Bottleneck] = ()) -> dict[str, str]:
    """Return the names that these need: of capabilities, areas and organisations, and titles of resources."""
    if findings is None and not bottlenecks:
        return {}
    findings = findings or Findings({}, (), {})
    changes = [change for row in bottlenecks for change in row.changes or ()]
    subjects = sorted({change.subject for change in changes})  # a quota is a unit's or an area's
    areas = [s.id for s in findings.served if s.kind == "area"] + [floor.area for floor in findings.floors] + subjects
    placed: list[Worth | Shortage | Bottleneck | Change] = [
        *findings.people,
        *findings.shortages,
        *bottlenecks,
        *changes,
    ]
    areas += [row.area for row in placed if row.area]
    listed = {row.resource for row in findings.resources if row.resource} | {row.resource for row in findings.sole}
    resources = graph.resources.many(sorted(listed | set(subjects)))
    return (
        {c.id: c.name for c in graph.capabilities.all()}
        | graph.areas.names(areas)
        | {organisation.id: organisation.name for organisation in graph.organisations.many(subjects)}
        | {resource.id: resource.title for resource in resources}
    )


def list_unmet(store: Store, plan: str, *, after: str, limit: int, by: Actor) -> list[tuple[UnmetNeed, str]]:
    """Return what a plan leaves of the scope's needs, each with its card's title, by the need's id.

    Raises
    ------
    NotFound
        There is no such plan for the scope.
    """
    permit(by, "see what a plan leaves")

    def work(graph: Graph) -> list[tuple[UnmetNeed, str]]:
        graph.plans.get(plan)
        found: list[tuple[UnmetNeed, str]] = []
        rows = (u for u in graph.plans.unmet(plan) if u.need > after)
        while len(found) < limit and (some := list(islice(rows, _LOOKED_AT))):
            titles = graph.needs.titles_in_scope([u.need for u in some])
            found.extend((u, titles[u.need]) for u in some if u.need in titles)
        return found[:limit]

    return store.read(work, scope=by.scope)


def list_bottlenecks(
    store: Store, plan: str, *, after: str, limit: int, by: Actor
) -> tuple[list[Bottleneck], dict[str, str]]:
    """Return what the needs lack that a plan leaves, those of the most units first; and the names for it.

    Of a larger area than the scope's, only those whose needs all lie in one community of the scope, and whose changes
    name no other: needs that go together may lie further apart.

    Parameters
    ----------
    after
        Those behind the one with this need; all where it is empty or none has it.

    Raises
    ------
    NotFound
        There is no such plan for the scope.
    """
    permit(by, "see what a plan leaves")

    def work(graph: Graph) -> tuple[list[Bottleneck], dict[str, str]]:
        in_scope = cache(graph.areas.in_scope)
        whole = in_scope(graph.plans.get(plan).area)

        def seen(row: Bottleneck) -> bool:
            areas = {row.area, *(change.area for change in row.changes or () if change.area)}
            return whole or all(area is not None and in_scope(area) for area in areas)

        rows = list(graph.plans.bottlenecks(plan))
        start = next((n for n, row in enumerate(rows, 1) if row.need == after), 0)
        found = list(islice(filter(seen, rows[start:]), limit))
        return found, names_in(graph, None, found)

    return store.read(work, scope=by.scope)


def _seen(graph: Graph, plan: Plan, by: Actor) -> SeenPlan:
    whole = graph.areas.in_scope(plan.area)
    if by.role is Role.PLANNER:
        whole = whole and graph.areas.get(plan.area).kind in AREA_KINDS[Role.PLANNER]
    if not whole:
        return SeenPlan(plan, _FIGURES, None)
    if by.role is Role.PLANNER:
        return _guarded(plan)
    return SeenPlan(plan, frozenset(), plan.figures, plan.findings)


def _guarded(plan: Plan) -> SeenPlan:
    first, second = (
        hide({urgency: tuple(figures[name] for name in names) for urgency, figures in plan.figures.items()})
        for names in _GROUPS
    )
    gone = {"needs": first, "asked": first} | dict.fromkeys((*_GROUPS[1], "more"), first | second)
    figures = {
        urgency: {name: None if urgency in gone[name] else units for name, units in figures.items()}
        for urgency, figures in plan.figures.items()
    }
    hidden = {name for name in ("pairs", "unmet") if too_small([(getattr(plan, name),)])}
    if too_small([(plan.written, plan.skipped)]):  # the two come to the pairs
        hidden |= {"written", "skipped"}
    if first or second:
        hidden |= {"objective", "bound"}
    findings = plan.findings and Findings(
        changes={},
        served=(),
        load={},
        people=tuple(row for row in plan.findings.people if row.needs >= SMALLEST),
        resources=tuple(row for row in plan.findings.resources if row.needs >= SMALLEST),
    )
    return SeenPlan(plan, frozenset(hidden), figures, findings)
