"""Real clients after the same thing at the same moment, on both stores.

The embedded store alone would hide a missing lock: it refuses at commit what Neo4j lets pass.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import Actor, Role
from graph.model.assignments import Assignment, AssignmentState, Side
from graph.store import Store
from matching.lifecycle import DeclineReason
from matching.use_cases.answers import accept, decline, sweep
from matching.use_cases.assignments import get_assignment, list_assignments
from matching.use_cases.nightly import nightly
from tests.crew import AtOnce, Outcome, processes, threads
from tests.worlds import (
    NIGHT,
    NOON,
    OPERATOR,
    STREET_STAFF,
    WANG_TIME,
    WEEK,
    ZHAO_TIME,
    Address,
    FakeClock,
    add,
    broken,
    counters,
    fill,
    key,
    need,
    offer,
    raw,
)

CLIENTS = 8
ROUNDS = [2, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])]


# ── what a client does; functions of the module, so that another process finds them ──────────────────────────


def offers(store: Store, need_: str, resource: str, *, key_: str | None = None) -> Assignment:
    """Offer one unit, as staff of the street."""
    named = key(STREET_STAFF, name=key_) if key_ else key(STREET_STAFF)
    return offer(store, FakeClock(), need=need_, resource=resource, by=STREET_STAFF, key_=named)


def accepts(store: Store, made: str, *, after: timedelta = timedelta(0), key_: str | None = None) -> Assignment:
    by = Actor("phone", Role.STREET, area="street")
    return accept(store, made, side=Side.PROVIDER, by=by, key=key(by, name=key_), clock=FakeClock(NOON + after))


def declines(store: Store, made: str) -> Assignment:
    return decline(
        store,
        made,
        side=Side.PROVIDER,
        reason=DeclineReason.BUSY,
        by=STREET_STAFF,
        key=key(STREET_STAFF),
        clock=FakeClock(),
    )


def sweeps(store: Store, *, after: timedelta) -> int:
    return sweep(store, clock=FakeClock(NOON + after))


def publishes(store: Store) -> int:
    """Run the night; return how many pairs it wrote."""
    return nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=FakeClock()).plan.written


# ── crews ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def other_processes(address: Address) -> Iterator[AtOnce]:
    with processes(address) as crew:
        yield crew


@pytest.fixture(params=["threads", "processes"])
def at_once(request: pytest.FixtureRequest, store: Store) -> AtOnce:
    """Clients in threads, then in processes."""
    crew: AtOnce = threads(store) if request.param == "threads" else request.getfixturevalue("other_processes")
    return crew


@pytest.fixture(autouse=True)
def every_count_agrees_in_the_end(store: Store) -> Iterator[None]:
    yield
    assert broken(store) == []


def one_wins(outcomes: list[Outcome]) -> Assignment:
    """Check that one was served and all others were told that it is taken; return the winner's."""
    assert Counter(o.refused for o in outcomes) == {None: 1, "Taken": len(outcomes) - 1}
    [winner] = [o.made for o in outcomes if o.refused is None]
    assert isinstance(winner, Assignment)
    return winner


