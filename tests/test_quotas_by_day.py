"""A month's quota of a unit or an area holds by day too, for however many who offer at once; on both stores."""

from dataclasses import replace
from functools import partial

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.store import Store
from matching.errors import QuotaUsed
from matching.use_cases.matches import request_match
from tests.crew import threads
from tests.worlds import EAST_STAFF, MONTH, WANG_TIME, WHEELCHAIRS, FakeClock, broken, fill, need, offer, raw

MORE = replace(WHEELCHAIRS, id="more", title="轮椅二")


def chair(name: str = "chair", **more: object) -> object:
    return need(name, requires=["wheelchair"], **more)


def set_quota(engine: Engine, label: str, id_: str, units: int) -> None:
    raw(engine, f"MATCH (n:{label} {{id: $id}}) SET n.quota = $units", id=id_, units=units)


@pytest.mark.parametrize(("label", "id_", "name"), [("Organisation", "clinic", "社区医院"), ("Area", "street", "街道")])
def test_an_offer_that_would_break_a_quota_is_refused_with_whose_it_is(
    store: Store, engine: Engine, clock: FakeClock, label: str, id_: str, name: str
) -> None:
    fill(store, chair(quantity=2), chair("second"), need(), MORE)
    set_quota(engine, label, id_, 2)
    offer(store, clock, need="chair", resource="wheelchairs", quantity=2)
    with pytest.raises(QuotaUsed) as refused:
        offer(store, clock, need="second", resource="more")
    assert refused.value.more["quota"] == id_ and refused.value.more["next"] == []
    assert refused.value.detail.startswith(f"{name} gives 2 units a month, and 2 are promised or given")
    offer(store, clock)  # of the week: no quota counts it


def test_matches_by_day_go_as_far_as_the_quotas(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, chair(quantity=2), chair("second"), MORE)
    set_quota(engine, "Organisation", "clinic", 2)
    offer(store, clock, need="chair", resource="wheelchairs")
    found = request_match(store, "second", by=EAST_STAFF, clock=clock)
    assert [m.free for m in found.matches] == [1, 1]
    set_quota(engine, "Organisation", "clinic", 1)
    assert request_match(store, "second", by=EAST_STAFF, clock=clock).reason == "pool"


def test_what_is_used_of_a_quota_is_of_its_month_and_of_what_lies_below(store: Store, engine: Engine) -> None:
    fill(store, resources=[WHEELCHAIRS, MORE, WANG_TIME])
    set_quota(engine, "Area", "east", 5)
    set_quota(engine, "Area", "west", 5)
    keys = [("wheelchairs", MONTH), ("more", "2026-12"), ("wang-time", "2026-W47")]

    def used() -> dict[tuple[str, ...], int]:
        found = store.read(lambda g: g.limits.used(keys), scope=EVERYTHING)
        return {(q.id, *sorted(q.buckets)): q.used for q in found}

    assert used() == {("east", f"wheelchairs|{MONTH}"): 0, ("east", "more|2026-12"): 0}
    raw(
        engine,
        f"CREATE (b:Bucket {{id: 'more|{MONTH}', resource: 'more', period: '{MONTH}', capacity: 3}}) "
        "SET b.reserved = 1, b.taken = 1",
    )
    assert used() == {("east", f"wheelchairs|{MONTH}"): 2, ("east", "more|2026-12"): 0}


@pytest.mark.parametrize("round_", range(6))
def test_of_many_who_offer_at_once_the_last_unit_of_a_quota_goes_to_one(
    store: Store, engine: Engine, clock: FakeClock, round_: int
) -> None:
    entries = [replace(WHEELCHAIRS, id=f"chairs-{i}") for i in range(4)]
    fill(store, *(chair(f"chair-{i}") for i in range(4)), resources=entries)
    set_quota(engine, "Area", "street", 1)
    offers = [partial(offer, clock=clock, need=f"chair-{i}", resource=f"chairs-{i}") for i in range(4)]
    outcomes = threads(store)(offers)
    assert sorted(o.refused or "" for o in outcomes) == ["", *["QuotaUsed"] * 3]
    assert broken(store) == []
