"""Bringing in many things at once: everything is checked first, then written page by page, each page once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from graph import schema
from graph.elements import Node
from graph.model.actors import Actor
from graph.model.assignments import Event
from graph.model.needs import Need
from graph.model.people import Organisation, Person, Team
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Clock, city_date
from graph.store import Erased, Graph, NotFound, Store
from graph.store.needs import write_needs
from graph.store.organisations import write_organisations, write_teams
from graph.store.people import write_people
from graph.store.resources import write_resources
from matching.lifecycle import Party
from matching.permissions import permit
from matching.use_cases.lookups import Places
from matching.use_cases.needs import holds_a_long_number, names_one_of

PAGE = 1000  # things a transaction: short locks, and little is done twice after a kill

Thing = Need | Person | Organisation | Team | Resource
Progress = Callable[[str, int, int], None]
FieldError = tuple[str, str]
"""(field, what is wrong and what to do)."""

_NODES: dict[type, Node] = {
    Need: schema.NEED,
    Person: schema.PERSON,
    Organisation: schema.ORGANISATION,
    Team: schema.TEAM,
    Resource: schema.RESOURCE,
}
_WRITERS: dict[type, Callable[[Any, Any], int]] = {
    Need: write_needs,
    Person: write_people,
    Organisation: write_organisations,
    Team: write_teams,
    Resource: write_resources,
}
_VERBS: dict[type, str] = {Need: "record", Person: "record", Organisation: "add", Team: "add", Resource: "list"}
_WAS_ERASED = "this person was erased; leave the cell empty to bring them in as somebody new"
_NUMBER_ON_A_CARD = "is public: no phone, ID or other long number"


@dataclass(frozen=True, slots=True)
class Imported:
    """How many were new and how many there already; `stopped` where somebody asked to."""

    new: int
    there: int
    stopped: bool = False


def check(
    store: Store, things: Sequence[Thing], *, places: Places, by: Actor, clock: Clock
) -> tuple[set[str], dict[str, list[FieldError]]]:
    """Return the ids of those that are there already, and what can't stand of the others, by id."""
    permit(by, "import tables")
    if not things:
        return set(), {}
    node = _NODES[type(things[0])]

    def work(graph: Graph) -> tuple[set[str], dict[str, list[FieldError]]]:
        there = graph.loading.existing(node, [thing.id for thing in things])
        new = [thing for thing in things if thing.id not in there]
        people = graph.tables.residents({p for thing in new for p in _people_of(thing)})
        homes = graph.tables.households({n.household for n in new if isinstance(n, Need) and n.household})
        known = people | homes | {i for i, _, _ in (*graph.tables.organisations(), *graph.tables.teams())}
        names = graph.people.names(people)
        now = clock.now()
        errors = {thing.id: list(_errors(thing, places, known, names, now)) for thing in new}
        if node is schema.PERSON:
            errors |= {i: [("id", _WAS_ERASED)] for i in graph.tables.erased(there)}
        return there, {i: wrong for i, wrong in errors.items() if wrong}

    return store.read(work, scope=by.scope)


def _people_of(thing: Thing) -> list[str]:
    if isinstance(thing, Need):
        return [person for person in (thing.person, thing.raised_by) if person]
    if isinstance(thing, Team):
        return list(thing.members)
    if isinstance(thing, Resource) and thing.provider_kind is ProviderKind.PERSON:
        return [thing.provider]
    return []


