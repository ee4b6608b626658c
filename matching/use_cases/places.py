"""Looking up areas and capabilities, and setting what an area gives and is to get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph.model.actors import EVERYTHING, STAFF, Actor
from graph.model.areas import Area, AreaKind
from graph.model.assignments import Event
from graph.model.capabilities import Capability
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, NotFound, Store
from matching.errors import InvalidInput, NotAllowed
from matching.lifecycle import Party
from matching.permissions import permit
from matching.revisions import require_rev

_SMALL = frozenset({AreaKind.COMPOUND, AreaKind.BUILDING})
"""Kinds of which some have so few people that their number says something of each."""


def list_areas(
    store: Store, parent: str | None, *, kind: AreaKind | None, after: str, limit: int, by: Actor
) -> list[Area]:
    """Return the areas right below one, by id; the tree is public, but not how many live in a building or compound.

    Raises
    ------
    NotFound
        There is no such parent.
    """
    permit(by, "list areas")

    def work(graph: Graph) -> list[Area]:
        top = None if parent is None else graph.areas.find(parent).id
        found = graph.areas.children(top, kind=kind, after=after, limit=limit)
        own = top is not None and _is_staff_of(graph, top, by)
        return [area if own else _public(area) for area in found]

    return store.read(work, scope=by.scope)


def _is_staff_of(graph: Graph, area: str, by: Actor) -> bool:
    return by.role in STAFF and graph.areas.in_scope(area)


def _public(area: Area) -> Area:
    return replace(area, population=None, households=None) if area.kind in _SMALL else area


def get_area(store: Store, area: str, *, by: Actor) -> Area:
    """Return an area by its id or official code, as `list_areas` does.

    Raises
    ------
    NotFound
        There is none.
    """
    permit(by, "list areas")

    def work(graph: Graph) -> Area:
        found = graph.areas.find(area)
        return found if _is_staff_of(graph, found.id, by) else _public(found)

    return store.read(work, scope=by.scope)


def change_limits(
    store: Store,
    area: str,
    changes: Mapping[str, Any],
    *,
    rev: int,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Area:
    """Set an area's quota and floor; for one below one's own, as what it is to get others go without.

    Parameters
    ----------
    changes
        `quota`, `floor` or both.

    Raises
    ------
    NotFound
        There is no such area in the scope.
    NotAllowed
        It is one's own, and not a city.
    Stale
        It was changed since `rev` was read.
    """
    permit(by, "set an area's quota and floor")

    def work(graph: Graph) -> Area:
        found = graph.areas.find(area).id
        if not graph.areas.in_scope(found):
            raise NotFound("no such area in your scope; GET /areas lists them", area=area)
        before = graph.areas.lock(found)
        if found == by.area and before.kind is not AreaKind.CITY:
            raise NotAllowed("the area above yours sets what yours gives and is to get")
        require_rev(before.rev, rev)
        after = replace(before, **changes, rev=before.rev + 1)
        graph.areas.set_limits(after)
        told = [f"quota {one.quota}, floor {one.floor}" for one in (before, after)]
        graph.events.append([Event(found, after.rev, clock.now(), by.id, str(Party.COMMUNITY), "set_limits", *told)])
        return after

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.areas.get(made))


def chosen_area(store: Store, area: str | None) -> str:
    """Return the id of the area that an operator names by id or official code; by default the whole city.

    Raises
    ------
    NotFound
        There is no such area.
    InvalidInput
        None is named, and there is not exactly one city.
    """

    def work(graph: Graph) -> str:
        if area is not None:
            return graph.areas.find(area).id
        cities = graph.areas.children(None, limit=2)
        if len(cities) != 1:
            there = "several cities" if cities else "no areas yet"
            raise InvalidInput(("area", f"there are {there}; name one, or seed"))
        return cities[0].id

    return store.read(work, scope=EVERYTHING)


def list_capabilities(store: Store, *, by: Actor) -> list[Capability]:
    """Return every capability."""
    permit(by, "list capabilities")
    return store.read(lambda graph: graph.capabilities.all(), scope=by.scope)
