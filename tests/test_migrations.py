"""A store of an older version becomes one of this program's, and nothing else in it changes."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graph import schema
from graph.elements import place
from graph.engine import Engine, connect
from graph.model.actors import EVERYTHING
from graph.model.ids import natural_id
from graph.model.people import Person
from graph.store import Graph, LeaseHeld, SchemaMismatch, Store, migrations
from graph.store.people import write_people
from matching.use_cases.nightly import nightly
from tests.stores import wipe
from tests.worlds import (
    EAST_STAFF,
    MASTERS,
    NIGHT,
    NOON,
    OPERATOR,
    STREET_STAFF,
    FakeClock,
    add,
    broken,
    fill,
    need,
    properties,
    raw,
)

DUMP = json.loads((Path(__file__).parent / "data" / "version-1.json").read_text())
PHONES = {"liu": "13900000001", "wang": "13900000002", "zhao": "13900000003"}
NAMES = {"liu": "刘桂兰", "wang": "王建国", "zhao": "赵强"}
STAFF = {"city": "city", "district": "district", "street": "street", "east": "community", "east-grid": "grid_worker"}
STAFF |= {"east-1": "grid_worker"}
"""Area of a key of version 1's one role of staff → its role now."""
NEW = {
    "Person": {"languages", "erased", "rev", "name", "phone", "phone_hash"},
    "Need": {"delivered", "card", "text"},
    "Resource": {"card"},
    "Organisation": {"rev"},
    "ApiKey": {"role"},
    "Schema": {"version", "declared"},
}
"""What the migration writes of each label; everything else stays."""


def write_version_1(engine: Engine) -> None:
    """Write the dump as it is, past our code; version 1 knew one role of staff."""
    wipe(engine)
    raw(engine, "MATCH (n:Schema) DELETE n")
    for node in DUMP["nodes"]:
        raw(engine, f"CREATE (n:{node['label']}) SET n = $row", row=node["properties"])
    for area in STAFF:
        row = {"id": f"key-{area}", "name": area, "hash": f"hash-{area}", "role": "staff", "area": area}
        times = {"created": 1794974400000, "expires": 1894974400000, "revoked": False}
        raw(engine, "CREATE (k:ApiKey) SET k = $row", row=row | times)
    for r in DUMP["relationships"]:
        raw(
            engine,
            f"MATCH (a:{r['start_label']} {{id: $start}}) MATCH (b:{r['end_label']} {{id: $end}}) "
            f"CREATE (a)-[r:{r['type']}]->(b) SET r = $row",
            start=r["start"],
            end=r["end"],
            row=r["properties"],
        )