# ── the last unit ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rounds", ROUNDS)
def test_the_last_unit_of_a_resource_goes_to_one_and_the_others_are_told_who_else_could(
    store: Store, engine: Engine, at_once: AtOnce, rounds: int
) -> None:
    fill(store, resources=[replace(ZHAO_TIME, capacity=CLIENTS * rounds)])
    for number in range(rounds):
        hot = replace(WANG_TIME, id=f"hot-{number}", capacity=2)
        rivals = [f"rival-{number}-{i}" for i in range(CLIENTS)]
        add(store, hot, need(f"first-{number}"), *(need(rival) for rival in rivals))
        offers(store, f"first-{number}", hot.id)  # the bucket is there, so that nobody waits for its making
        outcomes = at_once([partial(offers, need_=rival, resource=hot.id) for rival in rivals])
        winner = one_wins(outcomes)
        assert all("zhao-time" in o.next and hot.id not in o.next for o in outcomes if o.refused)
        assert counters(engine, winner.need, f"{hot.id}|{WEEK}") == {"need": (1, 0), "bucket": (2, 0)}
        reserved = raw(engine, "MATCH (n:Need) WHERE n.id IN $ids RETURN sum(n.reserved) AS r", ids=rivals)
        assert reserved == [{"r": 1}]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_the_last_unit_of_a_need_goes_to_one_and_the_others_are_told_that_it_is_taken(
    store: Store, engine: Engine, at_once: AtOnce, rounds: int
) -> None:
    helpers = [replace(WANG_TIME, id=f"helper-{i}", capacity=rounds) for i in range(CLIENTS)]
    fill(store, resources=helpers)
    for number in range(rounds):
        hot = f"hot-{number}"
        add(store, need(hot))
        outcomes = at_once([partial(offers, need_=hot, resource=helper.id) for helper in helpers])
        one_wins(outcomes)
        assert all(o.next == () for o in outcomes)
        assert counters(engine, hot)["need"] == (1, 0)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_more_clients_than_units_share_out_exactly_the_units(
    store: Store, engine: Engine, at_once: AtOnce, rounds: int
) -> None:
    fill(store)
    for number in range(rounds):
        hot = replace(WANG_TIME, id=f"hot-{number}", capacity=3)
        rivals = [f"rival-{number}-{i}" for i in range(CLIENTS)]
        add(store, hot, *(need(rival) for rival in rivals))
        outcomes = at_once([partial(offers, need_=rival, resource=hot.id) for rival in rivals])
        assert Counter(o.refused for o in outcomes) == {None: 3, "Taken": CLIENTS - 3}
        assert counters(engine, rivals[0], f"{hot.id}|{WEEK}")["bucket"] == (3, 0)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_who_comes_first_to_a_resource_in_a_period_gets_in_nobody_s_way(
    store: Store, engine: Engine, at_once: AtOnce, rounds: int
) -> None:
    fill(store)
    for number in range(rounds):  # its bucket is made by all of them at once
        wide = replace(WANG_TIME, id=f"wide-{number}", capacity=CLIENTS)
        wanted = [f"need-{number}-{i}" for i in range(CLIENTS)]
        add(store, wide, *(need(n) for n in wanted))
        outcomes = at_once([partial(offers, need_=n, resource=wide.id) for n in wanted])
        assert {o.refused for o in outcomes} == {None}
        assert counters(engine, wanted[0], f"{wide.id}|{WEEK}")["bucket"] == (CLIENTS, 0)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_the_same_pair_is_offered_once(store: Store, at_once: AtOnce, rounds: int) -> None:
    fill(store, resources=[replace(WANG_TIME, capacity=2 * CLIENTS * rounds)])
    for number in range(rounds):
        add(store, need(f"hot-{number}", quantity=CLIENTS))
        outcomes = at_once([partial(offers, need_=f"hot-{number}", resource="wang-time")] * CLIENTS)
        assert Counter(o.refused for o in outcomes) == {None: 1, "WrongState": CLIENTS - 1}


