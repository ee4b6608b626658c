"""The register of organisations, teams and capabilities, on both stores."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Actor, Role
from graph.model.capabilities import Capability, CapabilityKind
from graph.model.needs import Field
from graph.model.people import Organisation, OrganisationKind, Team
from graph.model.times import to_milliseconds
from graph.store import NotFound, Stale, Store
from graph.store.organisations import write_teams
from matching.errors import InvalidInput, WrongState
from matching.use_cases import capabilities, organisations, teams
from matching.use_cases.needs import ShowReason
from tests.crew import Act, threads
from tests.register import (
    VESTS,
    add_vests,
    events,
    lasting,
)
from tests.worlds import (
    EAST_STAFF,
    NOON,
    STREET_STAFF,
    WANG,
    WEST_STAFF,
    ZHAO,
    FakeClock,
    fingerprint,
    key,
    properties,
    raw,
)

CITY = Actor("staff-city", Role.CITY, area="city")
SHOP = Organisation("shop", OrganisationKind.MERCHANT, "面馆", located_in="east", contact="李老板13900000009")


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
