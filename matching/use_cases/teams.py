"""The register of volunteer teams (志愿服务队) and of who has joined them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graph.model.actors import Actor
from graph.model.assignments import Event
from graph.model.needs import Field
from graph.model.people import Team
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, NotFound, Store
from matching.errors import InvalidInput, WrongState
from matching.lifecycle import Party
from matching.permissions import permit
from matching.revisions import require_rev
from matching.use_cases.needs import holds_a_long_number


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in a team.

    Parameters
    ----------
    name
        None where they live outside the scope, and for the team itself.
    """

    person: str
    name: str | None


def list_teams(store: Store, *, area: str | None, field: Field | None, after: str, limit: int, by: Actor) -> list[Team]:
    """Return teams by id; below an area (id or official code) where one is given.

    Raises
    ------
    NotFound
        There is no such area.
    """
    permit(by, "see organisations and teams")

    def work(graph: Graph) -> list[Team]:
        top = None if area is None else graph.areas.find(area).id
        return graph.teams.page(area=top, field=field, after=after, limit=limit)

    return store.read(work, scope=by.scope)


def get_team(store: Store, team: str, *, by: Actor) -> Team:
    """Return a team.

    Raises
    ------
    NotFound
        There is none.
    """
    permit(by, "see organisations and teams")
    return store.read(lambda graph: graph.teams.get(team), scope=by.scope)


def list_members(store: Store, team: str, *, by: Actor) -> list[Member]:
    """Return who is in a team now: with names for staff of its area, by their ids for the team itself.

    Raises
    ------
    NotFound
        The team does not exist, lies outside the scope, or is another than the provider that asks.
    """
    permit(by, "see a team's members")

    def work(graph: Graph) -> list[Member]:
        found = graph.teams.get(team)
        if by.provider is not None and by.provider != team:
            raise NotFound("no such team of yours", team=team)
        _require_in_scope(graph, found)
        names = graph.people.names(found.members) if by.area is not None else {}
        return [Member(person, names.get(person)) for person in found.members]

    return store.read(work, scope=by.scope)


def add_team(store: Store, team: Team, *, by: Actor, key: IdempotencyKey, clock: Clock) -> Team:
    """Enter a team that works from an area of the scope.

    Raises
    ------
    InvalidInput
        Every field that can't stand.
    """
    permit(by, "keep organisations and teams")

    def work(graph: Graph) -> Team:
        _check(graph, team)
        now = clock.now()
        graph.teams.create(team, at=now)
        graph.events.append([Event(team.id, team.rev, now, by.id, str(Party.COMMUNITY), "add", None, None)])
        return graph.teams.get(team.id)

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.teams.get(made))


def change_team(
    store: Store, team: str, changes: Mapping[str, Any], *, rev: int, by: Actor, key: IdempotencyKey, clock: Clock
) -> Team:
    """Change name, field, place or verification of a team of the scope.

    Parameters
    ----------
    changes
        Fields of `Team`.
    rev
        As it was read.

    Raises
    ------
    NotFound
        It does not exist or lies outside the scope.
    Stale
        Somebody has changed it since.
    InvalidInput
        Every field that can't stand.
    """

    def step(graph: Graph, before: Team) -> tuple[Team, str | None, str | None]:
        require_rev(before.rev, rev)
        after = replace(before, **changes)
        if after != before:
            _check(graph, after)
        return after, None, ",".join(sorted(changes))

    return _step(store, team, "change", step, by, key, clock)


def join_team(store: Store, team: str, person: str, *, by: Actor, key: IdempotencyKey, clock: Clock) -> Team:
    """Note that a resident of the scope has joined a team of the scope.

    Raises
    ------
    NotFound
        The team does not exist or lies outside the scope.
    InvalidInput
        There is no such resident in the scope.
    WrongState
        They are in it already.
    Erased
        They were erased.
    """

    def step(graph: Graph, before: Team) -> tuple[Team, str | None, str | None]:
        if not graph.people.in_scope(person):
            raise InvalidInput(("person", "no such resident in your scope"))
        if person in before.members:
            raise WrongState("this person is in the team already", team=team, person=person)
        return replace(before, members=(*before.members, person)), None, person

    return _step(store, team, "join", step, by, key, clock)


def leave_team(store: Store, team: str, person: str, *, by: Actor, key: IdempotencyKey, clock: Clock) -> Team:
    """Note that somebody has left a team of the scope; that they were in it stays known.

    Raises
    ------
    NotFound
        The team does not exist or lies outside the scope, or the person is not in it.
    """

    def step(_: Graph, before: Team) -> tuple[Team, str | None, str | None]:
        if person not in before.members:
            raise NotFound("nobody of this id is in the team; GET its members", team=team)
        return replace(before, members=tuple(m for m in before.members if m != person)), person, None

    return _step(store, team, "leave", step, by, key, clock)


def _step(
    store: Store,
    team: str,
    verb: str,
    step: Callable[[Graph, Team], tuple[Team, str | None, str | None]],
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Team:
    """Change a team under its lock; `step` returns it as it is to be, with what the event says of before and after."""
    permit(by, "keep organisations and teams")

    def work(graph: Graph) -> Team:
        before = graph.teams.lock(team)
        _require_in_scope(graph, before)
        after, was, became = step(graph, before)
        if after == before:
            return before
        after = replace(after, rev=before.rev + 1)
        now = clock.now()
        graph.teams.change(before, after, at=now)
        graph.events.append([Event(team, after.rev, now, by.id, str(Party.COMMUNITY), verb, was, became)])
        return graph.teams.get(team)

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.teams.get(made))


def _require_in_scope(graph: Graph, team: Team) -> None:
    if not graph.areas.in_scope(team.located_in):
        raise NotFound("no such team in your area", team=team.id)


def _check(graph: Graph, team: Team) -> None:
    errors: list[tuple[str, str]] = []
    if not graph.areas.in_scope(team.located_in):
        errors.append(("located_in", "no such area in your scope; GET /areas lists them"))
    if holds_a_long_number(team.name):
        errors.append(("name", "the name is public: no phone or other long number"))
    if errors:
        raise InvalidInput(*errors)