# ── the same key, the same offer ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rounds", ROUNDS)
def test_one_key_sent_by_many_at_once_has_one_effect_and_all_get_its_answer(
    store: Store, engine: Engine, at_once: AtOnce, rounds: int
) -> None:
    fill(store, resources=[replace(WANG_TIME, capacity=CLIENTS * rounds)])
    for number in range(rounds):
        hot = f"hot-{number}"
        add(store, need(hot, quantity=CLIENTS))
        outcomes = at_once([partial(offers, need_=hot, resource="wang-time", key_=f"key-{number}")] * CLIENTS)
        assert {o.refused for o in outcomes} == {None}
        [made] = {o.made.id for o in outcomes}
        assert counters(engine, hot)["need"] == (1, 0)

        outcomes = at_once([partial(accepts, made=made, key_=f"yes-{number}")] * CLIENTS)
        assert {(o.refused, o.made.state) for o in outcomes} == {(None, AssignmentState.ACTIVE)}
        assert counters(engine, hot)["need"] == (0, 1)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_a_yes_and_a_no_at_once_one_wins(store: Store, engine: Engine, at_once: AtOnce, rounds: int) -> None:
    fill(store, resources=[replace(WANG_TIME, capacity=rounds)])
    for number in range(rounds):
        add(store, need(f"hot-{number}"))
        made = offers(store, f"hot-{number}", "wang-time").id
        said = at_once([partial(accepts, made=made), partial(declines, made=made)] * 2)
        assert Counter(o.refused for o in said) == {None: 1, "WrongState": 3}
        [won] = [o.made for o in said if o.refused is None]
        assert get_assignment(store, made, by=OPERATOR) == won
        held = 1 if won.state is AssignmentState.ACTIVE else 0
        assert counters(engine, f"hot-{number}")["need"] == (0, held)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_a_yes_in_the_last_moment_and_the_sweep_one_wins(
    store: Store, engine: Engine, at_once: AtOnce, rounds: int
) -> None:
    fill(store, resources=[replace(WANG_TIME, capacity=rounds)])
    day = timedelta(hours=24)
    for number in range(rounds):
        add(store, need(f"hot-{number}"))
        made = offers(store, f"hot-{number}", "wang-time").id
        yes, *swept = at_once(
            [partial(accepts, made=made, after=day)] + [partial(sweeps, after=day + timedelta(milliseconds=1))] * 3
        )
        assert {o.refused for o in swept} == {None}
        state = get_assignment(store, made, by=OPERATOR).state
        if yes.refused is None:
            assert (state, sum(o.made for o in swept)) == (AssignmentState.ACTIVE, 0)
        else:
            assert (yes.refused, state, sum(o.made for o in swept)) == ("WrongState", AssignmentState.EXPIRED, 1)
        assert counters(engine, f"hot-{number}")["need"] == (0, 1 if yes.refused is None else 0)


# ── everything at once ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rounds", ROUNDS)
def test_offers_by_day_and_the_night_s_pages_oversubscribe_nothing(
    store: Store, engine: Engine, at_once: AtOnce, rounds: int
) -> None:
    helpers = [replace(WANG_TIME, id=f"helper-{i}", capacity=2) for i in range(4)]
    fill(store, resources=helpers)
    for number in range(rounds):
        raw(engine, "MATCH (n) WHERE n:Plan OR n:PlanPage DETACH DELETE n")  # the same night, once more
        wanted = [f"need-{number}-{i}" for i in range(6)]
        add(store, *(need(n, quantity=2) for n in wanted))
        pairs = [(n, h.id) for n in wanted[:3] for h in helpers[:2]]
        outcomes = at_once([publishes, *(partial(offers, need_=n, resource=h) for n, h in pairs), publishes])
        by_night, by_day = [outcomes[0], outcomes[-1]], outcomes[1:-1]
        assert {o.refused for o in by_night} <= {None, "LeaseHeld", "WrongState"}
        assert any(o.refused is None for o in by_night)
        assert {o.refused for o in by_day} <= {None, "Taken", "WrongState"}
        assert broken(store) == []
        made = list_assignments(store, need=None, state=AssignmentState.OFFERED, after="", limit=999, by=OPERATOR)
        assert len(made) == len({(a.need, a.bucket) for a in made})
        for pair in made:  # room for the next round
            declines(store, pair.id)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_any_crowd_leaves_counts_that_agree(store: Store, at_once: AtOnce, rounds: int) -> None:
    chance = Random(20261118)
    helpers = [replace(WANG_TIME, id=f"helper-{i}", capacity=3) for i in range(3)]
    needs = [f"need-{i}" for i in range(3)]
    fill(store, *(need(n, quantity=3) for n in needs), resources=helpers)
    for _ in range(rounds):
        made = list_assignments(store, need=None, state=AssignmentState.OFFERED, after="", limit=99, by=OPERATOR)
        acts: list[Any] = [
            partial(offers, need_=chance.choice(needs), resource=chance.choice(helpers).id) for _ in range(CLIENTS)
        ]
        acts += [partial(chance.choice([accepts, declines]), made=a.id) for a in made for _ in range(2)]
        acts.append(partial(sweeps, after=timedelta(hours=1)))
        outcomes = at_once(acts)
        assert {o.refused for o in outcomes} <= {None, "Taken", "WrongState", "NotAMatch"}
        assert broken(store) == []
