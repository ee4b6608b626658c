"""What the optimizer reads equals what was written."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from graph.engine import Engine
from graph.model.assignments import AssignmentState, Side
from graph.model.needs import NeedState, Required, Urgency
from graph.model.plans import PlannedPair
from graph.model.resources import ProviderKind, ResourceState
from graph.model.times import Period, Window, to_milliseconds
from graph.snapshot import Links, Snapshot
from graph.store import (
    Graph,
    Store,
)
from graph.store.columns import NO_CERTIFICATE_NEEDED
from matching.errors import NotAMatch
from matching.use_cases.matches import request_match
from matching.use_cases.offers import offer_pairs
from tests.contract.worlds import FULL, TRAINED, pair, put, read, write
from tests.worlds import (
    AREAS,
    CAPABILITIES,
    EAST_STAFF,
    MONTH,
    NOON,
    WANG_TIME,
    WEEK,
    WHEELCHAIRS,
    ZHAO_TIME,
    FakeClock,
    broken,
    fill,
    need,
    offer,
    raw,
)


def snapshot(store: Store, area: str = "city", **more: Any) -> Snapshot:
    return read(store, lambda g: g.snapshots.read(area, NOON.date(), **more))


def hold(store: Store, need_: str, resource: str, period: str, quantity: int = 1) -> None:
    """Offer units in any period, whatever the matching would say."""
    planned = PlannedPair(need_, 1, resource, 1, period, quantity, {})

    def work(graph: Graph) -> None:
        offered = offer_pairs(
            graph,
            [planned],
            name=lambda p: f"{p.need}|{p.resource}|{p.period}",
            waiting_for=frozenset(Side),
            plan=None,
            by=EAST_STAFF,
            at=NOON,
        )
        assert offered.skipped == []

    write(store, work)


def links(found: Links, left: Any, right: Any) -> set[tuple[str, str, int]]:
    """Return a table of pairs with ids instead of rows."""
    rows = zip(found.left.tolist(), found.right.tolist(), found.value.tolist(), strict=True)
    return {(str(left[a]), str(right[b]), value) for a, b, value in rows}


def test_a_snapshot_s_areas_are_the_tree_with_communities_and_positions(store: Store) -> None:
    fill(store)
    areas = snapshot(store).areas
    row = {str(name): i for i, name in enumerate(areas.id)}
    assert set(row) == {a.id for a in AREAS}
    for area in AREAS:
        parent = int(areas.parent[row[area.id]])
        assert (None if parent < 0 else areas.id[parent]) == area.parent
    assert [areas.id[areas.community[row[a]]] for a in ("east", "east-grid", "east-1")] == ["east"] * 3
    assert all(areas.community[row[a]] == -1 for a in ("city", "district", "street"))
    assert (areas.lat[row["west-1"]], areas.lon[row["west-1"]]) == (34.900, 108.930)
    assert (areas.lat[row["street"]], areas.lon[row["street"]]) == (34.90, 108.94)  # of the city, the nearest above


def test_a_snapshot_s_needs_equal_what_was_written(store: Store) -> None:
    more = need("west", area="west-1", urgency=Urgency.LONG_TERM, windows=(Window(540, 660), Window(1980, 2100)))
    fill(store, FULL, need("plain"), need("never", windows=()), more, need("closed", state=NeedState.CLOSED))
    found = snapshot(store)
    needs = found.needs
    row = {str(name): i for i, name in enumerate(needs.id)}
    assert list(row) == ["full", "never", "plain", "west"]
    for written in (FULL, need("plain"), more):
        i = row[written.id]
        assert found.areas.id[needs.area[i]] == written.area
        assert needs.wanted[i] == written.quantity
        assert list(Urgency)[needs.urgency[i]] is written.urgency
        assert needs.raised_at[i] == to_milliseconds(written.raised_at or NOON)
        assert needs.due[i] == (-1 if written.due is None else to_milliseconds(written.due))
        assert (needs.duration[i], needs.at_home[i], needs.terms[i]) == (written.duration, written.at_home, 1)
        windows = None if needs.windows[i] < 0 else found.windows[needs.windows[i]]
        assert windows == (None if written.windows is None else tuple((w.start, w.end) for w in written.windows))
    assert found.windows[needs.windows[row["never"]]] == ()
    assert needs.windows[row["full"]] == needs.windows[row["west"]]
    assert links(found.requires, needs.id, found.capabilities) == {
        ("full", "electrics", 3),
        ("full", "plumbing", 2),
        ("plain", "plumbing", 1),
        ("never", "plumbing", 1),
        ("west", "plumbing", 1),
    }
    assert links(found.is_a, found.capabilities, found.capabilities) == {
        (c.id, general, 0) for c in CAPABILITIES for general in c.is_a
    }
    assert needs.vulnerable.tolist() == [True, False, False, False]
    assert found.periods == (WEEK, MONTH, "once")


def test_a_snapshot_knows_who_has_served_whom_and_which_needs_go_together(store: Store) -> None:
    again = need("again", person="liu", group="g")
    others = [need("home", household="liu-home", group="g"), need("nobody", group="alone"), need("wang", person="wang")]
    past = [
        need(name, state=NeedState.CLOSED, **whose)
        for name, whose in (
            ("p1", {"person": "liu"}),
            ("p2", {"person": "liu"}),
            ("h1", {"household": "liu-home"}),
            ("w1", {"person": "wang"}),
        )
    ]
    fill(store, again, *others, *past)
    done, going_on = AssignmentState.CONFIRMED, AssignmentState.ACTIVE
    put(store, pair("a", need_="p1", state=done), pair("b", need_="p2", state=AssignmentState.DELIVERED))
    put(store, pair("c", need_="h1", resource="zhao-time", provider="zhao", state=done))
    put(store, pair("d", need_="w1", resource="zhao-time", provider="zhao", state=going_on))
    found = snapshot(store)
    assert links(found.served_before, found.needs.id, found.resources.id) == {
        ("again", "wang-time", 2),
        ("home", "zhao-time", 1),
    }
    assert dict(zip(found.needs.id.tolist(), found.needs.group.tolist(), strict=True)) == {
        "again": 0,
        "home": 0,
        "nobody": -1,
        "wang": -1,
    }


def test_a_snapshot_has_the_month_s_quotas_of_units_and_of_areas(store: Store, engine: Engine) -> None:
    weekly = replace(WHEELCHAIRS, id="weekly", period=Period.WEEK)
    fill(store, need(), replace(WHEELCHAIRS, id="more"), weekly)
    assert snapshot(store).quotas == ()
    for label, id_, quota in (("Organisation", "clinic", 4), ("Area", "street", 9), ("Area", "west", 1)):
        raw(engine, f"MATCH (n:{label} {{id: '{id_}'}}) SET n.quota = {quota}")
    found = snapshot(store)
    quotas = [(q.id, q.units, sorted(found.resources.id[q.resources].tolist())) for q in found.quotas]
    assert quotas == [("clinic", 4, ["more", "wheelchairs"]), ("street", 9, ["more", "wheelchairs"])]
    assert snapshot(store, needs=["leak"]).quotas == ()


def test_a_snapshot_has_the_floors_of_the_area_asked_for_and_below_it(store: Store, engine: Engine) -> None:
    fill(store, need(), need("west", area="west-1"), need("street", area="street"))
    assert snapshot(store).floors == ()
    for area, share in (("district", 10), ("street", 20), ("west", 30), ("east", 0), ("east-grid", 40)):
        raw(engine, f"MATCH (a:Area {{id: '{area}'}}) SET a.floor = {share}")

    def floors(area: str) -> list[tuple[str, int, int, list[str]]]:
        found = snapshot(store, area)
        return [(f.id, f.share, f.depth, found.needs.id[f.needs].tolist()) for f in found.floors]

    below = [("east-grid", 40, 4, ["leak"]), ("west", 30, 3, ["west"]), ("street", 20, 2, ["leak", "street", "west"])]
    assert floors("city") == [*below, ("district", 10, 1, ["leak", "street", "west"])]
    assert floors("street") == below  # of a larger one only a part is open here
    assert floors("west") == [below[1]]
    assert snapshot(store, needs=["leak"]).floors == ()


def test_an_appointed_need_has_the_one_window_agreed_on_in_the_week_in_which_it_lies(store: Store) -> None:
    at = {
        "past": NOON - timedelta(days=1),
        "friday": NOON + timedelta(days=2),  # 12:00 in the city
        "next-week": NOON + timedelta(days=7),
    }
    fill(store, need("any"), *(need(name, appointed=when, duration=90) for name, when in at.items()))
    found = snapshot(store)
    assert found.needs.id.tolist() == ["any", "friday", "past"]
    assert found.needs.appointed.tolist() == [-1, to_milliseconds(at["friday"]), -1]
    assert found.windows[found.needs.windows[1]] == ((4 * 1440 + 720, 4 * 1440 + 810),)
    assert found.needs.windows.tolist()[::2] == [-1, -1]
    later = snapshot(store, needs=["next-week"])
    assert later.windows[later.needs.windows[0]] == ((2 * 1440 + 720, 2 * 1440 + 810),)


def test_who_is_with_somebody_else_at_the_appointed_time_is_not_asked(store: Store, clock: FakeClock) -> None:
    friday = NOON + timedelta(days=2)
    fill(
        store,
        need("first", appointed=friday, duration=60),
        need("at-once", appointed=friday + timedelta(minutes=30), duration=60),
        need("after", appointed=friday + timedelta(minutes=60), duration=60),
        need("any"),
    )
    offer(store, clock, need="first", resource="wang-time")
    for asked, resources in (("at-once", {"zhao-time"}), ("after", {"wang-time", "zhao-time"}), ("any", None)):
        found = {m.resource.id for m in request_match(store, asked, by=EAST_STAFF, clock=clock).matches}
        assert found == (resources or {"wang-time", "zhao-time"})
    with pytest.raises(NotAMatch):
        offer(store, clock, need="at-once", resource="wang-time")


def test_a_snapshot_of_one_area_has_its_needs_only_and_everybody_s_resources(store: Store) -> None:
    fill(store, need("here"), need("there", area="west-1"))
    assert snapshot(store, "east").needs.id.tolist() == ["here"]
    assert len(snapshot(store, "east").resources.id) == 3
    asked = snapshot(store, "city", needs=["there"])
    assert asked.needs.id.tolist() == ["there"]
    assert sorted(asked.resources.id.tolist()) == ["wang-time", "zhao-time"]  # those that could serve it
    one = snapshot(store, "city", needs=["there"], resources=["zhao-time", "nothing"])
    assert one.resources.id.tolist() == ["zhao-time"]


def test_a_special_capability_serves_the_general_one_in_a_snapshot_of_one_need(store: Store) -> None:
    fill(store, need(requires=["repair"]))
    assert sorted(snapshot(store, needs=["leak"]).resources.id.tolist()) == ["wang-time", "zhao-time"]


def test_a_snapshot_s_resources_equal_what_was_written(store: Store) -> None:
    once = replace(WHEELCHAIRS, id="once", period=Period.ONCE, capacity=1, windows=(Window(0, 60),))
    withdrawn = replace(WANG_TIME, id="withdrawn", state=ResourceState.WITHDRAWN)
    fill(store, TRAINED, once, withdrawn)
    found = snapshot(store)
    resources = found.resources
    row = {str(name): i for i, name in enumerate(resources.id)}
    written = {r.id: r for r in (WANG_TIME, ZHAO_TIME, WHEELCHAIRS, TRAINED, once)}
    assert row.keys() == written.keys()
    lives = {"wang": "east-1", "zhao": "west-1", "clinic": "east"}
    for r in written.values():
        i = row[r.id]
        assert found.areas.id[resources.area[i]] == lives[r.provider]
        assert resources.by_person[i] == (r.provider_kind is ProviderKind.PERSON)
        assert resources.verified[i] == (r.provider != "zhao")
        assert (resources.capacity[i], resources.terms[i]) == (r.capacity, 1)
        assert list(Period)[resources.period[i]] is r.period
        assert resources.reach_minutes[i] == (-1 if r.reach_minutes is None else r.reach_minutes)
        windows = None if resources.windows[i] < 0 else found.windows[resources.windows[i]]
        assert windows == (None if r.windows is None else tuple((w.start, w.end) for w in r.windows))
    assert links(found.provides, resources.id, found.capabilities) == {
        (r.id, p.capability, p.level) for r in written.values() for p in r.provides
    }
    assert links(found.reaches, resources.id, found.areas.id) == {
        (r.id, a, 0) for r in written.values() for a in r.reaches
    }
    until = {
        (str(resources.id[r]), str(found.capabilities[c])): int(day)
        for r, c, day in zip(found.provides.left, found.provides.right, found.certificate_until, strict=True)
    }
    assert until.pop(("trained", "electrics")) == (date(2027, 1, 31) - date(1970, 1, 1)).days
    assert set(until.values()) == {NO_CERTIFICATE_NEEDED}


def test_a_snapshot_holds_what_is_reserved_and_taken_in_its_week_month_and_once(store: Store, engine: Engine) -> None:
    once = replace(WHEELCHAIRS, id="once", period=Period.ONCE, capacity=2)
    fill(store, need("n", quantity=9), need("m", quantity=9, area="west-1"), once)
    hold(store, "n", "wang-time", WEEK, 2)
    hold(store, "n", "wheelchairs", MONTH)
    hold(store, "n", "once", "once")
    hold(store, "m", "wheelchairs", MONTH, 2)
    hold(store, "n", "wang-time", "2026-W48", 2)  # another week
    hold(store, "m", "wheelchairs", "2026-12")
    raw(engine, "MATCH (a:Assignment {id: $id}) SET a.state = 'active'", id=f"n|wheelchairs|{MONTH}")
    raw(engine, "MATCH (b:Bucket {id: $id}) SET b.reserved = 2, b.taken = 1", id=f"wheelchairs|{MONTH}")
    raw(engine, "MATCH (n:Need {id: 'n'}) SET n.reserved = n.reserved - 1, n.taken = 1")
    assert broken(store) == []

    found = snapshot(store, "east")
    assert found.held == (
        ("m", "wheelchairs", 2),  # of a need outside the area too: it takes up capacity
        ("n", "once", 1),
        ("n", "wang-time", 2),
        ("n", "wheelchairs", 1),
    )
    assert found.needs.wanted.tolist() == [7]  # 9 less the 2 of the other week


def test_a_snapshot_knows_what_each_resource_gave_in_the_period_before(store: Store) -> None:
    fill(store, need(quantity=9), need("chair", requires=["wheelchair"], quantity=9))
    hold(store, "leak", "wang-time", "2026-W46", 2)
    hold(store, "leak", "wang-time", "2026-W45")
    hold(store, "leak", "zhao-time", WEEK)
    hold(store, "chair", "wheelchairs", "2026-10", 3)
    found = snapshot(store)
    assert dict(zip(found.resources.id.tolist(), found.resources.load.tolist(), strict=True)) == {
        "wang-time": 2,
        "zhao-time": 0,
        "wheelchairs": 3,
    }


def test_what_is_over_is_not_held(store: Store, clock: FakeClock) -> None:
    fill(store, need(quantity=2))
    hold(store, "leak", "wang-time", WEEK, 2)
    assert len(snapshot(store).held) == 1
    clock.advance(days=3)
    from matching.use_cases.answers import sweep

    assert sweep(store, clock=clock) == 1
    assert snapshot(store).held == ()
    assert snapshot(store).needs.wanted.tolist() == [2]


def test_a_closed_need_still_holds_its_units_in_a_snapshot(store: Store, engine: Engine) -> None:
    fill(store, need())
    hold(store, "leak", "wang-time", WEEK)
    raw(engine, "MATCH (n:Need) SET n.state = 'closed'")
    found = snapshot(store)
    assert (found.held, found.needs.id.tolist()) == ((("leak", "wang-time", 1),), [])


@pytest.mark.parametrize(
    ("focus", "vulnerable"),
    [(["advanced_age"], True), (["low_income"], False), (["low_income", "alone"], True), ([], False)],
)
def test_who_is_vulnerable_follows_from_the_household(
    store: Store, engine: Engine, focus: list[str], vulnerable: bool
) -> None:
    fill(store, need(person="liu"), need("of-wang", person="wang"), need("of-nobody"))
    raw(engine, "MATCH (h:Household {id: 'liu-home'}) SET h.focus = $focus", focus=focus)
    found = snapshot(store).needs
    assert dict(zip(found.id.tolist(), found.vulnerable.tolist(), strict=True)) == {
        "leak": vulnerable,
        "of-wang": False,
        "of-nobody": False,
    }


def test_a_snapshot_carries_terms_and_declined_pairs(store: Store, engine: Engine) -> None:
    fill(store, need(), need("other"))
    raw(engine, "MATCH (n:Need {id: 'leak'}) SET n.terms = 5")
    raw(engine, "MATCH (r:Resource {id: 'wang-time'}) SET r.terms = 6")
    write(store, lambda g: g.assignments.mark_declined("wang-time", "leak", at=NOON, need_terms=3))
    found = snapshot(store)
    assert dict(zip(found.needs.id.tolist(), found.needs.terms.tolist(), strict=True)) == {"leak": 5, "other": 1}
    terms = dict(zip(found.resources.id.tolist(), found.resources.terms.tolist(), strict=True))
    assert terms == {"wang-time": 6, "zhao-time": 1, "wheelchairs": 1}
    assert links(found.declined, found.needs.id, found.resources.id) == {("leak", "wang-time", 3)}


def test_a_snapshot_of_an_empty_city_is_empty(store: Store) -> None:
    fill(store, resources=[])
    found = snapshot(store)
    assert (len(found.needs.id), len(found.resources.id), found.held, found.windows) == (0, 0, (), ())
    assert found.needs.wanted.dtype == np.int64


def test_a_snapshot_is_read_in_pieces_that_fit_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from graph.store import transaction

    fill(store, *(need(f"n{i}", quantity=i + 1, requires=[Required("plumbing", i % 5 + 1)]) for i in range(7)))
    whole = snapshot(store)
    monkeypatch.setattr(transaction, "PIECE", 3)
    pieces = snapshot(store)
    for name in ("id", "wanted", "terms", "raised_at", "area"):
        assert getattr(pieces.needs, name).tolist() == getattr(whole.needs, name).tolist()
    assert links(pieces.requires, pieces.needs.id, pieces.capabilities) == links(
        whole.requires, whole.needs.id, whole.capabilities
    )
