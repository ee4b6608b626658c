"""What the rest may rely on of a store, the same on both."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import pytest
from neo4j.exceptions import ConstraintError, Neo4jError, TransientError

from graph import schema
from graph.engine import Dialect, Engine
from graph.model.actors import EVERYTHING, ApiKey, Role, Scope
from graph.model.areas import Area, AreaKind
from graph.model.assignments import Assignment, AssignmentState, Event, Notice, Side
from graph.model.capabilities import Capability, CapabilityKind
from graph.model.needs import Need, NeedState, Required, Urgency
from graph.model.people import (
    PartyOrganisation,
    PartyOrganisationKind,
    Person,
)
from graph.model.plans import Plan, PlannedPair, PlanState, PlanStatus, UnmetNeed
from graph.model.resources import Bucket, Provided, ProviderKind, ResourceState, bucket_id
from graph.model.times import Period, Window, to_milliseconds
from graph.properties import SchemaViolation
from graph.sealing import KeyProblem
from graph.snapshot import Links, Snapshot
from graph.store import (
    Conflict,
    Graph,
    IdempotencyKey,
    KeyReused,
    LeaseHeld,
    LeaseLost,
    NotFound,
    SchemaMismatch,
    Store,
)
from graph.store import store as store_module
from graph.store.areas import write_areas, write_capabilities
from graph.store.needs import write_needs
from graph.store.people import write_party_organisations, write_people
from graph.store.resources import ProviderCard, write_resources
from graph.store.snapshots import NO_CERTIFICATE_NEEDED
from matching.use_cases.offers import offer_pairs
from tests.worlds import (
    AREAS,
    CAPABILITIES,
    EAST_STAFF,
    MONTH,
    NOON,
    PEOPLE,
    STREET_STAFF,
    WANG,
    WANG_TIME,
    WEEK,
    WEST_STAFF,
    WHEELCHAIRS,
    ZHAO,
    ZHAO_TIME,
    FakeClock,
    add,
    broken,
    fill,
    fingerprint,
    key,
    need,
    offer,
    properties,
    raw,
)

T = TypeVar("T")
EAST, WEST, STREET = EAST_STAFF.scope, WEST_STAFF.scope, STREET_STAFF.scope
MINUTE = timedelta(minutes=1)


def read(store: Store, work: Callable[[Graph], T], scope: Scope = EVERYTHING) -> T:
    return store.read(work, scope=scope)


def write(store: Store, work: Callable[[Graph], T], scope: Scope = EVERYTHING) -> T:
    return store.write(work, scope=scope)


def paged(page: Callable[[Any], list[T]], last: Callable[[T], Any], first: Any) -> list[T]:
    """Return all things of all pages, asking for each page behind the last thing of the one before."""
    found: list[T] = []
    after = first
    while some := page(after):
        found += some
        after = last(some[-1])
        assert len(found) < 1000
    return found


# ── the schema ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_schema_is_made_twice_without_harm_and_its_version_is_kept(store: Store, engine: Engine) -> None:
    before = fingerprint(engine)
    assert store.version() == schema.VERSION
    store.migrate()
    store.migrate()
    assert store.version() == schema.VERSION
    assert fingerprint(engine) == before


def test_a_store_of_a_newer_program_is_refused(store: Store, engine: Engine) -> None:
    raw(engine, "MATCH (s:Schema) SET s.version = 99")
    try:
        with pytest.raises(SchemaMismatch, match="99"):
            store.migrate()
    finally:
        raw(engine, "MATCH (s:Schema) SET s.version = $version", version=schema.VERSION)


def test_an_index_that_a_newer_program_declares_is_made_at_its_first_start(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = []
    monkeypatch.setattr("graph.store.store.declare", declared.append)
    store.migrate()
    assert declared == []
    monkeypatch.setattr(schema, "ddl", lambda: ["another"])
    store.migrate()
    store.migrate()
    assert declared == [engine]
    monkeypatch.undo()
    store.migrate()


@pytest.mark.parametrize(
    ("label", "name"),
    [(n.label, p) for n in schema.NODES for p, rule in n.properties.items() if rule.key or rule.unique],
)
def test_what_is_declared_unique_is_refused_a_second_time(store: Store, engine: Engine, label: str, name: str) -> None:
    raw(engine, f"CREATE (n:{label} {{{name}: 'once'}})")
    try:
        with pytest.raises(ConstraintError):
            raw(engine, f"CREATE (n:{label} {{{name}: 'once'}})")
        raw(engine, f"CREATE (n:{label} {{{name}: 'Once'}})")
    finally:
        raw(engine, f"MATCH (n:{label}) WHERE n.{name} IN ['once', 'Once'] DELETE n")


# ── loading ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_loading_twice_changes_nothing(store: Store, engine: Engine) -> None:
    fill(store, need(person="liu", windows=(Window(0, 60),)))
    before = fingerprint(engine)
    fill(store, need(person="liu", windows=(Window(0, 60),)))
    assert fingerprint(engine) == before


def test_loading_again_keeps_edits_counters_and_revisions(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need())
    offer(store, clock)
    raw(engine, "MATCH (n:Need) SET n.title = 'changed', n.terms = 7")
    raw(engine, "MATCH (r:Resource {id: 'wang-time'}) SET r.capacity = 9")
    before = fingerprint(engine)
    fill(store, need())
    assert fingerprint(engine) == before
    assert properties(engine, "Need", "leak")["reserved"] == 1


def test_loading_tells_how_many_were_new(store: Store) -> None:
    assert write(store, lambda g: write_areas(g.loading, AREAS)) == len(AREAS)
    more = (*AREAS, Area("east-2", AreaKind.BUILDING, "2号楼", parent="east-grid"))
    assert write(store, lambda g: write_areas(g.loading, more)) == 1
    assert write(store, lambda g: write_capabilities(g.loading, CAPABILITIES)) == len(CAPABILITIES)
    assert write(store, lambda g: write_capabilities(g.loading, CAPABILITIES)) == 0


def test_three_thousand_rows_go_in_one_transaction(store: Store, engine: Engine) -> None:
    fill(store)
    needs = [need(f"n{i:04}", person="liu") for i in range(3000)]
    assert write(store, lambda g: write_needs(g.loading, needs)) == 3000
    assert write(store, lambda g: write_needs(g.loading, needs)) == 0
    counted = raw(
        engine,
        "MATCH (n:Need)-[:IN_AREA]->(:Area {id: 'east-1'}) MATCH (n)-[:FOR_SUBJECT]->(:Person {id: 'liu'}) "
        "MATCH (n)-[q:REQUIRES]->(:Capability {id: 'plumbing'}) RETURN count(n) AS n, sum(q.level) AS levels",
    )
    assert counted == [{"n": 3000, "levels": 3000}]
    assert len(read(store, lambda g: g.needs.many([n.id for n in needs]))) == 3000


def test_party_organisations_keep_their_tree_and_what_they_lead(store: Store, engine: Engine) -> None:
    fill(store)
    branch = PartyOrganisation("branch", PartyOrganisationKind.GRID_BRANCH, "支部", leads="east-grid", under="top")
    top = PartyOrganisation("top", PartyOrganisationKind.COMMUNITY, "社区党委", leads="east")
    assert write(store, lambda g: write_party_organisations(g.loading, [top, branch])) == 2
    member = Person("member", "党员", "east-1", member_of="branch")
    write(store, lambda g: write_people(g.loading, [member]))
    assert raw(
        engine,
        "MATCH (:Person {id: 'member'})-[:MEMBER_OF]->(b)-[:UNDER]->(t)-[:LEADS]->(a) "
        "RETURN b.id AS b, t.id AS t, a.id AS a",
    ) == [{"b": "branch", "t": "top", "a": "east"}]


@pytest.mark.parametrize(
    "things",
    [
        [need("fine"), need("lost", area="nowhere")],
        [need("fine"), need("lost", requires=["magic"])],
        [need("fine"), need("lost", person="nobody")],
        [replace(WANG_TIME, id="lost", provider="nobody")],
        [replace(WANG_TIME, id="lost", provides=(Provided("magic"),))],
        [replace(WANG_TIME, id="lost", reaches=("nowhere",))],
    ],
)
def test_what_hangs_on_something_that_is_not_there_is_refused_and_nothing_is_written(
    store: Store, engine: Engine, things: list[Any]
) -> None:
    fill(store)
    before = fingerprint(engine)
    with pytest.raises(NotFound):
        add(store, *things)
    assert fingerprint(engine) == before


# ── a value that breaks a rule ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("write_it", "place", "value"),
    [
        (
            lambda g: write_people(g.loading, [*PEOPLE, Person("x", "某", "east-1", phone="1" * 21)]),
            "Person.phone",
            "11111",
        ),
        (lambda g: write_needs(g.loading, [need(), need("x", text="漏" * 2001)]), "Need.text", "漏漏"),
        (lambda g: write_needs(g.loading, [need(), need("x", text=None)]), "Need.text", "刘桂兰"),
        (lambda g: write_needs(g.loading, [need(), need("x", title="很" * 41)]), "Need.title", "很很"),
        (lambda g: write_needs(g.loading, [need(), need("x", quantity=0)]), "Need.quantity", "刘桂兰"),
        (lambda g: write_needs(g.loading, [need(), need("x", raised_at=datetime(2026, 1, 1))]), "Need.raised_at", "刘"),
        (lambda g: write_needs(g.loading, [need("x", requires=[Required("plumbing", 6)])]), "REQUIRES.level", "刘"),
        (lambda g: write_resources(g.loading, [replace(WANG_TIME, id="x", capacity=-1)]), "Resource.capacity", "刘"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_with_its_place_and_never_a_secret(
    store: Store, engine: Engine, write_it: Callable[[Graph], object], place: str, value: str
) -> None:
    fill(store)
    before = fingerprint(engine)
    with pytest.raises(SchemaViolation) as refused:
        write(store, write_it)
    assert place in str(refused.value)
    assert value not in str(refused.value)
    assert value not in str(refused.value.__cause__)
    assert fingerprint(engine) == before


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_secrets_do_not_stand_in_clear_anywhere_in_the_store(store: Store, engine: Engine) -> None:
    fill(store, need(person="liu"))
    everything = str(raw(engine, "MATCH (n) RETURN labels(n) AS l, properties(n) AS p"))
    for secret in ("13900000001", "13900000002", "13900000003", "刘桂兰", "王建国", "电话", need().text or "-"):
        assert secret not in everything
    for label, node, name in (("Need", "leak", "text"), ("Person", "liu", "phone"), ("Person", "liu", "name")):
        assert properties(engine, label, node)[name].startswith("v2:liu:")


def test_a_secret_opens_again(store: Store) -> None:
    fill(store, need(person="liu"))
    assert read(store, lambda g: g.needs.text("leak")) == need().text


def test_a_secret_is_read_only_on_purpose(store: Store) -> None:
    fill(store, need())
    assert read(store, lambda g: g.needs.get("leak")).text is None
    assert "刘桂兰" not in repr(need())
    assert "刘桂兰" not in repr(PEOPLE[0])
    assert "13900000001" not in repr(PEOPLE[0])


def test_a_text_that_is_moved_to_another_need_does_not_open(store: Store, engine: Engine) -> None:
    fill(store, need(), need("other", text="别人的话"))
    raw(engine, "MATCH (a:Need {id: 'leak'}) MATCH (b:Need {id: 'other'}) SET b.text = a.text")
    with pytest.raises(KeyProblem):
        read(store, lambda g: g.needs.text("other"))
    assert read(store, lambda g: g.needs.text("leak")) == need().text


def test_the_text_of_a_need_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        read(store, lambda g: g.needs.text("nothing"))


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_half_written_when_work_fails_in_the_middle(store: Store, engine: Engine) -> None:
    fill(store, need())
    before = fingerprint(engine)

    def work(graph: Graph) -> None:
        graph.needs.create(need("second"))
        [counters] = graph.needs.lock(["leak"]).values()
        counters.reserved += 1
        graph.needs.set_counters([counters])
        graph.resources.lock_buckets([("wang-time", WEEK)])
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write(store, work)
    assert fingerprint(engine) == before


def test_work_that_is_interrupted_is_run_again_from_the_start_and_has_one_effect(store: Store, engine: Engine) -> None:
    fill(store, need())
    attempts: list[str] = []

    def work(graph: Graph) -> None:
        [counters] = graph.needs.lock(["leak"]).values()
        counters.rev += 1
        graph.needs.set_counters([counters])
        attempts.append("")
        if len(attempts) < 3:
            raise a_deadlock()

    write(store, work)
    assert len(attempts) == 3
    assert properties(engine, "Need", "leak")["rev"] == 2


def a_deadlock() -> Neo4jError:
    """Return the error that both stores raise when two writers meet."""
    error = Neo4jError._hydrate_neo4j(code="Neo.TransientError.Transaction.DeadlockDetected", message="met")
    assert isinstance(error, TransientError)
    return error


def test_who_keeps_meeting_others_gives_up_in_the_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_CONFLICT_PATIENCE", 0.3)

    def work(graph: Graph) -> None:
        raise a_deadlock()

    started = time.monotonic()
    with pytest.raises(Conflict):
        write(store, work)
    assert 0.3 <= time.monotonic() - started < 3


def test_an_error_of_the_query_itself_is_not_tried_again(store: Store) -> None:
    attempts: list[str] = []

    def work(graph: Graph) -> None:
        attempts.append("")
        graph.loading._transaction.rows("THIS IS NO CYPHER")

    with pytest.raises(Neo4jError):
        write(store, work)
    assert len(attempts) == 1


def test_a_whole_transaction_sent_again_under_its_key_changes_nothing(store: Store, engine: Engine) -> None:
    fill(store)
    used = key()

    def work(graph: Graph) -> Need:
        graph.needs.create(need())
        return graph.needs.get("leak")

    def send() -> Need:
        return store.write_once(work, scope=EAST, key=used, again=lambda g, made: g.needs.get(made))

    first = send()
    before = fingerprint(engine)
    assert send() == first
    assert fingerprint(engine) == before


def test_what_only_reads_may_not_write_to_a_neo4j(store: Store, engine: Engine) -> None:
    if engine.dialect is Dialect.EMBEDDED:
        pytest.skip("the embedded store does not tell reading from writing")
    fill(store)
    with pytest.raises(Neo4jError):
        read(store, lambda g: g.needs.create(need()))


def test_everything_done_by_the_writers_is_seen_within_their_own_transaction(store: Store) -> None:
    fill(store)

    def work(graph: Graph) -> Need:
        graph.needs.create(need())
        return graph.needs.get("leak")

    assert write(store, work, EAST).id == "leak"


# ── areas and capabilities ───────────────────────────────────────────────────────────────────────────────────


def test_an_area_is_found_by_its_id_and_by_its_code(store: Store) -> None:
    fill(store)
    east = next(a for a in AREAS if a.id == "east")
    assert read(store, lambda g: g.areas.get("east")) == east
    assert read(store, lambda g: g.areas.find("east")) == east
    assert read(store, lambda g: g.areas.find("990002001001")) == east
    assert read(store, lambda g: g.areas.get("city")).parent is None
    for missing in ("nowhere", "990002001009"):
        with pytest.raises(NotFound):
            read(store, lambda g, missing=missing: g.areas.find(missing))
    with pytest.raises(NotFound):
        read(store, lambda g: g.areas.get("990002001001"))


def test_the_areas_below_one_come_in_pages_without_gaps_or_doubles(store: Store) -> None:
    fill(store)
    grids = [Area(f"g{i:02}", AreaKind.GRID, f"{i}网格", parent="west") for i in range(25)]
    write(store, lambda g: write_areas(g.loading, grids))
    got = paged(lambda after: read(store, lambda g: g.areas.children("west", after=after, limit=7)), lambda a: a.id, "")
    assert got == [*grids, next(a for a in AREAS if a.id == "west-grid")]
    assert [a.id for a in read(store, lambda g: g.areas.children(None, limit=5))] == ["city"]
    assert read(store, lambda g: g.areas.children("west-1", limit=5)) == []


def test_the_path_of_an_area_leads_up_to_its_city(store: Store) -> None:
    fill(store)
    path = ["east-1", "east-grid", "east", "street", "district", "city"]
    assert read(store, lambda g: g.areas.path("east-1")) == path
    assert read(store, lambda g: g.areas.path("city")) == ["city"]
    assert read(store, lambda g: g.areas.path("nowhere")) == []
    assert read(store, lambda g: g.areas.grid_of("east-1")) == "east-grid"
    assert read(store, lambda g: g.areas.grid_of("east-grid")) == "east-grid"
    assert read(store, lambda g: g.areas.grid_of("street")) == "street"


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (EAST, {"east", "east-grid", "east-1"}),
        (WEST, {"west", "west-grid", "west-1"}),
        (EVERYTHING, {a.id for a in AREAS}),
        (Scope(area="city"), {a.id for a in AREAS}),
        (Scope(area="nowhere"), set()),
    ],
)
def test_a_scope_is_its_area_and_what_lies_below(store: Store, scope: Scope, seen: set[str]) -> None:
    fill(store)
    ids = [*(a.id for a in AREAS), "nowhere"]
    assert {a for a in ids if read(store, lambda g, a=a: g.areas.in_scope(a), scope)} == seen


def test_capabilities_come_with_what_they_are_more_special_than(store: Store) -> None:
    fill(store)
    both = Capability("smart-home", "智能家居", CapabilityKind.SKILL, "visit", is_a=("electrics", "plumbing"))
    write(store, lambda g: write_capabilities(g.loading, [both]))
    assert read(store, lambda g: g.capabilities.all()) == sorted([*CAPABILITIES, both], key=lambda c: c.id)


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_is_in_the_scope_in_which_they_live(store: Store) -> None:
    fill(store)
    for scope, seen in ((EAST, {"liu", "wang"}), (WEST, {"zhao"}), (STREET, {"liu", "wang", "zhao"})):
        found = {
            p for p in ("liu", "wang", "zhao", "nobody") if read(store, lambda g, p=p: g.people.in_scope(p), scope)
        }
        assert found == seen


def test_who_lists_something_is_a_provider(store: Store) -> None:
    fill(store)
    listing = {
        p for p in ("liu", "wang", "clinic", "nobody") if read(store, lambda g, p=p: g.people.lists_something(p))
    }
    assert listing == {"wang", "clinic"}


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────

FULL = need(
    "full",
    requires=[Required("electrics", 3), Required("plumbing", 2)],
    urgency=Urgency.AT_ONCE,
    quantity=3,
    person="liu",
    at_home=True,
    duration=90,
    windows=(Window(540, 660), Window(1980, 2100)),
    due=NOON + timedelta(days=3),
)


def test_a_need_comes_back_as_it_was_written_but_for_its_text(store: Store) -> None:
    fill(store, FULL, need("plain"), need("never", windows=()))
    assert read(store, lambda g: g.needs.get("full"), EAST) == replace(FULL, text=None)
    assert read(store, lambda g: g.needs.get("plain"), EAST) == replace(need("plain"), text=None)
    assert read(store, lambda g: g.needs.get("never"), EAST).windows == ()


def test_to_a_neighbour_and_to_another_provider_a_need_does_not_exist(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    for scope in (WEST, WANG.scope, Scope(area="nowhere")):
        with pytest.raises(NotFound) as hidden:
            read(store, lambda g: g.needs.get("leak"), scope)
        with pytest.raises(NotFound) as missing:
            read(store, lambda g: g.needs.get("nothing"), scope)
        assert hidden.value.detail == missing.value.detail
    offer(store, clock)
    assert read(store, lambda g: g.needs.get("leak"), WANG.scope).id == "leak"
    with pytest.raises(NotFound):
        read(store, lambda g: g.needs.get("leak"), ZHAO.scope)
    active = (AssignmentState.ACTIVE,)
    assert not read(store, lambda g: g.needs.in_scope("leak", provider_states=active), WANG.scope)
    with pytest.raises(NotFound):
        read(store, lambda g: g.needs.require_in_scope("leak", provider_states=active), WANG.scope)


def test_needs_come_in_pages_the_latest_first_without_gaps_or_doubles(store: Store) -> None:
    many = [
        need(f"n{i:02}", raised_at=NOON - MINUTE * (i // 3), area=f"{('east', 'west')[i % 2]}-1") for i in range(25)
    ]
    fill(store, *many)
    order = [n.id for n in sorted(many, key=lambda n: (n.raised_at, n.id), reverse=True)]
    east = [i for i in order if int(i[1:]) % 2 == 0]

    def pages(scope: Scope, area: str | None = None) -> list[str]:
        got = paged(
            lambda before: read(
                store, lambda g: g.needs.page(area=area, state=None, urgency=None, before=before, limit=4), scope
            ),
            lambda n: (n.raised_at, n.id),
            None,
        )
        return [n.id for n in got]

    assert pages(EVERYTHING) == pages(STREET) == order
    assert pages(EAST) == pages(EVERYTHING, "east-grid") == pages(STREET, "east") == east


def test_needs_are_filtered_by_state_and_urgency(store: Store) -> None:
    fill(
        store,
        need("a", state=NeedState.CLOSED),
        need("b", urgency=Urgency.AT_ONCE),
        need("c", state=NeedState.CLOSED, urgency=Urgency.AT_ONCE),
    )

    def found(state: NeedState | None, urgency: Urgency | None) -> set[str]:
        page = read(store, lambda g: g.needs.page(area=None, state=state, urgency=urgency, before=None, limit=9), EAST)
        return {n.id for n in page}

    assert found(NeedState.CLOSED, None) == {"a", "c"}
    assert found(None, Urgency.AT_ONCE) == {"b", "c"}
    assert found(NeedState.CLOSED, Urgency.AT_ONCE) == {"c"}


def test_many_needs_come_in_the_order_asked_and_those_missing_are_left_out(store: Store) -> None:
    fill(store, need("a"), need("b"), need("c"))
    assert [n.id for n in read(store, lambda g: g.needs.many(["c", "x", "a"]))] == ["c", "a"]
    assert read(store, lambda g: g.needs.many([])) == []


def test_locked_needs_can_be_counted_up_and_those_missing_are_left_out(store: Store, engine: Engine) -> None:
    fill(store, need("a", quantity=5), need("b"))

    def work(graph: Graph) -> None:
        locked = graph.needs.lock(["b", "x", "a", "a"])
        assert list(locked) == ["a", "b"]
        assert (locked["a"].free, locked["a"].state, locked["a"].urgency) == (5, NeedState.OPEN, Urgency.BY_DATE)
        locked["a"].reserved, locked["a"].taken, locked["a"].rev = 2, 1, 8
        graph.needs.set_counters([locked["a"]])

    write(store, work)
    changed = read(store, lambda g: g.needs.get("a"))
    assert (changed.reserved, changed.taken, changed.rev, changed.terms, changed.free) == (2, 1, 8, 1, 2)
    assert read(store, lambda g: g.needs.get("b")).rev == 1


def test_each_showing_of_a_text_is_counted(store: Store) -> None:
    fill(store, need())
    assert [write(store, lambda g: g.needs.count_showing("leak")) for _ in range(2)] == [2, 3]


def test_the_titles_of_needs_out_of_scope_are_left_out(store: Store) -> None:
    fill(store, need("a"), need("b", area="west-1", title="别处"))
    assert read(store, lambda g: g.needs.areas_of(["a", "b", "x"])) == {"a": "east-1", "b": "west-1"}
    assert read(store, lambda g: g.needs.titles_in_scope(["a", "b", "x"]), EAST) == {"a": need().title}
    assert set(read(store, lambda g: g.needs.titles_in_scope(["a", "b"]), STREET)) == {"a", "b"}


# ── resources and their buckets ──────────────────────────────────────────────────────────────────────────────

TRAINED = replace(
    WANG_TIME,
    id="trained",
    provides=(Provided("company", 1), Provided("electrics", 5, date(2027, 1, 31))),
    windows=(Window(0, 60), Window(600, 720)),
    reach_minutes=30,
    reaches=("east", "west"),
)


def test_a_resource_comes_back_as_it_was_written(store: Store) -> None:
    fill(store, TRAINED)
    for resource in (TRAINED, ZHAO_TIME, WHEELCHAIRS):
        expected = replace(resource, provides=tuple(sorted(resource.provides, key=lambda p: p.capability)))
        assert read(store, lambda g, r=resource: g.resources.get(r.id)) == expected
    with pytest.raises(NotFound):
        read(store, lambda g: g.resources.get("nothing"))
    got = read(store, lambda g: g.resources.many(["zhao-time", "nothing", "trained"]))
    assert [r.id for r in got] == ["zhao-time", "trained"]


def test_a_bucket_is_made_when_it_is_first_locked_and_keeps_its_counts(store: Store) -> None:
    fill(store)
    keys = [("wheelchairs", MONTH), ("wang-time", WEEK), ("nothing", WEEK)]
    assert read(store, lambda g: g.resources.buckets(keys)) == {}

    def work(graph: Graph) -> None:
        locked = graph.resources.lock_buckets(keys)
        assert list(locked) == [f"wang-time|{WEEK}", f"wheelchairs|{MONTH}"]
        wang = locked[f"wang-time|{WEEK}"]
        assert (wang.capacity, wang.free, wang.terms, wang.state, wang.provider) == (
            2,
            2,
            1,
            ResourceState.LISTED,
            "wang",
        )
        wang.reserved, wang.taken = 1, 1
        graph.resources.set_counters([wang])

    write(store, work)
    wang = Bucket(f"wang-time|{WEEK}", "wang-time", WEEK, 2, 1, 1)
    assert read(store, lambda g: g.resources.buckets(keys))[wang.id] == wang
    assert wang.free == 0
    again = write(store, lambda g: g.resources.lock_buckets([("wang-time", WEEK)]))[wang.id]
    assert (again.reserved, again.taken) == (1, 1)


def test_the_name_of_a_person_who_lives_elsewhere_is_not_shown(store: Store) -> None:
    fill(store)
    ids = ["wang-time", "zhao-time", "wheelchairs", "nothing"]
    person, clinic = ProviderKind.PERSON, ProviderCard(ProviderKind.ORGANISATION, "社区医院")
    cards = {scope: read(store, lambda g: g.resources.provider_cards(ids), scope) for scope in (EAST, WEST, STREET)}
    wang, zhao, nameless = ProviderCard(person, "王建国"), ProviderCard(person, "赵强"), ProviderCard(person, None)
    assert cards[EAST] == {"wang-time": wang, "zhao-time": nameless, "wheelchairs": clinic}
    assert cards[WEST] == {"wang-time": nameless, "zhao-time": zhao, "wheelchairs": clinic}
    assert cards[STREET] == {"wang-time": wang, "zhao-time": zhao, "wheelchairs": clinic}


# ── assignments, events, notices ─────────────────────────────────────────────────────────────────────────────


def pair(
    name: str,
    *,
    need_: str = "leak",
    resource: str = "wang-time",
    period: str = WEEK,
    provider: str = "wang",
    state: AssignmentState = AssignmentState.OFFERED,
    **more: Any,
) -> Assignment:
    made = Assignment(
        id=name,
        need=need_,
        resource=resource,
        provider=provider,
        bucket=bucket_id(resource, period),
        quantity=1,
        state=state,
        waiting_for=frozenset(Side),
        made_at=NOON,
        expires=NOON + timedelta(days=1),
    )
    return replace(made, **more)


def put(store: Store, *pairs: Assignment) -> None:
    """Write assignments as they are; their counts and events are not this test's matter."""

    def work(graph: Graph) -> None:
        graph.resources.lock_buckets(tuple(p.bucket.rsplit("|", 1)) for p in pairs)  # type: ignore[misc]
        graph.assignments.create(pairs)

    write(store, work)


