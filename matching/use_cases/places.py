"""Looking up areas and capabilities."""

from __future__ import annotations

from graph.model.actors import Actor
from graph.model.areas import Area, AreaKind
from graph.model.capabilities import Capability
from graph.store import Graph, Store
from matching.permissions import permit


def list_areas(
    store: Store, parent: str | None, *, kind: AreaKind | None, after: str, limit: int, by: Actor
) -> list[Area]:
    """Return the areas right below one, by id; the tree itself is public.

    Raises
    ------
    NotFound
        There is no such parent.
    """
    permit(by, "list areas")

    def work(graph: Graph) -> list[Area]:
        top = None if parent is None else graph.areas.find(parent).id
        return graph.areas.children(top, kind=kind, after=after, limit=limit)

    return store.read(work, scope=by.scope)


def get_area(store: Store, area: str, *, by: Actor) -> Area:
    """Return an area by its id or official code.

    Raises
    ------
    NotFound
        There is none.
    """
    permit(by, "list areas")
    return store.read(lambda graph: graph.areas.find(area), scope=by.scope)


def list_capabilities(store: Store, *, by: Actor) -> list[Capability]:
    """Return every capability."""
    permit(by, "list capabilities")
    return store.read(lambda graph: graph.capabilities.all(), scope=by.scope)
