"""Looking at plans: their figures only where the plan's whole area lies in the scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from graph.model.actors import Actor
from graph.model.plans import Plan, UnmetNeed
from graph.store import Graph, Store
from matching.permissions import permit

_LOOKED_AT = 500  # unmet needs a look at the scope; most belong to other areas


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """A plan as far as the scope may see.

    Parameters
    ----------
    whole
        The plan's area lies in the scope, so its figures may be shown.
    """

    plan: Plan
    whole: bool


def list_plans(store: Store, *, before: tuple[datetime, str] | None, limit: int, by: Actor) -> list[SeenPlan]:
    """Return plans that concern the scope, the latest first."""
    permit(by, "see plans")

    def work(graph: Graph) -> list[SeenPlan]:
        return [_seen(graph, plan) for plan in graph.plans.page(before=before, limit=limit)]

    return store.read(work, scope=by.scope)


def get_plan(store: Store, plan: str, *, by: Actor) -> SeenPlan:
    """Return a plan that concerns the scope.

    Raises
    ------
    NotFound
        It does not exist or concerns another area.
    """
    permit(by, "see plans")
    return store.read(lambda graph: _seen(graph, graph.plans.get(plan)), scope=by.scope)


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


def _seen(graph: Graph, plan: Plan) -> SeenPlan:
    return SeenPlan(plan, graph.areas.in_scope(plan.area))