def test_an_assignment_comes_back_as_it_was_written(store: Store, engine: Engine) -> None:
    fill(store, need())
    made = pair("a", plan="p", parts={"near": 3, "level": 80})
    put(store, made)
    assert read(store, lambda g: g.assignments.get("a"), EAST) == made
    assert properties(engine, "Assignment", "a")["live_key"] == f"leak|wang-time|{WEEK}"
    assert read(store, lambda g: g.assignments.live([made.live_key or "", "leak|zhao-time|x"])) == {made.live_key}
    over = replace(made, state=AssignmentState.DECLINED, waiting_for=frozenset(), rev=2)
    write(store, lambda g: g.assignments.update(over))
    assert read(store, lambda g: g.assignments.get("a"), EAST) == over
    assert "live_key" not in properties(engine, "Assignment", "a")
    assert read(store, lambda g: g.assignments.live([made.live_key or ""])) == set()


def test_an_assignment_is_seen_by_the_need_s_area_and_its_provider_only(store: Store) -> None:
    fill(store, need())
    put(store, pair("a"))
    for scope in (EAST, STREET, WANG.scope, EVERYTHING):
        assert read(store, lambda g: g.assignments.get("a"), scope).id == "a"
    for scope in (WEST, ZHAO.scope):
        with pytest.raises(NotFound):
            read(store, lambda g: g.assignments.get("a"), scope)
    with pytest.raises(NotFound):
        read(store, lambda g: g.assignments.get("nothing"), EAST)


