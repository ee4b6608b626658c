"""Asking who could serve a need now, and why them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from graph.model.actors import EVERYTHING, Actor
from graph.model.needs import Need, NeedState
from graph.model.plans import PlannedPair
from graph.model.resources import Resource, bucket_id
from graph.model.times import Clock, city_date
from graph.snapshot import Snapshot
from graph.store import Graph, Store
from graph.store.resources import ProviderCard
from matching.candidates import find_candidates
from matching.errors import WrongState
from matching.permissions import permit
from matching.scoring import value_parts
from matching.sentences import Sentence, said, why_not
from matching.use_cases.costs import Cost, costs
from matching.use_cases.explaining import NOBODY, Holders, Sight, explain, holders_of
from matching.use_cases.fixing import Fix, fix_of
from matching.use_cases.rooms import rooms_of
from matching.way import Way


@dataclass(frozen=True, slots=True)
class Match:
    """One resource that could serve the need now.

    Parameters
    ----------
    value
        What a unit is worth beside its urgency, the sum of the parts.
    minutes
        On foot, from the provider's area to the need's; None where a position is not known.
    free
        Units nobody reserves or takes in this period, as far as the month's quotas go.
    way, why
        The path from who asks to who would serve, and what it says.
    cost
        What choosing it would cost the whole plan; None where it was not asked for, or not proved in time.
    """

    resource: Resource
    provider: ProviderCard
    period: str
    value: int
    parts: dict[str, int]
    minutes: int | None
    free: int
    way: Way
    why: Sentence
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """The best resources for a need now.

    Parameters
    ----------
    reason
        Why there is none, or `SERVED`; None where there are some.
    why, holders
        The same as a sentence, and what holds the capacity of those who could serve.
    fix
        What would have to be otherwise so that somebody could.
    """

    need: Need
    matches: list[Match]
    reason: str | None
    why: Sentence | None = None
    holders: Holders = NOBODY
    fix: Fix | None = None


def look(graph: Graph, need: Need, now: datetime, *, resource: str | None = None) -> Sight:
    """Return what the rules say of a need now, and of one resource only where it is named.

    Raises
    ------
    WrongState
        The need is not open any more.
    """
    only = None if resource is None else [resource]
    snapshot = graph.snapshots.read(need.area, _day(need, now), needs=[need.id], resources=only)
    if len(snapshot.needs.id) == 0:
        raise WrongState("the need has just been closed", need=need.id)
    return _seen(snapshot, need, now)


def _day(need: Need, now: datetime) -> date:
    today = city_date(now)
    if need.appointed is None:
        return today
    return max(today, city_date(need.appointed))  # it takes capacity of the week in which it lies


def _seen(snapshot: Snapshot, need: Need, now: datetime, *, anywhere: bool = False) -> Sight:
    candidates = find_candidates(snapshot, _day(need, now), at=now, anywhere=anywhere)
    return Sight(snapshot, candidates, value_parts(candidates))


def match_of(sight: Sight, resource: str, quantity: int) -> PlannedPair | None:
    """Return the pair of the need with one resource, or None where a rule stands against it."""
    snapshot, candidates = sight.snapshot, sight.candidates
    for row, r in enumerate(candidates.resource.tolist()):
        if snapshot.resources.id[r] == resource:
            n = int(candidates.need[row])
            return PlannedPair(
                need=str(snapshot.needs.id[n]),
                need_terms=int(snapshot.needs.terms[n]),
                resource=resource,
                resource_terms=int(snapshot.resources.terms[r]),
                period=sight.period(r),
                quantity=quantity,
                parts=sight.parts.of(row),
            )
    return None


SERVED = "served"
"""Instead of a reason: the need has nothing left to match."""


def request_match(
    store: Store, need: str, *, by: Actor, clock: Clock, quantity: int = 1, limit: int = 10, whole: bool = False
) -> Matches:
    """Return the best candidates for a need now, the best first; writes nothing.

    Parameters
    ----------
    quantity
        Only resources with so many units free.
    whole
        Also say what choosing each would cost the best plan for the whole city: everything open is read and solved.

    Raises
    ------
    NotFound
        The need does not exist or lies outside the scope.
    WrongState
        It is not open.
    """
    permit(by, "ask for matches")

    now = clock.now()

    def work(graph: Graph) -> Matches:
        asked = graph.needs.get(need)
        if asked.state is not NeedState.OPEN:
            raise WrongState(f"the need is {asked.state}; only an open one can be matched", need=need)
        if asked.free <= 0:
            return Matches(asked, [], SERVED, said(SERVED))
        return _best(graph, asked, now, quantity, limit)

    found = store.read(work, scope=by.scope)
    if not (whole and found.matches):
        return found

    def read(graph: Graph) -> Snapshot:
        return graph.snapshots.read(graph.areas.path(found.need.area)[-1], city_date(now))

    priced = costs(store.read(read, scope=EVERYTHING), need, [m.resource.id for m in found.matches], now=now)
    return replace(found, matches=[replace(m, cost=priced[m.resource.id]) for m in found.matches])


def _best(graph: Graph, need: Need, now: datetime, quantity: int, limit: int) -> Matches:
    sight = look(graph, need, now)
    rooms = rooms_of(graph, sight)
    keys, free, room = rooms.keys, rooms.free, rooms.room
    held = {r for n, r, _ in sight.snapshot.held if n == need.id}
    open_rows = [row for row in range(len(keys)) if room[row] >= quantity and keys[row][0] not in held]
    total = sight.parts.total
    # Of two that are worth the same, the lower id comes first: the same question gets the same answer.
    chosen = sorted(open_rows, key=lambda row: (-int(total[row]), keys[row][0]))[:limit]
    if not chosen:
        used_up = bool((free >= quantity).any() and not (room >= quantity).any())
        reason = str(sight.candidates.reason(0) or ("limit" if held else "pool" if used_up else "capacity"))
        holders = holders_of(graph, [bucket_id(*key) for key in keys])
        fix = fix_of(graph, need, _seen(sight.snapshot, need, now, anywhere=True), quantity=quantity)
        return Matches(need, [], reason, why_not(reason, holders.by_urgency), holders, fix)
    entries = {r.id: r for r in graph.resources.many([keys[row][0] for row in chosen])}
    cards = graph.resources.provider_cards(list(entries))
    explained = explain(graph, need, sight, [(row, entries[keys[row][0]], cards[keys[row][0]]) for row in chosen])
    return Matches(
        need,
        [
            Match(
                resource=entries[keys[row][0]],
                provider=cards[keys[row][0]],
                period=keys[row][1],
                value=int(total[row]),
                parts=sight.parts.of(row),
                minutes=way.reach.minutes,
                free=int(room[row]),
                way=way,
                why=why,
            )
            for row, (way, why) in zip(chosen, explained, strict=True)
        ],
        None,
    )
