"""Who may answer an offer, the same answer sent twice, and what is written with it; on both stores."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import Actor
from graph.model.assignments import AssignmentState, Side
from graph.store import KeyReused, NotFound, Store
from matching.errors import InvalidInput, NotAllowed, Taken, WrongState
from matching.lifecycle import DeclineReason
from matching.use_cases.answers import accept, decline, sweep
from matching.use_cases.assignments import get_assignment, list_assignments
from tests.offers import (
    events_of,
    every_count_agrees_in_the_end,  # noqa: F401 — for every test here
    no,
    notices,
    offered_by_the_night,
    yes,
)
from tests.worlds import (
    EAST_STAFF,
    NOON,
    STREET_STAFF,
    WANG,
    WEST_STAFF,
    ZHAO,
    FakeClock,
    fill,
    fingerprint,
    key,
    need,
    offer,
    raw,
)

# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_provider_sees_and_answers_only_its_own(store: Store, clock: FakeClock) -> None:
    fill(store, need(), need("dark", requires=["electrics"], area="west-1"))
    wang = offer(store, clock)
    zhao = offer(store, clock, need="dark", resource="zhao-time", by=WEST_STAFF)
    assert [a.id for a in list_assignments(store, need=None, state=None, after="", limit=9, by=ZHAO)] == [zhao.id]
    for act in (
        lambda: get_assignment(store, wang.id, by=ZHAO),
        lambda: yes(store, wang, clock, by=ZHAO),
        lambda: no(store, wang, clock, by=ZHAO),
        lambda: list_assignments(store, need="leak", state=None, after="", limit=9, by=ZHAO),
    ):
        with pytest.raises(NotFound):
            act()
    assert get_assignment(store, wang.id, by=WANG) == wang


def test_to_staff_of_a_neighbour_an_offer_does_not_exist(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    before = fingerprint(engine)
    for act in (
        lambda: get_assignment(store, made.id, by=WEST_STAFF),
        lambda: yes(store, made, clock, by=WEST_STAFF),
        lambda: no(store, made, clock, side=Side.COMMUNITY, by=WEST_STAFF),
        lambda: offer(store, clock, resource="zhao-time", by=WEST_STAFF),
        lambda: list_assignments(store, need="leak", state=None, after="", limit=9, by=WEST_STAFF),
    ):
        with pytest.raises(NotFound):
            act()
    assert list_assignments(store, need=None, state=None, after="", limit=9, by=WEST_STAFF) == []
    assert fingerprint(engine) == before
    assert yes(store, made, clock, by=STREET_STAFF).state is AssignmentState.ACTIVE


def test_staff_may_offer_somebody_from_next_door(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock, resource="zhao-time")
    assert get_assignment(store, made.id, by=EAST_STAFF).provider == "zhao"
    with pytest.raises(NotFound):  # it is east's need, so it is east's assignment
        get_assignment(store, made.id, by=WEST_STAFF)


def test_a_community_gives_no_yes_for_a_provider_of_next_door(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock, resource="zhao-time")
    before = fingerprint(engine)
    for answer in (yes, no):
        with pytest.raises(NotAllowed, match="outside your area"):
            answer(store, made, clock, by=EAST_STAFF)
    assert fingerprint(engine) == before
    assert yes(store, made, clock, by=STREET_STAFF).state is AssignmentState.ACTIVE  # both lie in the street


def test_a_provider_does_not_speak_for_the_community_and_offers_nothing(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offered_by_the_night(store, clock)
    provider = Actor("key", WANG.role, provider=made.provider)
    with pytest.raises(NotAllowed):
        yes(store, made, clock, side=Side.COMMUNITY, by=provider)
    with pytest.raises(NotAllowed):
        no(store, made, clock, side=Side.COMMUNITY, by=provider)
    with pytest.raises(NotAllowed):
        offer(store, clock, by=WANG)


def test_a_side_says_yes_once(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    made = offered_by_the_night(store, clock)
    provider = Actor("key", WANG.role, provider=made.provider)
    yes(store, made, clock, by=provider)
    before = fingerprint(engine)
    with pytest.raises(WrongState, match="said yes already"):
        yes(store, made, clock, by=provider)
    with pytest.raises(WrongState, match="said yes already"):
        yes(store, made, clock, by=EAST_STAFF)  # by telephone, for the same side
    assert fingerprint(engine) == before


def test_the_community_has_said_yes_by_making_the_offer(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    with pytest.raises(WrongState, match="said yes already"):
        yes(store, made, clock, side=Side.COMMUNITY, by=EAST_STAFF)


@pytest.mark.parametrize("end", ["active", "declined", "expired"])
@pytest.mark.parametrize("answer", [yes, no])
def test_what_is_over_is_not_answered_again(
    store: Store, engine: Engine, clock: FakeClock, end: str, answer: Any
) -> None:
    fill(store, need())
    made = offer(store, clock)
    if end == "active":
        yes(store, made, clock)
    elif end == "declined":
        no(store, made, clock)
    else:
        clock.advance(hours=25)
        sweep(store, clock=clock)
    before = fingerprint(engine)
    with pytest.raises(WrongState):
        answer(store, made, clock)
    assert fingerprint(engine) == before


def test_a_no_without_a_reason_is_refused(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offer(store, clock)
    with pytest.raises(InvalidInput):
        no(store, made, clock, reason=None)  # type: ignore[arg-type]


# ── the same request twice ───────────────────────────────────────────────────────────────────────────────────


def test_the_same_request_sent_twice_has_one_effect_and_one_answer(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need(quantity=2))
    offering, answering = key(), key(WANG)
    made = offer(store, clock, key_=offering)
    assert offer(store, clock, key_=offering) == made
    active = accept(store, made.id, side=Side.PROVIDER, by=WANG, key=answering, clock=clock)
    before = fingerprint(engine)
    clock.advance(hours=30)  # even when the time to answer is over
    assert accept(store, made.id, side=Side.PROVIDER, by=WANG, key=answering, clock=clock) == active
    assert offer(store, clock, key_=offering) == active  # as it stands now
    assert fingerprint(engine) == before


def test_a_repeated_no_has_one_effect(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    made, used = offer(store, clock), key(WANG)
    say = partial(
        decline, store, made.id, side=Side.PROVIDER, reason=DeclineReason.AWAY, by=WANG, key=used, clock=clock
    )
    declined = say()
    before = fingerprint(engine)
    assert say() == declined
    assert fingerprint(engine) == before


def test_a_key_that_comes_back_with_another_request_is_refused(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(quantity=2))
    offer(store, clock, key_=key(name="k", request="wang for leak"))
    before = fingerprint(engine)
    with pytest.raises(KeyReused):
        offer(store, clock, resource="zhao-time", key_=key(name="k", request="zhao for leak"))
    assert fingerprint(engine) == before


def test_two_actors_may_choose_the_same_key(store: Store, clock: FakeClock) -> None:
    fill(store, need(quantity=2))
    east = offer(store, clock, key_=key(EAST_STAFF, name="1"))
    street = offer(store, clock, resource="zhao-time", by=STREET_STAFF, key_=key(STREET_STAFF, name="1"))
    assert east.id != street.id


# ── what is written with it ──────────────────────────────────────────────────────────────────────────────────


def test_the_events_of_an_assignment_have_no_gaps_and_tell_each_step(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    made = offered_by_the_night(store, clock)
    clock.advance(minutes=5)
    yes(store, made, clock, side=Side.COMMUNITY, by=EAST_STAFF)
    clock.advance(minutes=5)
    no(store, made, clock, by=Actor("key", WANG.role, provider=made.provider), reason=DeclineReason.TOO_FAR)
    told = [(e.seq, e.verb, e.before, e.after, e.party, e.reason) for e in events_of(store, made.id)]
    assert told == [
        (1, "offer", None, "offered", "clock", None),
        (2, "accept", "offered", "offered", "community", None),
        (3, "decline", "offered", "declined", "provider", "too_far"),
    ]
    assert [e.at - NOON for e in events_of(store, made.id)] == [timedelta(minutes=m) for m in (0, 5, 10)]


def test_each_step_tells_those_who_did_not_take_it(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    made = offered_by_the_night(store, clock)
    provider = Actor("key", WANG.role, provider=made.provider)
    told = [("area:east-1", "offer_made"), (made.provider, "offer_made")]
    assert notices(engine) == sorted(told)
    yes(store, made, clock, by=provider)
    told += [("area:east-1", "offer_accept")]
    assert notices(engine) == sorted(told)
    yes(store, made, clock, side=Side.COMMUNITY, by=EAST_STAFF)
    told += [("area:east-1", "offer_accept"), (made.provider, "offer_accept")]
    assert notices(engine) == sorted(told)


def test_a_notice_carries_no_personal_words(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(person="liu"))
    made = offer(store, clock)
    no(store, made, clock)
    for row in raw(engine, "MATCH (n:Notice) RETURN properties(n) AS p"):
        for personal in ("刘桂兰", "王建国", "13900000001", "漏水"):
            assert personal not in str(row["p"])


def test_events_and_notices_are_written_with_the_step_or_not_at_all(
    store: Store, engine: Engine, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from graph.store.assignments import Notices

    fill(store, need())
    made = offer(store, clock)
    before = fingerprint(engine)

    def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(Notices, "post", fail)
    for act in (
        lambda: yes(store, made, clock),
        lambda: no(store, made, clock),
        lambda: offer(store, clock, resource="zhao-time"),
        lambda: sweep(store, clock=FakeClock(NOON + timedelta(days=2))),
    ):
        with pytest.raises((RuntimeError, Taken)):
            act()
    assert fingerprint(engine) == before
