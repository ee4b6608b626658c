"""API keys and idempotency keys."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from graph.model.actors import ApiKey, Role
from graph.store import (
    Graph,
    IdempotencyKey,
    KeyReused,
    NotFound,
    Store,
)
from tests.contract.worlds import MINUTE, read, write
from tests.worlds import (
    NOON,
)


def api_key(name: str, minutes: int = 0, **more: Any) -> ApiKey:
    made = NOON + minutes * MINUTE
    return replace(
        ApiKey(name, f"for {name}", f"hash-{name}", Role.COMMUNITY, "east", None, made, made + timedelta(days=30)),
        **more,
    )


def test_an_api_key_is_found_by_its_hash_and_can_be_revoked(store: Store) -> None:
    first = api_key("a", minutes=2)
    second = api_key("b", minutes=1, role=Role.PROVIDER, area=None, provider="wang")
    for one in (first, second, replace(first, name="another")):
        write(store, lambda g, k=one: g.api_keys.create(k))
    assert read(store, lambda g: g.api_keys.by_hash("hash-a")) == first
    assert read(store, lambda g: g.api_keys.by_hash("hash-x")) is None
    assert read(store, lambda g: g.api_keys.all()) == [second, first]
    write(store, lambda g: g.api_keys.revoke("a"))
    assert read(store, lambda g: g.api_keys.by_hash("hash-a")) == replace(first, revoked=True)
    with pytest.raises(NotFound):
        write(store, lambda g: g.api_keys.revoke("nothing"))


def test_all_keys_of_a_provider_are_revoked_and_lose_their_names(store: Store) -> None:
    of_wang = {"role": Role.PROVIDER, "area": None, "provider": "wang"}
    keys = (api_key("a", **of_wang), api_key("b", minutes=1, **of_wang), api_key("c", minutes=2))
    for one in keys:
        write(store, lambda g, k=one: g.api_keys.create(k))
    write(store, lambda g: g.api_keys.revoke_of("wang"))
    gone = [replace(k, name="", revoked=True) for k in keys[:2]]
    assert read(store, lambda g: g.api_keys.all()) == [*gone, keys[2]]


def test_each_event_of_a_key_is_numbered_once(store: Store) -> None:
    write(store, lambda g: g.api_keys.create(api_key("a")))
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: write(store, lambda g: g.api_keys.count_event("a")), range(8)))
    assert sorted(numbers) == list(range(1, 9))
    assert read(store, lambda g: g.api_keys.by_hash("hash-a")) == api_key("a")
    with pytest.raises(NotFound):
        write(store, lambda g: g.api_keys.count_event("nothing"))


def test_an_idempotency_key_remembers_the_outcome_of_its_request(store: Store) -> None:
    used = IdempotencyKey("me", "k", "request", NOON)

    def begin(k: IdempotencyKey) -> str | None:
        return write(store, lambda g: g.idempotency.begin(k))

    def first(graph: Graph) -> None:
        assert graph.idempotency.begin(used) is None
        graph.idempotency.finish(used, "made")

    write(store, first)
    assert begin(replace(used, at=NOON + MINUTE)) == "made"
    assert read(store, lambda g: g.idempotency.outcome(used)) == "made"
    for ask in (begin, lambda k: read(store, lambda g: g.idempotency.outcome(k))):
        with pytest.raises(KeyReused):
            ask(replace(used, request="another"))
        assert ask(replace(used, actor="somebody else", request="another")) is None
        assert ask(replace(used, key="l", request="another")) is None


def test_idempotency_keys_are_forgotten_in_parts_the_young_ones_stay(store: Store) -> None:
    def begin(name: str, at: datetime) -> None:
        used = IdempotencyKey("me", name, "request", at)

        def work(graph: Graph) -> None:
            graph.idempotency.begin(used)
            graph.idempotency.finish(used, name)

        write(store, work)

    for i in range(5):
        begin(f"old-{i}", NOON - 2 * MINUTE)
    begin("young", NOON)
    gone = [write(store, lambda g: g.idempotency.forget(NOON, limit=2)) for _ in range(4)]
    assert gone == [2, 2, 1, 0]
    kept = IdempotencyKey("me", "young", "request", NOON)
    assert read(store, lambda g: g.idempotency.outcome(kept)) == "young"
    assert read(store, lambda g: g.idempotency.outcome(replace(kept, key="old-0"))) is None
