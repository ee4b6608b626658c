"""What somebody sees of a neighbour's area: nothing but what is public, on every route and in every role."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from api.security.keys import create_key
from graph.engine import Engine
from graph.model.actors import EVERYTHING, Role
from graph.model.areas import Area, AreaKind
from graph.model.needs import Field
from graph.model.people import Team
from graph.store import Store
from graph.store.areas import write_areas
from graph.store.organisations import write_teams
from matching.use_cases.nightly import nightly
from tests import worlds
from tests.test_api_access import BODIES, EVERYBODY, WHO_MAY
from tests.web import Caller, Service, service
from tests.worlds import NIGHT, OPERATOR, FakeClock

NEXT_DOOR: dict[Role, str] = {
    Role.GRID_WORKER: "west-grid",
    Role.COMMUNITY: "west",
    Role.STREET: "street-2",
    Role.DISTRICT: "district-2",
    Role.CITY: "city-2",
    Role.PLANNER: "street-2",
    Role.AUDITOR: "street-2",
    Role.MACHINE: "street-2",
    Role.PROVIDER: "zhao",  # not asked for anything
}
"""Role → the area beside the one in which all of this test's things lie."""

PUBLIC, HIDDEN, LIST, COUNT, SHARES, OPEN = "public", "hidden", "list", "count", "shares", "open"
SEEN: dict[tuple[str, str], str] = {
    ("get", "/healthz"): OPEN,
    ("get", "/readyz"): OPEN,
    ("get", "/api/v1/areas"): PUBLIC,
    ("get", "/api/v1/areas/{area}"): PUBLIC,
    ("patch", "/api/v1/areas/{area}"): HIDDEN,
    ("get", "/api/v1/capabilities"): PUBLIC,
    ("get", "/api/v1/capabilities/{capability}"): PUBLIC,
    ("post", "/api/v1/capabilities"): OPEN,  # the vocabulary has no area
    ("patch", "/api/v1/capabilities/{capability}"): OPEN,
    ("get", "/api/v1/people"): LIST,
    ("post", "/api/v1/people"): HIDDEN,
    ("post", "/api/v1/people/search"): LIST,
    ("get", "/api/v1/people/{person}"): HIDDEN,
    ("patch", "/api/v1/people/{person}"): HIDDEN,
    ("post", "/api/v1/people/{person}/personal"): HIDDEN,
    ("post", "/api/v1/people/{person}/export"): HIDDEN,
    ("post", "/api/v1/people/{person}/erase"): HIDDEN,
    ("get", "/api/v1/showings"): LIST,
    ("get", "/api/v1/organisations"): PUBLIC,
    ("get", "/api/v1/organisations/{organisation}"): PUBLIC,
    ("post", "/api/v1/organisations"): HIDDEN,
    ("patch", "/api/v1/organisations/{organisation}"): HIDDEN,
    ("post", "/api/v1/organisations/{organisation}/contact"): HIDDEN,
    ("get", "/api/v1/teams"): PUBLIC,
    ("get", "/api/v1/teams/{team}"): PUBLIC,
    ("post", "/api/v1/teams"): HIDDEN,
    ("patch", "/api/v1/teams/{team}"): HIDDEN,
    ("get", "/api/v1/teams/{team}/members"): HIDDEN,
    ("post", "/api/v1/teams/{team}/members"): HIDDEN,
    ("post", "/api/v1/teams/{team}/members/{person}/leave"): HIDDEN,
    ("get", "/api/v1/resources"): PUBLIC,
    ("get", "/api/v1/resources/{resource}"): PUBLIC,
    ("post", "/api/v1/resources"): HIDDEN,
    ("patch", "/api/v1/resources/{resource}"): HIDDEN,
    ("post", "/api/v1/resources/{resource}/withdraw"): HIDDEN,
    ("post", "/api/v1/resources/{resource}/list"): HIDDEN,
    ("get", "/api/v1/resources/{resource}/card"): PUBLIC,
    ("get", "/api/v1/needs/{need}/card"): PUBLIC,
    ("get", "/api/v1/cards"): PUBLIC,
    ("get", "/api/v1/statistics/needs"): COUNT,
    ("get", "/api/v1/statistics/fairness"): SHARES,
    ("post", "/api/v1/needs"): HIDDEN,
    ("get", "/api/v1/needs"): LIST,
    ("get", "/api/v1/needs/{need}"): HIDDEN,
    ("post", "/api/v1/needs/{need}/text"): HIDDEN,
    ("post", "/api/v1/needs/{need}/matches"): HIDDEN,
    ("get", "/api/v1/needs/{need}/exclusions"): HIDDEN,
    ("post", "/api/v1/needs/{need}/ruled-out"): HIDDEN,
    ("post", "/api/v1/needs/{need}/apart"): HIDDEN,
    ("get", "/api/v1/needs/{need}/events"): HIDDEN,
    ("post", "/api/v1/assignments"): HIDDEN,
    ("get", "/api/v1/assignments"): LIST,
    ("get", "/api/v1/assignments/{assignment}"): HIDDEN,
    ("post", "/api/v1/assignments/{offer}/accept"): HIDDEN,
    ("post", "/api/v1/assignments/{offer}/decline"): HIDDEN,
    ("get", "/api/v1/plans"): LIST,
    ("get", "/api/v1/plans/{plan}"): HIDDEN,
    ("get", "/api/v1/plans/{plan}/unmet"): HIDDEN,
    ("get", "/api/v1/plans/{plan}/bottlenecks"): HIDDEN,
}
"""Route → what of it a neighbour sees. A new route is refused by a test until it stands here."""

