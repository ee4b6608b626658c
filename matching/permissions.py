"""Which role may do what; how far is a matter of the scope."""

from __future__ import annotations

from graph.model.actors import Actor, Role
from matching.errors import NotAllowed

MAY: dict[str, frozenset[Role]] = {
    "list areas": frozenset({Role.STAFF, Role.PROVIDER}),
    "list capabilities": frozenset({Role.STAFF, Role.PROVIDER}),
    "list needs": frozenset({Role.STAFF}),
    "see a need": frozenset({Role.STAFF, Role.PROVIDER}),
    "record a need": frozenset({Role.STAFF}),
    "read a need's text": frozenset({Role.STAFF, Role.PROVIDER}),
    "read a need's history": frozenset({Role.STAFF}),
    "ask for matches": frozenset({Role.STAFF}),
    "make an offer": frozenset({Role.STAFF}),
    "see assignments": frozenset({Role.STAFF, Role.PROVIDER}),
    "answer an offer": frozenset({Role.STAFF, Role.PROVIDER}),
    "see plans": frozenset({Role.STAFF}),
    "run the night": frozenset({Role.OPERATOR}),
}


def permit(actor: Actor, act: str) -> None:
    """Refuse an act that is not the actor's role's; the operator may do all.

    Raises
    ------
    NotAllowed
        The role may not do it.
    """
    if actor.role is not Role.OPERATOR and actor.role not in MAY[act]:
        raise NotAllowed(f"a {actor.role} can't {act}")
