"""The register of organisations (单位/商户/社会组织): public, but for whom to call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from graph.model.actors import Actor
from graph.model.assignments import Event
from graph.model.people import Organisation, OrganisationKind
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, NotFound, Store
from matching.errors import InvalidInput
from matching.lifecycle import Party
from matching.permissions import permit
from matching.revisions import require_rev
from matching.use_cases.needs import ShowReason, holds_a_long_number


def list_organisations(
    store: Store, *, area: str | None, kind: OrganisationKind | None, after: str, limit: int, by: Actor
) -> list[Organisation]:
    """Return organisations by id; below an area (id or official code) where one is given.

    Raises
    ------
    NotFound
        There is no such area.
    """
    permit(by, "see organisations and teams")

    def work(graph: Graph) -> list[Organisation]:
        top = None if area is None else graph.areas.find(area).id
        return graph.organisations.page(area=top, kind=kind, after=after, limit=limit)

    return store.read(work, scope=by.scope)


def get_organisation(store: Store, organisation: str, *, by: Actor) -> Organisation:
    """Return an organisation without its contact.

    Raises
    ------
    NotFound
        There is none.
    """
    permit(by, "see organisations and teams")
    return store.read(lambda graph: graph.organisations.get(organisation), scope=by.scope)


def add_organisation(
    store: Store, organisation: Organisation, *, by: Actor, key: IdempotencyKey, clock: Clock
) -> Organisation:
    """Enter an organisation that lies in the scope.

    Raises
    ------
    InvalidInput
        Every field that can't stand.
    """
    permit(by, "keep organisations and teams")

    def work(graph: Graph) -> Organisation:
        _check(graph, organisation)
        now = clock.now()
        graph.organisations.create(organisation, at=now)
        graph.events.append([_event(organisation, now, by, "add")])
        return graph.organisations.get(organisation.id)

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.organisations.get(made))


def change_organisation(
    store: Store,
    organisation: str,
    changes: Mapping[str, Any],
    *,
    rev: int,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Organisation:
    """Change an organisation of the scope; where it was, and to whom it reported, is closed and stays.

    Parameters
    ----------
    changes
        Fields of `Organisation`. `reports_to` of None ends the report, and its agreement with it.
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
    permit(by, "keep organisations and teams")

    def work(graph: Graph) -> Organisation:
        before = graph.organisations.lock(organisation)
        _require_in_scope(graph, before)
        require_rev(before.rev, rev)
        after = replace(before, **changes)
        if after.reports_to is None and "agreement" not in changes:
            after = replace(after, agreement=None)
        if after == before:
            return before
        _check(graph, after)
        after = replace(after, rev=before.rev + 1)
        now = clock.now()
        graph.organisations.change(before, after, at=now)
        graph.events.append([_event(after, now, by, "change", ",".join(sorted(changes)))])
        return graph.organisations.get(organisation)

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.organisations.get(made))


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call at an organisation; None where nobody wrote it down."""

    organisation: str
    contact: str | None


def show_contact(store: Store, organisation: str, *, reason: ShowReason, by: Actor, clock: Clock) -> Contact:
    """Return whom to call, and write down who read it, when and why.

    Raises
    ------
    NotFound
        The organisation does not exist or lies outside the scope.
    """
    permit(by, "read an organisation's contact")

    def work(graph: Graph) -> Contact:
        found = graph.organisations.get(organisation)
        _require_in_scope(graph, found)
        seen = replace(found, rev=graph.organisations.count_showing(organisation))
        graph.events.append([_event(seen, clock.now(), by, "show_contact", reason=str(reason))])
        return Contact(organisation, graph.organisations.contact(organisation))

    return store.write(work, scope=by.scope)


def _require_in_scope(graph: Graph, organisation: Organisation) -> None:
    if not graph.areas.in_scope(organisation.located_in):
        raise NotFound("no such organisation in your area", organisation=organisation.id)


def _check(graph: Graph, organisation: Organisation) -> None:
    errors: list[tuple[str, str]] = []
    if not graph.areas.in_scope(organisation.located_in):
        errors.append(("located_in", "no such area in your scope; GET /areas lists them"))
    if holds_a_long_number(organisation.name):
        errors.append(("name", "the name is public: no phone or other long number; it belongs in the contact"))
    if organisation.reports_to is not None and not graph.areas.path(organisation.reports_to):
        errors.append(("reports_to", "no such area; GET /areas lists them"))
    if organisation.agreement is not None and organisation.reports_to is None:
        errors.append(("agreement", "an agreement is with the area to which it reports; name that as reports_to"))
    if organisation.agreement is not None and holds_a_long_number(organisation.agreement):
        errors.append(("agreement", "the agreement is public: no phone or other long number"))
    if errors:
        raise InvalidInput(*errors)


def _event(
    organisation: Organisation, at: datetime, by: Actor, verb: str, after: str | None = None, reason: str | None = None
) -> Event:
    return Event(organisation.id, organisation.rev, at, by.id, str(Party.COMMUNITY), verb, None, after, reason)
