"""The register's writers and readers where no use case stands before them: what is missing is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.needs import Field
from graph.model.people import Organisation, OrganisationKind, Team
from graph.model.resources import Provided
from graph.store import Graph, NotFound, Store
from tests.contract.worlds import read, write
from tests.worlds import NOON, WANG_TIME, fill, fingerprint

SHOP = Organisation("shop", OrganisationKind.MERCHANT, "便利店", "west", contact="13900000009", reports_to="east")
TEAM = Team("team", "志愿服务队", Field.ASSISTANCE, located_in="east", members=("wang", "zhao"))


def test_an_organisation_comes_back_as_it_was_written_but_for_whom_to_call(store: Store) -> None:
    fill(store)
    write(store, lambda g: g.organisations.create(SHOP, at=NOON))
    public = replace(SHOP, contact=None)
    assert read(store, lambda g: g.organisations.get("shop")) == public
    assert write(store, lambda g: g.organisations.lock("shop")) == public
    found = read(store, lambda g: g.organisations.many(["shop", "nothing", "clinic"]))
    assert [o.id for o in found] == ["shop", "clinic"]
    assert read(store, lambda g: g.organisations.contact("shop")) == SHOP.contact
    assert read(store, lambda g: g.organisations.contact("clinic")) is None
    assert [write(store, lambda g: g.organisations.count_showing("shop")) for _ in range(2)] == [2, 3]


def test_a_team_comes_back_as_it_was_written(store: Store) -> None:
    fill(store)
    for team in (TEAM, replace(TEAM, id="alone", members=())):
        write(store, lambda g, t=team: g.teams.create(t, at=NOON))
    assert read(store, lambda g: g.teams.get("team")) == TEAM
    assert write(store, lambda g: g.teams.lock("team")) == TEAM
    found = read(store, lambda g: g.teams.many(["team", "nothing", "alone"]))
    assert found == [TEAM, replace(TEAM, id="alone", members=())]


@pytest.mark.parametrize(
    "work",
    [
        lambda g: g.organisations.create(replace(SHOP, located_in="nowhere"), at=NOON),
        lambda g: g.organisations.get("nothing"),
        lambda g: g.organisations.lock("nothing"),
        lambda g: g.teams.create(replace(TEAM, located_in="nowhere"), at=NOON),
        lambda g: g.teams.create(replace(TEAM, members=("wang", "nobody")), at=NOON),
        lambda g: g.teams.get("nothing"),
        lambda g: g.teams.lock("nothing"),
        lambda g: g.listings.provider("nobody"),
        lambda g: g.listings.create(replace(WANG_TIME, id="new", provider="nobody")),
        lambda g: g.listings.create(replace(WANG_TIME, id="new", provides=(Provided("magic"),))),
        lambda g: g.listings.create(replace(WANG_TIME, id="new", reaches=("nowhere",))),
        lambda g: g.listings.lock("nothing"),
        lambda g: g.listings.change(replace(WANG_TIME, provides=(Provided("plumbing"), Provided("magic")))),
        lambda g: g.listings.change(replace(WANG_TIME, reaches=("nowhere",))),
    ],
)
def test_what_the_register_does_not_know_is_not_found_and_nothing_is_written(
    store: Store, engine: Engine, work: Callable[[Graph], Any]
) -> None:
    fill(store)
    before = fingerprint(engine)
    with pytest.raises(NotFound):
        write(store, work)
    assert fingerprint(engine) == before
