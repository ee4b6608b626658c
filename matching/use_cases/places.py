"""Looking up areas and capabilities."""

from __future__ import annotations

from dataclasses import replace

from graph.model.actors import EVERYTHING, STAFF, Actor
from graph.model.areas import Area, AreaKind
from graph.model.capabilities import Capability
from graph.store import Graph, Store
from matching.errors import InvalidInput
from matching.permissions import permit

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
