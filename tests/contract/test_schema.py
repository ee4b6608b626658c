"""The schema is made twice without harm, and keeps what it declares."""

import pytest
from neo4j.exceptions import ConstraintError

from graph import schema
from graph.engine import Dialect, Engine
from graph.store import SchemaMismatch, Store
from graph.store.declaring import declare, digest, numbers
from graph.store.loading import SchemaState
from tests.contract.worlds import read, write
from tests.worlds import fingerprint, raw


def test_the_schema_is_made_twice_without_harm_and_its_version_is_kept(store: Store, engine: Engine) -> None:
    before = fingerprint(engine)
    assert store.version() == schema.VERSION
    assert read(store, lambda g: g.loading.schema_state()) == SchemaState(schema.VERSION, digest())
    store.migrate()
    store.migrate()
    assert store.version() == schema.VERSION
    assert fingerprint(engine) == before


def test_what_the_schema_has_come_to_is_noted_over_what_it_was(store: Store, engine: Engine) -> None:
    whole = SchemaState(schema.VERSION, digest())
    raw(engine, "MATCH (s:Schema) DELETE s")
    try:
        assert read(store, lambda g: g.loading.schema_state()) is None
        for state in (SchemaState(1, None), SchemaState(2, "a digest")):
            write(store, lambda g, s=state: g.loading.note_schema(s))
            assert read(store, lambda g: g.loading.schema_state()) == state
    finally:
        write(store, lambda g: g.loading.note_schema(whole))


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
    monkeypatch.setattr("graph.store.declaring.ddl", lambda: ["another"])
    store.migrate()
    store.migrate()
    assert declared == [engine]
    monkeypatch.undo()
    store.migrate()


def test_an_index_over_a_number_that_was_made_for_text_is_made_anew(
    embedded_store: Store, embedded_engine: Engine
) -> None:
    def keys() -> list[list[str]]:
        rows = embedded_engine.sql("SELECT properties, keyTypes FROM schema:indexes WHERE typeName = 'Assignment'")
        return [row["keyTypes"] for row in rows if row["properties"] == [["expires"]]]

    assert set(map(tuple, keys())) == {("LONG",)}
    embedded_engine.sql("DROP INDEX assignment_expires")
    embedded_engine.sql("DROP PROPERTY Assignment.expires")
    raw(embedded_engine, "CREATE INDEX assignment_expires FOR (n:Assignment) ON (n.expires)")
    assert set(map(tuple, keys())) == {("STRING",)}
    declare(embedded_engine)
    assert set(map(tuple, keys())) == {("LONG",)}


@pytest.mark.parametrize(("label", "name"), list(numbers()))
def test_numbers_are_compared_by_their_index(store: Store, engine: Engine, label: str, name: str) -> None:
    many = [{"id": f"n{number:03}", name: number} for number in range(300)]
    raw(engine, f"UNWIND $many AS row CREATE (n:{label}) SET n = row", many=many)
    query = f"MATCH (n:{label}) WHERE n.{name} >= $from AND n.{name} < $to RETURN n.id AS id"
    given = {"from": 7, "to": 10}
    assert sorted(row["id"] for row in raw(engine, query, **given)) == ["n007", "n008", "n009"]
    if engine.dialect is Dialect.EMBEDDED:
        plan = engine.driver.execute_query(f"PROFILE {query}", given, database_=engine.database).summary
        assert "label scan" not in str(plan.profile) and "NodeIndexRangeScan" in str(plan.profile)


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
