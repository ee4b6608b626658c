"""A graph that is damaged on purpose is found so."""

import pytest

from graph.engine import Engine
from graph.sealing import KeyProblem
from graph.store import Store
from tests.contract.worlds import STREET, read
from tests.worlds import (
    WEEK,
    FakeClock,
    broken,
    fill,
    need,
    offer,
    raw,
)


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
        ("MATCH (:Need)-[i:IN_AREA]->() DELETE i", "need leak: lies in 0 areas"),
        ("MATCH (n:Need) MATCH (a:Area {id: 'west'}) CREATE (n)-[:IN_AREA]->(a)", "need leak: lies in 2 areas"),
        ("MATCH (:Person {id: 'wang'})-[l:LISTS]->() DELETE l", "resource wang-time: is listed by 0"),
        (
            "MATCH (p:Person {id: 'liu'}) MATCH (r:Resource {id: 'wang-time'}) CREATE (p)-[:LISTS]->(r)",
            "resource wang-time: is listed by 2",
        ),
        ("MATCH (r:Resource {id: 'wang-time'}) SET r.provider = 'liu'", "not by its one provider liu"),
        ("MATCH (:Area {id: 'east'})-[p:PART_OF]->() DELETE p", "area east: a community that is part of 0"),
        (
            "MATCH (a:Area {id: 'east'}) MATCH (b:Area {id: 'city'}) CREATE (a)-[:PART_OF]->(b)",
            "area east: a community that is part of 2",
        ),
        (
            "MATCH (a:Capability {id: 'repair'}) MATCH (b:Capability {id: 'plumbing'}) CREATE (a)-[:IS_A]->(b)",
            "in a circle",
        ),
        ("MATCH (a:Area {id: 'west'}) MATCH (b:Area {id: 'east'}) CREATE (a)-[:BORDERS]->(b)", "borders east"),
        ("MATCH (p:Person {id: 'liu'}) MATCH (a:Area {id: 'west-1'}) CREATE (p)-[:LIVES_IN]->(a)", "2 LIVES_IN"),
        (
            "MATCH (p:Person {id: 'liu'}) MATCH (h:Household {id: 'wang-home'}) CREATE (p)-[:BELONGS_TO]->(h)",
            "2 BELONGS_TO",
        ),
        ("MATCH (o:Organisation) MATCH (a:Area {id: 'west'}) CREATE (o)-[:LOCATED_IN]->(a)", "2 LOCATED_IN"),
        ("MATCH (:Person {id: 'liu'})-[l:LIVES_IN]->() SET l.until = 1", "Person liu: 0 LIVES_IN"),
        ("MATCH (:Household {id: 'liu-home'})-[l:LIVES_IN]->() DELETE l", "Household liu-home: 0 LIVES_IN"),
        ("MATCH (k:DataKey {id: 'liu'}) DELETE k", "Person liu: name can't be opened, there is no data key of liu"),
        ("MATCH (k:DataKey {id: 'public'}) DELETE k", "Need leak: text can't be opened, there is no data key of pub"),
        ("MATCH (k:DataKey {id: 'liu'}) REMOVE k.wrapped", "Person liu: the data key is destroyed"),
        ("MATCH (p:Person {id: 'liu'}) SET p.erased = true", "Person liu: erased, and the data key is still there"),
        (
            "MATCH (p:Person {id: 'liu'}) SET p.phone = '13900000001'",
            "Person liu: phone is personal, and is not sealed",
        ),
        ("MATCH (n:Need) SET n.delivered = 1", "need leak: 1 delivered, and only 0 taken"),
        ("MATCH (:Need)-[r:REQUIRES]->() DELETE r", "need leak: requires no capability"),
        (
            "MATCH (a:Area {id: 'east'}) MATCH (b:Area {id: 'west-grid'}) CREATE (a)-[:BORDERS]->(b)",
            "area east: a community that borders west-grid, a grid",
        ),
        (
            "MATCH (a:Area {id: 'east-1'})-[p:PART_OF]->() MATCH (b:Area {id: 'street'}) DELETE p "
            "CREATE (a)-[:PART_OF]->(b)",
            "area east-1: a building that is part of street, a street",
        ),
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


def test_what_cannot_be_opened_is_told_with_its_node_and_without_its_words(store: Store, engine: Engine) -> None:
    fill(store)
    for damage in ("'刘桂兰'", "p.phone"):  # in clear; sealed, for another place
        raw(engine, f"MATCH (p:Person {{id: 'liu'}}) SET p.name = {damage}")
        with pytest.raises(KeyProblem, match="Person liu: ") as told:
            read(store, lambda graph: graph.people.page(limit=10), STREET)
        assert "刘" not in str(told.value)


def test_who_has_moved_lives_in_one_place_only(store: Store, engine: Engine) -> None:
    fill(store)
    raw(engine, "MATCH (:Person {id: 'liu'})-[l:LIVES_IN]->() SET l.until = 1")
    raw(engine, "MATCH (p:Person {id: 'liu'}) MATCH (a:Area {id: 'west-1'}) CREATE (p)-[:LIVES_IN]->(a)")
    assert broken(store) == []
