"""Organisations, teams and capabilities over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from graph.engine import Engine
from graph.store import Store
from tests import worlds
from tests.web import Service, every_page, got, nothing_personal, refused, service
from tests.worlds import FakeClock

SHOP = {"kind": "merchant", "name": "面馆", "located_in": "east", "contact": "李老板13900000001"}
VESTS = {"name": "红马甲", "field": "elder_care", "located_in": "east"}


@pytest.fixture
def http(
    embedded_store: Store,
    embedded_engine: Engine,
    clock: FakeClock,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Service]:
    worlds.fill(embedded_store)
    with service(embedded_store, embedded_engine, clock) as running:
        yield running
    assert nothing_personal("".join(capfd.readouterr()) + caplog.text)


def test_an_organisation_is_entered_read_by_everybody_and_changed_by_what_was_read(http: Service) -> None:
    east = http.caller("east")
    answer = east.post("/organisations", SHOP)
    shop = got(answer, 201)
    assert shop == {
        "id": shop["id"],
        "kind": "merchant",
        "name": "面馆",
        "located_in": "east",
        "verified": False,
        "reports_to": None,
        "agreement": None,
        "quota": None,
        "rev": 1,
    }
    assert answer.headers["location"] == f"/api/v1/organisations/{shop['id']}"
    path = f"/organisations/{shop['id']}"
    for who in ("west", "wang", "planner", "machine"):
        seen = http.caller(who).get(path)
        assert (got(seen), seen.headers["etag"]) == (shop, '"1"')
    changed = east.patch(path, {"name": "大面馆", "reports_to": "east", "agreement": "每月一次"}, rev=1)
    assert changed.headers["etag"] == '"2"'
    assert got(changed) == {**shop, "name": "大面馆", "reports_to": "east", "agreement": "每月一次", "rev": 2}
    assert got(east.patch(path, {"reports_to": None}, rev=2))["agreement"] is None
    assert got(east.patch(path, {"quota": 40}, rev=3))["quota"] == 40
    assert got(east.patch(path, {"name": "小面馆"}, rev=4))["quota"] == 40
    assert got(east.patch(path, {"quota": None}, rev=5))["quota"] is None


def test_a_change_without_or_with_an_old_etag_is_refused(http: Service) -> None:
    east = http.caller("east")
    path = f"/organisations/{got(east.post('/organisations', SHOP), 201)['id']}"
    without = east.send("PATCH", path, json={"name": "x"}, headers={"Idempotency-Key": "a-key-of-mine"})
    refused(without, 428, "etag_missing")
    got(east.patch(path, {"name": "二"}, rev=1))
    assert refused(east.patch(path, {"name": "三"}, rev=1), 412, "stale")["rev"] == 2
    wrong = {"Idempotency-Key": "a-key-of-mine", "If-Match": "2"}
    refused(east.send("PATCH", path, json={"name": "x"}, headers=wrong), 422, "invalid_input", "If-Match")
    assert got(east.get(path))["name"] == "二"


def test_a_change_sent_again_with_its_key_has_one_effect(http: Service) -> None:
    east = http.caller("east")
    path = f"/organisations/{got(east.post('/organisations', SHOP), 201)['id']}"
    first, second = (east.patch(path, {"name": "二"}, rev=1, key="the-same-key") for _ in range(2))
    assert got(first) == got(second)
    assert got(first)["rev"] == 2
    refused(east.patch(path, {"name": "三"}, rev=2, key="the-same-key"), 422, "key_reused")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": None}, ["name"]),
        ({"located_in": None, "kind": "x", "verified": "yes"}, ["kind", "located_in", "verified"]),
        ({"contact": None, "rev": 3}, ["contact", "rev"]),
        ({"located_in": "west"}, ["located_in"]),
        ({"name": "面馆13900000001"}, ["name"]),
        ({"agreement": "每月"}, ["agreement"]),
        ({"reports_to": "nowhere"}, ["reports_to"]),
    ],
    ids=str,
)
def test_a_change_that_cant_stand_names_every_field(http: Service, changes: dict[str, Any], fields: list[str]) -> None:
    east = http.caller("east")
    path = f"/organisations/{got(east.post('/organisations', SHOP), 201)['id']}"
    refused(east.patch(path, changes, rev=1), 422, "invalid_input", *fields)


def test_whom_to_call_is_told_with_a_reason_to_staff_of_the_area(http: Service) -> None:
    east = http.caller("east")
    path = f"/organisations/{got(east.post('/organisations', SHOP), 201)['id']}"
    assert got(east.post(f"{path}/contact", {"reason": "handling"}))["contact"] == SHOP["contact"]
    assert got(http.caller("street").post(f"{path}/contact", {"reason": "supervision"}))["contact"] == SHOP["contact"]
    refused(east.post(f"{path}/contact", {"reason": "curiosity"}), 422, "invalid_input", "reason")
    refused(http.caller("west").post(f"{path}/contact", {"reason": "handling"}), 404, "not_found")
    assert "contact" not in got(east.get(path))


def test_lists_are_paged_and_filtered(http: Service) -> None:
    east = http.caller("east")
    for name in ("一", "二", "三"):
        got(east.post("/organisations", {**SHOP, "name": name}), 201)
        got(east.post("/teams", {**VESTS, "name": name}), 201)
    for path, many in (("/organisations", 4), ("/teams", 3)):
        ids = [o["id"] for o in got(east.get(path))["items"]]
        assert ids == sorted(ids)
        assert len(ids) == many
        for limit in (1, 2, 3, 200):
            assert [o["id"] for o in every_page(east, path, limit=limit)] == ids
        assert got(east.get(path, area="west"))["items"] == []
    assert len(got(east.get("/organisations", kind="merchant", area="street"))["items"]) == 3
    assert len(got(east.get("/teams", field="elder_care"))["items"]) == 3
    assert got(east.get("/teams", field="culture", area="east"))["items"] == []


def test_a_team_is_joined_and_left_and_shows_masked_names_to_its_area(http: Service) -> None:
    east = http.caller("east")
    made = east.post("/teams", VESTS)
    team = got(made, 201)
    assert team == {**VESTS, "id": team["id"], "verified": False, "rev": 1}
    path = f"/teams/{team['id']}"
    assert made.headers["location"] == f"/api/v1{path}"
    joined = east.post(f"{path}/members", {"person": "wang"})
    assert (got(joined)["rev"], joined.headers["etag"]) == (2, '"2"')
    refused(east.post(f"{path}/members", {"person": "wang"}), 409, "wrong_state")
    refused(east.post(f"{path}/members", {"person": "zhao"}), 422, "invalid_input", "person")
    assert got(east.get(f"{path}/members"))["items"] == [{"person": "wang", "name": "王**"}]
    refused(http.caller("west").get(f"{path}/members"), 404, "not_found")
    refused(http.caller("wang").get(f"{path}/members"), 404, "not_found")
    assert got(east.post(f"{path}/members/wang/leave"))["rev"] == 3
    refused(east.post(f"{path}/members/wang/leave"), 404, "not_found")
    assert got(east.get(f"{path}/members"))["items"] == []
    assert got(east.patch(path, {"field": "culture"}, rev=3))["field"] == "culture"
    refused(http.caller("west").patch(path, {"name": "x"}, rev=4), 404, "not_found")


def test_the_city_adds_capabilities_and_names_them(http: Service) -> None:
    city = http.caller("city")
    taps = {"id": "taps", "name": "修龙头", "kind": "skill", "unit": "visit", "is_a": ["plumbing"]}
    made = got(city.post("/capabilities", taps), 201)
    assert made == {**taps, "general": ["plumbing", "repair"], "special": []}
    assert got(http.caller("wang").get("/capabilities/repair"))["special"] == ["electrics", "plumbing", "taps"]
    assert got(city.patch("/capabilities/taps", {"name": "水龙头"}, rev=1))["name"] == "水龙头"
    refused(city.post("/capabilities", taps), 422, "invalid_input", "id")
    refused(city.post("/capabilities", {**taps, "id": "x", "is_a": ["y"]}), 422, "invalid_input", "is_a.0")
    refused(city.post("/capabilities", {**taps, "id": "x", "is_a": ["x"]}), 422, "invalid_input", "is_a.0")
    refused(city.post("/capabilities", {**taps, "id": "X y", "kind": "z"}), 422, "invalid_input", "id", "kind")
