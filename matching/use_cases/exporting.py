"""Handing out whole tables: page by page, and every showing of what is personal written down before it is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from graph.model.actors import Actor
from graph.model.assignments import Event
from graph.model.needs import Need
from graph.model.people import Organisation, Person, PersonSummary, Team, masked
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Clock
from graph.store import Graph, Store
from matching.lifecycle import Party
from matching.permissions import permit
from matching.use_cases.importing import Progress
from matching.use_cases.lookups import folded
from matching.use_cases.needs import ShowReason

PAGE = 1000  # things a transaction
_PERSONAL = ("name", "phone", "id_number", "address", "health")


def export_needs(
    store: Store, *, reason: ShowReason | None, by: Actor, clock: Clock, progress: Progress = lambda *_: None
) -> Iterator[tuple[Need, str | None]]:
    """Yield the needs of the actor's area, each with its full words where a reason to read them is given.

    The words are None without a reason, and where the person whom the need was for was erased.
    """
    permit(by, "export tables")

    def page(graph: Graph, ids: Sequence[str]) -> list[tuple[Need, str | None]]:
        needs = graph.needs.many(ids)
        if reason is None:
            return [(need, None) for need in needs]
        shown = graph.tables.show_texts(ids)
        _note(graph, {i: rev for i, (_, rev) in shown.items()}, "show_text", reason, by, clock.now())
        return [(need, shown[need.id][0]) for need in needs]

    ids = store.read(lambda graph: graph.tables.need_ids(), scope=by.scope)
    for some in _pages(ids, progress):
        run = store.read if reason is None else store.write
        yield from run(partial(page, ids=some), scope=by.scope)


def export_people(
    store: Store, *, reason: ShowReason | None, by: Actor, clock: Clock, progress: Progress = lambda *_: None
) -> Iterator[Person]:
    """Yield the people who live in the actor's area, masked unless a reason to see them in full is given.

    Masked means: of the name the family's, of the home the grid, no year of birth. Whoever was erased is left out.
    """
    permit(by, "export tables")

    def page(graph: Graph, ids: Sequence[str]) -> list[Person]:
        if reason is None:
            return [_masked(found) for found in graph.tables.people(ids, personal=["name"]) if found.person.name]
        seqs = graph.tables.count_events_of_people(ids)
        _note(graph, seqs, "show_personal", reason, by, clock.now())
        return [found.person for found in graph.tables.people(ids, personal=_PERSONAL) if found.person.name]

    ids = store.read(lambda graph: graph.tables.person_ids(), scope=by.scope)
    for some in _pages(ids, progress):
        run = store.read if reason is None else store.write
        yield from run(partial(page, ids=some), scope=by.scope)


def _masked(found: PersonSummary) -> Person:
    return replace(found.person, name=masked(found.person.name or ""), lives_in=found.grid, birth_year=None)


def export_organisations(
    store: Store, *, reason: ShowReason | None, by: Actor, clock: Clock, progress: Progress = lambda *_: None
) -> Iterator[Organisation]:
    """Yield the organisations of the actor's area, with whom to call where a reason is given."""
    permit(by, "export tables")

    def page(graph: Graph, ids: Sequence[str]) -> list[Organisation]:
        if reason is not None:
            seqs = graph.tables.count_showings_of_organisations(ids)
            _note(graph, seqs, "show_contact", reason, by, clock.now())
        return graph.tables.organisation_rows(ids, contact=reason is not None)

    ids = [i for i, _, _ in store.read(lambda graph: graph.tables.organisations(), scope=by.scope)]
    for some in _pages(ids, progress):
        run = store.read if reason is None else store.write
        yield from run(partial(page, ids=some), scope=by.scope)


def export_teams(store: Store, *, by: Actor, progress: Progress = lambda *_: None) -> Iterator[Team]:
    """Yield the teams of the actor's area, of their members those who live in it."""
    permit(by, "export tables")

    def page(graph: Graph, ids: Sequence[str]) -> list[Team]:
        teams = graph.teams.many(ids)
        here = graph.tables.residents({member for team in teams for member in team.members})
        return [replace(team, members=tuple(m for m in team.members if m in here)) for team in teams]

    ids = [i for i, _, _ in store.read(lambda graph: graph.tables.teams(), scope=by.scope)]
    for some in _pages(ids, progress):
        yield from store.read(partial(page, ids=some), scope=by.scope)


def export_resources(
    store: Store, *, by: Actor, progress: Progress = lambda *_: None
) -> Iterator[tuple[Resource, str | None]]:
    """Yield what the providers of the actor's area list, each with the provider's name where it names only one.

    A person's name is personal, so it never stands there.
    """
    permit(by, "export tables")

    def names(graph: Graph) -> dict[tuple[ProviderKind, str], str]:
        found: dict[tuple[ProviderKind, str], str] = {}
        for kind, rows in (
            (ProviderKind.ORGANISATION, graph.tables.organisations()),
            (ProviderKind.TEAM, graph.tables.teams()),
        ):
            called = Counter(folded(name) for _, name, _ in rows)
            found |= {(kind, i): name for i, name, _ in rows if called[folded(name)] == 1}
        return found

    name_of = store.read(names, scope=by.scope)
    ids = store.read(lambda graph: graph.tables.resource_ids(), scope=by.scope)
    for some in _pages(ids, progress):
        page: Callable[[Graph], list[Resource]] = partial(_resources, ids=some)
        for resource in store.read(page, scope=by.scope):
            yield resource, name_of.get((resource.provider_kind, resource.provider))


def _resources(graph: Graph, ids: Sequence[str]) -> list[Resource]:
    return graph.resources.many(ids)


def _pages(ids: Sequence[str], progress: Progress) -> Iterator[Sequence[str]]:
    progress("export", 0, len(ids))
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]
        progress("export", min(start + PAGE, len(ids)), len(ids))


def _note(graph: Graph, seqs: dict[str, int], verb: str, reason: ShowReason, by: Actor, at: datetime) -> None:
    party = str(Party.COMMUNITY)
    graph.events.append(
        Event(subject, seq, at, by.id, party, verb, None, None, str(reason)) for subject, seq in seqs.items()
    )
