"""A graph that is damaged on purpose is found so."""

import pytest

from graph.engine import Engine
from graph.store import (
    Store,
)
from tests.worlds import (
    WEEK,
    FakeClock,
    broken,
    fill,
    need,
    offer,
    raw,
)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("MATCH (n:Need) SET n.reserved = 0", "need leak"),
        ("MATCH (n:Need) SET n.taken = 1", "need leak"),
        ("MATCH (n:Need) SET n.quantity = 0", "need leak"),
        ("MATCH (b:Bucket) SET b.reserved = 2", f"bucket wang-time|{WEEK}"),
        ("MATCH (b:Bucket) SET b.taken = 1", f"bucket wang-time|{WEEK}"),
        ("MATCH (b:Bucket) SET b.capacity = 0", f"bucket wang-time|{WEEK}"),
        ("MATCH (:Assignment)-[u:USES]->() DELETE u", "uses 0 buckets"),
        ("MATCH (:Assignment)-[s:SERVES]->() DELETE s", "serves 0 needs"),
        ("MATCH (a:Assignment) REMOVE a.live_key", "live key"),
        ("MATCH (e:Event) DELETE e", "0 events"),
        ("MATCH (a:Assignment) SET a.rev = 2", "2 changes, 1 events"),
    ],
)
def test_the_invariants_find_what_is_broken(
    store: Store, engine: Engine, clock: FakeClock, damage: str, told: str
) -> None:
    fill(store, need())
    offer(store, clock)
    assert broken(store) == []
    raw(engine, damage)
    assert any(told in sentence for sentence in broken(store))
