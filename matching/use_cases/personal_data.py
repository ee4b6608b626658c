"""What is personal: shown with a reason, handed out to whom it is about, erased; and who has seen it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from graph.model.actors import Actor
from graph.model.assignments import Event
from graph.model.needs import NeedState
from graph.model.people import PersonSummary
from graph.model.resources import ResourceState
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, Store
from matching.errors import WrongState
from matching.lifecycle import Party
from matching.permissions import permit
from matching.use_cases.needs import ShowReason
from matching.use_cases.people import area_in_scope

_OVER = frozenset({NeedState.CLOSED, NeedState.CANCELLED, NeedState.MERGED})


class EraseReason(StrEnum):
    """Why a person is erased."""

    RESIDENT_ASKED = "resident_asked"
    TIME_OVER = "time_over"  # keep_until has passed
    MISTAKE = "mistake"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A person who is erased."""

    id: str


def show_personal(store: Store, person: str, *, reason: ShowReason, by: Actor, clock: Clock) -> PersonSummary:
    """Return a person with everything that is personal and write down who read it, when and why.

    Raises
    ------
    NotFound
        They do not exist or live outside the scope.
    Erased
        They were erased.
    """
    permit(by, "read personal data")

    def work(graph: Graph) -> PersonSummary:
        found = replace(graph.people.get(person), person=graph.people.personal(person))
        _write_down(graph, person, "show_personal", str(reason), by, clock)
        return found

    return store.write(work, scope=by.scope)


def export_person(store: Store, person: str, *, reason: ShowReason, by: Actor, clock: Clock) -> dict[str, Any]:
    """Return all that is kept of a person, as JSON has it, and write down who took it, when and why.

    Raises
    ------
    NotFound
        They do not exist or live outside the scope.
    Erased
        They were erased.
    """
    permit(by, "export a person")

    def work(graph: Graph) -> dict[str, Any]:
        graph.people.personal(person)  # refuses who is not there or was erased
        _write_down(graph, person, "export", str(reason), by, clock)
        return graph.all_of_a_person.everything(person)

    return store.write(work, scope=by.scope)


def erase_person(
    store: Store, person: str, *, reason: EraseReason, by: Actor, key: IdempotencyKey, clock: Clock
) -> Erasure:
    """Destroy a person's key and what is left in clear; withdraw what they list, cancel their needs, end what they
    belong to. Twice is once.

    What they had to do with stays: who served whom and when, where they lived, without a word of who they were.
    Of a household in which nobody else lives the same is forgotten.

    Raises
    ------
    NotFound
        They do not exist or live outside the scope.
    WrongState
        They are party to an offered or active assignment; `assignments` names each.
    """
    permit(by, "erase a person")

    def work(graph: Graph) -> Erasure:
        graph.people.get(person)
        theirs = graph.all_of_a_person.lock(person)
        listed = [r for r in theirs.resources.values() if r.state is not ResourceState.WITHDRAWN]
        if graph.people.get(person).person.erased and not listed and not theirs.teams:
            return Erasure(person)
        if theirs.live:
            raise WrongState(
                "they are party to offered or active assignments; end these first",
                person=person,
                assignments=list(theirs.live),
            )
        at = clock.now()
        events = []
        for need in theirs.needs.values():
            if need.state not in _OVER:
                events.append(_event(need.id, need.rev + 1, at, by, "cancel", str(need.state), NeedState.CANCELLED))
                need.state, need.rev = NeedState.CANCELLED, need.rev + 1
        for resource in listed:
            before, resource.state = str(resource.state), ResourceState.WITHDRAWN
            resource.rev += 1
            events.append(_event(resource.id, resource.rev, at, by, "withdraw", before, ResourceState.WITHDRAWN))
        for team in theirs.teams:
            left = replace(team, members=tuple(m for m in team.members if m != person), rev=team.rev + 1)
            graph.teams.change(team, left, at=at)
            events.append(_event(team.id, left.rev, at, by, "leave", person, None))
        graph.needs.set_states(theirs.needs.values())
        graph.all_of_a_person.withdraw(theirs.resources.values())
        graph.all_of_a_person.erase_homes(theirs.homes)
        graph.api_keys.revoke_of(person)
        graph.events.append(events)
        _write_down(graph, person, "erase", str(reason), by, clock)
        graph.people.erase(person, at=at)
        return Erasure(person)

    return store.write_once(work, scope=by.scope, key=key, again=lambda _, erased: Erasure(erased))


def list_showings(
    store: Store, *, area: str | None, before: tuple[datetime, str] | None, limit: int, by: Actor
) -> list[Event]:
    """Return who read what is personal in the scope, and who searched people there, the latest first.

    Parameters
    ----------
    before
        (at, `subject|seq`) of the last one of the page before.

    Raises
    ------
    NotFound
        The area does not exist or lies outside the scope.
    """
    permit(by, "see who read personal data")

    def work(graph: Graph) -> list[Event]:
        return graph.events.showings(area_in_scope(graph, area), before, limit=limit)

    return store.read(work, scope=by.scope)


def _event(subject: str, seq: int, at: datetime, by: Actor, verb: str, before: str, after: str | None) -> Event:
    return Event(subject, seq, at, by.id, str(Party.COMMUNITY), verb, before, after and str(after), "erased")


def _write_down(graph: Graph, person: str, verb: str, reason: str, by: Actor, clock: Clock) -> None:
    seq = graph.people.count_event(person)
    graph.events.append([Event(person, seq, clock.now(), by.id, str(Party.COMMUNITY), verb, None, None, reason)])
