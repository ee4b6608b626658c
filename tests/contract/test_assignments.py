"""Pairs, their events and notices."""

from dataclasses import replace
from datetime import timedelta

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Scope
from graph.model.assignments import AssignmentState, Event, Notice
from graph.model.needs import Urgency
from graph.model.times import to_milliseconds
from graph.store import (
    Conflict,
    NotFound,
    Store,
    attempts,
)
from tests.contract.worlds import EAST, MINUTE, STREET, WEST, paged, pair, put, read, write
from tests.worlds import (
    NOON,
    WANG,
    WEEK,
    ZHAO,
    fill,
    fingerprint,
    need,
    properties,
    raw,
)


def test_an_assignment_comes_back_as_it_was_written(store: Store, engine: Engine) -> None:
    fill(store, need())
    made = pair("a", plan="p", parts={"near": 3, "level": 80}, backups=("zhao-time", "b"))
    put(store, made)
    assert read(store, lambda g: g.assignments.get("a"), EAST) == made
    assert properties(engine, "Assignment", "a")["live_key"] == f"leak|wang-time|{WEEK}"
    assert read(store, lambda g: g.assignments.live([made.live_key or "", "leak|zhao-time|x"])) == {made.live_key}
    over = replace(made, state=AssignmentState.DECLINED, waiting_for=frozenset(), rev=2)
    write(store, lambda g: g.assignments.update(over))
    assert read(store, lambda g: g.assignments.get("a"), EAST) == over
    assert "live_key" not in properties(engine, "Assignment", "a")
    assert read(store, lambda g: g.assignments.live([made.live_key or ""])) == set()


def test_what_holds_a_bucket_is_every_pair_that_reserves_or_takes_of_it(store: Store) -> None:
    states = list(AssignmentState)
    fill(store, *(need(f"n-{state}", urgency="at_once") for state in states))
    for state in states:
        put(store, pair(f"a-{state}", need_=f"n-{state}", state=state))
    buckets = [f"wang-time|{WEEK}", f"zhao-time|{WEEK}", "nothing|once"]
    found = read(store, lambda g: g.assignments.holding(buckets), EAST)
    holding = ("active", "confirmed", "delivered", "offered")
    assert found == [(f"n-{state}", Urgency.AT_ONCE) for state in holding]
    assert read(store, lambda g: g.assignments.holding([])) == []


def test_an_assignment_is_seen_by_the_need_s_area_and_its_provider_only(store: Store) -> None:
    fill(store, need())
    put(store, pair("a"))
    for scope in (EAST, STREET, WANG.scope, EVERYTHING):
        assert read(store, lambda g: g.assignments.get("a"), scope).id == "a"
    for scope in (WEST, ZHAO.scope):
        with pytest.raises(NotFound):
            read(store, lambda g: g.assignments.get("a"), scope)
    with pytest.raises(NotFound):
        read(store, lambda g: g.assignments.get("nothing"), EAST)


