"""An offer from its making to its end, on both stores."""

from datetime import timedelta
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Actor
from graph.model.assignments import AssignmentState, Side
from graph.model.needs import NeedState, Urgency
from graph.model.plans import PlannedPair
from graph.store import Graph, NotFound, Store
from matching.errors import Expired, InvalidInput, NotAMatch, Taken, WrongState
from matching.lifecycle import DeclineReason
from matching.use_cases.answers import decline, sweep
from matching.use_cases.assignments import get_assignment, list_assignments
from matching.use_cases.matches import request_match
from matching.use_cases.needs import get_need
from matching.use_cases.nightly import nightly
from matching.use_cases.offers import Offered, Skip, offer_pairs
from tests.offers import (
    NOTHING,
    RESERVED,
    TAKEN,
    change_terms,
    events_of,
    every_count_agrees_in_the_end,  # noqa: F401 — for every test here
    no,
    offered_by_the_night,
    yes,
)
from tests.worlds import (
    EAST_STAFF,
    NIGHT,
    NOON,
    OPERATOR,
    WANG,
    WEEK,
    ZHAO,
    FakeClock,
    broken,
    counters,
    fill,
    fingerprint,
    key,
    need,
    offer,
    properties,
    raw,
)

# ── from the offer to the yes ────────────────────────────────────────────────────────────────────────────────


def test_an_offer_reserves_its_units_on_the_need_and_on_the_resource(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need(quantity=3))
    made = offer(store, clock, quantity=2)
    assert (made.state, made.quantity, made.provider) == (AssignmentState.OFFERED, 2, "wang")
    assert counters(engine) == {"need": (2, 0), "bucket": (2, 0)}
    assert get_assignment(store, made.id, by=EAST_STAFF) == made


