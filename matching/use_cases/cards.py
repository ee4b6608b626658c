"""Looking for public cards: what is needed and what is offered, without anybody's name or door."""

from __future__ import annotations

from graph.model.actors import Actor
from graph.model.cards import Card, CardKind
from graph.store import Graph, NotFound, Store
from graph.store.search import Hit, Words
from matching.errors import InvalidInput
from matching.permissions import permit

LONGEST = 100
"""Characters of a search."""
MOST_WORDS = 10
_SEE = {CardKind.NEED: "see the cards of needs", CardKind.RESOURCE: "see the cards of resources"}


def need_card(store: Store, need: str, *, by: Actor) -> Card:
    """Return an open need's public card.

    Raises
    ------
    NotFound
        There is no open need of this id.
    """
    permit(by, _SEE[CardKind.NEED])
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
    permit(by, _SEE[CardKind.RESOURCE])
    found = store.read(lambda graph: graph.cards.of_resources([resource]), scope=by.scope)
    if not found:
        raise NotFound("no such listed resource", resource=resource)
    return found[0]


def find_cards(
    store: Store,
    text: str,
    *,
    kind: CardKind,
    area: str | None,
    after: Hit | None,
    limit: int,
    by: Actor,
) -> tuple[list[Card], Hit | None]:
    """Return the cards that hold all words of a text, and where the page ends; None where it is the last one.

    A title that is just the text comes first, then the newest.

    Parameters
    ----------
    text
        Words between blanks; none at all are all cards.
    area
        An id or official code; None is everywhere. Of a building it is the building's grid: a card must not
        tell at which door it is needed.
    after
        Where the last card of the page before stands.

    Raises
    ------
    InvalidInput
        The text is too long.
    NotFound
        There is no such area.
    """
    permit(by, _SEE[kind])
    words = Words.of(text)
    if len(text) > LONGEST or len(words) > MOST_WORDS:
        raise InvalidInput(("q", f"at most {MOST_WORDS} words and {LONGEST} characters; leave the others out"))

    def work(graph: Graph) -> tuple[list[Card], Hit | None]:
        below = None if area is None else graph.areas.grid_of(graph.areas.find(area).id)
        hits = graph.search.page(kind, words, area=below, after=after, limit=limit + 1)
        end = hits[limit - 1] if len(hits) > limit else None
        read = graph.cards.of_needs if kind is CardKind.NEED else graph.cards.of_resources
        return read([hit.id for hit in hits[:limit]]), end

    return store.read(work, scope=by.scope)
