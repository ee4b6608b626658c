"""Organisations, teams, borders and cards: what is written in bulk besides people and needs."""

from dataclasses import replace

import pytest

from graph.engine import Engine
from graph.model.needs import Field
from graph.model.people import Organisation, OrganisationKind, Team
from graph.model.resources import ProviderKind
from graph.store import NotFound, Store
from graph.store.areas import write_borders
from graph.store.cards import card_text, with_last_characters
from graph.store.organisations import write_organisations, write_teams
from graph.store.resources import ProviderCard
from graph.store.transaction import Unscoped
from tests.contract.worlds import EAST, WEST, read, write
from tests.worlds import AREAS, WANG_TIME, add, fill, fingerprint, need, properties, raw

TEAM = Team("team", "志愿服务队", Field.ASSISTANCE, located_in="east", members=("wang", "zhao"))


def test_an_organisation_is_written_once_and_whom_to_call_is_sealed(store: Store, engine: Engine) -> None:
    fill(store)
    shop = Organisation("shop", OrganisationKind.MERCHANT, "便利店", located_in="west", contact="13900000009")
    shop = replace(shop, reports_to="east", agreement="共建协议", quota=7)
    assert write(store, lambda g: write_organisations(g.loading, [shop])) == 1
    before = fingerprint(engine)
    assert write(store, lambda g: write_organisations(g.loading, [shop])) == 0
    assert fingerprint(engine) == before
    assert properties(engine, "Organisation", "shop")["contact"].startswith("v2:shop:")
    joined = raw(
        engine,
        "MATCH (o:Organisation {id: 'shop'})-[r]->(a:Area) RETURN type(r) AS type, r.agreement AS words, a.id AS area "
        "ORDER BY type",
    )
    assert [tuple(row.values()) for row in joined] == [
        ("LOCATED_IN", None, "west"),
        ("REPORTS_TO", "共建协议", "east"),
    ]


def test_a_team_lists_as_a_team_with_its_members(store: Store, engine: Engine) -> None:
    fill(store)
    assert write(store, lambda g: write_teams(g.loading, [TEAM])) == 1
    assert write(store, lambda g: write_teams(g.loading, [TEAM])) == 0
    add(store, replace(WANG_TIME, id="team-time", provider="team", provider_kind=ProviderKind.TEAM))
    assert read(store, lambda g: g.resources.provider_cards(["team-time"]), WEST) == {
        "team-time": ProviderCard(ProviderKind.TEAM, "志愿服务队")
    }
    members = raw(engine, "MATCH (p:Person)-[:JOINED]->(:Team {id: 'team'}) RETURN p.id AS id ORDER BY id")
    assert [row["id"] for row in members] == ["wang", "zhao"]


@pytest.mark.parametrize("team", [replace(TEAM, located_in="nowhere"), replace(TEAM, members=("wang", "nobody"))])
def test_a_team_of_somebody_who_is_not_there_is_refused_and_nothing_is_written(
    store: Store, engine: Engine, team: Team
) -> None:
    fill(store)
    before = fingerprint(engine)
    with pytest.raises(NotFound):
        write(store, lambda g: write_teams(g.loading, [team]))
    assert fingerprint(engine) == before


def test_a_border_is_written_once_whichever_side_is_named_first(store: Store, engine: Engine) -> None:
    fill(store)
    both = [("west", "east"), ("east-grid", "west-grid")]
    given = (both[:1], both, [("east", "west")])
    assert [write(store, lambda g, b=borders: write_borders(g.loading, b)) for borders in given] == [1, 1, 0]
    rows = raw(engine, "MATCH (a)-[:BORDERS]->(b) RETURN a.id AS a, b.id AS b ORDER BY a")
    assert [tuple(row.values()) for row in rows] == [("east", "west"), ("east-grid", "west-grid")]
    with pytest.raises(NotFound):
        write(store, lambda g: write_borders(g.loading, [("east", "nowhere")]))


def test_names_are_those_of_the_scope_and_without_one_there_are_none(store: Store) -> None:
    fill(store)
    everybody = ["liu", "wang", "zhao", "nobody"]
    assert read(store, lambda g: g.people.names(everybody), EAST) == {"liu": "刘桂兰", "wang": "王建国"}
    assert read(store, lambda g: g.people.names(everybody), WEST) == {"zhao": "赵强"}
    with pytest.raises(Unscoped):
        read(store, lambda g: g.people.names(everybody))


def test_a_card_says_title_capabilities_and_grid_and_no_more_than_400_characters(store: Store, engine: Engine) -> None:
    assert card_text("漏水", ["水电维修", None], "一网格") == "漏水 水电维修 一网格 水 修 格"
    assert card_text("漏水", None, None) == "漏水 水"
    assert len(card_text("长" * 300, ["长" * 300])) == 402
    assert with_last_characters("漏水 水 修") == "漏水 水 修"
    fill(store, need(requires=["electrics", "plumbing"], area="street"))
    assert properties(engine, "Need", "leak")["card"].endswith(" 街道 水 修 道")
    grids = read(store, lambda g: g.loading.grid_names(a.id for a in AREAS))
    assert (grids["east-1"], grids["east-grid"], grids["east"]) == ("一网格", "一网格", "东社区")


def test_a_city_keeps_the_settings_that_it_was_first_generated_with(store: Store) -> None:
    assert write(store, lambda g: g.loading.seeding("tongchuan", "first")) == "first"
    assert write(store, lambda g: g.loading.seeding("tongchuan", "second")) == "first"