def test_an_offer_of_staff_waits_for_the_provider_only_and_a_day(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    assert made.waiting_for == {Side.PROVIDER}
    assert made.expires - NOON == timedelta(hours=24)
    assert (made.made_at, made.plan, made.rev) == (NOON, None, 1)


def test_an_urgent_offer_has_two_hours(store: Store, clock: FakeClock) -> None:
    fill(store, need(urgency=Urgency.AT_ONCE))
    assert offer(store, clock).expires - NOON == timedelta(hours=2)


def test_the_provider_s_yes_makes_an_offer_of_staff_active_and_takes_what_it_reserved(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need())
    active = yes(store, offer(store, clock), clock)
    assert (active.state, active.waiting_for, active.rev) == (AssignmentState.ACTIVE, frozenset(), 2)
    assert counters(engine) == TAKEN


def test_staff_may_say_yes_for_the_provider_and_it_is_recorded_so(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    assert yes(store, made, clock, by=EAST_STAFF).state is AssignmentState.ACTIVE
    assert [(e.verb, e.party, e.actor) for e in events_of(store, made.id)] == [
        ("offer", "community", EAST_STAFF.id),
        ("accept", "staff_for_provider", EAST_STAFF.id),
    ]


@pytest.mark.parametrize("first", [Side.PROVIDER, Side.COMMUNITY])
def test_an_offer_of_the_night_needs_the_yes_of_both_sides_in_any_order(
    store: Store, engine: Engine, clock: FakeClock, first: Side
) -> None:
    fill(store, need())
    made = offered_by_the_night(store, clock)
    assert made.waiting_for == {Side.PROVIDER, Side.COMMUNITY}
    assert counters(engine, bucket=made.bucket) == RESERVED
    speaks = {Side.PROVIDER: Actor("key", WANG.role, provider=made.provider), Side.COMMUNITY: EAST_STAFF}

    half = yes(store, made, clock, side=first, by=speaks[first])
    assert (half.state, len(half.waiting_for)) == (AssignmentState.OFFERED, 1)
    assert first not in half.waiting_for
    assert counters(engine, bucket=made.bucket) == RESERVED

    [second] = half.waiting_for
    whole = yes(store, made, clock, side=second, by=speaks[second])
    assert (whole.state, whole.waiting_for, whole.rev) == (AssignmentState.ACTIVE, frozenset(), 3)
    assert counters(engine, bucket=made.bucket) == TAKEN


# ── no, and too late ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_no_gives_back_what_was_reserved(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    declined = no(store, made, clock)
    assert declined.state is AssignmentState.DECLINED
    assert counters(engine) == NOTHING
    assert "live_key" not in properties(engine, "Assignment", made.id)
    assert [e.reason for e in events_of(store, made.id)] == [None, "busy"]


@pytest.mark.parametrize("side", [Side.PROVIDER, Side.COMMUNITY])
def test_either_side_of_a_night_s_offer_may_decline_even_behind_the_other_s_yes(
    store: Store, engine: Engine, clock: FakeClock, side: Side
) -> None:
    fill(store, need())
    made = offered_by_the_night(store, clock)
    provider = Actor("key", WANG.role, provider=made.provider)
    speaks = {Side.PROVIDER: provider, Side.COMMUNITY: EAST_STAFF}
    [other] = set(Side) - {side}
    yes(store, made, clock, side=other, by=speaks[other])
    assert no(store, made, clock, side=side, by=speaks[side]).state is AssignmentState.DECLINED
    assert counters(engine, bucket=made.bucket) == NOTHING


def test_a_declined_pair_is_never_offered_again_unless_the_need_changes(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need())
    no(store, offer(store, clock), clock)
    assert [m.resource.id for m in request_match(store, "leak", by=EAST_STAFF, clock=clock).matches] == ["zhao-time"]
    with pytest.raises(NotAMatch):
        offer(store, clock)
    clock.advance(days=7)  # another week, another bucket
    with pytest.raises(NotAMatch):
        offer(store, clock)

    change_terms(store, engine)
    again = offer(store, clock)
    assert again.state is AssignmentState.OFFERED
    no(store, again, clock)
    with pytest.raises(NotAMatch):
        offer(store, clock)


def test_the_night_does_not_offer_a_declined_pair_either(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    no(store, offer(store, clock), clock)
    no(store, offer(store, clock, resource="zhao-time"), clock, by=ZHAO)
    report = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)
    assert (report.plan.pairs, report.reasons) == (0, {"all_declined": 1})


def test_a_pair_declined_between_the_look_and_the_locks_is_not_offered(
    store: Store, engine: Engine, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matching.use_cases import offers

    fill(store, need(quantity=2))
    made = offer(store, clock)
    look = offers.look

    def look_and_meanwhile(*arguments: Any, **named: Any) -> Any:
        sight = look(*arguments, **named)
        monkeypatch.setattr(offers, "look", look)
        no(store, made, clock)
        return sight

    monkeypatch.setattr(offers, "look", look_and_meanwhile)
    with pytest.raises(NotAMatch):
        offer(store, clock)
    assert counters(engine) == NOTHING


def test_an_answer_in_time_is_taken_up_to_the_last_moment(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    clock.advance(hours=24)
    assert clock.now() == made.expires
    assert sweep(store, clock=clock) == 0
    assert yes(store, made, clock).state is AssignmentState.ACTIVE


@pytest.mark.parametrize("answer", [yes, no])
def test_an_answer_that_comes_too_late_is_refused_before_the_sweep_and_behind_it(
    store: Store, engine: Engine, clock: FakeClock, answer: Any
) -> None:
    fill(store, need())
    made = offer(store, clock)
    clock.advance(hours=24, milliseconds=1)
    with pytest.raises(Expired):
        answer(store, made, clock)
    assert counters(engine) == RESERVED
    assert sweep(store, clock=clock) == 1
    with pytest.raises(WrongState):
        answer(store, made, clock)
    assert counters(engine) == NOTHING


def test_the_sweep_expires_what_is_overdue_and_nothing_else(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need("soon", urgency=Urgency.AT_ONCE), need("later"), need("done", urgency=Urgency.AT_ONCE))
    soon = offer(store, clock, need="soon")
    later = offer(store, clock, need="later")
    done = yes(store, offer(store, clock, need="done", resource="zhao-time"), clock, by=ZHAO)
    clock.advance(hours=3)
    assert sweep(store, clock=clock) == 1
    assert sweep(store, clock=clock) == 0
    states = {a.id: a.state for a in list_assignments(store, need=None, state=None, after="", limit=9, by=EAST_STAFF)}
    assert states == {
        soon.id: AssignmentState.EXPIRED,
        later.id: AssignmentState.OFFERED,
        done.id: AssignmentState.ACTIVE,
    }
    assert counters(engine, "soon")["need"] == (0, 0)
    assert [(e.verb, e.party, e.actor) for e in events_of(store, soon.id)][-1] == ("expire", "clock", "clock")


def test_the_sweep_works_through_more_than_it_looks_up_at_once(
    embedded_store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matching.use_cases import answers

    store = embedded_store
    monkeypatch.setattr(answers, "_SWEPT_AT_ONCE", 2)
    fill(store, *(need(f"n{i}") for i in range(4)))
    for i, resource in enumerate(("wang-time", "wang-time", "zhao-time", "zhao-time")):
        offer(store, clock, need=f"n{i}", resource=resource)
    clock.advance(days=2)
    assert sweep(store, clock=clock) == 4


def test_an_expired_pair_may_be_offered_again(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    offer(store, clock)
    clock.advance(hours=25)
    sweep(store, clock=clock)
    assert offer(store, clock).state is AssignmentState.OFFERED
    assert counters(engine) == RESERVED


# ── what can't be offered ────────────────────────────────────────────────────────────────────────────────────


def test_a_live_pair_can_not_be_offered_twice_in_a_period(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(quantity=2))
    made = offer(store, clock)
    with pytest.raises(WrongState, match="already"):
        offer(store, clock)
    yes(store, made, clock)
    with pytest.raises(WrongState, match="already"):
        offer(store, clock)
    assert counters(engine) == TAKEN


def test_a_need_that_is_served_whole_is_taken_and_names_no_next_best(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need())
    offer(store, clock)
    with pytest.raises(Taken) as refused:
        offer(store, clock, resource="zhao-time")
    assert refused.value.more["next"] == []
    assert counters(engine, bucket=f"zhao-time|{WEEK}") == {"need": (1, 0), "bucket": (0, 0)}


def test_a_resource_without_a_free_unit_is_taken_and_names_the_next_best(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need(), need("other", quantity=2))
    offer(store, clock, need="other", quantity=2)
    with pytest.raises(Taken) as refused:
        offer(store, clock)
    assert [n["resource"] for n in refused.value.more["next"]] == ["zhao-time"]
    assert counters(engine) == {"need": (0, 0), "bucket": (2, 0)}


def test_more_than_the_need_wants_is_refused(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    with pytest.raises(InvalidInput):
        offer(store, clock, quantity=2)


@pytest.mark.parametrize("state", [s for s in NeedState if s is not NeedState.OPEN])
def test_a_need_that_is_not_open_is_not_offered(embedded_store: Store, clock: FakeClock, state: NeedState) -> None:
    fill(embedded_store, need(state=state))
    with pytest.raises(WrongState):
        offer(embedded_store, clock)


def test_a_resource_that_can_not_serve_is_no_match_and_one_that_is_not_there_is_not_found(
    store: Store, clock: FakeClock
) -> None:
    fill(store, need())
    with pytest.raises(NotAMatch):
        offer(store, clock, resource="wheelchairs")
    with pytest.raises(NotFound):
        offer(store, clock, resource="nobody")
    with pytest.raises(NotFound):
        offer(store, clock, need="nothing")


def test_a_refused_offer_leaves_nothing_behind(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(), need("other", quantity=2))
    offer(store, clock, need="other", quantity=2)
    before = fingerprint(engine)
    used = key()
    for _ in range(2):  # nor is the key used up
        with pytest.raises(Taken):
            offer(store, clock, key_=used)
    assert fingerprint(engine) == before
    assert offer(store, clock, resource="zhao-time", key_=used).resource == "zhao-time"


def test_a_need_with_nothing_left_has_no_matches_and_says_so(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    offer(store, clock)
    found = request_match(store, "leak", by=EAST_STAFF, clock=clock)
    assert (found.matches, found.reason) == ([], "served")


def test_of_a_group_all_pairs_are_offered_or_none(store: Store, clock: FakeClock) -> None:
    fill(store, need("a"), need("b"), need("c"), need("d"))

    def offered(**terms: int) -> tuple[list[str], list[tuple[str, Skip]]]:
        pairs = [
            PlannedPair(name, terms.get(name, 1), resource, 1, WEEK, 1, {}, group=group)
            for name, resource, group in (
                ("a", "wang-time", "a"),
                ("b", "zhao-time", "a"),
                ("c", "wang-time", "c"),
                ("d", "wang-time", "c"),
            )
        ]

        def work(graph: Graph) -> Offered:
            return offer_pairs(
                graph,
                pairs,
                name=lambda pair: f"{pair.need}|{pair.resource}",
                waiting_for=frozenset(Side),
                plan=None,
                by=EAST_STAFF,
                at=clock.now(),
            )

        came = store.write(work, scope=EVERYTHING)
        return [a.need for a in came.written], [(pair.need, why) for pair, why in came.skipped]

    # Wang has two units: with one gone to the first group, the second finds one and needs two.
    assert offered() == (["a", "b"], [("d", Skip.RESOURCE_TAKEN), ("c", Skip.GROUP)])
    assert broken(store) == []
    assert offered(b=9)[1][:2] == [("a", Skip.ALREADY_OFFERED), ("b", Skip.GROUP)]
    assert broken(store) == []


def test_what_would_serve_instead_has_as_many_units_free(store: Store, clock: FakeClock) -> None:
    fill(store, need(quantity=3, area="east-1"))
    with pytest.raises(Taken) as taken:
        offer(store, clock, quantity=3)  # he has two
    assert taken.value.more["next"] == []
    with pytest.raises(Taken) as taken:
        offer(store, clock, need="leak", quantity=3, resource="zhao-time")
    assert taken.value.more["next"] == []


def test_who_has_declined_no_longer_sees_the_need(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    assert get_need(store, "leak", by=WANG).area == "east-grid"  # the grid, until he serves it
    decline(store, made.id, side=Side.PROVIDER, reason=DeclineReason.BUSY, by=WANG, key=key(WANG), clock=clock)
    with pytest.raises(NotFound):
        get_need(store, "leak", by=WANG)


def test_a_key_is_forgotten_after_thirty_days(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    offer(store, clock)
    clock.advance(days=30)
    sweep(store, clock=clock)
    assert raw(engine, "MATCH (k:IdempotencyKey) RETURN count(k) AS n")[0]["n"] == 1
    clock.advance(seconds=1)
    sweep(store, clock=clock)
    assert raw(engine, "MATCH (k:IdempotencyKey) RETURN count(k) AS n")[0]["n"] == 0
