"""Writers who make the same thing at the same moment: it is made once, and nobody is told of a clash."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.people import Person
from graph.model.plans import PlanState
from graph.store import Graph, LeaseHeld, LeaseLost, Store
from graph.store.areas import write_areas, write_borders, write_capabilities
from graph.store.exclusions import write_apart, write_ruled_out
from graph.store.needs import write_needs
from graph.store.organisations import write_teams
from graph.store.people import write_people
from graph.store.resources import write_resources
from graph.store.served import write_served
from tests.contract.acts import ACTS, UNKEYED, Act, effect, prepare
from tests.contract.test_keys import api_key
from tests.contract.test_organisations import TEAM
from tests.contract.test_plans import plan
from tests.contract.test_served import SERVED
from tests.contract.worlds import MINUTE, write
from tests.crew import Outcome, threads
from tests.worlds import (
    AREAS,
    CAPABILITIES,
    NOON,
    WANG_TIME,
    WEEK,
    FakeClock,
    broken,
    fill,
    fresh_store,
    key,
    need,
    raw,
)

CLIENTS = 6
REFUSALS = {"Stale", "WrongState", "InvalidInput", "Taken"}
"""What those are told who come too late."""

SAME: dict[str, tuple[Callable[[Graph], Any], str]] = {
    "areas": (lambda g: write_areas(g.loading, AREAS), "MATCH (n:Area) RETURN count(n) = 9 AS once"),
    "capabilities": (
        lambda g: write_capabilities(g.loading, CAPABILITIES),
        "MATCH (n:Capability) RETURN count(n) = 5 AS once",
    ),
    "needs": (
        lambda g: write_needs(g.loading, [need(f"n{i}", person="liu") for i in range(20)]),
        "MATCH (n:Need) WHERE n.id STARTS WITH 'n' "
        "OPTIONAL MATCH (n)-[i:IN_AREA]->() OPTIONAL MATCH (n)-[f:FOR_SUBJECT]->() "
        "WITH n, count(DISTINCT i) AS areas, count(DISTINCT f) AS subjects WHERE areas = 1 AND subjects = 1 "
        "RETURN count(n) = 20 AS once",
    ),
    "people": (
        lambda g: write_people(g.loading, [Person("new", "新", "east-1", phone="13900000008")]),
        "MATCH (:Person {id: 'new'})-[l:LIVES_IN]->() RETURN count(l) = 1 AS once",
    ),
    "teams": (lambda g: write_teams(g.loading, [TEAM]), "MATCH ()-[j:JOINED]->() RETURN count(j) = 2 AS once"),
    "resources": (
        lambda g: write_resources(g.loading, [WANG_TIME]),
        "MATCH (r:Resource {id: 'wang-time'})<-[l:LISTS]-() RETURN count(l) = 1 AS once",
    ),
    "borders": (
        lambda g: write_borders(g.loading, [("east", "west")]),
        "MATCH ()-[b:BORDERS]->() RETURN count(b) = 1 AS once",
    ),
    "what was served before": (
        lambda g: write_served(g.loading, [SERVED]),
        "MATCH (b:Bucket)<-[u:USES]-(a:Assignment)-[s:SERVES]->(:Need) "
        "RETURN count(u) = 1 AND count(s) = 1 AND count(b) = 1 AS once",
    ),
    "needs kept apart": (
        lambda g: write_apart(g.loading, [("leak", "other")]),
        "MATCH (:Need)-[x:APART_FROM]->(:Need) RETURN count(x) = 1 AS once",
    ),
    "people ruled out": (
        lambda g: write_ruled_out(g.loading, [("liu", "wang")]),
        "MATCH (:Person)-[x:RULES_OUT]->(:Person) RETURN count(x) = 1 AS once",
    ),
    "keys": (lambda g: g.vault.keys(["x"]), "MATCH (k:DataKey {id: 'x'}) RETURN count(k) = 1 AS once"),
    "buckets": (
        lambda g: g.resources.lock_buckets([("wang-time", WEEK)]),
        "MATCH (b:Bucket) RETURN count(b) = 1 AS once",
    ),
    "plans": (lambda g: g.plans.create(plan("p")), "MATCH (p:Plan) RETURN count(p) = 1 AS once"),
    "API keys": (lambda g: g.api_keys.create(api_key("k")), "MATCH (k:ApiKey) RETURN count(k) = 1 AS once"),
}


@pytest.mark.parametrize("what", SAME)
def test_the_same_made_by_many_at_once_is_made_once(store: Store, engine: Engine, what: str) -> None:
    make, once = SAME[what]
    fill(store, need(), need("other"))
    outcomes = threads(store)([lambda s: write(s, make)] * CLIENTS)
    assert [o.refused for o in outcomes] == [None] * CLIENTS
    assert raw(engine, once) == [{"once": True}]
    assert broken(store) == []


def test_all_who_make_a_key_at_once_can_open_what_any_of_them_sealed(store: Store) -> None:
    def seals(s: Store) -> str:
        return write(s, lambda g: g.vault.keys(["x"])["x"].seal("words", "place"))

    sealed = [outcome.made for outcome in threads(store)([seals] * CLIENTS)]
    mine = write(store, lambda g: g.vault.keys(["x"]))["x"]
    assert [mine.open(one, "place") for one in sealed] == ["words"] * CLIENTS


def test_a_lease_taken_by_many_at_once_has_one_holder(store: Store) -> None:
    def takes(holder: str) -> Callable[[Store], str]:
        def take(s: Store) -> str:
            write(s, lambda g: g.leases.take("night", holder, now=NOON, until=NOON + MINUTE))
            return holder

        return take

    outcomes = threads(store)([takes(str(i)) for i in range(CLIENTS)])
    assert sorted(o.refused or "" for o in outcomes) == ["", *[LeaseHeld.__name__] * (CLIENTS - 1)]


def test_a_fence_raised_by_many_at_once_lets_the_last_one_through(store: Store) -> None:
    fill(store)
    write(store, lambda g: g.plans.create(plan("p", state=PlanState.PUBLISHING)))
    raised = [o.made for o in threads(store)([lambda s: write(s, lambda g: g.plans.raise_fence("p"))] * CLIENTS)]
    assert sorted(fence for fence, _ in raised) == list(range(1, CLIENTS + 1))
    for fence in range(1, CLIENTS):
        with pytest.raises(LeaseLost):
            write(store, lambda g, f=fence: g.plans.require_fence("p", f))


def test_counts_raised_by_many_at_once_lose_none(store: Store) -> None:
    fill(store, need())
    shown = [o.made for o in threads(store)([lambda s: write(s, lambda g: g.needs.count_showing("leak"))] * CLIENTS)]
    assert sorted(shown) == list(range(2, CLIENTS + 2))


def test_one_idempotency_key_begun_by_many_at_once_is_new_to_one(store: Store) -> None:
    used = key(name="once")

    def begin(s: Store) -> bool:
        def work(g: Graph) -> bool:
            new = g.idempotency.begin(used) is None
            if new:
                g.idempotency.finish(used, "made")
            return new

        return write(s, work)

    assert sorted(o.made for o in threads(store)([begin] * CLIENTS)) == [False] * (CLIENTS - 1) + [True]


UNDER_ONE_KEY = [
    pytest.param(name, marks=[pytest.mark.slow] if act.once else [])  # the test below holds for them, too
    for name, act in ACTS.items()
    if name not in UNKEYED
]


@pytest.mark.parametrize("name", UNDER_ONE_KEY)
def test_what_many_send_at_once_under_one_key_has_one_effect(store: Store, engine: Engine, name: str) -> None:
    expected = once(store, engine, ACTS[name])
    outcomes, found = many(store, engine, ACTS[name], ["the-same-key"] * CLIENTS)
    assert [o.refused for o in outcomes] == [None] * CLIENTS
    assert found == expected


@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.once])
def test_what_many_send_at_once_under_keys_of_their_own_happens_once(store: Store, engine: Engine, name: str) -> None:
    expected = once(store, engine, ACTS[name])
    outcomes, found = many(store, engine, ACTS[name], [f"key-{i}" for i in range(CLIENTS)])
    refused = {o.refused for o in outcomes} - {None}
    assert refused <= REFUSALS and len([o for o in outcomes if o.refused]) < CLIENTS
    found.pop("IdempotencyKey", None), expected.pop("IdempotencyKey", None)
    assert found == expected


def once(store: Store, engine: Engine, act: Act) -> dict[str, int]:
    """Return the effect that an act has when it is sent once."""
    clock = FakeClock()
    act.do(store, clock, prepare(store, act, clock), "the-same-key")
    return effect(engine)


def many(store: Store, engine: Engine, act: Act, keys: list[str]) -> tuple[list[Outcome], dict[str, int]]:
    """Return what comes of an act sent at once under each of these keys, and the effect of all."""
    store, clock = fresh_store(engine), FakeClock()
    given = prepare(store, act, clock)
    outcomes = threads(store)([partial(act.do, clock=clock, given=given, name=name) for name in keys])
    assert broken(store) == []
    return outcomes, effect(engine)