def test_a_second_live_pair_of_one_need_and_bucket_is_refused_by_the_store_itself(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_CONFLICT_PATIENCE", 0.2)
    fill(store, need())
    put(store, pair("a"))
    before = fingerprint(engine)
    with pytest.raises(Conflict):
        put(store, pair("b"))
    with pytest.raises(Conflict):
        put(store, pair("a", period="2026-W48"))
    assert fingerprint(engine) == before


def test_pairs_that_are_over_share_having_no_live_key(store: Store) -> None:
    fill(store, need())
    over = [AssignmentState.DECLINED, AssignmentState.EXPIRED, AssignmentState.WITHDRAWN, AssignmentState.DELIVERED]
    put(store, *(pair(f"over-{state}", state=state) for state in over))
    put(store, pair("live"))
    put(store, pair("over-again", state=AssignmentState.DECLINED))
    write(store, lambda g: g.assignments.update(pair("live", state=AssignmentState.EXPIRED)))
    put(store, pair("live-again"))
    assert len(read(store, lambda g: g.assignments.many([f"over-{s}" for s in over]))) == 4


def test_assignments_come_in_pages_of_the_scope_without_gaps_or_doubles(store: Store) -> None:
    fill(store, *(need(f"n{i:02}", area=("east-1", "west-1")[i % 2]) for i in range(12)))
    pairs = [
        pair(f"a{i:02}", need_=f"n{i:02}", resource=r, provider=p, state=list(AssignmentState)[i % 3])
        for i, (r, p) in enumerate([("wang-time", "wang"), ("zhao-time", "zhao"), ("wang-time", "wang")] * 4)
    ]
    put(store, *pairs)

    def pages(scope: Scope, state: AssignmentState | None = None, need_: str | None = None) -> list[str]:
        got = paged(
            lambda after: read(
                store, lambda g: g.assignments.page(state=state, need=need_, after=after, limit=3), scope
            ),
            lambda a: a.id,
            "",
        )
        return [a.id for a in got]

    ids = [p.id for p in pairs]
    assert pages(EVERYTHING) == pages(STREET) == ids
    assert pages(EAST) == ids[0::2]
    assert pages(WEST) == ids[1::2]
    assert pages(ZHAO.scope) == ids[1::3]
    assert pages(STREET, AssignmentState.OFFERED) == ids[0::3]
    assert pages(EAST, need_="n04") == ["a04"]
    assert pages(ZHAO.scope, need_="n04") == ["a04"]
    assert pages(WANG.scope, need_="n04") == []


def test_what_is_overdue_is_offered_and_past_its_time(store: Store) -> None:
    fill(store, need(), need("other"))
    put(
        store,
        pair("at-noon", expires=NOON),
        pair("later", need_="other", expires=NOON + MINUTE),
        pair("active", resource="zhao-time", expires=NOON - MINUTE, state=AssignmentState.ACTIVE),
    )
    assert read(store, lambda g: g.assignments.overdue(NOON, limit=9)) == []
    after = NOON + timedelta(milliseconds=1)
    assert read(store, lambda g: g.assignments.overdue(after, limit=9)) == ["at-noon"]
    assert read(store, lambda g: g.assignments.overdue(NOON + 2 * MINUTE, limit=9)) == ["at-noon", "later"]
    assert read(store, lambda g: g.assignments.overdue(NOON + 2 * MINUTE, limit=1)) == ["at-noon"]


def test_a_no_is_noted_once_a_pair_with_the_latest_terms(store: Store, engine: Engine) -> None:
    fill(store, need(), need("other"))
    for terms in (1, 4):
        write(store, lambda g, t=terms: g.assignments.mark_declined("wang-time", "leak", at=NOON, need_terms=t))
    write(store, lambda g: g.assignments.mark_declined("zhao-time", "other", at=NOON, need_terms=2))
    found = read(store, lambda g: g.assignments.declined(["leak", "other", "nothing"]))
    assert found == {("leak", "wang-time"): 4, ("other", "zhao-time"): 2}
    assert read(store, lambda g: g.assignments.declined(["leak"])) == {("leak", "wang-time"): 4}
    assert raw(engine, "MATCH ()-[d:DECLINED]->() RETURN count(d) AS n") == [{"n": 2}]


def event(subject: str, seq: int, minutes: int, verb: str = "x") -> Event:
    return Event(subject, seq, NOON + minutes * MINUTE, "me", "community", verb, None, "open", None)


def test_a_need_s_history_is_its_own_events_and_its_pairs_in_order(store: Store) -> None:
    fill(store, need(), need("other"))
    put(store, pair("a"), pair("b", need_="other"))
    told = [
        event("leak", 1, 0),
        event("a", 1, 0),
        event("a", 2, 5),
        event("leak", 2, 9),
        event("a", 10, 9),
        event("a", 11, 9),
    ]
    shuffled = [told[i] for i in (4, 1, 5, 3, 0, 2)]
    write(store, lambda g: g.events.append([*shuffled, event("b", 1, 1), event("other", 1, 1)]))
    assert read(store, lambda g: g.events.history("leak")) == told
    assert read(store, lambda g: g.events.history("nothing")) == []


def test_one_number_of_a_subject_is_one_event(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_CONFLICT_PATIENCE", 0.2)
    fill(store, need())
    write(store, lambda g: g.events.append([event("leak", 1, 0, "first")]))
    with pytest.raises(Conflict):
        write(store, lambda g: g.events.append([event("leak", 1, 5, "second")]))
    assert [e.verb for e in read(store, lambda g: g.events.history("leak"))] == ["first"]


def test_a_notice_waits_in_the_outbox(store: Store, engine: Engine) -> None:
    write(store, lambda g: g.notices.post([]))
    write(store, lambda g: g.notices.post([Notice("n", "wang", "offer_made", {"need": "漏水"}, NOON)]))
    assert properties(engine, "Notice", "n") == {
        "id": "n",
        "to": "wang",
        "template": "offer_made",
        "values": '{"need": "漏水"}',
        "due": to_milliseconds(NOON),
        "state": "waiting",
    }
