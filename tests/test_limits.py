"""What an area gives and is to get: set by the one above it; and how evenly help is spread."""

import pytest

from graph.engine import Engine
from graph.model.actors import Actor, Role
from graph.model.needs import Need
from graph.model.resources import Resource
from graph.store import NotFound, Stale, Store
from matching.errors import NotAllowed
from matching.use_cases.fairness import fairness
from matching.use_cases.places import change_limits, get_area
from tests import worlds
from tests.web import Service, got, refused
from tests.worlds import OPERATOR, STREET_STAFF, FakeClock, fill, key, need, offer, raw

CITY_STAFF = Actor("staff-city", Role.CITY, area="city")
PLANNER = Actor("planner", Role.PLANNER, area="street")


@pytest.fixture
def things() -> list[Need | Resource]:
    return [worlds.need("leak")]


def change(store: Store, clock: FakeClock, area: str, rev: int, by: Actor = STREET_STAFF, **changes: int | None):
    return change_limits(store, area, changes, rev=rev, by=by, key=key(by), clock=clock)


def test_an_area_s_quota_and_floor_are_set_by_the_one_above_it_and_kept(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store)
    assert change(store, clock, "east", 0, floor=30).floor == 30
    after = change(store, clock, "990002001001", 1, quota=7)
    assert (after.quota, after.floor, after.rev) == (7, 30, 2)
    assert get_area(store, "east", by=STREET_STAFF) == after
    assert change(store, clock, "east", 2, floor=None).floor is None
    with pytest.raises(Stale):
        change(store, clock, "east", 1, floor=1)
    with pytest.raises(NotAllowed):
        change(store, clock, "street", 0, floor=90)
    with pytest.raises(NotFound):
        change(store, clock, "district", 0, floor=90)
    with pytest.raises(NotFound):
        change(store, clock, "nowhere", 0, floor=90)
    assert change(store, clock, "city", 0, CITY_STAFF, quota=100).quota == 100
    assert change(store, clock, "street", 0, OPERATOR, quota=50).quota == 50
    told = raw(engine, "MATCH (e:Event {subject: 'east'}) RETURN e.verb AS verb, e.after AS after ORDER BY e.seq")
    assert [t["after"] for t in told] == ["quota None, floor 30", "quota 7, floor 30", "quota 7, floor None"]


def test_limits_are_set_over_http_on_the_revision_that_was_read(http: Service) -> None:
    street = http.caller("street")
    assert got(street.get("/areas/east"))["floor"] is None
    assert got(street.patch("/areas/east", {"floor": 40}, rev=0))["floor"] == 40
    refused(street.patch("/areas/east", {"floor": 50}, rev=0), 412, "stale")
    refused(street.patch("/areas/east", {"floor": 101}, rev=1), 422, "invalid_input", "floor")
    refused(street.patch("/areas/east", {"quota": -1}, rev=1), 422, "invalid_input", "quota")
    refused(street.patch("/areas/street", {"floor": 5}, rev=0), 403, "not_allowed")
    refused(http.caller("east").patch("/areas/east-grid", {"floor": 5}, rev=0), 403, "not_allowed")


def test_what_areas_and_groups_have_in_hand_is_told_the_least_served_first(store: Store, clock: FakeClock) -> None:
    fill(store, need(person="liu"), need("east", quantity=3), need("west", area="west-1", quantity=2))
    offer(store, clock)
    change(store, clock, "east", 0, floor=30)
    told = fairness(store, area="street", by=STREET_STAFF)
    assert [(row.id, row.name, row.share, row.floor) for row in told.areas] == [
        ("west", "西社区", 0, None),
        ("east", "东社区", 25, 30),
    ]
    assert {row.id: row.share for row in told.groups} == {"others": 0, "vulnerable": 100}
    assert (told.total.share, told.spread) == (16, 25)


def test_planners_are_told_no_share_of_a_few(store: Store, clock: FakeClock) -> None:
    fill(store, *(need(f"east-{i}", quantity=2) for i in range(9)), need("west", area="west-1"))
    told = fairness(store, area=None, by=PLANNER)
    assert [row.share for row in told.areas] == [None, None] and told.spread is None
    assert [row.share for row in told.groups] == [None, None]
    assert told.total.figures.asked == 19
