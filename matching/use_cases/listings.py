"""Changing the list (亮单): providers publish their own, staff for those of their area by telephone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from graph.model.actors import Actor
from graph.model.assignments import Event
from graph.model.resources import ProviderKind, Resource, ResourceState
from graph.model.times import Clock, city_date
from graph.store import Graph, IdempotencyKey, NotFound, Store
from matching.errors import InvalidInput, WrongState
from matching.lifecycle import Party
from matching.permissions import permit
from matching.revisions import require_rev
from matching.use_cases.needs import holds_a_long_number, names_one_of
from matching.use_cases.resources import SeenResource, require_own, see

MATCHED = ("provides", "capacity", "windows", "reach_minutes", "reaches")
"""What decides whether and where a resource may be matched; an edit of another field leaves `terms`."""


def list_resource(
    store: Store,
    resource: Resource,
    *,
    provider: str | None,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> SeenResource:
    """Put a resource on the list (亮单).

    Parameters
    ----------
    resource
        Its provider and kind of provider are set here.
    provider
        For staff: whose it is, at home in their scope; recorded as theirs on the provider's behalf.

    Raises
    ------
    InvalidInput
        Every field that can't stand.
    """
    permit(by, "list a resource")

    def work(graph: Graph) -> SeenResource:
        now = clock.now()
        whose, kind = _provider(graph, provider, by)
        written = replace(resource, provider=whose, provider_kind=kind)
        _check(graph, written, by)
        graph.listings.create(written)
        graph.events.append([_event(written, now, by, "list", None, str(written.state))])
        return see(graph, [graph.resources.get(written.id)], by, now)[0]

    return _once(store, work, by, key, clock)


def change_resource(
    store: Store,
    resource: str,
    changes: Mapping[str, Any],
    *,
    rev: int,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> SeenResource:
    """Change a list entry; what was promised stays promised.

    A present or future period's capacity becomes the new one, or what its offers and assignments hold where
    that is more. Offers that stand keep standing; a pair that was planned on what has changed is not offered.

    Parameters
    ----------
    changes
        Fields of `Resource`.
    rev
        As it was read.

    Raises
    ------
    NotFound
        It does not exist, or is not the actor's to change.
    Stale
        Somebody has changed it since.
    InvalidInput
        Every field that can't stand.
    """
    permit(by, "list a resource")

    def work(graph: Graph) -> SeenResource:
        now = clock.now()
        _own(graph, resource, by)
        before = graph.listings.lock(resource)
        require_rev(before.rev, rev)
        after = replace(before, **changes)
        if after != before:
            _check(graph, after, by)
            moved = any(getattr(after, name) != getattr(before, name) for name in MATCHED)
            after = replace(after, rev=before.rev + 1, terms=before.terms + moved)
            graph.listings.change(after)
            coming = graph.listings.buckets(resource, since=after.period.of(city_date(now)))
            graph.listings.set_capacities({b.id: max(after.capacity, b.reserved + b.taken) for b in coming})
            graph.events.append([_event(after, now, by, "change", None, ",".join(sorted(changes)))])
        return see(graph, [after], by, now)[0]

    return _once(store, work, by, key, clock)


def withdraw_resource(store: Store, resource: str, *, by: Actor, key: IdempotencyKey, clock: Clock) -> SeenResource:
    """Take an entry off the list: it gets no new offers; what it was offered and has accepted stays.

    Raises
    ------
    NotFound
        It does not exist, or is not the actor's to change.
    WrongState
        It is withdrawn already.
    """
    return _turn(store, resource, "withdraw", ResourceState.WITHDRAWN, by, key, clock)


def relist_resource(store: Store, resource: str, *, by: Actor, key: IdempotencyKey, clock: Clock) -> SeenResource:
    """Put an entry that was withdrawn back on the list.

    Raises
    ------
    NotFound
        It does not exist, or is not the actor's to change.
    WrongState
        It is listed already.
    """
    return _turn(store, resource, "list", ResourceState.LISTED, by, key, clock)


def _turn(
    store: Store, resource: str, verb: str, state: ResourceState, by: Actor, key: IdempotencyKey, clock: Clock
) -> SeenResource:
    permit(by, "list a resource")

    def work(graph: Graph) -> SeenResource:
        now = clock.now()
        _own(graph, resource, by)
        before = graph.listings.lock(resource)
        if before.state is state:
            raise WrongState(f"the resource is {state} already", resource=resource)
        after = replace(before, state=state, rev=before.rev + 1)
        graph.listings.change(after)
        graph.events.append([_event(after, now, by, verb, str(before.state), str(state))])
        return see(graph, [after], by, now)[0]

    return _once(store, work, by, key, clock)


def _once(
    store: Store, work: Callable[[Graph], SeenResource], by: Actor, key: IdempotencyKey, clock: Clock
) -> SeenResource:
    def again(graph: Graph, made: str) -> SeenResource:
        return see(graph, [graph.resources.get(made)], by, clock.now())[0]

    return store.write_once(work, scope=by.scope, key=key, again=again)


def _own(graph: Graph, resource: str, by: Actor) -> None:
    require_own(graph, graph.resources.get(resource), by)


def _provider(graph: Graph, named: str | None, by: Actor) -> tuple[str, ProviderKind]:
    if by.provider is not None:
        if named not in (None, by.provider):
            raise InvalidInput(("provider", "a provider lists its own; leave this out"))
        return by.provider, graph.listings.provider(by.provider)[0]
    if named is None:
        raise InvalidInput(("provider", "say whose it is: the id of a person, organisation or team of your scope"))
    try:
        kind, home = graph.listings.provider(named)
    except NotFound:
        kind, home = ProviderKind.PERSON, ""
    if not graph.areas.in_scope(home):
        raise InvalidInput(("provider", "no such person, organisation or team in your scope"))
    return named, kind


def _check(graph: Graph, resource: Resource, by: Actor) -> None:
    errors: list[tuple[str, str]] = []
    named = graph.people.names([resource.provider]).values() if by.area is not None else ()
    for name in ("title", "conditions"):
        words = getattr(resource, name)
        if words is not None and holds_a_long_number(words):
            errors.append((name, "is public: no phone, ID or other long number"))
        if words is not None and names_one_of(words, named):
            errors.append((name, "is public: leave the provider's name out"))
    known = {capability.id for capability in graph.capabilities.all()}
    for row, provided in enumerate(resource.provides):
        if provided.capability not in known:
            errors.append((f"provides.{row}.capability", "no such capability; GET /capabilities lists them"))
    for row, area in enumerate(resource.reaches):
        if not graph.areas.path(area):
            errors.append((f"reaches.{row}", "no such area; GET /areas lists them"))
    if errors:
        raise InvalidInput(*errors)


def _event(
    resource: Resource, at: datetime, by: Actor, verb: str, before: str | None, after: str | None = None
) -> Event:
    party = Party.PROVIDER if by.provider is not None else Party.STAFF_FOR_PROVIDER
    return Event(resource.id, resource.rev, at, by.id, str(party), verb, before, after)
