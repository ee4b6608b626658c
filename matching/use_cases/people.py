"""People as staff see them, masked; recording them and changing what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from graph.model.actors import Actor
from graph.model.assignments import Event
from graph.model.people import Person, PersonSummary
from graph.model.times import Clock, city_date
from graph.store import Erased, Graph, IdempotencyKey, NotFound, Store
from matching.errors import InvalidInput, TooMany
from matching.identity import normal_id_number, normal_phone
from matching.lifecycle import Party
from matching.permissions import permit

_NO_SUCH_AREA = "no such area in your scope; GET /areas lists them"
_NOT_THERE = {
    "household": "no such household in your scope",
    "member_of": "no such party organisation",
    "works_for": "no such organisation",
    "reports_to": "no such area; GET /areas lists them",
}


def get_person(store: Store, person: str, *, by: Actor) -> PersonSummary:
    """Return a person, to be shown masked.

    Raises
    ------
    NotFound
        They do not exist or live outside the scope.
    Erased
        They were erased.
    """
    permit(by, "see people")
    return store.read(lambda graph: _seen(graph, person), scope=by.scope)


def list_people(
    store: Store, *, area: str | None, time_over: bool, after: str, limit: int, by: Actor, clock: Clock
) -> list[PersonSummary]:
    """Return who lives in the scope, by id, beginning behind `after`; to be shown masked.

    Parameters
    ----------
    area
        An id or official code; None is the whole scope.
    time_over
        Only who is past the last day on which they are to be kept (`keep_until`).

    Raises
    ------
    NotFound
        The area does not exist or lies outside the scope.
    """
    permit(by, "see people")

    def work(graph: Graph) -> list[PersonSummary]:
        day = city_date(clock.now()) if time_over else None
        return graph.people.page(area_in_scope(graph, area), after, kept_too_long=day, limit=limit)

    return store.read(work, scope=by.scope)


def area_in_scope(graph: Graph, area: str | None) -> str | None:
    """Return the id of an area that is named by its id or official code; None stays None.

    Raises
    ------
    NotFound
        It does not exist or lies outside the scope.
    """
    if area is None:
        return None
    found = graph.areas.find(area).id
    if not graph.areas.in_scope(found):
        raise NotFound(_NO_SUCH_AREA, area=area)
    return found


SEARCHES = 100
"""Searches by phone or ID number of one key in an hour: enough for a busy telephone, too few to try numbers out."""
_AN_HOUR = timedelta(hours=1)


def find_people(
    store: Store, *, phone: str | None, id_number: str | None, by: Actor, clock: Clock
) -> list[PersonSummary]:
    """Return who in the scope has a phone or an ID number, to be shown masked, and write down that it was asked.

    The event is the asking key's, with how many were found; the number sought stands nowhere.

    Raises
    ------
    InvalidInput
        Not exactly one of the two is given, or it is malformed.
    TooMany
        The key has searched `SEARCHES` times within the last hour.
    """
    permit(by, "see people")
    if (phone is None) == (id_number is None):
        raise InvalidInput(("phone", "give either a phone or an id_number"))
    sought = _normal({"phone": phone, "id_number": id_number})

    def work(graph: Graph) -> list[PersonSummary]:
        now = clock.now()
        seq = graph.api_keys.count_event(by.id)
        earlier = graph.events.at(by.id, seq - SEARCHES)
        if earlier is not None and earlier > now - _AN_HOUR:
            raise TooMany(f"no more than {SEARCHES} searches an hour; go on at {(earlier + _AN_HOUR).isoformat()}")
        found = graph.people.find(**sought)
        event = Event(by.id, seq, now, by.id, str(Party.COMMUNITY), "search_people", None, f"{len(found)} found")
        graph.events.append([event])
        return found

    return store.write(work, scope=by.scope)


def record_person(store: Store, person: Person, *, by: Actor, key: IdempotencyKey, clock: Clock) -> PersonSummary:
    """Write down a new person.

    Raises
    ------
    InvalidInput
        Every field that can't stand: a malformed phone or ID number, an area or household outside the scope,
        an organisation that does not exist.
    """
    permit(by, "record a person")

    def work(graph: Graph) -> _Named:
        now = clock.now()
        given = {name: getattr(person, name) for name in (*_NOT_THERE, "lives_in", "phone", "id_number", "birth_year")}
        checked = replace(person, **_checked(graph, given, clock, person.id))
        graph.people.create(checked, at=now)
        _write_down(graph, person.id, "record", by, clock)
        return _Named(graph.people.get(person.id))

    return store.write_once(work, scope=by.scope, key=key, again=_again).summary


def change_person(
    store: Store,
    person: str,
    changes: Mapping[str, Any],
    *,
    rev: int,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> PersonSummary:
    """Change some of what is known of a person; a new home, household or employer begins where the old one ends.

    Parameters
    ----------
    changes
        Fields of `Person`; None takes one away.
    rev
        That of the person as the caller has seen them.

    Raises
    ------
    NotFound
        They do not exist or live outside the scope.
    InvalidInput
        As `record_person`.
    Stale
        Somebody else has changed them meanwhile.
    Erased
        They were erased.
    """
    permit(by, "change a person")

    def work(graph: Graph) -> _Named:
        _seen(graph, person)
        checked = _checked(graph, changes, clock, person)
        after = graph.people.update(person, checked, rev=rev, at=clock.now())
        _write_down(graph, person, "change", by, clock)
        return _Named(after)

    return store.write_once(work, scope=by.scope, key=key, again=_again).summary


class _Named:
    """A summary under its person's id, as the store finds it again."""

    def __init__(self, summary: PersonSummary) -> None:
        self.summary = summary
        self.id = summary.person.id


