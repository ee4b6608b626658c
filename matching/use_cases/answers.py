"""Answering an offer: yes (接单), no, or too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from graph.model.actors import CLOCK, EVERYTHING, Actor, Role
from graph.model.assignments import RESERVING, TAKING, Assignment, Event, Notice, Side
from graph.model.ids import natural_id
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, Store
from matching.errors import NotAllowed, WrongState
from matching.lifecycle import ASSIGNMENT, Attempt, DeclineReason, Party, Step
from matching.permissions import permit

KEYS_KEPT = timedelta(days=30)  # how long a request sent again is known to be the same
_SWEPT_AT_ONCE = 1000  # offers looked up together; each expires in its own transaction


def accept(store: Store, offer: str, *, side: Side, by: Actor, key: IdempotencyKey, clock: Clock) -> Assignment:
    """A side says yes: once no side is left to answer, the offer is active and takes what it had reserved.

    Parameters
    ----------
    side
        For which side the actor speaks; staff may speak for a provider of their area (by telephone), which is
        recorded.

    Raises
    ------
    NotFound, NotAllowed, WrongState
        It is not in the actor's scope; not the actor's side, or the provider not of their area; not an offer, or
        that side has said yes.
    Expired
        The time to answer is over.
    """
    return _answer(store, offer, "accept", _party(by, side), None, by, key, clock)


def decline(
    store: Store,
    offer: str,
    *,
    side: Side,
    reason: DeclineReason,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Assignment:
    """A side says no: what was reserved is free again, and the pair is not offered again while the need stays.

    Raises
    ------
    NotFound, NotAllowed, WrongState, Expired
        As `accept`.
    """
    return _answer(store, offer, "decline", _party(by, side), reason, by, key, clock)


def sweep(store: Store, *, clock: Clock) -> int:
    """Expire every offer whose time to answer is over, and forget old idempotency keys; return how many expired."""
    expired = 0
    while True:
        now = clock.now()
        overdue = store.read(partial(_overdue, now=now), scope=EVERYTHING)
        for offer in overdue:
            work = partial(_move, offer=offer, verb="expire", party=Party.CLOCK, reason=None, by=CLOCK, at=now)
            try:
                store.write(work, scope=EVERYTHING)
                expired += 1
            except WrongState:  # answered a moment ago
                continue
        if len(overdue) < _SWEPT_AT_ONCE:
            break
    forget = partial(_forget, before=clock.now() - KEYS_KEPT)
    while store.write(forget, scope=EVERYTHING) == _SWEPT_AT_ONCE:
        pass
    return expired


def _forget(graph: Graph, before: datetime) -> int:
    return graph.idempotency.forget(before, limit=_SWEPT_AT_ONCE)


def _overdue(graph: Graph, now: datetime) -> list[str]:
    return graph.assignments.overdue(now, limit=_SWEPT_AT_ONCE)


def _party(by: Actor, side: Side) -> Party:
    if by.role is Role.PROVIDER:
        if side is not Side.PROVIDER:
            raise NotAllowed("a provider answers for its own side")
        return Party.PROVIDER
    return Party.COMMUNITY if side is Side.COMMUNITY else Party.STAFF_FOR_PROVIDER


def _answer(
    store: Store,
    offer: str,
    verb: str,
    party: Party,
    reason: DeclineReason | None,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Assignment:
    permit(by, "answer an offer")

    def work(graph: Graph) -> Assignment:
        return _move(graph, offer, verb, party, reason, by, clock.now())

    return store.write_once(work, scope=by.scope, key=key, again=lambda graph, i: graph.assignments.get(i))


def _move(
    graph: Graph,
    offer: str,
    verb: str,
    party: Party,
    reason: DeclineReason | None,
    by: Actor,
    at: datetime,
) -> Assignment:
    """Take one step of the table under the locks of need, bucket and assignment, in this order."""
    seen = graph.assignments.get(offer)  # its need and bucket never change
    resource, period = seen.bucket.rsplit("|", 1)
    need = graph.needs.lock([seen.need])[seen.need]
    bucket = graph.resources.lock_buckets([(resource, period)])[seen.bucket]
    before = graph.assignments.lock(offer)
    own = party is not Party.STAFF_FOR_PROVIDER or _at_home_in_scope(graph, resource)
    step = ASSIGNMENT.step(Attempt(before, verb, party, at, reason, own))
    waiting = before.waiting_for - {party.side} if verb == "accept" and party.side else frozenset[Side]()
    after = replace(before, state=step.after, waiting_for=waiting, rev=before.rev + 1)

    for counters in (need, bucket):
        counters.reserved += after.quantity * ((step.after in RESERVING) - (step.before in RESERVING))
        counters.taken += after.quantity * ((step.after in TAKING) - (step.before in TAKING))
    need.rev += 1
    graph.needs.set_counters([need])
    graph.resources.set_counters([bucket])
    graph.assignments.update(after)
    if verb == "decline":
        graph.assignments.mark_declined(resource, need.id, at=at, need_terms=need.terms)
    graph.events.append(
        [
            Event(
                subject=offer,
                seq=after.rev,
                at=at,
                actor=by.id,
                party=str(party),
                verb=verb,
                before=str(step.before),
                after=str(step.after),
                reason=str(reason) if reason else None,
            )
        ]
    )
    graph.notices.post(_notices(graph, after, step, party, at))
    return after


def _at_home_in_scope(graph: Graph, resource: str) -> bool:
    home = graph.listings.homes([resource]).get(resource)
    return home is not None and graph.areas.in_scope(home[0])


def _notices(graph: Graph, after: Assignment, step: Step, party: Party, at: datetime) -> list[Notice]:
    """Tell the side that did not act; both where only time has passed or the offer is active now."""
    area = graph.needs.areas_of([after.need])[after.need]
    told = {Side.PROVIDER: after.provider, Side.COMMUNITY: f"area:{area}"}
    if step.after is step.before:
        told = {side: to for side, to in told.items() if side is not party.side}
    values = {"assignment": after.id, "need": after.need, "state": str(after.state)}
    return [
        Notice(natural_id("notice", after.id, after.rev, to), to, f"offer_{step.verb}", values, at)
        for to in told.values()
    ]