def _errors(
    thing: Thing, places: Places, known: AbstractSet[str], names: Mapping[str, str], now: datetime
) -> list[FieldError]:
    outside = f"lies outside {places.top.name}; choose the area of this import with --area"
    errors: list[FieldError] = []
    if isinstance(thing, Need):
        if thing.area not in places.inside:
            errors.append(("area", outside))
        if holds_a_long_number(thing.title):
            errors.append(("title", f"the title {_NUMBER_ON_A_CARD}; it belongs in the text"))
        if names_one_of(thing.title, [names.get(thing.person or "", "")]):
            errors.append(("title", "the title is public: leave the resident's name out; it belongs in the text"))
        if thing.due is not None and thing.due <= now:
            errors.append(("due", "the deadline is over already; give one that lies ahead, or none"))
        if thing.raised_at is not None and thing.raised_at > now:
            errors.append(("raised_at", "lies ahead; give when it was asked, or nothing for now"))
        if thing.person is not None and thing.person not in known:
            errors.append(("resident", "no such resident in this area; import the people first"))
        if thing.household is not None and thing.household not in known:
            errors.append(("household", "no such household in this area"))
        if thing.place is not None and thing.place not in places.inside:
            errors.append(("place", outside))
        if thing.raised_by is not None and thing.raised_by not in known:
            errors.append(("raised_by", "no such resident in this area; import the people first"))
        if thing.raised_by_organisation is not None and thing.raised_by_organisation not in known:
            errors.append(("raised_by_organisation", "no such organisation in this area; import them first"))
    elif isinstance(thing, Person):
        if thing.lives_in not in places.inside:
            errors.append(("lives_in", outside))
        if thing.birth_year is not None and thing.birth_year > city_date(now).year:
            errors.append(("birth_year", "lies ahead"))
    elif isinstance(thing, Organisation):
        if thing.located_in not in places.inside:
            errors.append(("located_in", outside))
    elif isinstance(thing, Team):
        if thing.located_in not in places.inside:
            errors.append(("located_in", outside))
        if holds_a_long_number(thing.name):
            errors.append(("name", f"the name {_NUMBER_ON_A_CARD}"))
        if not known >= set(thing.members):
            errors.append(("members", "a member is no resident of this area; import the people first"))
    else:
        if thing.provider not in known:
            errors.append(("provider", "no such provider in this area; import people and organisations first"))
        for name, words in (("title", thing.title), ("conditions", thing.conditions)):
            if words and holds_a_long_number(words):
                errors.append((name, f"this {_NUMBER_ON_A_CARD}"))
            if words and names_one_of(words, [names.get(thing.provider, "")]):
                errors.append((name, "this is public: leave the provider's name out"))
    return errors


def bring_in(
    store: Store,
    things: Sequence[Thing],
    *,
    by: Actor,
    clock: Clock,
    progress: Progress = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
) -> Imported:
    """Write what is not there yet; what is there stays as it is, edits included.

    Things that `check` has found nothing against. Stopped, refused or killed in the middle, it is simply run again.

    Parameters
    ----------
    progress
        Told ("write", done, of how many).
    stop
        Asked after each page.

    Raises
    ------
    NotFound, Erased
        What somebody took away since `check`; of the things from `first` to `last`, of which none is written.
    """
    permit(by, "import tables")
    new = done = 0
    progress("write", 0, len(things))
    while done < len(things):
        page = things[done : done + PAGE]
        try:
            new += store.write(partial(_write, page=page, by=by, now=clock.now()), scope=by.scope)
        except (NotFound, Erased) as refusal:
            raise type(refusal)(refusal.detail, first=done, last=done + len(page) - 1) from None
        done += len(page)
        progress("write", done, len(things))
        if done < len(things) and stop():
            return Imported(new, done - new, stopped=True)
    return Imported(new, done - new)


def _write(graph: Graph, page: Sequence[Thing], by: Actor, now: datetime) -> int:
    kind = type(page[0])
    if kind is Person:
        graph.vault.lock_index()  # nobody else brings in people until these are written
    # Only those that are new: joining the others as the file says would undo what was edited since.
    there = graph.loading.existing(_NODES[kind], [thing.id for thing in page])
    new: list[Any] = [thing for thing in page if thing.id not in there]
    if kind is Person:
        new = _not_here_yet(graph, new)
    if kind is Need:
        new = [need if need.raised_at else replace(need, raised_at=now) for need in new]
    _WRITERS[kind](graph.loading.beginning(now), new)
    numbers = graph.tables.count_events_of_people([p.id for p in new]) if kind is Person else {}
    graph.events.append(_first_event(thing, numbers.get(thing.id, thing.rev), by, now) for thing in new)
    return len(new)


def _first_event(thing: Thing, seq: int, by: Actor, at: datetime) -> Event:
    party = Party.STAFF_FOR_PROVIDER if isinstance(thing, Resource) else Party.COMMUNITY
    state = str(thing.state) if isinstance(thing, Need | Resource) else None
    return Event(thing.id, seq, at, by.id, str(party), _VERBS[type(thing)], None, state)


def _not_here_yet(graph: Graph, people: Sequence[Person]) -> list[Person]:
    """Return those whom nobody has brought in since they were looked for."""
    numbered = graph.tables.numbered({p.id_number for p in people if p.id_number})
    described = graph.tables.described({p.described for p in people if p.described})
    return [p for p in people if p.id_number not in numbered and p.described not in described]
