"""The list of resources, public cards and figures over HTTP."""

import json
from typing import Any

import pytest

from graph.model.actors import EVERYTHING
from graph.model.areas import Area, AreaKind
from graph.model.needs import Need
from graph.model.resources import Resource
from graph.store.areas import write_areas
from matching.use_cases.nightly import nightly
from tests import worlds
from tests.web import Service, every_page, got, nothing_personal, refused
from tests.worlds import WEEK

TAPS = {
    "title": "修龙头",
    "provides": [{"capability": "plumbing", "level": 4, "certificate_until": "2027-01-31"}, {"capability": "company"}],
    "capacity": 3,
    "windows": [{"weekday": 6, "start": "09:00", "end": "11:30"}],
    "reach_minutes": 20,
    "reaches": ["west"],
    "conditions": "提前一天",
}


@pytest.fixture
def things() -> list[Need | Resource]:
    """A leak in the east, raised by a resident."""
    return [worlds.need("leak", person="liu")]


def test_a_provider_puts_its_own_on_the_list_and_changes_it(http: Service) -> None:
    wang = http.caller("wang")
    answer = wang.post("/resources", TAPS)
    taps = got(answer, 201)
    path = f"/resources/{taps['id']}"
    assert (answer.headers["location"], answer.headers["etag"]) == (f"/api/v1{path}", '"1"')
    assert taps == {
        **TAPS,
        "id": taps["id"],
        "provides": [
            {"capability": "company", "level": 3, "certificate_until": None},
            {"capability": "plumbing", "level": 4, "certificate_until": "2027-01-31"},
        ],
        "provider": {"kind": "person", "name": None},
        "grid": "east-grid",
        "period": "week",
        "free": {WEEK: 3},
        "state": "listed",
        "rev": 1,
    }
    changed = got(wang.patch(path, {"capacity": 1, "windows": None}, rev=1))
    assert changed == {**taps, "capacity": 1, "windows": None, "free": {WEEK: 1}, "rev": 2}
    refused(wang.patch(path, {"capacity": 2}, rev=1), 412, "stale")
    assert got(wang.post(f"{path}/withdraw"))["state"] == "withdrawn"
    refused(wang.post(f"{path}/withdraw"), 409, "wrong_state")
    refused(http.caller("zhao").get(path), 404, "not_found")
    assert got(wang.post(f"{path}/list"))["rev"] == 4
    assert got(http.caller("zhao").get(path))["state"] == "listed"


def test_staff_list_for_a_provider_of_their_area_and_see_a_masked_name(http: Service) -> None:
    made = got(http.caller("east").post("/resources", {**TAPS, "provider": "wang"}), 201)
    assert made["provider"] == {"kind": "person", "name": "王**"}
    refused(http.caller("west").post("/resources", {**TAPS, "provider": "wang"}), 422, "invalid_input", "provider")
    refused(http.caller("east").post("/resources", TAPS), 422, "invalid_input", "provider")
    refused(http.caller("zhao").post("/resources", {**TAPS, "provider": "wang"}), 422, "invalid_input", "provider")


@pytest.mark.parametrize("who", ["west", "wang", "zhao", "planner", "auditor", "machine"])
def test_a_persons_name_is_shown_to_nobody_but_staff_of_their_area(http: Service, who: str) -> None:
    answer = got(http.caller(who).get("/resources"))
    assert nothing_personal(json.dumps(answer, ensure_ascii=False))
    names = {r["id"]: r["provider"]["name"] for r in answer["items"]}
    assert (names["wang-time"], names["wheelchairs"]) == (None, "社区医院")


ELSEWHERE = ["west", "wang", "zhao", "clinic", "planner", "auditor", "machine"]
"""Who is no staff of the east."""


def listed(http: Service, who: str, **query: str) -> list[str]:
    return [r["id"] for r in got(http.caller(who).get("/resources", **query))["items"]]


@pytest.mark.parametrize("who", ELSEWHERE)
def test_behind_which_door_a_provider_lives_is_told_to_staff_of_there_alone(http: Service, who: str) -> None:
    beside = [Area("east-2", AreaKind.BUILDING, "2号楼", parent="east-grid")]
    http.store.write(lambda graph: write_areas(graph.loading, beside), scope=EVERYTHING)
    for building in ("east-1", "east-2"):
        assert listed(http, who, area=building) == listed(http, who, area="east-grid") == ["wang-time"]
    for staff in ("east", "east-grid", "city"):
        assert (listed(http, staff, area="east-1"), listed(http, staff, area="east-2")) == (["wang-time"], [])