@pytest.fixture
def old(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store of version 1, migrated a node a page; at the end one of this version again."""
    store = Store(engine, MASTERS)
    store.migrate()
    write_version_1(engine)
    monkeypatch.setattr(migrations, "_PAGE", 1)
    try:
        yield store
    finally:
        wipe(engine)
        raw(engine, "MATCH (s:Schema) SET s.version = $version", version=schema.VERSION)


def read(store: Store, work: Callable[[Graph], Any]) -> Any:
    return store.read(work, scope=EVERYTHING)


def upgrade(store: Store) -> list[int]:
    return store.migrate(upgrade=True)


def opened(engine: Engine, store: Store) -> list[str]:
    """Return the whole graph as lines, with what is sealed in clear, and without locks, leases and wrapped keys."""

    def line(row: dict[str, Any]) -> dict[str, Any]:
        [label], p = row["labels"], dict(row["p"])
        p.pop("lock", None)
        if label == "DataKey":
            return {"label": label, "id": p["id"]}
        if label == "Person" and "phone_hash" in p:
            assert p["phone_hash"] == read(store, lambda g: g.vault.index().hash(PHONES[p["id"]], "Person.phone"))
            p["phone_hash"] = "as it should be"
        node = next(n for n in schema.NODES if n.label == label)
        sealed = {name: p.pop(name) for name in node.secrets if str(p.get(name)).startswith("v2:")}
        [clear] = read(store, lambda g: g.vault.open(node, [{**sealed, "id": p["id"]}])) if sealed else [{}]
        return {"label": label, **p, **clear}

    nodes = raw(engine, "MATCH (n) WHERE NOT n:Lease RETURN labels(n) AS labels, properties(n) AS p")
    joined = raw(
        engine, "MATCH (a)-[r]->(b) RETURN a.id AS start, type(r) AS type, properties(r) AS properties, b.id AS end"
    )
    return sorted(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in (*map(line, nodes), *joined))


# ── what becomes of it ───────────────────────────────────────────────────────────────────────────────────────


def test_a_store_of_an_older_version_is_refused_and_left_as_it_is(old: Store, engine: Engine) -> None:
    before = raw(engine, "MATCH (n) RETURN properties(n) AS p ORDER BY n.id")
    with pytest.raises(SchemaMismatch, match=r"version 1.*renling migrate"):
        old.migrate()
    assert raw(engine, "MATCH (n) RETURN properties(n) AS p ORDER BY n.id") == before


def test_names_are_sealed_phones_are_found_texts_open_and_roles_follow_the_area(old: Store, engine: Engine) -> None:
    assert upgrade(old) == [1, 2]
    assert old.version() == schema.VERSION
    for person, phone in PHONES.items():
        kept = properties(engine, "Person", person)
        assert kept["name"].startswith(f"v2:{person}:") and kept["phone"].startswith(f"v2:{person}:")
        [clear] = read(old, lambda g, kept=kept: g.vault.open(schema.PERSON, [kept]))
        assert clear == {"name": NAMES[person], "phone": phone}
        assert kept["phone_hash"] == read(old, lambda g, p=phone: g.vault.index().hash(p, "Person.phone"))
    everything = str(raw(engine, "MATCH (n) RETURN properties(n) AS p"))
    assert not any(word in everything for word in (*PHONES.values(), *NAMES.values()))
    for node in DUMP["nodes"]:
        if node["label"] == "Need":
            was = MASTERS.open_version_1(node["properties"]["text"], place("Need", "text", node["properties"]["id"]))
            assert read(old, lambda g, n=node: g.needs.text(n["properties"]["id"])) == was
    assert properties(engine, "Need", "dark")["text"].startswith("v2:public:")
    roles = raw(engine, "MATCH (k:ApiKey) RETURN k.area AS area, k.role AS role")
    assert {row["area"]: row["role"] for row in roles} == STAFF


def test_what_it_holds_now_is_read_by_the_present_program(old: Store, engine: Engine) -> None:
    upgrade(old)
    assert broken(old) == []
    ids = [n["properties"]["id"] for n in DUMP["nodes"] if n["label"] == "Need"]
    assert [n.id for n in read(old, lambda g: g.needs.many(ids))] == ids
    assert len(read(old, lambda g: g.resources.many(["wang-time", "zhao-time", "wheelchairs"]))) == 3
    assert len(read(old, lambda g: g.api_keys.all())) == len(STAFF)
    card = properties(engine, "Need", "leak")["card"]
    assert card == "厨房水管漏水 水电维修 一网格 水 修 格"
    assert properties(engine, "Resource", "wheelchairs")["card"] == "轮椅借用 轮椅 用 椅"
    assert old.read(lambda g: g.people.names(["liu", "zhao"]), scope=EAST_STAFF.scope) == {"liu": "刘桂兰"}


def test_nothing_else_changes(old: Store, engine: Engine) -> None:
    upgrade(old)
    for node in DUMP["nodes"]:
        was, now = node["properties"], properties(engine, node["label"], node["properties"]["id"])
        changed = NEW.get(node["label"], set())
        assert {k: v for k, v in now.items() if k not in changed | {"lock"}} == {
            k: v for k, v in was.items() if k not in changed | {"lock"}
        }
    counted = raw(engine, "MATCH (n) WHERE NOT n:DataKey AND NOT n:Lease RETURN count(n) AS n")[0]["n"]
    assert counted == len([n for n in DUMP["nodes"] if n["label"] != "Lease"]) + len(STAFF)
    assert raw(engine, "MATCH ()-[r]->() RETURN count(r) AS n")[0]["n"] == len(DUMP["relationships"])


def test_a_second_run_changes_nothing(old: Store, engine: Engine) -> None:
    upgrade(old)
    before = raw(engine, "MATCH (n) RETURN properties(n) AS p ORDER BY n.id, labels(n)")
    assert upgrade(old) == []
    old.migrate()
    assert raw(engine, "MATCH (n) RETURN properties(n) AS p ORDER BY n.id, labels(n)") == before


def test_a_night_can_be_run_on_it(old: Store, engine: Engine, clock: FakeClock) -> None:
    upgrade(old)
    add(old, need("new"), need("dark-too", requires=["electrics"], area="west-1", person="zhao"))
    clock.advance(days=2)  # what version 1 had offered has run out
    night = NIGHT + timedelta(days=2)
    report = nightly(old, area="city", night=night, by=OPERATOR, clock=clock)
    assert report.expired > 0 and report.plan.written > 0
    assert broken(old) == []


# ── from version 2 ───────────────────────────────────────────────────────────────────────────────────────────


def brought_in(store: Store, name: str, birth_year: int | None, where: str) -> str:
    """Return the id that version 2 gave to whom a list without ID numbers brought in."""
    words = f"{name}|{birth_year or ''}|{where}"
    return natural_id("import", "person", read(store, lambda g: g.vault.index().hash(words, "Person.import")))


def test_whom_a_list_brought_in_before_its_words_were_kept_is_found_by_the_same_list(
    store: Store, engine: Engine
) -> None:
    fill(store, need())
    chen = Person(
        brought_in(store, "陈玉兰", 1949, "光明路1号"), "陈玉兰", "east-1", birth_year=1949, address="光明路1号"
    )
    wu = Person(brought_in(store, "吴秀英", None, "east-1"), "吴秀英", "east-1")
    by_hand = Person("by-hand", "周建国", "east-1", birth_year=1950)
    renamed = Person(brought_in(store, "郑红", None, "east-1"), "郑虹", "east-1")
    everybody = [chen, wu, by_hand, renamed]
    store.write(lambda g: write_people(g.loading, everybody), scope=EVERYTHING)
    store.write(lambda g: g.people.update(wu.id, {"lives_in": "west-1"}, rev=1, at=NOON), scope=STREET_STAFF.scope)
    raw(engine, "MATCH (:Area {id: 'east'})-[p:PART_OF]->() SET p.since = 1")
    for label, key_ in (("Need", "leak"), ("Resource", "wheelchairs")):
        card = properties(engine, label, key_)["card"]
        raw(engine, f"MATCH (n:{label} {{id: '{key_}'}}) SET n.card = $card", card=card.rpartition(" ")[0])
    raw(engine, "MATCH (s:Schema) SET s.version = 2")
    words = ["陈玉兰|1949|光明路1号", "吴秀英||east-1", "周建国|1950|east-1", "郑红||east-1"]
    assert read(store, lambda g: g.tables.described(words)) == {}
    assert upgrade(store) == [2]
    assert read(store, lambda g: g.tables.described(words)) == {words[0]: [chen.id], words[1]: [wu.id]}
    kept = properties(engine, "Person", chen.id)
    assert kept["described"].startswith(f"v2:{chen.id}:")
    assert properties(engine, "Need", "leak")["card"] == "厨房水管漏水 水电维修 一网格 水 修 格"
    assert properties(engine, "Resource", "wheelchairs")["card"] == "轮椅借用 轮椅 用 椅"
    assert raw(engine, "MATCH ()-[p:PART_OF]->() WHERE p.since IS NOT NULL RETURN p") == []
    assert broken(store) == []


# ── stopped, and two at once ─────────────────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """The process ends here."""


def pages_of_a_migration(store: Store) -> int:
    told = 0

    def count(*_: object) -> None:
        nonlocal told
        told += 1

    store.migrate(upgrade=True, progress=count)
    return told


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_stopped_between_any_two_pages_and_run_again_it_comes_to_the_same(
    old: Store, engine: Engine, step: int
) -> None:
    pages = pages_of_a_migration(old)
    whole = opened(engine, old)
    assert pages > 15
    for stopped_at in range(0, pages, step):
        write_version_1(engine)
        told = iter(range(pages))

        def stop(*_: object, told: Iterator[int] = told, at: int = stopped_at) -> None:
            if next(told) == at:
                raise Killed

        with pytest.raises(Killed):
            old.migrate(upgrade=True, progress=stop)
        version = old.version()
        assert version in (1, 2)
        with pytest.raises(SchemaMismatch):
            old.migrate()
        assert upgrade(old) == [1, 2][version - 1 :]
        assert opened(engine, old) == whole


def test_a_killed_run_s_lease_keeps_the_next_one_out_until_it_runs_out(
    old: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        monkeypatch.setattr(migrations._Leased, "release", lambda self: None)  # nobody is left to give it back
        raise Killed

    with pytest.raises(Killed):
        old.migrate(upgrade=True, progress=dies)
    with pytest.raises(LeaseHeld) as refused:
        upgrade(old)
    assert refused.value.more["until"]
    raw(engine, "MATCH (l:Lease {id: 'migrate'}) SET l.until = 1")
    assert upgrade(old) == [1, 2]


def test_of_two_at_once_one_does_it_and_the_other_is_told(old: Store, engine: Engine) -> None:
    outcomes: list[object] = []

    def another() -> None:
        try:
            outcomes.append(upgrade(old))
        except LeaseHeld as held:
            outcomes.append(held)

    second = threading.Thread(target=another)
    started = threading.Event()

    def meanwhile(*_: object) -> None:
        if not started.is_set():
            started.set()
            second.start()
            second.join()

    assert old.migrate(upgrade=True, progress=meanwhile) == [1, 2]
    assert len(outcomes) == 1 and isinstance(outcomes[0], LeaseHeld)
    assert upgrade(old) == []
    assert broken(old) == []


def test_a_run_that_slept_past_its_lease_writes_nothing_more(old: Store, engine: Engine) -> None:
    asleep = True

    def sleeps(*_: object) -> None:
        nonlocal asleep
        if asleep:
            asleep = False
            raw(engine, "MATCH (l:Lease {id: 'migrate'}) SET l.holder = 'another', l.until = 4000000000000")

    with pytest.raises(LeaseHeld):
        old.migrate(upgrade=True, progress=sleeps)
    assert raw(engine, "MATCH (p:Person) WHERE p.erased IS NOT NULL RETURN count(p) AS n")[0]["n"] == 0
    raw(engine, "MATCH (l:Lease {id: 'migrate'}) SET l.until = 1")
    assert upgrade(old) == [1, 2]


# ── a store without constraints ──────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def bare_embedded(folder: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    with connect("embedded", data=folder) as engine:
        yield engine


@contextlib.contextmanager
def bare_neo4j(folder: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The shared one without its constraints and indexes; it gets them back by being migrated."""
    engine = request.getfixturevalue("neo4j_engine")
    for kind in ("CONSTRAINT", "INDEX"):
        listed = f"SHOW {kind}ES YIELD name, type" if kind == "INDEX" else f"SHOW {kind}S YIELD name, type"
        for row in raw(engine, listed):
            if row["type"] != "LOOKUP":
                raw(engine, f"DROP {kind} {row['name']}")
    try:
        yield engine
    finally:
        wipe(engine)
        raw(engine, "MATCH (s:Schema) DELETE s")
        Store(engine, MASTERS).migrate()


@pytest.mark.parametrize("bare", [bare_embedded, bare_neo4j], ids=["embedded", "neo4j"])
def test_a_store_without_any_constraint_gets_them_and_is_migrated(
    tmp_path: Path, request: pytest.FixtureRequest, bare: Any
) -> None:
    with bare(tmp_path, request) as engine:
        write_version_1(engine)
        store = Store(engine, MASTERS)
        with pytest.raises(SchemaMismatch):
            store.migrate()
        assert upgrade(store) == [1, 2]
        assert broken(store) == []
        with pytest.raises(Exception, match=r"(?i)constraint|duplicate|unique"):
            raw(engine, "CREATE (:Need {id: 'leak'})")
        found = raw(
            engine, "CALL db.index.fulltext.queryNodes('need_card', '漏水') YIELD node RETURN node.id AS id ORDER BY id"
        )
        assert "leak" in [row["id"] for row in found]