SEARCH = "/api/v1/people/search"
Things = dict[str, str]


@pytest.fixture
def things(embedded_store: Store, clock: FakeClock) -> Things:
    """Path parameter → the id of something that exists, in `east`."""
    beside = (
        Area("city-2", AreaKind.CITY, "邻市"),
        Area("district-2", AreaKind.DISTRICT, "邻区", parent="city"),
        Area("street-2", AreaKind.STREET, "邻街道", parent="district"),
    )
    worlds.fill(
        embedded_store, worlds.need("leak", person="liu"), worlds.need("lone", person="liu", requires=["company"])
    )
    team = Team("helpers", "红马甲", Field.ELDER_CARE, "east", members=("liu",))
    embedded_store.write(lambda graph: write_areas(graph.loading, beside), scope=EVERYTHING)
    embedded_store.write(lambda graph: write_teams(graph.loading, [team]), scope=EVERYTHING)
    made = worlds.offer(embedded_store, clock, need="leak", resource="wang-time")
    plan = nightly(embedded_store, area="east", night=NIGHT, by=OPERATOR, clock=clock).plan
    return {
        "need": "leak",
        "area": "east",
        "assignment": made.id,
        "offer": made.id,
        "plan": plan.id,
        "person": "liu",
        "organisation": "clinic",
        "team": "helpers",
        "resource": "wang-time",
        "capability": "plumbing",
    }


@pytest.fixture
def http(
    things: Things,
    embedded_store: Store,
    embedded_engine: Engine,
    clock: FakeClock,
) -> Iterator[Service]:
    with service(embedded_store, embedded_engine, clock) as running:
        yield running


def next_door(http: Service, role: Role) -> Caller:
    where = NEXT_DOOR[role]
    key, _ = create_key(
        http.store,
        name=f"next door {role}",
        role=role,
        area=None if role is Role.PROVIDER else where,
        provider=where if role is Role.PROVIDER else None,
        days=1,
        clock=http.clock,
    )
    return Caller(http, key)


def call(caller: Caller, method: str, route: str, things: Things) -> Any:
    """Call a route with the ids of things and a body that can stand."""
    path = route.removeprefix("/api/v1")
    for name, thing in things.items():
        path = path.replace("{" + name + "}", thing)
    if method == "get":
        return caller.get(path)
    return caller.send(
        method.upper(), path, json=BODIES.get(route), headers={"Idempotency-Key": "next-door", "If-Match": '"1"'}
    )


