"""The register of organisations, teams, capabilities and resources, on both stores."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Actor, Role
from graph.model.capabilities import Capability, CapabilityKind
from graph.model.needs import Field
from graph.model.people import Organisation, OrganisationKind, Team
from graph.model.resources import Provided, ProviderKind, Resource, ResourceState
from graph.model.times import Window, to_milliseconds
from graph.store import NotFound, Stale, Store
from graph.store.organisations import write_teams
from matching.errors import InvalidInput, WrongState
from matching.use_cases import capabilities, listings, organisations, teams
from matching.use_cases import resources as lists
from matching.use_cases.needs import ShowReason
from tests.crew import Act, threads
from tests.worlds import (
    CLINIC,
    EAST_STAFF,
    MONTH,
    NOON,
    STREET_STAFF,
    WANG,
    WEEK,
    WEST_STAFF,
    ZHAO,
    FakeClock,
    fill,
    fingerprint,
    key,
    need,
    offer,
    properties,
    raw,
)

CITY = Actor("staff-city", Role.CITY, area="city")
SHOP = Organisation("shop", OrganisationKind.MERCHANT, "面馆", located_in="east", contact="李老板13900000009")
VESTS = Team("vests", "红马甲", Field.ELDER_CARE, located_in="east")


@pytest.fixture
def city(store: Store) -> Store:
    fill(store)
    return store


def events(engine: Engine, subject: str) -> list[tuple[Any, ...]]:
    """Return (seq, verb, before, after, reason, party) of everything that happened to a subject."""
    rows = raw(engine, "MATCH (e:Event {subject: $id}) RETURN properties(e) AS e", id=subject)
    found = [row["e"] for row in rows]
    return sorted(tuple(e.get(n) for n in ("seq", "verb", "before", "after", "reason", "party")) for e in found)


def lasting(engine: Engine, type_: str, start: str) -> list[tuple[str, Any, Any]]:
    """Return (end, since, until) of every relationship of a type, the earliest first."""
    query = f"MATCH (a {{id: $id}})-[r:{type_}]->(b) RETURN b.id AS b, r.since AS since, r.until AS until"
    rows = raw(engine, query, id=start)
    return sorted(((r["b"], r["since"], r["until"]) for r in rows), key=lambda r: (r[1] or 0, r[0]))


# ── organisations ────────────────────────────────────────────────────────────────────────────────────────────


def add_shop(store: Store, clock: FakeClock, by: Actor = EAST_STAFF, **changes: Any) -> Organisation:
    return organisations.add_organisation(store, replace(SHOP, **changes), by=by, key=key(by), clock=clock)


def test_an_organisation_is_entered_and_found_by_area_and_kind(city: Store, engine: Engine, clock: FakeClock) -> None:
    made = add_shop(city, clock)
    assert made == replace(SHOP, contact=None)
    assert events(engine, "shop") == [(1, "add", None, None, None, "community")]
    assert "李" not in str(properties(engine, "Organisation", "shop"))

    def found(area: str | None, kind: OrganisationKind | None = None, after: str = "", limit: int = 9) -> list[str]:
        listed = organisations.list_organisations(city, area=area, kind=kind, after=after, limit=limit, by=ZHAO)
        return [o.id for o in listed]

    assert found(None) == found("street") == found("990002001001") == ["clinic", "shop"]
    assert found("west") == []
    assert found("street", OrganisationKind.MERCHANT) == found(None, OrganisationKind.MERCHANT) == ["shop"]
    assert found(None, limit=1) == ["clinic"]
    assert found("street", after="clinic", limit=1) == ["shop"]
    with pytest.raises(NotFound):
        found("nowhere")


def test_an_organisation_outside_the_scope_is_neither_entered_nor_changed(city: Store, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_shop(city, clock, WEST_STAFF, reports_to="nowhere", name="面馆13900000009")
    assert sorted(e["field"] for e in refused.value.more["errors"]) == ["located_in", "name", "reports_to"]
    add_shop(city, clock)
    for organisation in ("shop", "nowhere"):
        with pytest.raises(NotFound):
            organisations.change_organisation(
                city, organisation, {"name": "x"}, rev=1, by=WEST_STAFF, key=key(WEST_STAFF), clock=clock
            )
        with pytest.raises(NotFound):
            organisations.show_contact(city, organisation, reason=ShowReason.HANDLING, by=WEST_STAFF, clock=clock)


def test_what_an_organisation_was_is_closed_and_stays(city: Store, engine: Engine, clock: FakeClock) -> None:
    add_shop(city, clock, reports_to="east", agreement="每月一次")

    def change(rev: int, **changes: Any) -> Organisation:
        clock.advance(hours=1)
        return organisations.change_organisation(
            city, "shop", changes, rev=rev, by=STREET_STAFF, key=key(STREET_STAFF), clock=clock
        )

    away = change(1, located_in="west", name="大面馆", contact="王老板13900000008")
    assert (away.located_in, away.name, away.reports_to, away.agreement, away.rev) == (
        "west",
        "大面馆",
        "east",
        "每月一次",
        2,
    )
    back = change(2, located_in="east", reports_to=None)
    assert (back.located_in, back.reports_to, back.agreement, back.rev) == ("east", None, None, 3)
    again = change(3, reports_to="east", agreement="每周一次")
    assert (again.reports_to, again.agreement) == ("east", "每周一次")
    added, first, second, third = (to_milliseconds(NOON + timedelta(hours=h)) for h in range(4))
    assert lasting(engine, "LOCATED_IN", "shop") == [
        ("east", added, first),
        ("west", first, second),
        ("east", second, None),
    ]
    assert lasting(engine, "REPORTS_TO", "shop") == [("east", added, second), ("east", third, None)]
    assert [e[:4] for e in events(engine, "shop")][1:3] == [
        (2, "change", None, "contact,located_in,name"),
        (3, "change", None, "located_in,reports_to"),
    ]
    with pytest.raises(Stale) as stale:
        change(3, name="x")
    assert stale.value.more == {"rev": 4}
    assert (
        organisations.show_contact(city, "shop", reason=ShowReason.HANDLING, by=EAST_STAFF, clock=clock).contact
        == "王老板13900000008"
    )


def test_a_change_that_changes_nothing_leaves_no_trace(city: Store, engine: Engine, clock: FakeClock) -> None:
    add_shop(city, clock)
    changed = organisations.change_organisation(
        city, "shop", {"name": "面馆"}, rev=1, by=EAST_STAFF, key=key(), clock=clock
    )
    assert changed.rev == 1
    assert len(events(engine, "shop")) == 1


def test_whom_to_call_is_shown_with_a_reason_that_is_written_down(
    city: Store, engine: Engine, clock: FakeClock
) -> None:
    add_shop(city, clock)
    for seq in (2, 3):
        seen = organisations.show_contact(city, "shop", reason=ShowReason.SUPERVISION, by=EAST_STAFF, clock=clock)
        assert seen.contact == SHOP.contact
        assert events(engine, "shop")[-1] == (seq, "show_contact", None, None, "supervision", "community")
    clinic = organisations.show_contact(city, "clinic", reason=ShowReason.HANDLING, by=EAST_STAFF, clock=clock)
    assert clinic.contact is None


def test_of_two_changes_at_once_one_is_told_that_it_is_stale(city: Store, engine: Engine, clock: FakeClock) -> None:
    add_shop(city, clock)

    def rename(rev: int, name: str) -> Act:
        return lambda s: organisations.change_organisation(
            s, "shop", {"name": name}, rev=rev, by=EAST_STAFF, key=key(), clock=clock
        )

    for rev in range(1, 6):
        outcomes = threads(city)([rename(rev, f"{rev} {n}") for n in range(4)])
        assert sorted(o.refused or "" for o in outcomes) == ["", "Stale", "Stale", "Stale"]
        [made] = [o.made for o in outcomes if o.refused is None]
        assert properties(engine, "Organisation", "shop")["name"] == made.name


def test_an_organisation_entered_twice_under_one_key_is_one(city: Store, clock: FakeClock) -> None:
    again = key(EAST_STAFF, name="the-same-key")
    for name in ("shop", "other"):
        made = organisations.add_organisation(city, replace(SHOP, id=name), by=EAST_STAFF, key=again, clock=clock)
        assert made.id == "shop"
    assert len(organisations.list_organisations(city, area="east", kind=None, after="", limit=9, by=WANG)) == 2


# ── teams ────────────────────────────────────────────────────────────────────────────────────────────────────


def add_vests(store: Store, clock: FakeClock) -> Team:
    return teams.add_team(store, VESTS, by=EAST_STAFF, key=key(), clock=clock)


def test_somebody_joins_a_team_leaves_it_and_joins_again(city: Store, engine: Engine, clock: FakeClock) -> None:
    add_vests(city, clock)

    def members() -> list[tuple[str, str | None]]:
        return [(m.person, m.name) for m in teams.list_members(city, "vests", by=EAST_STAFF)]

    def join() -> Team:
        clock.advance(hours=1)
        return teams.join_team(city, "vests", "wang", by=EAST_STAFF, key=key(), clock=clock)

    def leave() -> Team:
        clock.advance(hours=1)
        return teams.leave_team(city, "vests", "wang", by=EAST_STAFF, key=key(), clock=clock)

    with pytest.raises(NotFound):
        leave()
    assert join().rev == 2
    assert members() == [("wang", "王建国")]
    with pytest.raises(WrongState):
        join()
    assert leave().members == ()
    assert members() == []
    join()
    ends = [(since, until) for _, since, until in lasting(engine, "JOINED", "wang")]
    assert [until is None for _, until in ends] == [False, True]
    assert events(engine, "vests") == [
        (1, "add", None, None, None, "community"),
        (2, "join", None, "wang", None, "community"),
        (3, "leave", "wang", None, None, "community"),
        (4, "join", None, "wang", None, "community"),
    ]


def test_only_residents_of_the_scope_join_teams_of_the_scope(city: Store, clock: FakeClock) -> None:
    add_vests(city, clock)
    for person in ("zhao", "nobody"):
        with pytest.raises(InvalidInput):
            teams.join_team(city, "vests", person, by=EAST_STAFF, key=key(), clock=clock)
    for team in ("vests", "nowhere"):
        with pytest.raises(NotFound):
            teams.join_team(city, team, "zhao", by=WEST_STAFF, key=key(WEST_STAFF), clock=clock)


def test_names_of_members_are_for_staff_of_where_they_live_and_ids_for_the_team(city: Store) -> None:
    team = replace(VESTS, members=("wang", "zhao"))
    city.write(lambda graph: write_teams(graph.loading, [team]), scope=EVERYTHING)

    def seen(by: Actor) -> list[tuple[str, str | None]]:
        return [(m.person, m.name) for m in teams.list_members(city, "vests", by=by)]

    assert seen(EAST_STAFF) == [("wang", "王建国"), ("zhao", None)]
    assert seen(STREET_STAFF) == [("wang", "王建国"), ("zhao", "赵强")]
    assert seen(Actor("key-vests", Role.PROVIDER, provider="vests")) == [("wang", None), ("zhao", None)]
    for by in (WEST_STAFF, WANG):
        with pytest.raises(NotFound):
            seen(by)


def test_a_team_is_moved_and_found_where_it_is(city: Store, engine: Engine, clock: FakeClock) -> None:
    add_vests(city, clock)
    changes = {"located_in": "west", "name": "蓝马甲", "field": Field.CULTURE, "verified": False}
    moved = teams.change_team(city, "vests", changes, rev=1, by=STREET_STAFF, key=key(STREET_STAFF), clock=clock)
    assert moved == Team("vests", "蓝马甲", Field.CULTURE, "west", verified=False, rev=2)
    at = to_milliseconds(NOON)
    assert lasting(engine, "LOCATED_IN", "vests") == [("east", at, at), ("west", at, None)]

    def found(area: str | None, field: Field | None = None) -> list[str]:
        return [t.id for t in teams.list_teams(city, area=area, field=field, after="", limit=9, by=WANG)]

    assert (found("east"), found("west"), found(None)) == ([], ["vests"], ["vests"])
    assert (found("west", Field.CULTURE), found(None, Field.ELDER_CARE)) == (["vests"], [])
    with pytest.raises(Stale):
        teams.change_team(city, "vests", {"name": "x"}, rev=1, by=WEST_STAFF, key=key(WEST_STAFF), clock=clock)
    with pytest.raises(NotFound):
        teams.change_team(city, "vests", {"name": "x"}, rev=2, by=EAST_STAFF, key=key(), clock=clock)


# ── capabilities ─────────────────────────────────────────────────────────────────────────────────────────────


def capability(name: str, *is_a: str) -> Capability:
    return Capability(name, name, CapabilityKind.SKILL, "visit", is_a)


def add_capability(store: Store, name: str, *is_a: str) -> capabilities.Placed:
    return capabilities.add_capability(store, capability(name, *is_a), by=CITY, key=key(CITY))


def test_a_capability_is_added_below_others_and_renamed(city: Store) -> None:
    made = add_capability(city, "taps", "plumbing", "company")
    assert (made.general, made.special) == (("company", "plumbing", "repair"), ())
    assert capabilities.get_capability(city, "repair", by=WANG).special == ("electrics", "plumbing", "taps")
    renamed = capabilities.rename_capability(city, "taps", "修龙头", by=CITY, key=key(CITY))
    assert renamed.capability == replace(capability("taps", "company", "plumbing"), name="修龙头")
    for act in (
        lambda: capabilities.rename_capability(city, "nothing", "x", by=CITY, key=key(CITY)),
        lambda: capabilities.get_capability(city, "nothing", by=CITY),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize(("name", "is_a"), [("plumbing", ()), ("taps", ("nothing",)), ("taps", ("taps",))])
def test_a_capability_that_is_there_or_has_no_place_is_refused(
    city: Store, engine: Engine, name: str, is_a: tuple[str, ...]
) -> None:
    before = fingerprint(engine)
    with pytest.raises(InvalidInput):
        add_capability(city, name, *is_a)
    assert fingerprint(engine) == before


def test_two_capabilities_added_at_once_are_both_there_and_one_added_twice_is_one(city: Store, engine: Engine) -> None:
    acts = [lambda s, n=n: add_capability(s, f"new{n}", "repair") for n in (1, 2, 3, 3)]
    outcomes = threads(city)(acts)
    assert sorted(o.refused or "" for o in outcomes) == ["", "", "", "InvalidInput"]
    special = capabilities.get_capability(city, "repair", by=CITY).special
    assert special == ("electrics", "new1", "new2", "new3", "plumbing")
    [row] = raw(engine, "MATCH (:Capability {id: 'new3'})-[r:IS_A]->() RETURN count(r) AS n")
    assert row["n"] == 1


def test_two_that_would_be_kinds_of_each_other_never_both_come_in(city: Store) -> None:
    outcomes = threads(city)([lambda s: add_capability(s, "a", "b"), lambda s: add_capability(s, "b", "a")])
    assert [o.refused for o in outcomes] == ["InvalidInput", "InvalidInput"]


# ── resources ────────────────────────────────────────────────────────────────────────────────────────────────


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
