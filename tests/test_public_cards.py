"""What a public card shows: the grid and never the building, and only what can be matched."""

from dataclasses import replace

from graph.engine import Engine
from graph.model.actors import EVERYTHING, Scope
from graph.model.cards import Card, CardKind
from graph.model.times import Window
from graph.store import Store
from tests.worlds import WANG_TIME, WHEELCHAIRS, fill, need, raw

MORNING = (Window(480, 720),)
ELSEWHERE = Scope(area="west")


def of_needs(store: Store, *ids: str, scope: Scope = ELSEWHERE) -> list[Card]:
    return store.read(lambda graph: graph.cards.of_needs(ids), scope=scope)


def of_resources(store: Store, *ids: str, scope: Scope = ELSEWHERE) -> list[Card]:
    return store.read(lambda graph: graph.cards.of_resources(ids), scope=scope)


def test_a_needs_card_names_its_grid_and_not_its_building_whoever_asks(store: Store) -> None:
    fill(store, need(person="liu", requires=["plumbing", "company"], quantity=2, windows=MORNING))
    card = Card("leak", CardKind.NEED, "厨房水管漏水", ("company", "plumbing"), 2, "east-grid", MORNING)
    for scope in (ELSEWHERE, EVERYTHING, Scope(provider="zhao")):
        assert of_needs(store, "leak", "nowhere", scope=scope) == [card]


def test_what_lies_in_no_building_keeps_its_area(store: Store) -> None:
    fill(store, need("grid", area="east-grid"), need("wide", area="street"))
    assert [card.grid for card in of_needs(store, "wide", "grid")] == ["street", "east-grid"]


def test_a_resources_card_names_where_its_provider_is_now(store: Store, engine: Engine) -> None:
    fill(store, resources=[replace(WANG_TIME, windows=MORNING), WHEELCHAIRS])
    assert of_resources(store, "wheelchairs", "wang-time") == [
        Card("wheelchairs", CardKind.RESOURCE, "轮椅借用", ("wheelchair",), 3, "east"),
        Card("wang-time", CardKind.RESOURCE, "水管维修", ("company", "plumbing"), 2, "east-grid", MORNING),
    ]
    raw(engine, "MATCH (:Person {id: 'wang'})-[l:LIVES_IN]->() SET l.until = 0")
    raw(engine, "MATCH (p:Person {id: 'wang'}), (a:Area {id: 'west-1'}) CREATE (p)-[:LIVES_IN]->(a)")
    assert [card.grid for card in of_resources(store, "wang-time")] == ["west-grid"]


def test_a_closed_need_and_a_withdrawn_resource_have_no_card(store: Store, engine: Engine) -> None:
    fill(store, need("open"), need("closed"))
    raw(engine, "MATCH (n:Need {id: 'closed'}) SET n.state = 'closed'")
    raw(engine, "MATCH (r:Resource {id: 'wang-time'}) SET r.state = 'withdrawn'")
    assert [card.subject for card in of_needs(store, "closed", "open")] == ["open"]
    assert [card.subject for card in of_resources(store, "wang-time", "zhao-time")] == ["zhao-time"]
