"""Resources, their buckets and who lists them."""

from dataclasses import replace

import pytest

from graph.model.resources import Bucket, ProviderKind, ResourceState
from graph.store import (
    Graph,
    NotFound,
    Store,
)
from graph.store.resources import ProviderCard
from tests.contract.worlds import EAST, STREET, TRAINED, WEST, read, write
from tests.worlds import (
    MONTH,
    WEEK,
    WHEELCHAIRS,
    ZHAO_TIME,
    fill,
)


def test_a_resource_comes_back_as_it_was_written(store: Store) -> None:
    fill(store, TRAINED)
    for resource in (TRAINED, ZHAO_TIME, WHEELCHAIRS):
        expected = replace(resource, provides=tuple(sorted(resource.provides, key=lambda p: p.capability)))
        assert read(store, lambda g, r=resource: g.resources.get(r.id)) == expected
    with pytest.raises(NotFound):
        read(store, lambda g: g.resources.get("nothing"))
    got = read(store, lambda g: g.resources.many(["zhao-time", "nothing", "trained"]))
    assert [r.id for r in got] == ["zhao-time", "trained"]


def test_a_bucket_is_made_when_it_is_first_locked_and_keeps_its_counts(store: Store) -> None:
    fill(store)
    keys = [("wheelchairs", MONTH), ("wang-time", WEEK), ("nothing", WEEK)]
    assert read(store, lambda g: g.resources.buckets(keys)) == {}

    def work(graph: Graph) -> None:
        locked = graph.resources.lock_buckets(keys)
        assert list(locked) == [f"wang-time|{WEEK}", f"wheelchairs|{MONTH}"]
        wang = locked[f"wang-time|{WEEK}"]
        assert (wang.capacity, wang.free, wang.terms, wang.state, wang.provider) == (
            2,
            2,
            1,
            ResourceState.LISTED,
            "wang",
        )
        wang.reserved, wang.taken = 1, 1
        graph.resources.set_counters([wang])

    write(store, work)
    wang = Bucket(f"wang-time|{WEEK}", "wang-time", WEEK, 2, 1, 1)
    assert read(store, lambda g: g.resources.buckets(keys))[wang.id] == wang
    assert wang.free == 0
    again = write(store, lambda g: g.resources.lock_buckets([("wang-time", WEEK)]))[wang.id]
    assert (again.reserved, again.taken) == (1, 1)


def test_the_name_of_a_person_who_lives_elsewhere_is_not_shown(store: Store) -> None:
    fill(store)
    ids = ["wang-time", "zhao-time", "wheelchairs", "nothing"]
    person, clinic = ProviderKind.PERSON, ProviderCard(ProviderKind.ORGANISATION, "社区医院")
    cards = {scope: read(store, lambda g: g.resources.provider_cards(ids), scope) for scope in (EAST, WEST, STREET)}
    wang, zhao, nameless = ProviderCard(person, "王建国"), ProviderCard(person, "赵强"), ProviderCard(person, None)
    assert cards[EAST] == {"wang-time": wang, "zhao-time": nameless, "wheelchairs": clinic}
    assert cards[WEST] == {"wang-time": nameless, "zhao-time": zhao, "wheelchairs": clinic}
    assert cards[STREET] == {"wang-time": wang, "zhao-time": zhao, "wheelchairs": clinic}
