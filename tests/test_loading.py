"""Loading in bulk: quick where everything is new, and harmless where something is there."""

from dataclasses import replace

import pytest

from graph import schema
from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.people import Person
from graph.store import Graph, NotFound, Store
from graph.store.needs import write_needs
from graph.store.people import write_people
from graph.store.resources import write_resources
from seeds.load import load
from seeds.tongchuan import build
from tests.worlds import NOON, WANG_TIME, broken, fill, fingerprint, need, raw

LASTING = {kind.type for kind in schema.RELATIONSHIPS if kind.lasting}


class Killed(Exception):
    """The process that loads is gone."""


def shape(engine: Engine) -> list[dict[str, object]]:
    """Return every relationship of the graph, each as often as it is there."""
    return raw(
        engine,
        "MATCH (a)-[r]->(b) RETURN labels(a) AS al, a.id AS a, type(r) AS t, properties(r) AS p, b.id AS b "
        "ORDER BY t, a, b, al",
    )


def test_a_load_that_was_stopped_in_the_middle_ends_as_one_that_was_not(store: Store, engine: Engine) -> None:
    city = build(scale=0.01, now=NOON)
    load(store, city)
    whole = shape(engine)
    raw(engine, "MATCH (n) WHERE NOT n:Schema DETACH DELETE n")
    for last in ("people", "resources", "needs"):

        def stop(subject: str, done: int, of: int, last: str = last) -> None:
            if subject == last and done:
                raise Killed

        with pytest.raises(Killed):
            load(store, city, progress=stop)
    load(store, city)
    assert shape(engine) == whole
    again = fingerprint(engine)
    load(store, city)
    assert fingerprint(engine) == again
    assert [r for r in whole if r["t"] in LASTING and not r["p"].get("since")] == []
    assert broken(store) == []


def test_what_was_changed_by_hand_is_not_given_back_its_old_relationships(store: Store, engine: Engine) -> None:
    fill(store, need("leak", requires=["plumbing", "company"]))
    raw(engine, "MATCH (:Need {id: 'leak'})-[r:REQUIRES]->(:Capability {id: 'company'}) DELETE r")
    raw(engine, "MATCH (:Resource {id: 'wang-time'})-[r:PROVIDES]->(:Capability {id: 'company'}) DELETE r")
    before = fingerprint(engine)
    fill(store, need("leak", requires=["plumbing", "company"]))
    assert fingerprint(engine) == before


def test_what_is_new_is_joined_once_even_where_it_is_named_twice(store: Store, engine: Engine) -> None:
    twice = need("leak", requires=["plumbing", "plumbing"])
    fill(store, twice, resources=[replace(WANG_TIME, reaches=("street", "street"))])
    [row] = raw(engine, "MATCH (:Need {id: 'leak'})-[r:REQUIRES]->() RETURN count(r) AS n")
    assert row["n"] == 1
    [row] = raw(engine, "MATCH (:Resource {id: 'wang-time'})-[r:REACHES]->() RETURN count(r) AS n")
    assert row["n"] == 1


def test_a_thing_that_hangs_on_nothing_is_refused_and_nothing_of_it_is_written(store: Store, engine: Engine) -> None:
    fill(store)
    before = fingerprint(engine)

    def homeless(graph: Graph) -> int:
        return write_people(graph.loading, [Person("new", "某某", "nowhere")])

    def unlisted(graph: Graph) -> int:
        return write_resources(graph.loading, [replace(WANG_TIME, id="new", provider="nobody")])

    def nowhere(graph: Graph) -> int:
        return write_needs(graph.loading, [need("new", area="nowhere")])

    for work in (homeless, unlisted, nowhere):
        with pytest.raises(NotFound):
            store.write(work, scope=EVERYTHING)
    assert fingerprint(engine) == before
