"""Who was erased stays so: nothing is listed, joined, asked or given a key in their name again; on both stores."""

from dataclasses import replace

import pytest

from api.security.keys import create_key
from graph.engine import Engine
from graph.model.actors import Actor, Role
from graph.model.ids import new_id
from graph.model.resources import Resource, ResourceState
from graph.store import Erased, Store
from graph.store.belongings import AllOfAPerson
from graph.store.needs import write_needs
from graph.store.organisations import write_teams
from graph.store.resources import write_resources
from matching.use_cases.listings import change_resource, list_resource, relist_resource
from matching.use_cases.personal_data import EraseReason, Erasure, erase_person
from matching.use_cases.teams import join_team
from tests.contract.test_organisations import TEAM
from tests.contract.worlds import read, write
from tests.crew import halfway, threads
from tests.worlds import (
    EAST_STAFF,
    STREET_STAFF,
    WANG_TIME,
    FakeClock,
    broken,
    fill,
    fresh_store,
    key,
    need,
    properties,
    raw,
)

MORE = replace(WANG_TIME, id="more", title="王建国修水管", conditions="找王建国")


def erase(store: Store, clock: FakeClock, person: str = "wang") -> Erasure:
    return erase_person(
        store, person, reason=EraseReason.RESIDENT_ASKED, by=STREET_STAFF, key=key(STREET_STAFF), clock=clock
    )


def listing(store: Store, clock: FakeClock, resource: Resource = MORE, by: Actor = EAST_STAFF) -> str:
    seen = list_resource(store, resource, provider="wang", by=by, key=key(by), clock=clock)
    return seen.resource.id


def listed(engine: Engine, person: str = "wang") -> int:
    query = "MATCH (r:Resource {provider: $p, state: 'listed'}) RETURN count(r) AS n"
    return int(raw(engine, query, p=person)[0]["n"])


def test_nothing_is_listed_or_joined_in_an_erased_person_s_name_again(store: Store, clock: FakeClock) -> None:
    fill(store, MORE)
    write(store, lambda g: write_teams(g.loading, [replace(TEAM, members=("zhao",))]))
    erase(store, clock)
    with pytest.raises(Erased):
        listing(store, clock, replace(WANG_TIME, id="again"))
    for act in (
        lambda: relist_resource(store, "more", by=EAST_STAFF, key=key(), clock=clock),
        lambda: change_resource(store, "more", {"title": "王建国"}, rev=2, by=EAST_STAFF, key=key(), clock=clock),
        lambda: join_team(store, "team", "wang", by=EAST_STAFF, key=key(), clock=clock),
        lambda: create_key(store, name="w", role=Role.PROVIDER, area=None, provider="wang", days=9, clock=clock),
    ):
        with pytest.raises(Erased):
            act()
    assert broken(store) == []


def test_whoever_writes_something_of_a_person_locks_them_and_refuses_the_erased(store: Store, clock: FakeClock) -> None:
    fill(store)
    write(store, lambda g: g.loading.lock_people(["liu", "wang", "nobody"]))
    erase(store, clock)
    for work in (
        lambda g: g.loading.lock_people(["liu", "wang"]),
        lambda g: write_resources(g.loading, [MORE]),
        lambda g: write_teams(g.loading, [TEAM]),
        lambda g: write_needs(g.loading, [need(raised_by="wang")]),
    ):
        with pytest.raises(Erased):
            write(store, work)
    assert broken(store) == []


def test_the_words_of_what_an_erased_person_listed_are_gone(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, MORE, replace(MORE, id="over", state=ResourceState.WITHDRAWN))
    erase(store, clock)
    for resource in ("more", "over"):
        kept = properties(engine, "Resource", resource)
        assert (kept["title"], kept["card"], kept.get("conditions")) == ("已删除", "已删除", None)
        assert kept["state"] == "withdrawn"
    assert broken(store) == []


def test_an_erased_person_is_in_no_team_and_belongs_to_nothing(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store)
    write(store, lambda g: write_teams(g.loading, [TEAM]))
    erase(store, clock)
    team = read(store, lambda g: g.teams.get("team"))
    assert (team.members, team.rev) == (("zhao",), 2)
    events = raw(engine, "MATCH (e:Event {subject: 'team'}) RETURN e.verb AS verb, e.reason AS reason")
    assert events == [{"verb": "leave", "reason": "erased"}]
    left = "MATCH (:Person {id: 'wang'})-[r]->() WHERE r.until IS NULL AND type(r) <> 'LISTS' RETURN type(r) AS t"
    assert raw(engine, left) == [{"t": "LIVES_IN"}]


def test_what_an_older_version_left_of_an_erased_person_is_found_and_erased_with_them_again(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store)
    erase(store, clock)
    raw(engine, "MATCH (r:Resource {id: 'wang-time'}) SET r.state = 'listed'")
    [sentence] = broken(store)
    assert "person wang: was erased, and lists 1 resources" in sentence
    erase(store, clock)
    assert broken(store) == []


def test_a_listing_and_an_erasure_at_once_leave_nothing_listed(store: Store, engine: Engine, clock: FakeClock) -> None:
    for _ in range(3):
        fill(fresh_store(engine))
        outcomes = threads(store)(
            [lambda s: erase(s, clock), lambda s: listing(s, clock, replace(WANG_TIME, id=new_id()))]
        )
        assert outcomes[0].refused is None
        assert outcomes[1].refused in (None, "Erased")
        assert listed(engine) == 0


def test_a_listing_in_the_middle_of_an_erasure_waits_or_is_withdrawn(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store)
    with halfway(engine, AllOfAPerson, "lock", store, lambda s: listing(s, clock)) as between:
        erase(store, clock)
    assert between.outcome is not None
    assert between.outcome.refused in (None, "Erased")
    assert listed(engine) == 0
    assert broken(store) == []


def test_somebody_who_joins_a_team_while_being_erased_is_not_in_it(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store)
    write(store, lambda g: write_teams(g.loading, [replace(TEAM, members=("zhao",))]))

    def joins(s: Store) -> None:
        join_team(s, "team", "wang", by=EAST_STAFF, key=key(), clock=clock)

    with halfway(engine, AllOfAPerson, "lock", store, joins) as between:
        erase(store, clock)
    assert between.outcome is not None
    assert read(store, lambda g: g.teams.get("team")).members == ("zhao",)
    assert broken(store) == []
