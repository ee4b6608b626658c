"""Offering pairs (派单): one by a person, a page of them by the night, by the same rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from graph.model.actors import Actor
from graph.model.assignments import Assignment, AssignmentState, Event, Notice, Side
from graph.model.ids import natural_id, new_id
from graph.model.needs import NeedState
from graph.model.plans import PlannedPair
from graph.model.refusals import Refusal
from graph.model.resources import ResourceState, bucket_id
from graph.model.times import Clock
from graph.store import Graph, IdempotencyKey, Store
from graph.store.limits import QuotaCounters
from graph.store.needs import NeedCounters
from graph.store.resources import BucketCounters
from matching.errors import InvalidInput, NotAMatch, QuotaUsed, Taken, WrongState
from matching.lifecycle import Party
from matching.permissions import permit
from matching.time_to_answer import answer_by
from matching.use_cases.matches import look, match_of, request_match


class Skip(StrEnum):
    """Why a pair was not offered."""

    NEED_CHANGED = "need_changed"
    NEED_SERVED = "need_served"
    RESOURCE_CHANGED = "resource_changed"
    RESOURCE_TAKEN = "resource_taken"
    ALREADY_OFFERED = "already_offered"
    DECLINED = "declined"
    GROUP = "group"
    RULED_OUT = "ruled_out"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Offered:
    """What came of offering pairs."""

    written: list[Assignment]
    skipped: list[tuple[PlannedPair, Skip]]


def offer_pairs(
    graph: Graph,
    pairs: Sequence[PlannedPair],
    *,
    name: Callable[[PlannedPair], str],
    waiting_for: frozenset[Side],
    plan: str | None,
    by: Actor,
    at: datetime,
) -> Offered:
    """Offer every pair that still can be, and skip the others; reserves on both sides.

    The locks come first, then the reading, then the decision; in any other order two clients can both get
    the last unit.

    Parameters
    ----------
    name
        Gives each pair the id of its assignment.
    waiting_for
        Sides that must still say yes.
    """
    keys = [(pair.resource, pair.period) for pair in pairs]
    quotas = graph.limits.lock(keys)
    asked = sorted({pair.need for pair in pairs})
    needs, apart = graph.exclusions.lock(asked)
    excluded = graph.exclusions.ruled_out(asked)
    buckets = graph.resources.lock_buckets(keys)
    live = graph.assignments.live([f"{p.need}|{bucket_id(p.resource, p.period)}" for p in pairs])
    declined = graph.assignments.declined(list(needs))  # a no is given under the need's lock, and leaves its terms
    written: list[Assignment] = []
    skipped: list[tuple[PlannedPair, Skip]] = []
    for bundle in _bundles(pairs):
        refused: tuple[PlannedPair, Skip] | None = None
        thereby: set[tuple[str, str]] = set()
        reserved: list[PlannedPair] = []
        for pair in bundle:
            why = _why_not(pair, needs, buckets, live, declined)
            provider = buckets[bucket_id(pair.resource, pair.period)].provider if why is None else ""
            if (pair.need, provider) in excluded | thereby:
                why = Skip.RULED_OUT
            elif why is None and any(q.used + pair.quantity > q.units for q in _counting(pair, quotas)):
                why = Skip.QUOTA
            if why is not None:
                refused = (pair, why)
                break
            _reserve(pair, needs, buckets, quotas, 1)
            reserved.append(pair)
            thereby |= {(other, provider) for need, other in apart if need == pair.need}
        if refused is not None:  # it takes the others of its group with it
            for pair in reserved:
                _reserve(pair, needs, buckets, quotas, -1)
            skipped += [refused, *((pair, Skip.GROUP) for pair in bundle if pair is not refused[0])]
            continue
        excluded |= thereby
        for pair in bundle:
            need, bucket = needs[pair.need], buckets[bucket_id(pair.resource, pair.period)]
            live.add(f"{need.id}|{bucket.id}")
            written.append(
                Assignment(
                    id=name(pair),
                    need=need.id,
                    resource=pair.resource,
                    provider=bucket.provider,
                    bucket=bucket.id,
                    quantity=pair.quantity,
                    state=AssignmentState.OFFERED,
                    waiting_for=waiting_for,
                    made_at=at,
                    expires=answer_by(at, need.urgency),
                    plan=plan,
                    parts=pair.parts,
                    backups=pair.backups,
                )
            )
    if written:
        graph.needs.set_counters(needs[i] for i in sorted({a.need for a in written}))
        graph.resources.set_counters(buckets[i] for i in sorted({a.bucket for a in written}))
        graph.assignments.create(written)
        graph.events.append(
            Event(a.id, a.rev, at, by.id, str(Party.CLOCK if plan else Party.COMMUNITY), "offer", None, str(a.state))
            for a in written
        )
        graph.notices.post(_notices(graph, written, at))
    return Offered(written, skipped)


def _bundles(pairs: Sequence[PlannedPair]) -> list[list[PlannedPair]]:
    """Return the pairs of each group, and each other pair, in their order."""
    bundles: list[list[PlannedPair]] = []
    for pair in pairs:
        if bundles and pair.group is not None and bundles[-1][0].group == pair.group:
            bundles[-1].append(pair)
        else:
            bundles.append([pair])
    return bundles


def _why_not(
    pair: PlannedPair,
    needs: Mapping[str, NeedCounters],
    buckets: Mapping[str, BucketCounters],
    live: Collection[str],
    declined: Mapping[tuple[str, str], int],
) -> Skip | None:
    """Return why a pair can't be offered any more; None where it can."""
    need, bucket = needs.get(pair.need), buckets.get(bucket_id(pair.resource, pair.period))
    if need is None or need.state is not NeedState.OPEN or need.terms != pair.need_terms:
        return Skip.NEED_CHANGED
    if bucket is None or bucket.state is not ResourceState.LISTED or bucket.terms != pair.resource_terms:
        return Skip.RESOURCE_CHANGED
    if f"{need.id}|{bucket.id}" in live:
        return Skip.ALREADY_OFFERED
    if declined.get((need.id, pair.resource)) == need.terms:
        return Skip.DECLINED
    if need.free < pair.quantity:
        return Skip.NEED_SERVED
    return Skip.RESOURCE_TAKEN if bucket.free < pair.quantity else None


