"""Ten thousand rows in one call: loaded, locked, counted up and read back, in one transaction each."""

import pytest

from graph.engine import Engine
from graph.model.people import Person
from graph.store import Graph, Store
from graph.store.needs import write_needs
from graph.store.people import write_people
from tests.contract.worlds import EAST, read, write
from tests.worlds import fill, need, raw

MANY = 10_000
pytestmark = pytest.mark.timeout(900)


def test_ten_thousand_needs_are_loaded_locked_and_counted_up_in_one_call_each(store: Store, engine: Engine) -> None:
    fill(store)
    needs = [need(f"n{i:05}", quantity=2) for i in range(MANY)]
    assert write(store, lambda g: write_needs(g.loading, needs)) == MANY
    assert write(store, lambda g: write_needs(g.loading, needs)) == 0
    ids = [n.id for n in needs]

    def count_up(graph: Graph) -> int:
        locked = graph.needs.lock(reversed(ids))
        for one in locked.values():
            one.rev += 1
        graph.needs.set_counters(locked.values())
        return len(locked)

    assert write(store, count_up) == MANY
    assert raw(engine, "MATCH (n:Need)-[:IN_AREA]->() RETURN count(n) AS n, sum(n.rev) AS revs") == [
        {"n": MANY, "revs": 2 * MANY}
    ]
    assert [n.id for n in read(store, lambda g: g.needs.many(ids))] == ids
    assert len(read(store, lambda g: g.needs.titles_in_scope(ids), EAST)) == MANY


def test_ten_thousand_people_are_loaded_each_under_a_key_of_their_own(store: Store, engine: Engine) -> None:
    fill(store)
    people = [Person(f"p{i:05}", f"某{i}", "east-1", phone=f"139{i:08}") for i in range(MANY)]
    assert write(store, lambda g: write_people(g.loading, people)) == MANY
    assert write(store, lambda g: write_people(g.loading, people[:10])) == 0
    counted = raw(
        engine,
        "MATCH (p:Person)-[:LIVES_IN]->(:Area {id: 'east-1'}) MATCH (k:DataKey {id: p.id}) "
        "WHERE p.id STARTS WITH 'p' RETURN count(DISTINCT k) AS n",
    )
    assert counted == [{"n": MANY}]
    assert read(store, lambda g: g.people.names([p.id for p in people]), EAST) == {p.id: p.name for p in people}
