"""Which role may do what; how far is a matter of the scope."""

from __future__ import annotations

from graph.model.actors import STAFF, Actor, Role
from matching.errors import NotAllowed

_OFFICE = STAFF - {Role.GRID_WORKER}  # who answers for a community or more
_EVERYBODY = frozenset(Role) - {Role.OPERATOR}
_PROVIDER = frozenset({Role.PROVIDER})
_MACHINE = frozenset({Role.MACHINE})
_PLANNER = frozenset({Role.PLANNER})
_AUDITOR = frozenset({Role.AUDITOR})
_CITY = frozenset({Role.CITY})

MAY: dict[str, frozenset[Role]] = {
    "list areas": _EVERYBODY,
    "set an area's quota and floor": _OFFICE - {Role.COMMUNITY},
    "list capabilities": _EVERYBODY,
    "change capabilities": _CITY,
    "see organisations and teams": _EVERYBODY,
    "keep organisations and teams": _OFFICE,
    "read an organisation's contact": STAFF,
    "see a team's members": STAFF | _PROVIDER,
    "see resources": _EVERYBODY,
    "list a resource": STAFF | _PROVIDER,
    "see the cards of needs": _EVERYBODY - _PLANNER,  # who can count them learns how few there are
    "see the cards of resources": _EVERYBODY,
    "see statistics": STAFF | _PLANNER | _AUDITOR,
    "list needs": STAFF | _AUDITOR | _MACHINE,
    "see a need": STAFF | _PROVIDER | _AUDITOR | _MACHINE,
    "record a need": STAFF | _MACHINE,
    "read a need's text": STAFF | _PROVIDER,
    "read a need's history": STAFF | _AUDITOR,
    "ask for matches": STAFF,
    "make an offer": STAFF,
    "rule out a provider": STAFF,
    "see assignments": STAFF | _PROVIDER | _AUDITOR,
    "answer an offer": STAFF | _PROVIDER,
    "see people": STAFF,
    "record a person": STAFF,
    "change a person": STAFF,
    "read personal data": STAFF,
    "export a person": _OFFICE,
    "erase a person": _OFFICE,
    "see who read personal data": _OFFICE | _AUDITOR,
    "see plans": STAFF | _PLANNER | _AUDITOR,
    "see what a plan leaves": STAFF | _AUDITOR,
    "run the night": frozenset(),
    "import tables": frozenset(),
    "export tables": frozenset(),
}
"""Act → the roles that may do it; the machine's own operator may do all."""


def permit(actor: Actor, act: str) -> None:
    """Refuse an act that is not the actor's role's.

    Raises
    ------
    NotAllowed
        The role may not do it.
    """
    if actor.role is not Role.OPERATOR and actor.role not in MAY[act]:
        raise NotAllowed(f"a {actor.role} can't {act}")
