"""Who was erased stays so: nothing is listed, joined or given a key in their name again, and nobody finds them."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.security.keys import create_key
from graph import schema
from graph.engine import Engine
from graph.model.actors import Actor, Role
from graph.model.ids import new_id
from graph.model.people import Person
from graph.model.resources import Resource, ResourceState
from graph.store import Erased, Store
from graph.store.belongings import AllOfAPerson
from graph.store.needs import write_needs
from graph.store.organisations import write_teams
from graph.store.resources import write_resources
from matching.errors import InvalidInput
from matching.use_cases import importing
from matching.use_cases.importing import check
from matching.use_cases.listings import change_resource, list_resource, relist_resource
from matching.use_cases.lookups import places
from matching.use_cases.people import change_person, record_person
from matching.use_cases.personal_data import EraseReason, Erasure, erase_person
from matching.use_cases.teams import join_team
from tests.contract.test_organisations import TEAM
from tests.contract.worlds import read, write
from tests.crew import halfway, threads
from tests.tables import A_NEED, A_NUMBER, NEED_HEADER, OPERATOR, bring, text
from tests.worlds import (
    EAST_STAFF,
    STREET_STAFF,
    WANG_TIME,
    WEST_STAFF,
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
AGAIN = replace(WANG_TIME, id="again")


def erase(store: Store, clock: FakeClock, person: str = "wang") -> Erasure:
    return erase_person(
        store, person, reason=EraseReason.RESIDENT_ASKED, by=STREET_STAFF, key=key(STREET_STAFF), clock=clock
    )


def listing(store: Store, clock: FakeClock, resource: Resource = AGAIN, by: Actor = EAST_STAFF) -> str:
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
        listing(store, clock)
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


# ── brought in by lists ──────────────────────────────────────────────────────────────────────────────────────

HEADER = ("姓名", "身份证号", "出生年份", "区域", "住址", "电话")
OF_THE_CITY = replace(OPERATOR, area="city")
LIST = [HEADER, ("陈玉兰", A_NUMBER, "", "东社区", "", ""), ("陈小兰", "", "1960", "东社区", "光明路1号", "")]


def people(engine: Engine) -> set[str]:
    query = "MATCH (p:Person) WHERE p.erased = false AND NOT p.id IN ['liu', 'wang', 'zhao'] RETURN p.id AS id"
    return {row["id"] for row in raw(engine, query)}


def test_who_was_erased_and_comes_back_is_somebody_new_and_known_by_nothing(
    store: Store, engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    fill(store)
    path = text(tmp_path / "p.csv", LIST)
    seen: set[str] = set()
    for _ in range(2):
        for new in (2, 0):
            report = bring(store, "people", path, clock)
            assert (report.new, report.there, report.wrong) == (new, 2 - new, [])
        there = people(engine)
        assert len(there) == 2 and not there & seen
        seen |= there
        for person in there:
            erase(store, clock, person)
    left = raw(engine, "MATCH (p:Person) WHERE p.erased = true RETURN properties(p) AS kept")
    assert not [name for row in left for name, value in row["kept"].items() if name.endswith("_hash") and value]
    assert broken(store) == []


def test_two_imports_of_one_list_at_once_bring_nobody_in_twice(
    store: Store, engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    fill(store)
    path = text(tmp_path / "p.csv", LIST)
    outcomes = threads(store)([lambda s: bring(s, "people", path, clock).new] * 3)
    assert [o.refused for o in outcomes] == [None] * 3
    assert sum(o.made for o in outcomes) == 2
    assert len(people(engine)) == 2


NEEDS = (*NEED_HEADER, "居民系统编号", "家庭系统编号")


def test_a_row_for_somebody_who_was_erased_is_a_bad_cell(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    fill(store, need("of-the-home", household="liu-home", text="家里的事"))
    erase(store, clock, "liu")
    rows = [NEEDS, (*A_NEED, "liu", ""), (*A_NEED, "", "liu-home"), (*A_NEED, "", "wang-home")]
    report = bring(store, "needs", text(tmp_path / "n.csv", rows), clock, dry_run=True)
    assert [(wrong.row, wrong.column) for wrong in report.wrong] == [(2, "居民系统编号"), (3, "家庭系统编号")]
    [i] = write(store, lambda g: g.loading.existing(schema.PERSON, ["liu"]))
    errors = check(
        store, [Person(i, "刘", "east-1")], places=places(store, by=OF_THE_CITY), by=OF_THE_CITY, clock=clock
    )[1]
    assert [field for field, _ in errors[i]] == ["id"]
    rows = [("提供者类型", "提供者", "标题", "能力"), ("个人", "liu", "陪伴", "陪伴")]
    report = bring(store, "resources", text(tmp_path / "r.csv", rows), clock, dry_run=True)
    assert [(wrong.row, wrong.column) for wrong in report.wrong] == [(2, "提供者")]


def test_who_is_erased_in_the_middle_of_an_import_is_told_with_the_rows(
    store: Store, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    monkeypatch.setattr(importing, "PAGE", 2)
    rows = [NEEDS, *((f"漏水{i}", *A_NEED[1:], "liu" if i == 3 else "", "") for i in range(5))]

    def progress(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("write", 2):
            erase(store, clock, "liu")

    path = text(tmp_path / "n.csv", rows)
    with pytest.raises(Erased, match=r"rows 4 to 5: .* The 2 rows before"):
        bring(store, "needs", path, clock, progress=progress)
    report = bring(store, "needs", path, clock, dry_run=True)
    assert [wrong.row for wrong in report.wrong] == [5]


# ── one ID number, one person ────────────────────────────────────────────────────────────────────────────────


def record(store: Store, clock: FakeClock, by: Actor = EAST_STAFF, lives_in: str = "east-1") -> str:
    person = Person(new_id(), "陈玉兰", lives_in, id_number=A_NUMBER)
    return record_person(store, person, by=by, key=key(by), clock=clock).person.id


def test_an_id_number_is_recorded_once_in_a_scope(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    fill(store)
    first = record(store, clock)
    for again in (
        lambda: record(store, clock),
        lambda: change_person(store, "liu", {"id_number": A_NUMBER}, rev=1, by=EAST_STAFF, key=key(), clock=clock),
    ):
        with pytest.raises(InvalidInput) as refused:
            again()
        [error] = refused.value.more["errors"]
        assert error["field"] == "id_number" and first in error["message"]
        assert A_NUMBER not in error["message"]
    change_person(store, first, {"id_number": A_NUMBER}, rev=1, by=EAST_STAFF, key=key(), clock=clock)
    # Who lives elsewhere does not exist for this scope; a list of the whole city tells that there are two.
    record(store, clock, WEST_STAFF, "west-1")
    report = bring(store, "people", text(tmp_path / "p.csv", LIST[:2]), clock)
    assert [(wrong.column, "several" in wrong.message) for wrong in report.wrong] == [("身份证号", True)]


def test_an_id_number_recorded_by_many_at_once_is_recorded_once(store: Store, clock: FakeClock) -> None:
    fill(store)
    outcomes = threads(store)([lambda s: record(s, clock)] * 4)
    assert sorted(o.refused or "" for o in outcomes) == ["", *["InvalidInput"] * 3]