def _again(graph: Graph, made: str) -> _Named:
    return _Named(_seen(graph, made))


def _seen(graph: Graph, person: str) -> PersonSummary:
    found = graph.people.get(person)
    if found.person.erased:
        raise Erased("this person was erased; nothing is kept of them any more", person=person)
    return found


def _write_down(graph: Graph, person: str, verb: str, by: Actor, clock: Clock) -> None:
    seq = graph.people.count_event(person)
    graph.events.append([Event(person, seq, clock.now(), by.id, str(Party.COMMUNITY), verb, None, None)])


_NORMAL: dict[str, Callable[[str], str]] = {"phone": normal_phone, "id_number": normal_id_number}


def _normal(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return phone and ID number in their normal forms, beside whatever else is given."""
    errors, found = [], dict(given)
    for name, normal in _NORMAL.items():
        if given.get(name) is not None:
            try:
                found[name] = normal(given[name])
            except ValueError as error:
                errors.append((name, str(error)))
    if errors:
        raise InvalidInput(*errors)
    return found


def _same_number(graph: Graph, number: str | None, person: str) -> list[tuple[str, str]]:
    """Return an error where somebody else of the scope has the ID number; nobody else is recorded meanwhile."""
    if number is None:
        return []
    graph.vault.lock_index()
    others = [found.person.id for found in graph.people.find(id_number=number) if found.person.id != person]
    return [("id_number", f"is that of {other}, who is here already; change them instead") for other in others[:1]]


def _checked(graph: Graph, given: Mapping[str, Any], clock: Clock, person: str) -> dict[str, Any]:
    errors: list[tuple[str, str]] = []
    found = dict(given)
    try:
        found = _normal(given)
        errors += _same_number(graph, found.get("id_number"), person)
    except InvalidInput as refused:
        errors += [(e["field"], e["message"]) for e in refused.more["errors"]]
    if given.get("lives_in") is not None and not graph.areas.in_scope(given["lives_in"]):
        errors.append(("lives_in", _NO_SUCH_AREA))
    if given.get("birth_year") is not None and given["birth_year"] > city_date(clock.now()).year:
        errors.append(("birth_year", "lies ahead"))
    missing = graph.people.missing({name: given.get(name) for name in _NOT_THERE})
    errors += [(name, words) for name, words in _NOT_THERE.items() if name in missing]
    if errors:
        raise InvalidInput(*errors)
    return found
