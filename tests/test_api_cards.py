"""The public cards over HTTP: everybody may search them, and they tell nobody's name or door."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from graph.engine import Engine
from graph.model.times import Window
from graph.store import Store
from tests.test_api_access import OF_ROLE
from tests.web import Service, every_page, got, refused, service
from tests.worlds import WANG_TIME, FakeClock, fill, need


@pytest.fixture
def http(embedded_store: Store, embedded_engine: Engine, clock: FakeClock) -> Iterator[Service]:
    fill(
        embedded_store,
        need("leak", person="liu", windows=(Window(480, 720),)),
        need("dark", title="楼道停电", requires=["electrics"], area="west-1"),
        resources=[replace(WANG_TIME, title="修水管")],
    )
    with service(embedded_store, embedded_engine, clock) as running:
        yield running


@pytest.mark.parametrize("role", sorted(OF_ROLE.keys() - {"planner"}))
def test_every_role_finds_the_cards_of_every_area_and_sees_no_person_and_no_building(http: Service, role: str) -> None:
    found = got(http.caller(OF_ROLE[role]).get("/cards", q="漏水"))
    assert found == {
        "items": [
            {
                "subject": "leak",
                "kind": "need",
                "title": "厨房水管漏水",
                "capabilities": ["plumbing"],
                "quantity": 1,
                "grid": "east-grid",
                "windows": [{"weekday": 1, "start": "08:00", "end": "12:00"}],
            }
        ],
        "next": None,
    }
    [card] = got(http.caller(OF_ROLE[role]).get("/cards", q="水管", kind="resource"))["items"]
    assert card == {
        "subject": "wang-time",
        "kind": "resource",
        "title": "修水管",
        "capabilities": ["company", "plumbing"],
        "quantity": 2,
        "grid": "east-grid",
        "windows": None,
    }


def test_the_pages_of_a_search_hold_every_card_once(http: Service) -> None:
    wang = http.caller("wang")
    assert [c["subject"] for c in every_page(wang, "/cards", limit=1)] == ["leak", "dark"]
    assert [c["subject"] for c in every_page(wang, "/cards", limit=1, q="水电 漏水")] == ["leak"]


def test_an_area_is_named_by_id_or_code_and_a_building_tells_no_more_than_its_grid(http: Service) -> None:
    wang = http.caller("wang")
    got(
        http.caller("east").post(
            "/needs", {"title": "停电", "text": "停电", "area": "east-grid", "requires": [{"capability": "electrics"}]}
        ),
        201,
    )
    in_grid = got(wang.get("/cards", area="east-grid"))
    assert {c["title"] for c in in_grid["items"]} == {"厨房水管漏水", "停电"}
    assert got(wang.get("/cards", area="east-1")) == in_grid
    assert [c["subject"] for c in got(wang.get("/cards", area="990002001002"))["items"]] == ["dark"]
    refused(wang.get("/cards", area="nowhere"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "水" * 101}, "q"),
        ({"q": "a b c d e f g h i j k"}, "q"),
        ({"q": "a\nb"}, "q"),
        ({"kind": "person"}, "kind"),
        ({"cursor": "MARKED-18601"}, "cursor"),
        ({"cursor": "WzIsIDAsICJhIl0"}, "cursor"),
        ({"limit": 0}, "limit"),
    ],
    ids=str,
)
def test_a_search_that_cant_stand_is_refused_with_words(http: Service, query: dict[str, str], field: str) -> None:
    refused(http.caller("wang").get("/cards", **query), 422, "invalid_input", field)
