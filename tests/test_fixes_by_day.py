"""What would have to be otherwise so that somebody could serve a need: made so, somebody can; on both stores."""

from dataclasses import replace

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.plans import Change
from graph.store import Store
from matching.use_cases.listings import change_resource
from matching.use_cases.matches import Matches, request_match
from tests.test_quotas_by_day import MORE, chair, set_quota
from tests.worlds import EAST_STAFF, WANG_TIME, WHEELCHAIRS, ZHAO_TIME, FakeClock, fill, key, need, offer, raw


def ask(store: Store, clock: FakeClock, name: str, quantity: int = 1) -> Matches:
    return request_match(store, name, by=EAST_STAFF, clock=clock, quantity=quantity)


def changed(store: Store, clock: FakeClock, resource: str, **changes: object) -> None:
    before = store.read(lambda graph: graph.resources.get(resource), scope=EVERYTHING)
    change_resource(store, resource, changes, rev=before.rev, by=EAST_STAFF, key=key(), clock=clock)


def make(store: Store, engine: Engine, clock: FakeClock, change: Change) -> None:
    """Make a change as people would, and quotas past the code."""
    if change.kind == "pool":
        owner = "(n:Organisation {id: $id})" if change.subject == "clinic" else "(n:Area {id: $id})"
        raw(engine, f"MATCH {owner} SET n.quota = n.quota + $by", id=change.subject, by=change.by)
        return
    listed = store.read(lambda graph: graph.resources.get(change.subject), scope=EVERYTHING)
    if change.kind == "capacity":
        assert change.by is not None
        changed(store, clock, change.subject, capacity=listed.capacity + change.by)
    else:
        assert change.area is not None
        changed(store, clock, change.subject, reaches=(*listed.reaches, change.area))


def fixed(store: Store, engine: Engine, clock: FakeClock, name: str, quantity: int = 1) -> tuple[Change, ...]:
    """Return the fix of a need, after each of its changes but the last was not enough and all of them were."""
    found = ask(store, clock, name, quantity)
    assert not found.matches and found.fix is not None
    for change in found.fix.changes:
        assert not ask(store, clock, name, quantity).matches
        make(store, engine, clock, change)
    now = ask(store, clock, name, quantity)
    assert [m.resource.id for m in now.matches] == [found.fix.resource] and now.fix is None
    return found.fix.changes


def test_more_capacity_of_who_is_booked_out(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(quantity=2), need("late"), resources=[WANG_TIME])
    offer(store, clock, quantity=2)
    found = ask(store, clock, "late").fix
    assert found is not None
    assert found.words == (
        "It could be served if “水管维修” gave 1 more.",
        "若「水管维修」多提供1个单位,即可安排。",
    )
    assert fixed(store, engine, clock, "late") == (Change("capacity", "wang-time", by=1),)


def test_more_is_missing_where_capacity_was_cut_below_what_is_promised(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need(quantity=2), need("late"), resources=[WANG_TIME])
    offer(store, clock, quantity=2)
    changed(store, clock, "wang-time", capacity=1)
    assert fixed(store, engine, clock, "late") == (Change("capacity", "wang-time", by=2),)


def test_a_higher_quota_and_more_capacity_beside_it(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, chair(quantity=2), chair("third"), chair("second", quantity=2), resources=[WHEELCHAIRS])
    set_quota(engine, "Organisation", "clinic", 4)
    offer(store, clock, need="chair", resource="wheelchairs", quantity=2)
    assert fixed(store, engine, clock, "second", 2) == (Change("capacity", "wheelchairs", by=1),)
    offer(store, clock, need="third", resource="wheelchairs")
    set_quota(engine, "Area", "street", 4)
    changes = fixed(store, engine, clock, "second", 2)
    assert changes == (
        Change("capacity", "wheelchairs", by=1),
        Change("pool", "clinic", by=1),
        Change("pool", "street", by=1),
    )


def test_fewer_changes_come_first_and_then_the_least_kind(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, chair(quantity=3), chair("second"), resources=[WHEELCHAIRS, MORE])
    set_quota(engine, "Organisation", "clinic", 3)
    offer(store, clock, need="chair", resource="wheelchairs", quantity=3)
    # `wheelchairs` would need two changes, `more` is free but for the quota
    found = ask(store, clock, "second").fix
    assert found is not None and (found.resource, found.changes) == ("more", (Change("pool", "clinic", by=1),))
    assert found.words.en == "It could be served if the quota of 社区医院 were 1 higher."


def test_somebody_further_away_the_nearest_first(store: Store, engine: Engine, clock: FakeClock) -> None:
    at_east = replace(ZHAO_TIME, id="at-east", provider="clinic", provider_kind=WHEELCHAIRS.provider_kind, capacity=9)
    fill(store, need(area="west-1"), resources=[WANG_TIME, replace(at_east, reach_minutes=None)])
    staff = replace(EAST_STAFF, area="street")
    found = request_match(store, "leak", by=staff, clock=clock)
    assert found.reason == "out_of_reach" and found.fix is not None
    (change,) = found.fix.changes
    assert (change.kind, change.area, change.minutes) == ("candidate", "west", 15)  # of the public list: no building
    assert found.fix.words.zh.endswith("也服务西社区,即可安排。")
    make(store, engine, clock, change)
    now = request_match(store, "leak", by=staff, clock=clock)
    assert [m.resource.id for m in now.matches] == [change.subject]


@pytest.mark.parametrize("why", ["not_verified", "no_capability"])
def test_what_protects_people_and_what_nobody_can_do_is_no_fix(store: Store, clock: FakeClock, why: str) -> None:
    asked = {"not_verified": need(household="liu-home", at_home=True), "no_capability": need(requires=["electrics"])}[
        why
    ]
    zhao = replace(ZHAO_TIME, reach_minutes=None)
    fill(store, asked, resources=[zhao] if why == "not_verified" else [WANG_TIME])
    found = ask(store, clock, "leak")
    assert not found.matches and found.fix is None


def test_nobody_twice_and_none_where_somebody_can(store: Store, clock: FakeClock) -> None:
    fill(store, need(quantity=3), resources=[WANG_TIME])
    assert ask(store, clock, "leak").fix is None
    offer(store, clock)
    found = ask(store, clock, "leak")
    assert (found.reason, found.fix) == ("limit", None)  # one who serves it already is not asked again
