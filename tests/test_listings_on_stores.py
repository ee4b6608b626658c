"""Lists of resources, on both stores: what their providers and staff enter, change and withdraw."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Actor
from graph.model.resources import Provided, ProviderKind, Resource, ResourceState
from graph.model.times import Window
from graph.store import NotFound, Stale, Store
from matching.errors import InvalidInput, WrongState
from matching.use_cases import listings
from matching.use_cases import resources as lists
from tests.register import (
    add_vests,
    events,
)
from tests.worlds import (
    CLINIC,
    EAST_STAFF,
    MONTH,
    STREET_STAFF,
    WANG,
    WEEK,
    WEST_STAFF,
    ZHAO,
    FakeClock,
    fingerprint,
    key,
    need,
    offer,
    properties,
    raw,
)

TAPS = Resource(
    "taps",
    provider="",
    provider_kind=ProviderKind.PERSON,
    title="修龙头",
    provides=(Provided("company", 3), Provided("plumbing", 4)),
    capacity=3,
    conditions="提前一天",
)


def change(
    store: Store, clock: FakeClock, rev: int = 1, resource: str = "wang-time", by: Actor = WANG, **changes: Any
) -> lists.SeenResource:
    return listings.change_resource(store, resource, changes, rev=rev, by=by, key=key(by), clock=clock)


@pytest.mark.parametrize(("by", "party"), [(WANG, "provider"), (EAST_STAFF, "staff_for_provider")])
def test_a_resource_is_listed_by_its_provider_or_by_staff_for_them(
    city: Store, engine: Engine, clock: FakeClock, by: Actor, party: str
) -> None:
    resource = replace(TAPS, windows=(Window(0, 60),), reaches=("west",))
    made = listings.list_resource(city, resource, provider="wang", by=by, key=key(by), clock=clock)
    assert made.resource == replace(resource, provider="wang", provider_kind=ProviderKind.PERSON)
    assert (made.grid, made.free) == ("east-grid", {WEEK: 3})
    assert made.provider.name == ("王建国" if by is EAST_STAFF else None)
    assert events(engine, "taps") == [(1, "list", None, "listed", None, party)]


def test_an_organisation_and_a_team_list_as_what_they_are(city: Store, clock: FakeClock) -> None:
    add_vests(city, clock)
    for provider, kind in (("clinic", ProviderKind.ORGANISATION), ("vests", ProviderKind.TEAM)):
        resource = replace(TAPS, id=f"of-{provider}")
        made = listings.list_resource(city, resource, provider=provider, by=EAST_STAFF, key=key(), clock=clock)
        assert made.resource.provider_kind is kind
        assert made.grid == "east"
        assert made.provider.name is not None


@pytest.mark.parametrize(
    ("by", "provider"), [(WANG, "zhao"), (WEST_STAFF, "wang"), (EAST_STAFF, "nobody"), (EAST_STAFF, None)]
)
def test_nobody_lists_for_a_provider_who_is_not_theirs(
    city: Store, clock: FakeClock, by: Actor, provider: str | None
) -> None:
    with pytest.raises(InvalidInput) as refused:
        listings.list_resource(city, TAPS, provider=provider, by=by, key=key(by), clock=clock)
    assert [e["field"] for e in refused.value.more["errors"]] == ["provider"]


def test_a_resource_that_names_what_is_not_there_is_refused_field_by_field(city: Store, clock: FakeClock) -> None:
    bad = replace(
        TAPS,
        provides=(Provided("nothing"),),
        reaches=("nowhere",),
        title="电话13900000002",
        conditions="微信13900000002",
    )
    with pytest.raises(InvalidInput) as refused:
        listings.list_resource(city, bad, provider=None, by=WANG, key=key(WANG), clock=clock)
    fields = [e["field"] for e in refused.value.more["errors"]]
    assert fields == ["title", "conditions", "provides.0.capability", "reaches.0"]


def test_what_is_changed_stands_in_the_list_the_card_and_the_history(
    city: Store, engine: Engine, clock: FakeClock
) -> None:
    until = date(2027, 1, 1)
    provides = (Provided("electrics", 5, until), Provided("plumbing", 2))
    after = change(
        city,
        clock,
        title="水电都修",
        provides=provides,
        capacity=5,
        windows=(Window(60, 120),),
        reach_minutes=30,
        reaches=("west",),
        conditions="提前",
    )
    assert (after.resource.rev, after.resource.terms) == (2, 2)
    seen = lists.get_resource(city, "wang-time", by=ZHAO, clock=clock)
    assert seen.resource == after.resource
    assert (seen.resource.provides, seen.resource.reaches) == (provides, ("west",))
    assert "电路维修" in properties(engine, "Resource", "wang-time")["card"]
    assert "陪伴" not in properties(engine, "Resource", "wang-time")["card"]
    cleared = change(city, clock, rev=2, windows=None, reach_minutes=None, reaches=(), conditions=None)
    assert (cleared.resource.windows, cleared.resource.reach_minutes) == (None, None)
    assert (cleared.resource.reaches, cleared.resource.conditions, cleared.resource.provides) == ((), None, provides)
    assert lists.get_resource(city, "wang-time", by=ZHAO, clock=clock).resource == cleared.resource
    assert events(engine, "wang-time")[0][:4] == (
        2,
        "change",
        None,
        "capacity,conditions,provides,reach_minutes,reaches,title,windows",
    )


def test_terms_rise_only_for_what_may_be_matched(city: Store, clock: FakeClock) -> None:
    assert change(city, clock, title="水管").resource.terms == 1
    assert change(city, clock, rev=2, conditions="提前").resource.terms == 1
    terms = 1
    for rev, (name, value) in enumerate(
        {
            "capacity": 9,
            "windows": (),
            "reach_minutes": 5,
            "reaches": ("west",),
            "provides": (Provided("plumbing", 1),),
        }.items(),
        start=3,
    ):
        terms += 1
        after = change(city, clock, rev=rev, **{name: value}).resource
        assert (after.rev, after.terms) == (rev + 1, terms), name
    same = change(city, clock, rev=8, capacity=9).resource
    assert (same.rev, same.terms) == (8, 6)


@pytest.mark.parametrize("by", [ZHAO, CLINIC, WEST_STAFF])
def test_anothers_resource_cant_be_told_from_none_by_who_would_change_it(
    city: Store, engine: Engine, clock: FakeClock, by: Actor
) -> None:
    before = fingerprint(engine)
    for resource in ("wang-time", "nothing"):
        for act in (
            lambda r=resource: change(city, clock, resource=r, by=by, capacity=1),
            lambda r=resource: listings.withdraw_resource(city, r, by=by, key=key(by), clock=clock),
            lambda r=resource: listings.relist_resource(city, r, by=by, key=key(by), clock=clock),
        ):
            with pytest.raises(NotFound):
                act()
    assert fingerprint(engine) == before


def test_a_stale_change_is_refused_with_the_present_revision(city: Store, clock: FakeClock) -> None:
    change(city, clock, capacity=9)
    with pytest.raises(Stale) as stale:
        change(city, clock, capacity=8)
    assert stale.value.more == {"rev": 2}


def test_a_cut_capacity_keeps_what_was_promised_in_present_and_coming_periods(
    city: Store, engine: Engine, clock: FakeClock
) -> None:
    raw(
        engine,
        "UNWIND $rows AS row CREATE (b:Bucket {id: 'wang-time|' + row[0], resource: 'wang-time', period: row[0], "
        "capacity: 9, reserved: row[1], taken: row[2]})",
        rows=[["2026-W46", 1, 1], [WEEK, 2, 3], ["2026-W48", 0, 1], ["2027-W01", 1, 1]],
    )
    seen = change(city, clock, capacity=3)
    rows = raw(engine, "MATCH (b:Bucket) RETURN b.period AS period, b.capacity AS capacity")
    assert {r["period"]: r["capacity"] for r in rows} == {"2026-W46": 9, WEEK: 5, "2026-W48": 3, "2027-W01": 3}
    assert seen.free == {WEEK: 0}
    change(city, clock, rev=2, capacity=7)
    rows = raw(engine, "MATCH (b:Bucket) RETURN b.period AS period, b.capacity AS capacity")
    assert {r["period"]: r["capacity"] for r in rows} == {"2026-W46": 9, WEEK: 7, "2026-W48": 7, "2027-W01": 7}


def test_capacities_of_months_and_of_single_things_follow_too(city: Store, engine: Engine, clock: FakeClock) -> None:
    raw(engine, "MATCH (r:Resource {id: 'wang-time'}) SET r.period = 'once'")
    for resource, period in (("wheelchairs", MONTH), ("wheelchairs", "2026-10"), ("wang-time", "once")):
        raw(
            engine,
            "CREATE (b:Bucket {id: $r + '|' + $p, resource: $r, period: $p, capacity: 9, reserved: 0, taken: 0})",
            r=resource,
            p=period,
        )
    change(city, clock, capacity=4)
    change(city, clock, resource="wheelchairs", by=CLINIC, capacity=4)
    rows = raw(engine, "MATCH (b:Bucket) RETURN b.period AS period, b.capacity AS capacity")
    assert {r["period"]: r["capacity"] for r in rows} == {MONTH: 4, "2026-10": 9, "once": 4}


def test_a_withdrawn_resource_keeps_its_live_offers_and_gets_no_new_ones(
    city: Store, engine: Engine, clock: FakeClock
) -> None:
    city.write(lambda graph: graph.needs.create(need("leak")), scope=EVERYTHING)
    city.write(lambda graph: graph.needs.create(need("later")), scope=EVERYTHING)
    offer(city, clock)
    gone = listings.withdraw_resource(city, "wang-time", by=WANG, key=key(WANG), clock=clock)
    assert (gone.resource.state, gone.resource.rev, gone.resource.terms) == (ResourceState.WITHDRAWN, 2, 1)
    assert raw(engine, "MATCH (a:Assignment) RETURN a.state AS state") == [{"state": "offered"}]
    with pytest.raises(Exception) as refused:
        offer(city, clock, need="later")
    assert type(refused.value).__name__ == "NotAMatch"
    with pytest.raises(WrongState):
        listings.withdraw_resource(city, "wang-time", by=WANG, key=key(WANG), clock=clock)
    back = listings.relist_resource(city, "wang-time", by=EAST_STAFF, key=key(), clock=clock)
    assert back.resource.state is ResourceState.LISTED
    assert [e[1:4] for e in events(engine, "wang-time")] == [
        ("withdraw", "listed", "withdrawn"),
        ("list", "withdrawn", "listed"),
    ]
    assert offer(city, clock, need="later").resource == "wang-time"


def listed(store: Store, clock: FakeClock, by: Actor = WEST_STAFF, **filters: Any) -> list[str]:
    every: dict[str, Any] = {"area": None, "capability": None, "provider": None, "state": ResourceState.LISTED}
    more: dict[str, Any] = {"after": "", "limit": 9}
    return [s.id for s in lists.list_resources(store, **{**every, **more, **filters}, by=by, clock=clock)]


def test_the_list_is_searched_by_area_provider_and_capability_with_its_special_ones(
    city: Store, clock: FakeClock
) -> None:
    assert listed(city, clock) == ["wang-time", "wheelchairs", "zhao-time"]
    assert listed(city, clock, after="wang-time", limit=1) == ["wheelchairs"]
    assert listed(city, clock, capability="repair") == ["wang-time", "zhao-time"]
    assert listed(city, clock, capability="electrics") == ["zhao-time"]
    assert listed(city, clock, capability="nothing") == []
    assert listed(city, clock, area="east") == ["wang-time", "wheelchairs"]
    assert listed(city, clock, area="east-grid", capability="repair") == ["wang-time"]
    assert listed(city, clock, provider="clinic") == ["wheelchairs"]
    with pytest.raises(NotFound):
        listed(city, clock, area="nowhere")


def test_what_is_withdrawn_is_seen_by_its_provider_and_its_area_only(city: Store, clock: FakeClock) -> None:
    for resource, by in (("wang-time", WANG), ("zhao-time", ZHAO)):
        listings.withdraw_resource(city, resource, by=by, key=key(by), clock=clock)
    gone = ResourceState.WITHDRAWN
    assert listed(city, clock, by=STREET_STAFF) == ["wheelchairs"]
    assert listed(city, clock, by=STREET_STAFF, state=gone) == ["wang-time", "zhao-time"]
    assert listed(city, clock, by=STREET_STAFF, state=gone, area="west") == ["zhao-time"]
    assert listed(city, clock, by=EAST_STAFF, state=gone) == listed(city, clock, by=WANG, state=gone) == ["wang-time"]
    assert listed(city, clock, by=EAST_STAFF, state=gone, area="west") == []
    assert listed(city, clock, by=WANG, state=gone, provider="zhao") == []
    assert lists.get_resource(city, "wang-time", by=WANG, clock=clock).id == "wang-time"
    for stranger in (ZHAO, WEST_STAFF):
        with pytest.raises(NotFound):
            lists.get_resource(city, "wang-time", by=stranger, clock=clock)


def test_free_units_are_those_of_today_and_of_tomorrow(city: Store, clock: FakeClock) -> None:
    city.write(lambda graph: graph.needs.create(need("leak")), scope=EVERYTHING)
    offer(city, clock)
    assert lists.get_resource(city, "wang-time", by=WANG, clock=clock).free == {WEEK: 1}
    clock.advance(days=4)  # Sunday
    assert lists.get_resource(city, "wang-time", by=WANG, clock=clock).free == {WEEK: 1, "2026-W48": 2}
