"""Public cards, which every role may see whatever its scope."""

from __future__ import annotations

from graph.model.actors import Actor
from graph.model.cards import Card
from graph.store import NotFound, Store
from matching.permissions import permit


def need_card(store: Store, need: str, *, by: Actor) -> Card:
    """Return an open need's public card.

    Raises
    ------
    NotFound
        There is no open need of this id.
    """
    permit(by, "see public cards")
    found = store.read(lambda graph: graph.cards.of_needs([need]), scope=by.scope)
    if not found:
        raise NotFound("no such open need", need=need)
    return found[0]


def resource_card(store: Store, resource: str, *, by: Actor) -> Card:
    """Return a listed resource's public card.

    Raises
    ------
    NotFound
        There is no listed resource of this id.
    """
    permit(by, "see public cards")
    found = store.read(lambda graph: graph.cards.of_resources([resource]), scope=by.scope)
    if not found:
        raise NotFound("no such listed resource", resource=resource)
    return found[0]
