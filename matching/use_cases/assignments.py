"""Looking at assignments."""

from __future__ import annotations

from graph.model.actors import Actor
from graph.model.assignments import Assignment, AssignmentState
from graph.store import Graph, Store
from matching.permissions import permit


def get_assignment(store: Store, assignment: str, *, by: Actor) -> Assignment:
    """Return an assignment of the scope.

    Raises
    ------
    NotFound
        It does not exist or lies outside the scope.
    """
    permit(by, "see assignments")
    return store.read(lambda graph: graph.assignments.get(assignment), scope=by.scope)


def list_assignments(
    store: Store, *, need: str | None, state: AssignmentState | None, after: str, limit: int, by: Actor
) -> list[Assignment]:
    """Return assignments of the scope by id, beginning behind `after`.

    Raises
    ------
    NotFound
        The need does not exist or lies outside the scope.
    """
    permit(by, "see assignments")

    def work(graph: Graph) -> list[Assignment]:
        if need is not None:
            graph.needs.require_in_scope(need)
        return graph.assignments.page(state=state, need=need, after=after, limit=limit)

    return store.read(work, scope=by.scope)
