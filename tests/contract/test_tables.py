"""What import and export read: whole subjects at once, of the scope's area only."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.needs import Field
from graph.model.people import Person, Team
from graph.model.resources import ProviderKind
from graph.store import Graph, Store
from graph.store.organisations import write_teams
from graph.store.people import write_people
from graph.store.tables import Called
from graph.store.transaction import Unscoped
from tests.contract.worlds import EAST, STREET, WEST, read, write
from tests.worlds import AREAS, NOON, ORGANISATIONS, WANG_TIME, add, fill, fingerprint, need

NUMBER = "11010519491231002X"
CHEN = Person("chen", "陈玉兰", "west-1", phone="13900000009", id_number=NUMBER)
TEAM = Team("team", "志愿服务队", Field.ASSISTANCE, located_in="west")


def test_the_tree_of_an_area_is_all_that_lies_below_it(store: Store) -> None:
    fill(store)
    plain = [replace(a, lat=None, lon=None) for a in sorted(AREAS, key=lambda a: a.id)]
    assert read(store, lambda g: g.tables.tree("city")) == plain
    assert [a.id for a in read(store, lambda g: g.tables.tree("west"))] == ["west", "west-1", "west-grid"]
    assert read(store, lambda g: g.tables.tree("nowhere")) == []


def test_who_has_an_id_number_is_found_by_its_hash_wherever_they_live(store: Store) -> None:
    fill(store)
    write(store, lambda g: write_people(g.loading, [CHEN]))
    assert read(store, lambda g: g.tables.numbered([NUMBER, "nobody's"]), EAST) == {NUMBER: ["chen"]}
    write(store, lambda g: write_people(g.loading, [replace(CHEN, id="chen-2")]))
    assert read(store, lambda g: g.tables.numbered([NUMBER]), EAST) == {NUMBER: ["chen", "chen-2"]}


def test_whom_a_list_described_is_found_by_the_same_words_until_they_are_erased(store: Store) -> None:
    fill(store)
    write(store, lambda g: write_people(g.loading, [replace(CHEN, described="陈玉兰|1949|光明路1号")]))
    for kept in (True, False):
        found = read(store, lambda g: g.tables.described(["陈玉兰|1949|光明路1号", "陈玉兰|1949|"]), EAST)
        assert found == ({"陈玉兰|1949|光明路1号": ["chen"]} if kept else {})
        write(store, lambda g: g.people.erase("chen", at=NOON), STREET)


def test_who_has_a_name_and_a_phone_is_found_wherever_they_live_and_no_more_is_shown(store: Store) -> None:
    fill(store)
    write(store, lambda g: write_people(g.loading, [CHEN]))
    pairs = {("13900000009", "陈玉兰"), ("13900000001", "刘桂兰"), ("13900000001", "陈玉兰"), ("13900000099", "陈玉兰")}
    assert write(store, lambda g: g.tables.called(pairs), EAST) == {
        ("13900000009", "陈玉兰"): [Called("chen", None, numbered=True)],
        ("13900000001", "刘桂兰"): [Called("liu", 1938, numbered=False)],
    }


def test_looking_for_people_in_an_empty_store_finds_nobody_and_writes_nothing(store: Store, engine: Engine) -> None:
    before = fingerprint(engine)
    assert read(
        store, lambda g: (g.tables.numbered(["1"]), g.tables.described(["x"]), g.tables.called([("1", "x")]))
    ) == (
        {},
        {},
        {},
    )
    assert fingerprint(engine) == before


def test_what_is_there_is_found_in_the_scope_s_area_only(store: Store) -> None:
    fill(store, need(), need("dark", area="west-1"))
    write(store, lambda g: write_teams(g.loading, [TEAM]))
    add(store, replace(WANG_TIME, id="team-time", provider="team", provider_kind=ProviderKind.TEAM))

    def seen(work: Callable[[Graph], Any]) -> list[Any]:
        return [read(store, work, scope) for scope in (EAST, WEST, STREET)]

    everybody = ["liu", "wang", "zhao", "nobody"]
    assert seen(lambda g: g.tables.residents(everybody)) == [{"liu", "wang"}, {"zhao"}, {"liu", "wang", "zhao"}]
    assert seen(lambda g: g.tables.person_ids()) == [["liu", "wang"], ["zhao"], ["liu", "wang", "zhao"]]
    assert seen(lambda g: g.tables.households(["liu-home", "nothing"])) == [{"liu-home"}, set(), {"liu-home"}]
    clinic, team = ("clinic", "社区医院", "east"), ("team", "志愿服务队", "west")
    assert seen(lambda g: g.tables.organisations()) == [[clinic], [], [clinic]]
    assert seen(lambda g: g.tables.teams()) == [[], [team], [team]]
    assert seen(lambda g: g.tables.need_ids()) == [["leak"], ["dark"], ["dark", "leak"]]
    theirs = ["wang-time", "wheelchairs"], ["team-time", "zhao-time"]
    assert seen(lambda g: g.tables.resource_ids()) == [*theirs, sorted(theirs[0] + theirs[1])]
    assert read(store, lambda g: g.tables.listed(["wang", "team", "nobody"])) == {
        ("wang", "水管维修"): "wang-time",
        ("team", "水管维修"): "team-time",
    }


@pytest.mark.parametrize(
    "work",
    [
        lambda g: g.tables.residents(["liu"]),
        lambda g: g.tables.households(["liu-home"]),
        lambda g: g.tables.person_ids(),
        lambda g: g.tables.people(["liu"], personal=["name"]),
        lambda g: g.tables.organisations(),
        lambda g: g.tables.teams(),
        lambda g: g.tables.need_ids(),
        lambda g: g.tables.resource_ids(),
    ],
)
def test_without_an_area_no_table_is_read(store: Store, work: Callable[[Graph], Any]) -> None:
    fill(store, need())
    with pytest.raises(Unscoped):
        read(store, work)


def test_people_and_organisations_go_out_with_what_was_asked_for_and_no_more(store: Store) -> None:
    fill(store)
    shop = replace(ORGANISATIONS[0], id="shop", contact="李", reports_to="west", agreement="每月一次")
    write(store, lambda g: g.organisations.create(shop, at=NOON))

    def people(*personal: str) -> list[tuple[str, Any, Any]]:
        found = read(store, lambda g: g.tables.people(["wang", "zhao", "liu"], personal=personal), EAST)
        assert {(p.person.lives_in, p.grid) for p in found} == {("east-1", "east-grid")}
        return [(p.person.id, p.person.name, p.person.phone) for p in found]

    assert people() == [("wang", None, None), ("liu", None, None)]
    assert people("name") == [("wang", "王建国", None), ("liu", "刘桂兰", None)]
    assert people("name", "phone")[1] == ("liu", "刘桂兰", "13900000001")
    for contact in (True, False):
        found = read(store, lambda g, c=contact: g.tables.organisation_rows(["shop", "nothing", "clinic"], contact=c))
        assert found == [shop if contact else replace(shop, contact=None), ORGANISATIONS[0]]


def test_each_showing_in_a_table_is_counted_on_what_it_shows(store: Store) -> None:
    fill(store, need(), need("gone", person="liu"))
    write(store, lambda g: g.vault.destroy("liu"))
    for rev in (2, 3):
        shown = write(store, lambda g: g.tables.show_texts(["leak", "gone", "nothing"]))
        assert shown == {"leak": (need().text, rev), "gone": (None, rev)}
        people = write(store, lambda g: g.tables.count_events_of_people(["wang", "zhao", "nobody"]))
        assert people == {"wang": rev - 1, "zhao": rev - 1}
        organisations = write(store, lambda g: g.tables.count_showings_of_organisations(["clinic", "nothing"]))
        assert organisations == {"clinic": rev}
