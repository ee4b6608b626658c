"""Writing in bulk: what is there stays, what can't stand is refused with its place."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from graph import schema
from graph.engine import Engine
from graph.model.areas import Area, AreaKind
from graph.model.needs import Required
from graph.model.people import (
    PartyOrganisation,
    PartyOrganisationKind,
    Person,
)
from graph.model.resources import Provided
from graph.model.times import Window
from graph.properties import SchemaViolation
from graph.store import (
    Graph,
    NotFound,
    Store,
)
from graph.store.areas import write_areas, write_capabilities
from graph.store.needs import write_needs
from graph.store.people import write_party_organisations, write_people
from graph.store.resources import write_resources
from tests.contract.worlds import read, write
from tests.worlds import (
    AREAS,
    CAPABILITIES,
    PEOPLE,
    WANG_TIME,
    FakeClock,
    add,
    fill,
    fingerprint,
    need,
    offer,
    properties,
    raw,
)


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


def test_what_is_there_and_what_was_just_made_are_told_apart(store: Store) -> None:
    fill(store)
    more = Area("east-2", AreaKind.BUILDING, "2号楼", parent="east-grid")

    def work(graph: Graph) -> tuple[set[str], list[Area], set[str]]:
        before = graph.loading.existing(schema.AREA, ["east", "east-2", "liu"])
        write_areas(graph.loading, [*AREAS, more])
        after = graph.loading.existing(schema.AREA, ["east", "east-2", "liu"])
        return before, graph.loading.made(schema.AREA, [*AREAS, more]), after

    assert write(store, work) == ({"east"}, [more], {"east", "east-2"})
    assert write(store, lambda g: g.loading.made(schema.AREA, [more])) == []


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


# ── a value that breaks a rule ────────────────────────────────────────────────────────────────────────────────────


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