@pytest.mark.parametrize("who", ELSEWHERE)
def test_what_a_person_lists_is_asked_by_staff_of_there_and_by_themselves(http: Service, who: str) -> None:
    assert listed(http, who, provider="wang") == (["wang-time"] if who == "wang" else [])
    assert listed(http, who, provider="nobody") == []
    assert listed(http, who, provider="clinic") == ["wheelchairs"]
    assert listed(http, "street", provider="wang") == listed(http, "east", provider="wang") == ["wang-time"]


@pytest.mark.parametrize("who", ELSEWHERE)
def test_how_much_of_a_resource_is_free_is_told_to_staff_and_to_its_provider(http: Service, who: str) -> None:
    worlds.offer(http.store, http.clock)
    told = {r["id"]: r["free"] for r in got(http.caller(who).get("/resources"))["items"]}
    one = got(http.caller(who).get("/resources/wang-time"))["free"]
    if who in ("west", "wang"):
        assert told["wang-time"] == one == {WEEK: 1}
    else:
        assert told["wang-time"] is one is None
    own = {"wang": {"wang-time"}, "zhao": {"zhao-time"}, "clinic": {"wheelchairs"}, "west": set(told)}
    assert {resource for resource, free in told.items() if free is not None} == own.get(who, set())


@pytest.mark.parametrize("who", ["west", "zhao", "clinic", "city"])
def test_anothers_resource_is_changed_by_nobody(http: Service, who: str) -> None:
    caller = http.caller(who)
    expected = 200 if who == "city" else 404
    assert caller.patch("/resources/wang-time", {"title": "水管"}, rev=1).status_code == expected
    assert caller.post("/resources/wang-time/withdraw").status_code == expected


def test_the_list_is_paged_and_searched(http: Service) -> None:
    zhao = http.caller("zhao")
    for limit in (1, 2, 3):
        found = [r["id"] for r in every_page(zhao, "/resources", limit=limit)]
        assert found == ["wang-time", "wheelchairs", "zhao-time"]
    assert [r["id"] for r in got(zhao.get("/resources", capability="repair", area="east"))["items"]] == ["wang-time"]
    assert [r["id"] for r in got(zhao.get("/resources", provider="clinic"))["items"]] == ["wheelchairs"]
    assert got(zhao.get("/resources", state="withdrawn"))["items"] == []
    refused(zhao.get("/resources", area="nowhere"), 404, "not_found")
    refused(zhao.get("/resources", state="lost"), 422, "invalid_input", "state")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"capacity": -1, "title": None, "reach_minutes": 0}, ["capacity", "reach_minutes", "title"]),
        ({"provides": []}, ["provides"]),
        ({"provides": [{"capability": "plumbing"}, {"capability": "plumbing"}]}, ["provides"]),
        ({"provides": [{"capability": "nothing"}], "reaches": ["nowhere"]}, ["provides.0.capability", "reaches.0"]),
        ({"conditions": "电话13900000002"}, ["conditions"]),
        ({"period": "month"}, ["period"]),
        ({"provider": "zhao"}, ["provider"]),
    ],
    ids=str,
)
def test_a_change_that_cant_stand_names_every_field(http: Service, changes: dict[str, Any], fields: list[str]) -> None:
    refused(http.caller("wang").patch("/resources/wang-time", changes, rev=1), 422, "invalid_input", *fields)


def test_a_cards_reader_learns_the_grid_and_nobodys_name(http: Service) -> None:
    for who in ("west", "zhao", "auditor", "machine", "east-grid"):
        card = got(http.caller(who).get("/needs/leak/card"))
        assert card == {
            "subject": "leak",
            "kind": "need",
            "title": "厨房水管漏水",
            "capabilities": ["plumbing"],
            "quantity": 1,
            "grid": "east-grid",
            "windows": None,
        }
        other = got(http.caller(who).get("/resources/wheelchairs/card"))
        assert (other["kind"], other["grid"], other["quantity"]) == ("resource", "east", 3)
    worlds.raw(http.engine, "MATCH (n:Need) SET n.state = 'draft'")
    refused(http.caller("east").get("/needs/leak/card"), 404, "not_found")