def _reserve(
    pair: PlannedPair,
    needs: Mapping[str, NeedCounters],
    buckets: Mapping[str, BucketCounters],
    quotas: Sequence[QuotaCounters],
    times: int,
) -> None:
    needs[pair.need].reserved += times * pair.quantity
    needs[pair.need].rev += times
    buckets[bucket_id(pair.resource, pair.period)].reserved += times * pair.quantity
    for quota in _counting(pair, quotas):
        quota.used += times * pair.quantity


def _counting(pair: PlannedPair, quotas: Sequence[QuotaCounters]) -> list[QuotaCounters]:
    return [quota for quota in quotas if bucket_id(pair.resource, pair.period) in quota.buckets]


def _notices(graph: Graph, offers: Sequence[Assignment], at: datetime) -> list[Notice]:
    areas = graph.needs.areas_of(sorted({a.need for a in offers}))
    notices = []
    for offer in offers:
        for side in sorted(offer.waiting_for):
            to = offer.provider if side is Side.PROVIDER else f"area:{areas[offer.need]}"
            values = {"assignment": offer.id, "need": offer.need, "expires": offer.expires.isoformat()}
            notices.append(Notice(natural_id("notice", offer.id, offer.rev, to), to, "offer_made", values, at))
    return notices


def make_offer(
    store: Store,
    *,
    need: str,
    resource: str,
    quantity: int,
    by: Actor,
    key: IdempotencyKey,
    clock: Clock,
) -> Assignment:
    """Staff dispatch a resource to a need (派单): the community's yes is given, the provider is asked.

    Raises
    ------
    NotFound
        The need or the resource does not exist, or the need lies outside the scope.
    NotAMatch
        A rule stands against the pair; `reason` says which.
    Taken
        Somebody was faster; `next` holds what would serve now.
    QuotaUsed
        The month's quota of the resource's unit or area does not allow for so much.
    WrongState
        The need is not open, or this pair is offered already.
    """
    permit(by, "make an offer")

    def work(graph: Graph) -> Assignment:
        now = clock.now()
        asked = graph.needs.get(need)
        graph.resources.get(resource)
        if asked.state is not NeedState.OPEN:
            raise WrongState(f"the need is {asked.state}; only an open one can be offered", need=need)
        if quantity > asked.quantity:
            raise InvalidInput(("quantity", f"the need wants {asked.quantity} at most"))
        sight = look(graph, asked, now, resource=resource)
        pair = match_of(sight, resource, quantity)
        if pair is None:
            raise NotAMatch(
                "this resource can't serve this need; POST /needs/{id}/matches shows those that can",
                need=need,
                resource=resource,
                reason=str(sight.candidates.reason(0)),
            )
        offered = offer_pairs(
            graph,
            [pair],
            name=lambda _: new_id(),
            waiting_for=frozenset({Side.PROVIDER}),
            plan=None,
            by=by,
            at=now,
        )
        if not offered.written:
            raise _Skipped(*offered.skipped[0])  # rolls back
        return offered.written[0]

    try:
        return store.write_once(work, scope=by.scope, key=key, again=lambda graph, made: graph.assignments.get(made))
    except _Skipped as skipped:
        pair, why = skipped.pair, skipped.why
    raise _refusal(store, pair, why, by=by, clock=clock)


class _Skipped(Exception):
    def __init__(self, pair: PlannedPair, why: Skip) -> None:
        super().__init__(why)
        self.pair, self.why = pair, why


def _refusal(store: Store, pair: PlannedPair, skip: Skip, *, by: Actor, clock: Clock) -> Refusal:
    """Return why a pair could not be offered, with what would serve as much now."""
    need, resource, quantity = pair.need, pair.resource, pair.quantity
    if skip is Skip.ALREADY_OFFERED:
        return WrongState(
            "this resource has been offered for this need in this period already", need=need, resource=resource
        )
    if skip is Skip.RULED_OUT:
        return NotAMatch(
            "its provider has just been ruled out for this need", need=need, resource=resource, reason="ruled_out"
        )
    if skip is Skip.DECLINED:
        return NotAMatch("this resource has just declined this need", need=need, resource=resource)
    if skip in (Skip.NEED_CHANGED, Skip.RESOURCE_CHANGED):
        return WrongState("it has just been changed; ask for matches again", need=need, resource=resource)
    if skip is Skip.NEED_SERVED:
        return Taken("others have taken up what the need asked for, or so much that less is left", need=need, next=[])
    best = request_match(store, need, by=by, clock=clock, quantity=quantity, limit=3).matches
    following = [{"resource": m.resource.id, "title": m.resource.title, "value": m.value} for m in best]
    if skip is Skip.QUOTA:
        for quota in store.read(lambda graph: graph.limits.used([(resource, pair.period)]), scope=by.scope):
            if quota.used + quantity > quota.units:
                return QuotaUsed(
                    f"{quota.name} gives {quota.units} units a month, and {quota.used} are promised or given; "
                    "`next` holds what would serve now",
                    need=need,
                    resource=resource,
                    quota=quota.id,
                    next=following,
                )
    return Taken(
        "the resource has fewer free units left in this period; `next` holds what would serve now",
        need=need,
        resource=resource,
        next=following,
    )
