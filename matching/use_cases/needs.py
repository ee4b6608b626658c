"""Recording needs (点单) and looking at them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from graph.model.actors import Actor
from graph.model.assignments import AssignmentState, Event
from graph.model.needs import Need, NeedState, Urgency
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, NotFound, Store
from matching.errors import InvalidInput
from matching.lifecycle import Party
from matching.permissions import permit

# A phone, an ID card, a bank card, in groups or in Chinese digits too: none belongs on a public card.
_LONG_NUMBER = re.compile(r"(?:\d[^\w]{0,3}){7,}")
_DATE_OR_TIME = re.compile(r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\d{1,2}\s?[:.]\s?\d{2}(?!\d)")
_CHINESE_DIGITS = str.maketrans("零〇一幺壹二贰三叁四肆五伍六陆七柒八捌九玖", "001112233445566778899")

_SERVING = (AssignmentState.ACTIVE, AssignmentState.DELIVERED)  # a provider that serves a need sees all of it


class ShowReason(StrEnum):
    """Why somebody reads a need's full words; every reading is written down with it."""

    HANDLING = "handling"
    RESIDENT_ASKED = "resident_asked"
    SUPERVISION = "supervision"


def record_need(store: Store, need: Need, *, by: Actor, key: IdempotencyKey, clock: Clock) -> Need:
    """Write down what a resident asks; it is open at once.

    Parameters
    ----------
    need
        With its full text; `raised_at` is set here.

    Raises
    ------
    InvalidInput
        Every field that can't stand: an unknown area, capability or person, one outside the scope, a public
        title that holds a long number.
    """
    permit(by, "record a need")

    def work(graph: Graph) -> Need:
        now = clock.now()
        _check(graph, need, now)
        written = replace(need, raised_at=now)
        graph.needs.create(written)
        graph.events.append(
            [Event(need.id, written.rev, now, by.id, str(Party.COMMUNITY), "record", None, str(need.state))]
        )
        return graph.needs.get(need.id)

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.needs.get(made))


def holds_a_long_number(title: str) -> bool:
    """Tell whether seven digits or more stand together, however they are written; dates and times may stay."""
    plain = unicodedata.normalize("NFKC", title).translate(_CHINESE_DIGITS)
    return _LONG_NUMBER.search(_DATE_OR_TIME.sub("日", plain)) is not None


def names_one_of(title: str, names: Iterable[str]) -> bool:
    """Tell whether one of these people's names stands in a title, blanks and widths of signs aside."""
    plain = _together(title)
    return any(len(name) > 1 and _together(name) in plain for name in names)


def _together(words: str) -> str:
    return "".join(unicodedata.normalize("NFKC", words).split()).casefold()


def _check(graph: Graph, need: Need, now: datetime) -> None:
    errors: list[tuple[str, str]] = []
    if not graph.areas.in_scope(need.area):
        errors.append(("area", "no such area in your scope; GET /areas lists them"))
    if holds_a_long_number(need.title):
        errors.append(("title", "the title is public: no phone, ID or other long number; it belongs in the text"))
    known = {capability.id for capability in graph.capabilities.all()}
    for row, required in enumerate(need.requires):
        if required.capability not in known:
            errors.append((f"requires.{row}.capability", "no such capability; GET /capabilities lists them"))
    if need.due is not None and need.due <= now:
        errors.append(("due", "the deadline is over already; give one that lies ahead, or none"))
    if need.person is not None and not graph.people.in_scope(need.person):
        errors.append(("person", "no such resident in your scope"))
    elif need.person is not None and names_one_of(need.title, graph.people.names([need.person]).values()):
        errors.append(("title", "the title is public: leave the resident's name out; it belongs in the text"))
    if errors:
        raise InvalidInput(*errors)


def get_need(store: Store, need: str, *, by: Actor) -> Need:
    """Return a need without its full text; until it serves it, a provider sees the grid and not the building.

    Raises
    ------
    NotFound
        It does not exist or lies outside the scope.
    """
    permit(by, "see a need")

    def work(graph: Graph) -> Need:
        found = graph.needs.get(need)
        if by.provider is None or graph.needs.in_scope(need, provider_states=_SERVING):
            return found
        return replace(found, area=graph.areas.grid_of(found.area))

    return store.read(work, scope=by.scope)


def list_needs(
    store: Store,
    *,
    area: str | None,
    state: NeedState | None,
    urgency: Urgency | None,
    before: tuple[datetime, str] | None,
    limit: int,
    by: Actor,
) -> list[Need]:
    """Return needs of the scope, the latest first.

    Parameters
    ----------
    area
        An id or official code; None is the whole scope.
    before
        (raised_at, id) of the last need of the page before.

    Raises
    ------
    NotFound
        The area does not exist or lies outside the scope.
    """
    permit(by, "list needs")

    def work(graph: Graph) -> list[Need]:
        top = None
        if area is not None:
            top = graph.areas.find(area).id
            if not graph.areas.in_scope(top):
                raise NotFound("no such area in your scope; GET /areas lists them", area=area)
        return graph.needs.page(area=top, state=state, urgency=urgency, before=before, limit=limit)

    return store.read(work, scope=by.scope)


def show_text(store: Store, need: str, *, reason: ShowReason, by: Actor, clock: Clock) -> str:
    """Return a need's full words and write down who read them, when and why.

    Staff may in their scope; a provider once it serves the need.

    Raises
    ------
    NotFound
        The need does not exist or lies outside the scope.
    """
    permit(by, "read a need's text")

    def work(graph: Graph) -> str:
        graph.needs.require_in_scope(need, provider_states=_SERVING)
        party = Party.PROVIDER if by.provider else Party.COMMUNITY
        seq = graph.needs.count_showing(need)
        graph.events.append([Event(need, seq, clock.now(), by.id, str(party), "show_text", None, None, str(reason))])
        return graph.needs.text(need)

    return store.write(work, scope=by.scope)


def history(store: Store, need: str, *, by: Actor) -> list[Event]:
    """Return everything that happened to a need and its assignments, in order.

    Raises
    ------
    NotFound
        The need does not exist or lies outside the scope.
    """
    permit(by, "read a need's history")

    def work(graph: Graph) -> list[Event]:
        graph.needs.require_in_scope(need)
        return graph.events.history(need)

    return store.read(work, scope=by.scope)