def test_a_planner_reads_the_cards_of_resources_and_cannot_count_those_of_needs(http: Service) -> None:
    planner = http.caller("planner")
    assert got(planner.get("/resources/wheelchairs/card"))["kind"] == "resource"
    assert [card["kind"] for card in got(planner.get("/cards", kind="resource", q="轮椅"))["items"]] == ["resource"]
    refused(planner.get("/cards", q="水管"), 403, "not_allowed")
    refused(planner.get("/needs/leak/card"), 403, "not_allowed")


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────


def crowd(http: Service) -> None:
    """Add needs: 12 in the east of three urgencies, 6 in the west."""
    urgencies = ["at_once"] * 2 + ["by_date"] * 6 + ["long_term"] * 4
    needs = [worlds.need(f"e{i}", urgency=u) for i, u in enumerate(urgencies)]
    worlds.add(http.store, *needs, *(worlds.need(f"w{i}", area="west-1", quantity=2) for i in range(6)))
    worlds.raw(http.engine, "MATCH (n:Need {id: 'leak'}) DETACH DELETE n")


def test_staff_count_needs_and_units_of_their_area(http: Service) -> None:
    crowd(http)
    worlds.offer(http.store, http.clock, need="e0")
    street = got(http.caller("street").get("/statistics/needs"))
    assert street["total"] == {"needs": 18, "asked": 24, "held": 1, "left": 23}
    assert street["cells"]["east"] == {"needs": 12, "asked": 12, "held": 1, "left": 11}
    assert street["cells"]["west"]["asked"] == 12
    east = got(http.caller("east").get("/statistics/needs", by="urgency"))
    assert (east["area"], {u: f["needs"] for u, f in east["cells"].items()}) == (
        "east",
        {"at_once": 2, "by_date": 6, "long_term": 4},
    )
    by = {what: got(http.caller("east").get("/statistics/needs", by=what))["cells"] for what in ("state", "capability")}
    assert (by["state"]["open"]["needs"], by["state"]["closed"]["needs"]) == (12, 0)
    assert (by["capability"]["plumbing"]["needs"], by["capability"]["repair"]["needs"]) == (12, 0)
    refused(http.caller("east").get("/statistics/needs", area="west"), 404, "not_found")
    refused(http.caller("east").get("/statistics/needs", by="person"), 422, "invalid_input", "by")


def test_planners_are_told_no_count_below_five_and_no_lonely_gap(http: Service) -> None:
    crowd(http)
    planner = http.caller("planner")
    street = got(planner.get("/statistics/needs"))
    assert street["total"] == {"needs": 18, "asked": 24, "held": None, "left": None}
    assert {a: f["needs"] for a, f in street["cells"].items()} == {"east": 12, "west": 6}
    urgency = got(planner.get("/statistics/needs", by="urgency"))["cells"]
    assert {u: f["needs"] for u, f in urgency.items()} == {"at_once": None, "by_date": 12, "long_term": None}
    east = got(planner.get("/statistics/needs", by="urgency", area="east"))["cells"]
    assert {f["needs"] for f in east.values()} == {None}
    refused(planner.get("/statistics/needs", area="district"), 404, "not_found")


def test_a_plans_small_figures_are_hidden_from_planners(http: Service) -> None:
    crowd(http)
    http.clock.advance(minutes=1)
    report = nightly(http.store, area="street", night=worlds.NIGHT, by=worlds.OPERATOR, clock=http.clock)
    path = f"/plans/{report.plan.id}"
    true, told = got(http.caller("street").get(path)), got(http.caller("planner").get(path))
    assert {u: f["needs"] for u, f in true["figures"].items()} == {"at_once": 2, "by_date": 12, "long_term": 4}
    assert {u: f["asked"] for u, f in told["figures"].items()} == {"at_once": None, "by_date": 18, "long_term": None}
    assert (told["objective"], told["bound"]) == (None, None)
    assert true["objective"] is not None
    for name in ("pairs", "written", "skipped", "unmet"):
        assert told[name] is None or told[name] == true[name] >= 5, name
    assert (told["written"], told["skipped"]) == (None, None)
    del told["findings"]  # tests/test_api_plans.py
    assert got(http.caller("planner").get("/plans"))["items"] == [told]
    community = nightly(http.store, area="east", night=worlds.NIGHT, by=worlds.OPERATOR, clock=http.clock)
    assert got(http.caller("planner").get(f"/plans/{community.plan.id}"))["figures"] is None
