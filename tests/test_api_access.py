"""Who may call what, what every route refuses alike, and the lists that needs are described with."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from graph.model.actors import Role
from graph.model.needs import Need
from graph.model.resources import Resource
from graph.store import Store, StoreAway
from matching import permissions
from tests import worlds
from tests.web import Caller, Service, every_page, got, nothing_personal, refused

STAFF = frozenset({"grid_worker", "community", "street", "district", "city"})
OFFICE = STAFF - {"grid_worker"}
PROVIDER, PLANNER, AUDITOR, MACHINE = (frozenset({role}) for role in ("provider", "planner", "auditor", "machine"))
EVERYBODY = STAFF | PROVIDER | PLANNER | AUDITOR | MACHINE
ANYBODY = None  # without a key

WHO_MAY: dict[tuple[str, str], frozenset[str] | None] = {
    ("get", "/healthz"): ANYBODY,
    ("get", "/readyz"): ANYBODY,
    ("get", "/api/v1/areas"): EVERYBODY,
    ("get", "/api/v1/areas/{area}"): EVERYBODY,
    ("patch", "/api/v1/areas/{area}"): frozenset({"street", "district", "city"}),
    ("get", "/api/v1/capabilities"): EVERYBODY,
    ("get", "/api/v1/people"): STAFF,
    ("post", "/api/v1/people"): STAFF,
    ("post", "/api/v1/people/search"): STAFF,
    ("get", "/api/v1/people/{person}"): STAFF,
    ("patch", "/api/v1/people/{person}"): STAFF,
    ("post", "/api/v1/people/{person}/personal"): STAFF,
    ("post", "/api/v1/people/{person}/export"): STAFF - {"grid_worker"},
    ("post", "/api/v1/people/{person}/erase"): STAFF - {"grid_worker"},
    ("get", "/api/v1/showings"): (STAFF - {"grid_worker"}) | AUDITOR,
    ("get", "/api/v1/capabilities/{capability}"): EVERYBODY,
    ("post", "/api/v1/capabilities"): frozenset({"city"}),
    ("patch", "/api/v1/capabilities/{capability}"): frozenset({"city"}),
    ("get", "/api/v1/organisations"): EVERYBODY,
    ("get", "/api/v1/organisations/{organisation}"): EVERYBODY,
    ("post", "/api/v1/organisations"): OFFICE,
    ("patch", "/api/v1/organisations/{organisation}"): OFFICE,
    ("post", "/api/v1/organisations/{organisation}/contact"): STAFF,
    ("get", "/api/v1/teams"): EVERYBODY,
    ("get", "/api/v1/teams/{team}"): EVERYBODY,
    ("post", "/api/v1/teams"): OFFICE,
    ("patch", "/api/v1/teams/{team}"): OFFICE,
    ("get", "/api/v1/teams/{team}/members"): STAFF | PROVIDER,
    ("post", "/api/v1/teams/{team}/members"): OFFICE,
    ("post", "/api/v1/teams/{team}/members/{person}/leave"): OFFICE,
    ("get", "/api/v1/resources"): EVERYBODY,
    ("get", "/api/v1/resources/{resource}"): EVERYBODY,
    ("post", "/api/v1/resources"): STAFF | PROVIDER,
    ("patch", "/api/v1/resources/{resource}"): STAFF | PROVIDER,
    ("post", "/api/v1/resources/{resource}/withdraw"): STAFF | PROVIDER,
    ("post", "/api/v1/resources/{resource}/list"): STAFF | PROVIDER,
    ("get", "/api/v1/resources/{resource}/card"): EVERYBODY,
    ("get", "/api/v1/needs/{need}/card"): EVERYBODY - PLANNER,
    ("get", "/api/v1/statistics/needs"): STAFF | PLANNER | AUDITOR,
    ("get", "/api/v1/statistics/fairness"): STAFF | PLANNER | AUDITOR,
    ("get", "/api/v1/cards"): EVERYBODY - PLANNER,
    ("post", "/api/v1/needs"): STAFF | MACHINE,
    ("get", "/api/v1/needs"): STAFF | AUDITOR | MACHINE,
    ("get", "/api/v1/needs/{need}"): STAFF | PROVIDER | AUDITOR | MACHINE,
    ("post", "/api/v1/needs/{need}/text"): STAFF | PROVIDER,
    ("post", "/api/v1/needs/{need}/matches"): STAFF,
    ("get", "/api/v1/needs/{need}/exclusions"): STAFF,
    ("post", "/api/v1/needs/{need}/ruled-out"): STAFF,
    ("post", "/api/v1/needs/{need}/apart"): STAFF,
    ("get", "/api/v1/needs/{need}/events"): STAFF | AUDITOR,
    ("post", "/api/v1/assignments"): STAFF,
    ("get", "/api/v1/assignments"): STAFF | PROVIDER | AUDITOR,
    ("get", "/api/v1/assignments/{assignment}"): STAFF | PROVIDER | AUDITOR,
    ("post", "/api/v1/assignments/{offer}/accept"): STAFF | PROVIDER,
    ("post", "/api/v1/assignments/{offer}/decline"): STAFF | PROVIDER,
    ("get", "/api/v1/plans"): STAFF | PLANNER | AUDITOR,
    ("get", "/api/v1/plans/{plan}"): STAFF | PLANNER | AUDITOR,
    ("get", "/api/v1/plans/{plan}/unmet"): STAFF | AUDITOR,
    ("get", "/api/v1/plans/{plan}/bottlenecks"): STAFF | AUDITOR,
}
"""Every route and the roles that may call it. A new route is refused by a test until it stands here."""

BODIES: dict[str, Any] = {
    "/api/v1/needs": {
        "title": "漏水",
        "text": "漏水",
        "area": "east-1",
        "requires": [{"capability": "plumbing"}],
    },
    "/api/v1/areas/{area}": {"floor": 30},
    "/api/v1/people": {"name": "王秀英", "lives_in": "east-1"},
    "/api/v1/people/search": {"phone": "13900000001"},
    "/api/v1/people/{person}": {"verified": True},
    "/api/v1/people/{person}/personal": {"reason": "handling"},
    "/api/v1/people/{person}/export": {"reason": "resident_asked"},
    "/api/v1/people/{person}/erase": {"reason": "resident_asked"},
    "/api/v1/needs/{need}/text": {"reason": "handling"},
    "/api/v1/needs/{need}/ruled-out": {"resource": "wang-time"},
    "/api/v1/needs/{need}/apart": {"need": "lone"},
    "/api/v1/capabilities": {"id": "painting", "name": "粉刷", "kind": "skill", "unit": "visit", "is_a": ["repair"]},
    "/api/v1/capabilities/{capability}": {"name": "粉刷"},
    "/api/v1/organisations": {"kind": "merchant", "name": "面馆", "located_in": "east"},
    "/api/v1/organisations/{organisation}": {"name": "面馆"},
    "/api/v1/organisations/{organisation}/contact": {"reason": "handling"},
    "/api/v1/teams": {"name": "红马甲", "field": "elder_care", "located_in": "east"},
    "/api/v1/teams/{team}": {"name": "红马甲"},
    "/api/v1/teams/{team}/members": {"person": "wang"},
    "/api/v1/resources": {
        "provider": "wang",
        "title": "修水管",
        "provides": [{"capability": "plumbing"}],
        "capacity": 1,
    },
    "/api/v1/resources/{resource}": {"title": "修水管"},
    "/api/v1/assignments": {"need": "leak", "resource": "wang-time"},
    "/api/v1/assignments/{offer}/accept": {"side": "provider"},
    "/api/v1/assignments/{offer}/decline": {"side": "provider", "reason": "busy"},
}


@pytest.fixture
def things() -> list[Need | Resource]:
    return [worlds.need("leak")]


def call(caller: Caller, method: str, route: str, **query: str) -> Any:
    """Call a route with ids that do not exist and a body that can stand."""
    path = re.sub(r"{\w+}", "nowhere", route)
    if method == "get":
        return caller.get(path.removeprefix("/api/v1"), **query)
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    return caller.send(
        method.upper(), path.removeprefix("/api/v1"), json=BODIES.get(route), headers=headers, params=query
    )


GUARDED = [route for route, roles in WHO_MAY.items() if roles is not None]


def test_every_route_says_in_this_test_who_may_call_it(http: Service) -> None:
    app = http.client.app
    assert isinstance(app, FastAPI)
    declared = {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert declared == set(WHO_MAY)


def test_without_a_good_key_nothing_is_told(http: Service) -> None:
    before = worlds.fingerprint(http.engine)
    for method, route in GUARDED:
        for key in (None, "rl_unknown", "", "é", "x" * 5000, "Bearer rl_x"):
            answer = call(Caller(http, key), method, route)
            refused(answer, 401, "unauthorised")
            assert answer.headers["www-authenticate"] == "Bearer"
        for scheme in ("Basic cmw6eA==", "Bearer", "rl_x"):
            answer = http.client.request(method, route, headers={"Authorization": scheme}, json=BODIES.get(route))
            refused(answer, 401, "unauthorised")
    assert worlds.fingerprint(http.engine) == before


def test_a_query_parameter_that_a_route_does_not_know_is_refused_by_name(http: Service) -> None:
    for method, route in GUARDED:
        answer = call(http.caller("east"), method, route, stat="open", 刘桂兰="1")
        refused(answer, 422, "invalid_input", "stat", "(unknown)")


OF_ROLE = {
    "grid_worker": "east-grid",
    "community": "east",
    "street": "street",
    "district": "district",
    "city": "city",
    "provider": "wang",
    "planner": "planner",
    "auditor": "auditor",
    "machine": "machine",
}
"""A caller of each role."""


@pytest.mark.parametrize("role", OF_ROLE)
def test_a_role_that_may_not_is_told_so_and_changes_nothing(http: Service, role: str) -> None:
    caller = http.caller(OF_ROLE[role])
    before = worlds.fingerprint(http.engine)
    for method, route in GUARDED:
        if role not in (WHO_MAY[method, route] or ()):
            refused(call(caller, method, route), 403, "not_allowed")
    assert worlds.fingerprint(http.engine) == before


@pytest.mark.parametrize("role", OF_ROLE)
def test_a_role_that_may_gets_further(http: Service, role: str) -> None:
    caller = http.caller(OF_ROLE[role])
    for method, route in GUARDED:
        if role in (WHO_MAY[method, route] or ()):
            answer = call(caller, method, route)
            assert answer.status_code in (200, 201, 404), (route, answer.text)
            if "{" in route:
                refused(answer, 404, "not_found")


def test_every_role_over_http_has_a_caller_in_this_test() -> None:
    assert set(OF_ROLE) == EVERYBODY == {str(role) for role in Role} - {"operator"}
    assert {permissions.MAY["run the night"]} == {frozenset()}


def test_a_revoked_key_is_of_no_use_from_then_on(http: Service) -> None:
    east = http.caller("east")
    got(east.get("/needs"))
    http.revoke("east")
    assert "revoked" in refused(east.get("/needs"), 401, "unauthorised")["detail"]


def test_a_key_expires_at_its_instant(http: Service) -> None:
    east = http.caller("east")
    http.clock.advance(days=30, milliseconds=-1)
    got(east.get("/needs"))
    http.clock.advance(milliseconds=1)
    assert "expired" in refused(east.get("/needs"), 401, "unauthorised")["detail"]


def test_a_key_is_kept_as_a_hash_only(http: Service) -> None:
    key = http.caller("east").key
    assert key is not None
    kept = worlds.raw(http.engine, "MATCH (k:ApiKey) RETURN properties(k) AS p")
    assert kept
    assert key not in json.dumps(kept)
    assert key.removeprefix("rl_") not in json.dumps(kept)


# ── what every route refuses alike ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v1", "/api/v1/nothing", "/api/v1/needs/", "/api/v1/areas/", "/healthz/"]
)
def test_an_address_where_nothing_is_says_so(http: Service, path: str) -> None:
    answer = http.client.get(path, follow_redirects=False)
    assert answer.headers["content-type"] == "application/problem+json"
    refused(answer, 404, "no_such_route")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/api/v1/needs"), ("PUT", "/api/v1/needs/leak"), ("PATCH", "/healthz"), ("HEAD", "/api/v1/areas")],
)
def test_a_method_that_an_address_does_not_know_is_refused(http: Service, method: str, path: str) -> None:
    answer = http.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"]


def test_an_error_nobody_foresaw_is_told_as_ours_and_its_words_reach_neither_caller_nor_log(
    http: Service, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    east = http.caller("east")
    key = east.key

    def broken(*_: object, **__: object) -> None:
        raise ValueError("刘桂兰 13900000001 MARKED-18601")

    monkeypatch.setattr("matching.use_cases.needs.get_need", broken)
    # This client raises what the application lets out, and whatever is let out the server logs in full.
    refused(east.get("/needs/leak"), 500, "internal")
    logged = capfd.readouterr()
    assert nothing_personal(logged.out + logged.err)
    assert "ValueError" in logged.out + logged.err
    assert "/needs/{need}" in logged.out + logged.err
    assert key is not None
    assert key not in logged.out + logged.err


def test_a_store_that_is_away_is_told_with_when_to_try_again(http: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    east = http.caller("east")

    def away(*_: object, **__: object) -> None:
        raise StoreAway("the store does not answer; `renling doctor` says why")

    monkeypatch.setattr(Store, "read", away)
    answer = east.get("/needs")
    refused(answer, 503, "store_away")
    assert int(answer.headers["retry-after"]) > 0
    refused(http.client.get("/readyz"), 503, "store_away")
    assert got(http.client.get("/healthz")) == {"status": "ok"}


def test_the_documentation_is_served_from_the_machine_itself(http: Service) -> None:
    page = http.client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("http://renling.test", "")


def test_it_is_alive_and_ready(http: Service) -> None:
    assert got(http.client.get("/healthz")) == {"status": "ok"}
    assert got(http.client.get("/readyz")) == {"status": "ok"}


# ── areas and capabilities ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", ["east", "wang"])
def test_the_tree_of_areas_is_walked_from_the_city_down(http: Service, who: str) -> None:
    caller = http.caller(who)
    [city] = got(caller.get("/areas"))["items"]
    assert (city["id"], city["kind"], city["parent"], city["code"]) == ("city", "city", None, "9900")
    assert [a["id"] for a in got(caller.get("/areas", parent="city"))["items"]] == ["district"]
    assert [a["id"] for a in every_page(caller, "/areas", limit=1, parent="street")] == ["east", "west"]
    assert [a["id"] for a in got(caller.get("/areas", parent="990002001"))["items"]] == ["east", "west"]
    assert got(caller.get("/areas", parent="east-1"))["items"] == []


def test_an_area_is_found_by_its_id_and_by_its_official_code(http: Service) -> None:
    east = http.caller("east")
    assert got(east.get("/areas/west")) == got(east.get("/areas/990002001002"))
    refused(east.get("/areas/nowhere"), 404, "not_found")
    refused(east.get("/areas", parent="nowhere"), 404, "not_found")


@pytest.mark.parametrize("who", ["east", "east-grid", "city", "west", "wang", "planner", "auditor", "machine"])
def test_how_many_live_in_a_building_is_told_to_staff_of_there_alone(http: Service, who: str) -> None:
    worlds.raw(http.engine, "MATCH (a:Area) SET a.population = 3, a.households = 2")
    caller = http.caller(who)
    [building] = got(caller.get("/areas", parent="east-grid"))["items"]
    assert got(caller.get("/areas/east-1")) == building
    own = who in ("east", "east-grid", "city")
    assert (building["population"], building["households"]) == ((3, 2) if own else (None, None))
    grid = got(caller.get("/areas/east-grid"))
    assert (grid["population"], grid["households"]) == (3, 2)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"limit": 0, "parent": "x" * 101}, ["limit", "parent"]),
        ({"limit": 201}, ["limit"]),
        ({"cursor": "MARKED-18601"}, ["cursor"]),
    ],
    ids=str,
)
def test_a_query_of_areas_that_cant_stand_is_refused(http: Service, query: dict[str, Any], fields: list[str]) -> None:
    refused(http.caller("east").get("/areas", **query), 422, "invalid_input", *fields)


def test_capabilities_come_with_what_they_are_kinds_of(http: Service) -> None:
    found = {c["id"]: c for c in got(http.caller("wang").get("/capabilities"))["items"]}
    assert list(found) == sorted(c.id for c in worlds.CAPABILITIES)
    assert found["plumbing"] == {
        "id": "plumbing",
        "name": "水电维修",
        "kind": "skill",
        "unit": "visit",
        "is_a": ["repair"],
    }
