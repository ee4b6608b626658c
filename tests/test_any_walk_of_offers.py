"""The table of an offer's life, and any walk along it, on both stores."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.assignments import LIVE, Assignment, AssignmentState, Side
from graph.model.needs import Required, Urgency
from graph.model.refusals import Refusal
from graph.model.times import city_date
from graph.store import Graph, IdempotencyKey, Store
from matching.errors import NotAllowed, WrongState
from matching.lifecycle import ASSIGNMENT, Attempt, DeclineReason, Party
from matching.use_cases.answers import accept, decline, sweep
from matching.use_cases.assignments import list_assignments
from matching.use_cases.nightly import nightly
from tests.offers import (
    every_count_agrees_in_the_end,  # noqa: F401 — for every test here
)
from tests.worlds import (
    NOON,
    OPERATOR,
    STREET_STAFF,
    WANG,
    ZHAO,
    FakeClock,
    broken,
    fill,
    key,
    need,
    offer,
)

# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────

VERBS = sorted({step.verb for step in ASSIGNMENT.steps} | {"deliver", "confirm", "withdraw", "fail"})
LISTED = {(step.before, step.verb, party) for step in ASSIGNMENT.steps for party in step.by}
UNLISTED = [
    (state, verb, party)
    for state in AssignmentState
    for verb in VERBS
    for party in Party
    if (state, verb, party) not in LISTED
]


@pytest.mark.parametrize(("state", "verb", "party"), UNLISTED)
@pytest.mark.parametrize("late", [False, True])
def test_what_the_table_does_not_list_is_refused(state: AssignmentState, verb: str, party: Party, late: bool) -> None:
    for waiting_for in (set(), {Side.PROVIDER}, {Side.COMMUNITY}, set(Side)):
        pair = Assignment("a", "n", "r", "p", "r|w", 1, state, frozenset(waiting_for), NOON, NOON + timedelta(hours=1))
        at = pair.expires + timedelta(hours=1) if late else NOON
        with pytest.raises(
            NotAllowed if any(s.before is state and s.verb == verb for s in ASSIGNMENT.steps) else WrongState
        ):
            ASSIGNMENT.step(Attempt(pair, verb, party, at, DeclineReason.BUSY))


def test_the_table_lists_what_it_is_known_to_list() -> None:
    offered = AssignmentState.OFFERED
    sides = (Party.PROVIDER, Party.STAFF_FOR_PROVIDER, Party.COMMUNITY)
    assert {(offered, verb, party) for verb in ("accept", "decline") for party in sides} | {
        (offered, "expire", Party.CLOCK)
    } == LISTED


def test_the_clock_expires_nothing_before_its_time(store: Store, clock: FakeClock) -> None:
    from matching.use_cases.answers import _move

    fill(store, need())
    made = offer(store, clock)

    def early(graph: Graph) -> Assignment:
        return _move(graph, made.id, "expire", Party.CLOCK, None, OPERATOR, made.expires)

    with pytest.raises(WrongState, match="still time"):
        store.write(early, scope=EVERYTHING)


# ── any walk ─────────────────────────────────────────────────────────────────────────────────────────────────

NEEDS = (
    need("leak"),
    need("flood", quantity=3, urgency=Urgency.AT_ONCE),
    need("west-leak", area="west-1", requires=[Required("plumbing", 2)], quantity=2),
)
STEP = st.one_of(
    st.tuples(
        st.just("offer"),
        st.sampled_from([n.id for n in NEEDS]),
        st.sampled_from(["wang-time", "zhao-time"]),
        st.integers(1, 3),
    ),
    st.tuples(st.just("accept"), st.integers(0, 9), st.sampled_from(Side), st.sampled_from([WANG, ZHAO, STREET_STAFF])),
    st.tuples(
        st.just("decline"), st.integers(0, 9), st.sampled_from(Side), st.sampled_from([WANG, ZHAO, STREET_STAFF])
    ),
    st.tuples(st.just("again"), st.integers(0, 9)),
    st.tuples(st.just("sweep")),
    st.tuples(st.just("night"), st.integers(0, 1)),
    st.tuples(st.just("advance"), st.sampled_from([1, 3, 25, 24 * 7])),
)


def walk(store: Store, steps: list[tuple[Any, ...]]) -> None:
    """Take steps, most of which make sense, and recount everything behind each."""
    clock = FakeClock()
    made: list[str] = []
    keys: list[tuple[Any, IdempotencyKey]] = []
    for verb, *what in steps:
        before = {a.id: a for a in list_assignments(store, need=None, state=None, after="", limit=99, by=OPERATOR)}
        try:
            match verb, what:
                case "offer", [need_, resource, quantity]:
                    used = key(STREET_STAFF)
                    act = partial(
                        offer,
                        store,
                        clock,
                        need=need_,
                        resource=resource,
                        quantity=quantity,
                        by=STREET_STAFF,
                        key_=used,
                    )
                    made.append(act().id)
                    keys.append((act, used))
                case "accept" | "decline", [number, side, by] if number < len(before):
                    chosen = sorted(before)[number]
                    more: dict[str, Any] = {"reason": DeclineReason.OTHER} if verb == "decline" else {}
                    {"accept": accept, "decline": decline}[verb](
                        store, chosen, side=side, by=by, key=key(by), clock=clock, **more
                    )
                case "again", [number] if number < len(keys):
                    keys[number][0]()
                case "sweep", []:
                    sweep(store, clock=clock)
                case "night", [later]:
                    night = city_date(clock.now()) + timedelta(days=7 * later)
                    nightly(store, area="city", night=night, by=OPERATOR, clock=clock)
                case "advance", [hours]:
                    clock.advance(hours=hours)
        except Refusal:
            pass
        assert broken(store) == [], (verb, what)
        for pair in list_assignments(store, need=None, state=None, after="", limit=99, by=OPERATOR):
            if pair.id in before and before[pair.id].state not in LIVE:
                assert pair == before[pair.id], "what is over stays as it is"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=5, max_size=15))
def test_whatever_is_done_the_counts_agree(embedded_engine: Engine, steps: list[tuple[Any, ...]]) -> None:
    from tests.worlds import fresh_store

    store = fresh_store(embedded_engine)
    fill(store, *NEEDS)
    walk(store, steps)


@pytest.mark.slow
@pytest.mark.timeout(3600)  # cut off at the usual 300 s, hypothesis calls it flaky and does not say why
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=5, max_size=30))
def test_whatever_is_done_on_either_store_the_counts_agree(engine: Engine, steps: list[tuple[Any, ...]]) -> None:
    from tests.worlds import fresh_store

    store = fresh_store(engine)
    fill(store, *NEEDS)
    walk(store, steps)