def test_every_route_says_in_this_test_what_a_neighbour_sees(http: Service) -> None:
    app = http.client.app
    assert isinstance(app, FastAPI)
    declared = {(method, path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert declared == set(SEEN)


@pytest.mark.parametrize("role", NEXT_DOOR)
def test_a_neighbour_sees_nothing_but_what_is_public_and_changes_nothing(
    http: Service, things: Things, role: Role
) -> None:
    caller = next_door(http, role)
    before = worlds.fingerprint(http.engine)
    for (method, route), seen in SEEN.items():
        if seen == OPEN:
            continue
        if route == SEARCH:
            assert worlds.fingerprint(http.engine) == before
        answer = call(caller, method, route, things)
        if str(role) not in (WHO_MAY[method, route] or ()):
            assert answer.status_code == 403, (route, answer.text)
        elif seen == HIDDEN:
            # 422 where the body names what lies outside: that too says no more than "not in your scope".
            assert answer.status_code in (404, 422), (route, answer.text)
        elif seen == LIST:
            assert answer.status_code == 200, (route, answer.text)
            listed = {item.get("id") or item["subject"] for item in answer.json()["items"]}
            assert not listed & {"wang", *things.values()}, (route, answer.text)
        elif seen == COUNT:
            assert answer.status_code == 200, (route, answer.text)
            assert not any(cell["needs"] for cell in answer.json()["cells"].values()), (route, answer.text)
        elif seen == SHARES:
            assert answer.status_code == 200, (route, answer.text)
            told = answer.json()
            rows = [told["total"], *told["areas"], *told["groups"]]
            assert not any(row["figures"]["needs"] or row["id"] in things.values() for row in rows), answer.text
        else:
            assert answer.status_code == 200, (route, answer.text)
        hidden = ("刘桂兰", "刘**", "王建国", "王**", "13900000001", *(() if seen == PUBLIC else ("厨房水管漏水",)))
        for inside in hidden:
            assert inside not in answer.text, (route, answer.text)
        if route == SEARCH:
            before = worlds.fingerprint(http.engine)  # that somebody searched is written down
    assert worlds.fingerprint(http.engine) == before


@pytest.mark.parametrize("role", NEXT_DOOR)
def test_what_is_hidden_is_told_apart_from_nothing_by_no_word(http: Service, things: Things, role: Role) -> None:
    caller = next_door(http, role)
    for (method, route), seen in SEEN.items():
        if seen != HIDDEN or "{" not in route or str(role) not in (WHO_MAY[method, route] or ()):
            continue
        if route.split("/")[3] in ("areas", "organisations", "teams", "resources"):
            continue  # that they are there is public; what may be done with them is not a neighbour's
        there = call(caller, method, route, things).text
        nowhere = call(caller, method, route, dict.fromkeys(things, "nowhere")).text
        for thing in things.values():
            there = there.replace(f'"{thing}"', '"nowhere"')
        assert there == nowhere, route


@pytest.mark.parametrize("role", NEXT_DOOR)
def test_no_filter_tells_a_neighbour_more_than_the_grid(http: Service, things: Things, role: Role) -> None:
    caller = next_door(http, role)
    beside = [Area("east-2", AreaKind.BUILDING, "2号楼", parent="east-grid")]
    http.store.write(lambda graph: write_areas(graph.loading, beside), scope=EVERYTHING)
    app = http.client.app
    assert isinstance(app, FastAPI)
    asked = 0
    for (method, route), seen in SEEN.items():
        if method != "get" or "{" in route or str(role) not in (WHO_MAY[method, route] or EVERYBODY):
            continue
        path = route.removeprefix("/api/v1")
        filters = {p["name"] for p in app.openapi()["paths"][route][method].get("parameters", ())}
        more = {"kind": "resource"} if route.endswith("/cards") else {}
        if "area" in filters:
            asked += 1
            there, empty = (caller.get(path, area=building, **more) for building in ("east-1", "east-2"))
            if seen == PUBLIC:
                assert there.status_code == 200, (route, there.text)
            assert there.text.replace("east-1", "east-2") == empty.text, route
        if "provider" in filters:
            asked += 1
            assert caller.get(path, provider="wang").text == caller.get(path, provider="nobody").text, route
    assert asked >= 3
