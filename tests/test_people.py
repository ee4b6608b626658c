"""People in the store: seen within an area, changed, moved, found again and erased; the same on both stores."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Scope
from graph.model.people import FocusKind, Person, PersonSummary
from graph.properties import SchemaViolation
from graph.store import Erased, Graph, NotFound, Stale, Store
from graph.store.people import People
from graph.store.transaction import Unscoped
from tests.crew import halfway, threads
from tests.worlds import (
    EAST_STAFF,
    NOON,
    PEOPLE,
    STREET_STAFF,
    WEST_STAFF,
    add,
    fill,
    fingerprint,
    need,
    properties,
    raw,
)

T = TypeVar("T")
EAST, WEST, STREET = EAST_STAFF.scope, WEST_STAFF.scope, STREET_STAFF.scope
GRID = Scope(area="east-grid")
PHONE = "+8613900000009"
CHEN = Person(
    "chen",
    "陈建军",
    "east-1",
    phone=PHONE,
    id_number="610202193803070020",
    address="1号楼301",
    health="糖尿病",
    birth_year=1938,
    home=(34.901, 108.941),
    languages=("zh", "wuu"),
    household="liu-home",
    works_for="clinic",
    reports_to="west",
    verified=True,
    consent=date(2026, 1, 2),
    keep_until=date(2028, 1, 2),
)


def read(store: Store, work: Callable[[Graph], T], scope: Scope = EAST) -> T:
    return store.read(work, scope=scope)


def write(store: Store, work: Callable[[Graph], T], scope: Scope = EAST) -> T:
    return store.write(work, scope=scope)


def create(store: Store, person: Person = CHEN, scope: Scope = EAST) -> bool:
    return write(store, lambda g: g.people.create(person, at=NOON), scope)


def get(store: Store, person: str = "chen", scope: Scope = EAST) -> PersonSummary:
    return read(store, lambda g: g.people.get(person), scope)


def update(store: Store, *, rev: int = 1, scope: Scope = EAST, at: datetime = NOON, **changes: Any) -> PersonSummary:
    return write(store, lambda g: g.people.update("chen", changes, rev=rev, at=at), scope)


def relationships(engine: Engine, type_: str) -> list[tuple[str, Any, Any]]:
    rows = raw(
        engine,
        f"MATCH (:Person {{id: 'chen'}})-[r:{type_}]->(n) RETURN n.id AS id, r.since AS since, r.until AS until",
    )
    return sorted(((r["id"], r["since"], r["until"]) for r in rows), key=str)


MS = int(NOON.timestamp() * 1000)
DAY = 86_400_000

NAMED = pytest.mark.parametrize(
    "method",
    [
        lambda g, who: g.people.get(who),
        lambda g, who: g.people.personal(who),
        lambda g, who: g.people.update(who, {"verified": True}, rev=1, at=NOON),
        lambda g, who: g.people.erase(who, at=NOON),
    ],
    ids=["get", "personal", "update", "erase"],
)


@NAMED
@pytest.mark.parametrize("who", ["zhao", "nobody"])
def test_who_lives_elsewhere_and_who_is_not_there_are_the_same(
    store: Store, engine: Engine, method: Any, who: str
) -> None:
    fill(store)
    before = fingerprint(engine)
    with pytest.raises(NotFound) as refused:
        write(store, lambda g: method(g, who))
    assert refused.value.detail == "no such person in your area"
    assert fingerprint(engine) == before


@NAMED
def test_nobody_is_shown_without_an_area(store: Store, method: Any) -> None:
    fill(store)
    for scope in (EVERYTHING, Scope(provider="wang")):
        with pytest.raises(Unscoped):
            write(store, lambda g: method(g, "wang"), scope)


def test_lists_and_searches_need_an_area_too(store: Store) -> None:
    fill(store)
    for work in (
        lambda g: g.people.page(limit=5),
        lambda g: g.people.find(phone=PHONE),
        lambda g: g.people.create(CHEN, at=NOON),
        lambda g: g.events.showings(None, None, limit=5),
    ):
        with pytest.raises(Unscoped):
            write(store, work, EVERYTHING)


def test_a_person_is_kept_as_they_were_recorded_and_shown_without_what_is_personal(
    store: Store, engine: Engine
) -> None:
    fill(store)
    assert create(store)
    hidden = replace(CHEN, phone=None, id_number=None, address=None, health=None)
    assert get(store) == PersonSummary(hidden, "east-grid", frozenset({FocusKind.ADVANCED_AGE}), has_phone=True)
    assert get(store, "chen", GRID) == get(store, "chen", STREET) == get(store)
    assert read(store, lambda g: g.people.personal("chen")) == CHEN
    kept = properties(engine, "Person", "chen")
    for name in ("name", "phone", "id_number", "address", "health"):
        assert kept[name].startswith("v2:chen:")
    for type_, end in (("LIVES_IN", "east-1"), ("BELONGS_TO", "liu-home"), ("REPORTS_TO", "west")):
        assert relationships(engine, type_) == [(end, MS, None)]


def test_recorded_a_second_time_nothing_changes(store: Store, engine: Engine) -> None:
    fill(store)
    assert create(store)
    before = fingerprint(engine)
    assert not create(store, replace(CHEN, name="别人", lives_in="east-grid"))
    assert fingerprint(engine) == before


@pytest.mark.parametrize(
    "wrong", [{"lives_in": "west-1"}, {"lives_in": "nowhere"}, {"household": "no"}, {"works_for": "no"}]
)
def test_who_would_live_elsewhere_or_belong_to_nothing_is_not_recorded(
    store: Store, engine: Engine, wrong: dict[str, str]
) -> None:
    fill(store)
    before = fingerprint(engine)
    with pytest.raises(NotFound):
        create(store, replace(CHEN, **wrong))
    assert fingerprint(engine) == before


def test_a_value_that_the_schema_refuses_is_not_repeated(store: Store) -> None:
    fill(store)
    with pytest.raises(SchemaViolation) as refused:
        create(store, replace(CHEN, phone="13900000009" * 5))
    assert "13900000009" not in str(refused.value) and "Person.phone" in str(refused.value)


def test_a_page_holds_who_lives_there_in_order_and_no_one_else(store: Store) -> None:
    fill(store)
    create(store)

    def ids(area: str | None, scope: Scope, after: str = "", limit: int = 9) -> list[str]:
        return [p.person.id for p in read(store, lambda g: g.people.page(area, after, limit=limit), scope)]

    assert ids(None, EAST) == ids("east-1", EAST) == ["chen", "liu", "wang"]
    assert ids(None, EAST, limit=2) == ["chen", "liu"]
    assert ids(None, EAST, after="liu") == ["wang"]
    assert ids(None, STREET) == ["chen", "liu", "wang", "zhao"]
    assert ids("west", STREET) == ["zhao"]
    assert ids("west", EAST) == ids("street", EAST) == ids("nowhere", EAST) == []
    write(store, lambda g: g.people.erase("liu", at=NOON))
    assert ids(None, EAST) == ["chen", "wang"]


def test_who_is_kept_too_long_is_counted_and_listed(store: Store) -> None:
    fill(store)
    create(store)
    create(store, replace(CHEN, id="chen-2", keep_until=None))

    def over(day: date, scope: Scope = EAST) -> tuple[list[str], int]:
        found = read(store, lambda g: g.people.page(kept_too_long=day, limit=9), scope)
        return [p.person.id for p in found], read(store, lambda g: g.upkeep.kept_too_long(day))

    assert over(date(2028, 1, 2)) == ([], 0)
    assert over(date(2028, 1, 3)) == (["chen"], 1)
    assert over(date(2028, 1, 3), WEST) == ([], 1)
    write(store, lambda g: g.people.erase("chen", at=NOON))
    assert over(date(2028, 1, 3)) == ([], 0)


def test_a_person_is_found_by_phone_and_by_id_number_within_the_scope(store: Store) -> None:
    fill(store)
    create(store)

    def ids(scope: Scope = EAST, **by: str) -> list[str]:
        return [p.person.id for p in read(store, lambda g: g.people.find(**by), scope)]

    assert ids(phone=PHONE) == ids(id_number="610202193803070020") == ["chen"]
    assert ids(phone="+8613900000008") == ids(id_number=PHONE) == ids(WEST, phone=PHONE) == []
    assert get(store).person.phone is None
    update(store, phone="+8613900000008", id_number=None)
    assert ids(phone=PHONE) == ids(id_number="610202193803070020") == []
    assert ids(phone="+8613900000008") == ["chen"]
    write(store, lambda g: g.people.erase("chen", at=NOON))
    assert ids(phone="+8613900000008") == []


def test_in_an_empty_store_nobody_is_found_and_nothing_is_written(store: Store, engine: Engine) -> None:
    before = fingerprint(engine)
    assert read(store, lambda g: g.people.find(phone=PHONE)) == []
    assert fingerprint(engine) == before


def test_some_fields_are_changed_and_the_others_stay(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    paused = datetime(2026, 12, 1, tzinfo=UTC)
    after = update(store, name="陈军", health=None, birth_year=None, home=None, paused_until=paused, languages=("zh",))
    expected = replace(
        CHEN, name="陈军", health=None, birth_year=None, home=None, paused_until=paused, languages=("zh",), rev=2
    )
    assert read(store, lambda g: g.people.personal("chen")) == expected
    assert after == get(store)
    assert after.person.name == "陈军"
    kept = properties(engine, "Person", "chen")
    assert not {"health", "birth_year", "home"} & {name for name, value in kept.items() if value is not None}


def test_a_move_closes_the_old_home_and_opens_the_new_one_and_back_again(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    moved = update(store, lives_in="east-grid", household=None, works_for=None, at=NOON + timedelta(days=1))
    assert (moved.person.lives_in, moved.person.household, moved.grid) == ("east-grid", None, "east-grid")
    assert relationships(engine, "BELONGS_TO") == [("liu-home", MS, MS + DAY)]
    assert relationships(engine, "WORKS_FOR") == [("clinic", MS, MS + DAY)]
    update(store, lives_in="east-1", rev=2, at=NOON + timedelta(days=2))
    assert relationships(engine, "LIVES_IN") == [
        ("east-1", MS, MS + DAY),
        ("east-1", MS + 2 * DAY, None),
        ("east-grid", MS + DAY, MS + 2 * DAY),
    ]
    update(store, lives_in="east-1", rev=3, at=NOON + timedelta(days=3))  # no move at all
    assert len(relationships(engine, "LIVES_IN")) == 3


def test_a_move_out_of_the_scope_or_to_nowhere_is_refused_and_nothing_is_closed(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    before = fingerprint(engine)
    for changes in ({"lives_in": "west-1"}, {"lives_in": "nowhere"}, {"household": "nothing"}):
        with pytest.raises(NotFound):
            update(store, **changes)
    assert fingerprint(engine) == before
    assert update(store, lives_in="west-1", scope=STREET).person.lives_in == "west-1"


def test_a_stale_change_is_refused_with_the_present_rev(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    update(store, verified=False)
    before = fingerprint(engine)
    for rev in (1, 3):
        with pytest.raises(Stale) as refused:
            update(store, rev=rev, name="别人")
        assert refused.value.more == {"rev": 2}
    assert fingerprint(engine) == before


def test_what_a_night_has_seen_of_a_provider_is_out_of_date_once_they_are_paused(store: Store, engine: Engine) -> None:
    fill(store)
    terms = properties(engine, "Resource", "wang-time")["terms"]
    write(store, lambda g: g.people.update("wang", {"health": "好"}, rev=1, at=NOON))
    assert properties(engine, "Resource", "wang-time")["terms"] == terms
    write(store, lambda g: g.people.update("wang", {"paused_until": NOON}, rev=2, at=NOON))
    assert properties(engine, "Resource", "wang-time")["terms"] == terms + 1


def test_an_erased_person_leaves_where_they_lived_and_nothing_about_themselves(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    add(store, need(person="chen", text="陈建军家"))
    write(store, lambda g: g.people.count_event("chen"))
    write(store, lambda g: g.people.erase("chen", at=NOON))
    kept = {name: value for name, value in properties(engine, "Person", "chen").items() if value is not None}
    assert kept.pop("languages", []) == []
    assert {name: kept[name] for name in kept if name != "lock"} == {
        "id": "chen",
        "verified": False,
        "erased": True,
        "rev": 2,
        "events": 1,
    }
    assert relationships(engine, "LIVES_IN") == [("east-1", MS, None)]
    after = get(store)
    assert (after.person.name, after.person.erased, after.has_phone) == (None, True, False)
    with pytest.raises(Erased):
        read(store, lambda g: g.people.personal("chen"))
    with pytest.raises(Erased):
        update(store, rev=2, name="陈建军")
    with pytest.raises(Erased):
        read(store, lambda g: g.needs.text("leak"))
    with pytest.raises(Erased):
        add(store, need("new", person="chen"))
    before = fingerprint(engine)
    write(store, lambda g: g.people.erase("chen", at=NOON))
    assert fingerprint(engine) == before


def test_everybody_else_stays_readable_when_one_is_erased(store: Store) -> None:
    fill(store)
    write(store, lambda g: g.people.erase("wang", at=NOON))
    assert read(store, lambda g: g.people.personal("liu")) == PEOPLE[0]


def test_seeing_a_person_is_numbered_and_does_not_make_them_newer(store: Store) -> None:
    fill(store)
    assert [write(store, lambda g: g.people.count_event("liu")) for _ in range(3)] == [1, 2, 3]
    assert get(store, "liu").person.rev == 1


def test_what_a_person_would_belong_to_is_looked_for_first(store: Store) -> None:
    fill(store)
    ends = {"household": "liu-home", "works_for": "clinic", "reports_to": "west", "member_of": None}
    assert read(store, lambda g: g.people.missing(ends)) == set()
    wrong = {"household": "no", "works_for": "east", "reports_to": "clinic", "member_of": "x"}
    assert read(store, lambda g: g.people.missing(wrong)) == set(wrong)
    assert read(store, lambda g: g.people.missing({"household": "liu-home"}), WEST) == {"household"}


# ── at the same moment ───────────────────────────────────────────────────────────────────────────────────────


def test_of_two_changes_at_once_one_is_told_that_it_is_stale(store: Store) -> None:
    fill(store)
    create(store)
    for rev in range(1, 6):
        acts = [lambda s, r=rev, n=n: update(s, rev=r, name=f"陈{n}") for n in range(4)]
        outcomes = threads(store)(acts)
        assert Counter(o.refused for o in outcomes) == {None: 1, "Stale": 3}
        [won] = [o.made for o in outcomes if o.refused is None]
        assert get(store) == won and won.person.rev == rev + 1


def test_of_two_moves_at_once_one_home_is_left(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    acts = [lambda s, to=to: update(s, lives_in=to, scope=STREET) for to in ("east-grid", "west-1", "west-grid")]
    outcomes = threads(store)(acts)
    assert Counter(o.refused for o in outcomes) == {None: 1, "Stale": 2}
    assert len([r for r in relationships(engine, "LIVES_IN") if r[2] is None]) == 1


def test_who_moves_somebody_that_another_moves_meanwhile_is_told_that_it_is_stale(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    # The embedded store keeps relationships in blocks. Where a move begins a new block (the sixth here), whoever has
    # locked the person before sees the old home closed and no other.
    for rev in range(1, 8):
        act = partial(update, rev=rev, lives_in=("west-1", "east-1")[rev % 2], scope=STREET)
        with halfway(engine, People, "lock", store, act) as between:
            [mine] = threads(store)([partial(update, rev=rev, lives_in="east-grid", scope=STREET)])
        assert between.outcome is not None
        assert Counter([mine.refused, between.outcome.refused]) == {None: 1, "Stale": 1}
        assert len([r for r in relationships(engine, "LIVES_IN") if r[2] is None]) == 1


def test_who_moves_somebody_out_of_the_area_of_another_leaves_them_nobody_there(store: Store, engine: Engine) -> None:
    fill(store)
    create(store)
    away = partial(update, lives_in="west-1", scope=STREET)
    with halfway(engine, People, "lock", store, away) as between:
        [mine] = threads(store)([lambda s: update(s, verified=False)])
    assert between.outcome is not None
    # On Neo4j the mover waits for the one who has the lock; on the embedded store they come first.
    assert (mine.refused, between.outcome.refused) == ((None, "Stale") if between.held_back else ("NotFound", None))


def test_a_change_and_an_erasure_at_once_leave_nothing(store: Store, engine: Engine) -> None:
    fill(store)
    for number in range(5):
        person = replace(CHEN, id=f"chen-{number}")
        create(store, person)
        outcomes = threads(store)(
            [
                lambda s, i=person.id: write(s, lambda g: g.people.erase(i, at=NOON)),
                lambda s, i=person.id: write(
                    s, lambda g: g.people.update(i, {"birth_year": 1940, "phone": PHONE}, rev=1, at=NOON)
                ),
            ]
        )
        assert outcomes[0].refused is None
        assert outcomes[1].refused in (None, "Erased")
        kept = properties(engine, "Person", person.id)
        assert kept["erased"] is True
        assert not {"birth_year", "phone", "phone_hash", "name"} & {n for n, v in kept.items() if v is not None}