def test_a_second_live_pair_of_one_need_and_bucket_is_refused_by_the_store_itself(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_CONFLICT_PATIENCE", 0.2)
    fill(store, need())
    put(store, pair("a"))
    before = fingerprint(engine)
    with pytest.raises(Conflict):
        put(store, pair("b"))
    with pytest.raises(Conflict):
        put(store, pair("a", period="2026-W48"))
    assert fingerprint(engine) == before


def test_pairs_that_are_over_share_having_no_live_key(store: Store) -> None:
    fill(store, need())
    over = [AssignmentState.DECLINED, AssignmentState.EXPIRED, AssignmentState.WITHDRAWN, AssignmentState.DELIVERED]
    put(store, *(pair(f"over-{state}", state=state) for state in over))
    put(store, pair("live"))
    put(store, pair("over-again", state=AssignmentState.DECLINED))
    write(store, lambda g: g.assignments.update(pair("live", state=AssignmentState.EXPIRED)))
    put(store, pair("live-again"))
    assert len(read(store, lambda g: g.assignments.many([f"over-{s}" for s in over]))) == 4


def test_assignments_come_in_pages_of_the_scope_without_gaps_or_doubles(store: Store) -> None:
    fill(store, *(need(f"n{i:02}", area=("east-1", "west-1")[i % 2]) for i in range(12)))
    pairs = [
        pair(f"a{i:02}", need_=f"n{i:02}", resource=r, provider=p, state=list(AssignmentState)[i % 3])
        for i, (r, p) in enumerate([("wang-time", "wang"), ("zhao-time", "zhao"), ("wang-time", "wang")] * 4)
    ]
    put(store, *pairs)

    def pages(scope: Scope, state: AssignmentState | None = None, need_: str | None = None) -> list[str]:
        got = paged(
            lambda after: read(
                store, lambda g: g.assignments.page(state=state, need=need_, after=after, limit=3), scope
            ),
            lambda a: a.id,
            "",
        )
        return [a.id for a in got]

    ids = [p.id for p in pairs]
    assert pages(EVERYTHING) == pages(STREET) == ids
    assert pages(EAST) == ids[0::2]
    assert pages(WEST) == ids[1::2]
    assert pages(ZHAO.scope) == ids[1::3]
    assert pages(STREET, AssignmentState.OFFERED) == ids[0::3]
    assert pages(EAST, need_="n04") == ["a04"]
    assert pages(ZHAO.scope, need_="n04") == ["a04"]
    assert pages(WANG.scope, need_="n04") == []


def test_what_is_overdue_is_offered_and_past_its_time(store: Store) -> None:
    fill(store, need(), need("other"))
    put(
        store,
        pair("at-noon", expires=NOON),
        pair("later", need_="other", expires=NOON + MINUTE),
        pair("active", resource="zhao-time", expires=NOON - MINUTE, state=AssignmentState.ACTIVE),
    )
    assert read(store, lambda g: g.assignments.overdue(NOON, limit=9)) == []
    after = NOON + timedelta(milliseconds=1)
    assert read(store, lambda g: g.assignments.overdue(after, limit=9)) == ["at-noon"]
    assert read(store, lambda g: g.assignments.overdue(NOON + 2 * MINUTE, limit=9)) == ["at-noon", "later"]
    assert read(store, lambda g: g.assignments.overdue(NOON + 2 * MINUTE, limit=1)) == ["at-noon"]


def test_a_no_is_noted_once_a_pair_with_the_latest_terms(store: Store, engine: Engine) -> None:
    fill(store, need(), need("other"))
    for terms in (1, 4):
        write(store, lambda g, t=terms: g.assignments.mark_declined("wang-time", "leak", at=NOON, need_terms=t))
    write(store, lambda g: g.assignments.mark_declined("zhao-time", "other", at=NOON, need_terms=2))
    found = read(store, lambda g: g.assignments.declined(["leak", "other", "nothing"]))
    assert found == {("leak", "wang-time"): 4, ("other", "zhao-time"): 2}
    assert read(store, lambda g: g.assignments.declined(["leak"])) == {("leak", "wang-time"): 4}
    assert raw(engine, "MATCH ()-[d:DECLINED]->() RETURN count(d) AS n") == [{"n": 2}]


def event(subject: str, seq: int, minutes: int, verb: str = "x") -> Event:
    return Event(subject, seq, NOON + minutes * MINUTE, "me", "community", verb, None, "open", None)


def test_a_need_s_history_is_its_own_events_and_its_pairs_in_order(store: Store) -> None:
    fill(store, need(), need("other"))
    put(store, pair("a"), pair("b", need_="other"))
    told = [
        event("leak", 1, 0),
        event("a", 1, 0),
        event("a", 2, 5),
        event("leak", 2, 9),
        event("a", 10, 9),
        event("a", 11, 9),
    ]
    shuffled = [told[i] for i in (4, 1, 5, 3, 0, 2)]
    write(store, lambda g: g.events.append([*shuffled, event("b", 1, 1), event("other", 1, 1)]))
    assert read(store, lambda g: g.events.history("leak")) == told
    assert read(store, lambda g: g.events.history("nothing")) == []


def test_one_number_of_a_subject_is_one_event(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_CONFLICT_PATIENCE", 0.2)
    fill(store, need())
    write(store, lambda g: g.events.append([event("leak", 1, 0, "first")]))
    with pytest.raises(Conflict):
        write(store, lambda g: g.events.append([event("leak", 1, 5, "second")]))
    assert [e.verb for e in read(store, lambda g: g.events.history("leak"))] == ["first"]


def test_a_notice_waits_in_the_outbox(store: Store, engine: Engine) -> None:
    write(store, lambda g: g.notices.post([]))
    write(store, lambda g: g.notices.post([Notice("n", "wang", "offer_made", {"need": "漏水"}, NOON)]))
    assert properties(engine, "Notice", "n") == {
        "id": "n",
        "to": "wang",
        "template": "offer_made",
        "values": '{"need": "漏水"}',
        "due": to_milliseconds(NOON),
        "state": "waiting",
    }


# ── plans, leases ────────────────────────────────────────────────────────────────────────────────────────────


def plan(name: str, *, area: str = "street", number: int = 1, minutes: int = 0, **more: Any) -> Plan:
    made = Plan(
        id=name,
        area=area,
        night=date(2026, 11, 18),
        number=number,
        state=PlanState.PUBLISHED,
        status=PlanStatus.OPTIMAL,
        objective=2**61,
        bound=2**61,
        method="flow",
        made_at=NOON + minutes * MINUTE,
        figures={"at_once": {"asked": 3, "unmet": 1}},
        seconds={"solve": 0.1234},
        pairs=5,
        unmet=1,
        digest="d",
    )
    return replace(made, **more)


def test_a_plan_comes_back_as_it_was_written_and_is_written_once(store: Store) -> None:
    fill(store)
    write(store, lambda g: g.plans.create(plan("p")))
    write(store, lambda g: g.plans.create(plan("p", digest="another")))
    assert read(store, lambda g: g.plans.get("p")) == plan("p")
    with pytest.raises(NotFound):
        read(store, lambda g: g.plans.get("nothing"))


def test_a_plan_is_seen_where_its_area_lies_below_or_above(store: Store) -> None:
    fill(store)
    for area in ("city", "street", "east", "east-grid", "west"):
        write(store, lambda g, a=area: g.plans.create(plan(f"of-{a}", area=a)))
    write(store, lambda g: g.plans.create(plan("draft", area="east", state=PlanState.DRAFT)))
    seen = {"of-city", "of-street", "of-east", "of-east-grid"}
    everywhere = seen | {"of-west"}
    for scope, expected in ((EAST, seen), (STREET, everywhere), (EVERYTHING, everywhere)):
        assert {p.id for p in read(store, lambda g: g.plans.page(before=None, limit=99), scope)} == expected
        for name in everywhere | {"draft"}:
            if name in expected:
                assert read(store, lambda g, n=name: g.plans.get(n), scope).id == name
            else:
                with pytest.raises(NotFound):
                    read(store, lambda g, n=name: g.plans.get(n), scope)


def test_plans_come_in_pages_the_latest_first_without_gaps_or_doubles(store: Store) -> None:
    fill(store)
    many = [plan(f"p{i:02}", number=i + 1, minutes=i // 3) for i in range(11)]
    for one in many:
        write(store, lambda g, p=one: g.plans.create(p))
    order = [p.id for p in sorted(many, key=lambda p: (p.made_at, p.id), reverse=True)]
    for scope in (EVERYTHING, EAST):
        got = paged(
            lambda before, scope=scope: read(store, lambda g: g.plans.page(before=before, limit=2), scope),
            lambda p: (p.made_at, p.id),
            None,
        )
        assert [p.id for p in got] == order
    assert read(store, lambda g: g.plans.of_night("street", date(2026, 11, 18))) == many
    assert read(store, lambda g: g.plans.of_night("street", date(2026, 11, 19))) == []


def test_the_pages_of_a_plan_come_back_as_they_were_stored(store: Store) -> None:
    fill(store)
    pairs = [PlannedPair(f"n{i}", 1, "r", 2, WEEK, 3, {"near": i}) for i in range(5)]
    unmet = [UnmetNeed(f"n{i}", "at_once", 2, "capacity") for i in range(5)]

    def work(graph: Graph) -> None:
        graph.plans.create(plan("p"))
        graph.plans.create(plan("q", number=2))
        for number in range(2):
            graph.plans.add_page("p", number, pairs[3 * number : 3 * number + 3], "pairs")
            graph.plans.add_page("p", number, unmet[3 * number : 3 * number + 3], "unmet")
        graph.plans.add_page("p", 0, [], "pairs")  # the same page again changes nothing

    write(store, work)
    assert [read(store, lambda g, n=n: g.plans.pairs("p", n)) for n in range(3)] == [pairs[:3], pairs[3:], []]
    assert read(store, lambda g: list(g.plans.unmet("p"))) == unmet
    assert (read(store, lambda g: g.plans.pages("p")), read(store, lambda g: g.plans.pages("q"))) == (2, 0)


def test_who_raised_the_fence_last_moves_the_plan_on_and_nobody_else(store: Store) -> None:
    fill(store)
    write(store, lambda g: g.plans.create(plan("p", state=PlanState.PUBLISHING)))
    assert write(store, lambda g: g.plans.raise_fence("p")) == (1, 0)
    write(store, lambda g: g.plans.advance("p", next_page=1, written=4, skipped=1))
    assert write(store, lambda g: g.plans.raise_fence("p")) == (2, 1)
    for fence in (1, 3):
        with pytest.raises(LeaseLost):
            write(store, lambda g, f=fence: g.plans.require_fence("p", f))
    assert write(store, lambda g: g.plans.require_fence("p", 2)) == 1
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.require_fence("nothing", 1))
    write(store, lambda g: g.plans.advance("p", next_page=2, written=1, skipped=0))
    write(store, lambda g: g.plans.finish("p", seconds={"publish": 1.5}))
    done = read(store, lambda g: g.plans.get("p"))
    assert (done.next_page, done.written, done.skipped, done.fence) == (2, 5, 1, 2)
    assert (done.state, done.seconds) == (PlanState.PUBLISHED, {"publish": 1.5})
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.raise_fence("p"))


def test_a_plan_that_is_given_up_shuts_out_who_was_writing_it_and_stays_so(store: Store) -> None:
    fill(store)
    for name, state in (("old", PlanState.PUBLISHING), ("draft", PlanState.DRAFT), ("done", PlanState.PUBLISHED)):
        write(store, lambda g, n=name, s=state: g.plans.create(plan(n, state=s)))
    write(store, lambda g: g.plans.create(plan("new", state=PlanState.DRAFT)))
    fence, _ = write(store, lambda g: g.plans.raise_fence("old"))
    write(store, lambda g: g.plans.abandon_others("new", "city"))
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.require_fence("old", fence))
    with pytest.raises(LeaseLost):
        write(store, lambda g: g.plans.raise_fence("old"))
    write(store, lambda g: g.plans.set_state("draft", PlanState.PUBLISHING))
    write(store, lambda g: g.plans.set_state("new", PlanState.PUBLISHING))
    states = {n: read(store, lambda g, n=n: g.plans.get(n)).state for n in ("old", "draft", "done", "new")}
    assert states == {
        "old": PlanState.ABANDONED,
        "draft": PlanState.ABANDONED,
        "done": PlanState.PUBLISHED,
        "new": PlanState.PUBLISHING,
    }


def test_a_lease_has_one_holder_until_it_runs_out_or_is_given_back(store: Store) -> None:
    def take(holder: str, minutes: float, name: str = "night") -> None:
        now = NOON + minutes * MINUTE
        write(store, lambda g: g.leases.take(name, holder, now=now, until=now + 2 * MINUTE))

    def release(holder: str) -> None:
        write(store, lambda g: g.leases.release("night", holder))

    take("a", 0)
    take("a", 1)  # prolongs it
    take("b", 1, name="another")
    with pytest.raises(LeaseHeld) as refused:
        take("b", 2.9)
    assert refused.value.more["until"] == (NOON + 3 * MINUTE).isoformat()
    release("b")  # it is not b's to give
    with pytest.raises(LeaseHeld):
        take("b", 2.9)
    take("b", 3)
    release("a")
    with pytest.raises(LeaseHeld):
        take("a", 4)
    release("b")
    take("a", 4)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────


def api_key(name: str, minutes: int = 0, **more: Any) -> ApiKey:
    made = NOON + minutes * MINUTE
    return replace(
        ApiKey(name, f"for {name}", f"hash-{name}", Role.COMMUNITY, "east", None, made, made + timedelta(days=30)),
        **more,
    )


def test_an_api_key_is_found_by_its_hash_and_can_be_revoked(store: Store) -> None:
    first = api_key("a", minutes=2)
    second = api_key("b", minutes=1, role=Role.PROVIDER, area=None, provider="wang")
    for one in (first, second, replace(first, name="another")):
        write(store, lambda g, k=one: g.api_keys.create(k))
    assert read(store, lambda g: g.api_keys.by_hash("hash-a")) == first
    assert read(store, lambda g: g.api_keys.by_hash("hash-x")) is None
    assert read(store, lambda g: g.api_keys.all()) == [second, first]
    write(store, lambda g: g.api_keys.revoke("a"))
    assert read(store, lambda g: g.api_keys.by_hash("hash-a")) == replace(first, revoked=True)
    with pytest.raises(NotFound):
        write(store, lambda g: g.api_keys.revoke("nothing"))


def test_an_idempotency_key_remembers_the_outcome_of_its_request(store: Store) -> None:
    used = IdempotencyKey("me", "k", "request", NOON)

    def begin(k: IdempotencyKey) -> str | None:
        return write(store, lambda g: g.idempotency.begin(k))

    def first(graph: Graph) -> None:
        assert graph.idempotency.begin(used) is None
        graph.idempotency.finish(used, "made")

    write(store, first)
    assert begin(replace(used, at=NOON + MINUTE)) == "made"
    assert read(store, lambda g: g.idempotency.outcome(used)) == "made"
    for ask in (begin, lambda k: read(store, lambda g: g.idempotency.outcome(k))):
        with pytest.raises(KeyReused):
            ask(replace(used, request="another"))
        assert ask(replace(used, actor="somebody else", request="another")) is None
        assert ask(replace(used, key="l", request="another")) is None


# ── the snapshot ─────────────────────────────────────────────────────────────────────────────────────────────


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
    from graph.store import snapshots

    fill(store, *(need(f"n{i}", quantity=i + 1, requires=[Required("plumbing", i % 5 + 1)]) for i in range(7)))
    whole = snapshot(store)
    monkeypatch.setattr(snapshots, "_PIECE", 3)
    pieces = snapshot(store)
    for name in ("id", "wanted", "terms", "raised_at", "area"):
        assert getattr(pieces.needs, name).tolist() == getattr(whole.needs, name).tolist()
    assert links(pieces.requires, pieces.needs.id, pieces.capabilities) == links(
        whole.requires, whole.needs.id, whole.capabilities
    )


# ── invariants ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("MATCH (n:Need) SET n.reserved = 0", "need leak"),
        ("MATCH (n:Need) SET n.taken = 1", "need leak"),
        ("MATCH (n:Need) SET n.quantity = 0", "need leak"),
        ("MATCH (b:Bucket) SET b.reserved = 2", f"bucket wang-time|{WEEK}"),
        ("MATCH (b:Bucket) SET b.taken = 1", f"bucket wang-time|{WEEK}"),
        ("MATCH (b:Bucket) SET b.capacity = 0", f"bucket wang-time|{WEEK}"),
        ("MATCH (:Assignment)-[u:USES]->() DELETE u", "uses 0 buckets"),
        ("MATCH (:Assignment)-[s:SERVES]->() DELETE s", "serves 0 needs"),
        ("MATCH (a:Assignment) REMOVE a.live_key", "live key"),
        ("MATCH (e:Event) DELETE e", "0 events"),
        ("MATCH (a:Assignment) SET a.rev = 2", "2 changes, 1 events"),
    ],
)
def test_the_invariants_find_what_is_broken(
    store: Store, engine: Engine, clock: FakeClock, damage: str, told: str
) -> None:
    fill(store, need())
    offer(store, clock)
    assert broken(store) == []
    raw(engine, damage)
    assert any(told in sentence for sentence in broken(store))
