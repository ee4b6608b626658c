"""Plans over HTTP: figures for those whose area they cover, and what is left for each area."""

import json
from datetime import timedelta
from typing import Any

import pytest

from graph.model.actors import EVERYTHING
from graph.model.needs import Need
from graph.model.plans import Bottleneck, Change
from graph.model.resources import Resource
from matching.use_cases.nightly import nightly
from tests import worlds
from tests.web import Service, every_page, got, nothing_personal, refused

FIGURES = ("objective", "bound", "pairs", "written", "skipped", "unmet", "figures", "seconds")


@pytest.fixture
def things() -> list[Need | Resource]:
    """Needs on both sides, some of which nobody can serve."""
    needs = [worlds.need("leak"), worlds.need("west-leak", area="west-1")]
    for i in range(3):
        needs.append(worlds.need(f"east-none-{i}", requires=["plumbing", "wheelchair"], title=f"东{i}"))
    needs.append(worlds.need("west-none", area="west-1", requires=["company", "wheelchair"], title="西"))
    return needs


def night(http: Service, area: str | None = None, days: int = 0) -> str:
    """Run a night and return its plan's id."""
    http.clock.advance(minutes=1)
    report = nightly(
        http.store, area=area, night=worlds.NIGHT + timedelta(days=days), by=worlds.OPERATOR, clock=http.clock
    )
    return report.plan.id


def test_a_plan_shows_its_figures_and_proof_to_staff_of_its_whole_area(http: Service) -> None:
    plan = got(http.caller("city").get(f"/plans/{night(http)}"))
    assert (plan["area"], plan["night"], plan["number"]) == ("city", worlds.NIGHT.isoformat(), 1)
    assert (plan["state"], plan["status"]) == ("published", "optimal")
    assert plan["bound"] == plan["objective"] > 0
    assert (plan["pairs"], plan["written"], plan["skipped"], plan["unmet"]) == (2, 2, 0, 4)
    asked = {u: (f["asked"], f["served"], f["unmet"]) for u, f in plan["figures"].items()}
    assert asked["by_date"] == (6, 2, 4)
    assert plan["seconds"]["publish"] >= 0


@pytest.mark.parametrize("who", ["east", "west", "street"])
def test_figures_of_a_larger_plan_are_null_for_staff_of_a_part(http: Service, who: str) -> None:
    id_ = night(http)
    plan = got(http.caller(who).get(f"/plans/{id_}"))
    assert {name: plan[name] for name in FIGURES} == dict.fromkeys(FIGURES)
    assert (plan["id"], plan["area"], plan["status"]) == (id_, "city", "optimal")
    [listed] = got(http.caller(who).get("/plans"))["items"]
    assert {**listed, "findings": None} == plan


def test_what_is_left_is_told_with_the_reason_and_each_area_sees_its_own(http: Service) -> None:
    id_ = night(http)

    def left(who: str) -> dict[str, tuple[str, str, int]]:
        items = got(http.caller(who).get(f"/plans/{id_}/unmet"))["items"]
        assert nothing_personal(json.dumps(items, ensure_ascii=False))
        return {u["need"]: (u["title"], u["reason"], u["quantity"]) for u in items}

    assert left("west") == {"west-none": ("西", "no_capability", 1)}
    assert left("east") == {f"east-none-{i}": (f"东{i}", "no_capability", 1) for i in range(3)}
    assert left("city") == left("east") | left("west")


def test_a_plan_says_what_it_changes_how_evenly_it_serves_and_what_more_would_be_worth(http: Service) -> None:
    worlds.add(http.store, *(worlds.need(f"many-{i}", area="east-1") for i in range(5)))
    id_ = night(http)
    found = got(http.caller("city").get(f"/plans/{id_}"))["findings"]
    assert found["changes"] == {"kept": 0, "moved": 0, "new": 4, "dropped": 0}
    [east] = [row for row in found["served"] if row["id"] == "east"]
    assert (east["name"], east["asked"], east["served"]) == ("东社区", 9, 3)
    assert found["load"] == {"none": 1, "half": 0, "more": 0, "full": 2}
    wang = next(row for row in found["resources"] if row["resource"] == "wang-time")
    assert wang["words"]["zh"].startswith("「水管维修」多一个单位,可增加权重")
    person = next(row for row in found["people"] if row["capability"] == "plumbing")
    assert person["words"]["zh"].startswith("东社区多一位能做「水电维修」的人,可增加权重") and person["exact"]
    assert "不能相加" in found["note"]["zh"]
    short = next(row for row in found["shortages"] if row["area"] == "east")
    assert (short["capability"], short["missing"], short["units"]) == ("plumbing", short["asked"] - short["units"], 4)
    assert short["words"]["zh"].startswith("在东社区,") and "无论怎样安排" in short["words"]["zh"]
    assert all(row["words"]["zh"].startswith("「") for row in found["sole"]) and found["sole"]


def test_a_plan_says_what_came_of_the_least_share_of_an_area(http: Service) -> None:
    worlds.raw(http.engine, "MATCH (a:Area {id: 'west'}) SET a.floor = 60")
    [floor] = got(http.caller("city").get(f"/plans/{night(http)}"))["findings"]["floors"]
    words = floor.pop("words")
    counts = {"asked": 2, "least": 2, "reachable": 1, "before": 1, "after": 1}
    assert floor == {"area": "west", "share": 60, "proved": True, **counts}
    assert words["zh"] == "西社区应至少安排所需2个单位的60%,即2个;最多只能做到1个。"
    assert got(http.caller("planner").get(f"/plans/{night(http, 'street')}"))["findings"]["floors"] == []


@pytest.mark.parametrize("who", ["east", "street"])
def test_what_a_larger_plan_says_is_not_told_to_staff_of_a_part(http: Service, who: str) -> None:
    assert got(http.caller(who).get(f"/plans/{night(http)}"))["findings"] is None


def test_planners_are_told_only_what_stands_on_five_unmet_needs_and_no_counts(http: Service) -> None:
    planner = http.caller("planner")
    few = got(planner.get(f"/plans/{night(http, 'street')}"))["findings"]
    assert (few["people"], few["resources"], few["changes"], few["served"], few["load"]) == ([], [], {}, [], {})
    assert few["shortages"] == few["sole"] == []
    worlds.add(http.store, *(worlds.need(f"many-{i}", area="east-1") for i in range(9)))
    many = got(planner.get(f"/plans/{night(http, 'street')}"))["findings"]
    assert {row["capability"] for row in many["people"]} == {"plumbing"}
    assert all(row["needs"] >= 5 for row in [*many["people"], *many["resources"]])


def test_staff_see_who_would_be_offered_next_and_providers_do_not(http: Service) -> None:
    night(http)
    [leak] = [a for a in got(http.caller("city").get("/assignments"))["items"] if a["need"] == "leak"]
    assert leak["resource"] == "wang-time" and leak["backups"] == ["zhao-time"]
    [own] = got(http.caller("wang").get("/assignments"))["items"]
    assert own["backups"] is None


def test_what_is_left_is_told_in_words_with_what_holds_the_capacity(http: Service) -> None:
    worlds.add(http.store, *(worlds.need(f"many-{i}", area="east-1", urgency="at_once") for i in range(4)))
    left = {u["need"]: u for u in got(http.caller("city").get(f"/plans/{night(http)}/unmet"))["items"]}
    assert left["leak"]["reason"] == "outbid"
    assert left["leak"]["held_by"] == {"at_once": 4}
    assert left["leak"]["why"] == {
        "en": "All who could serve needs of higher urgency. Their capacity is held by 4 assignments: 4 at once.",
        "zh": "能做的都在办更急的事。其余量被4单占用:4单立刻办理。",
    }
    assert left["west-none"]["held_by"] == {}


def lacking(http: Service, who: str, plan: str) -> dict[str, Any]:
    items = got(http.caller(who).get(f"/plans/{plan}/bottlenecks"))["items"]
    assert nothing_personal(json.dumps(items, ensure_ascii=False))
    return {row["need"]: row for row in items}


def test_what_those_lack_that_are_left_is_told_with_what_would_serve_one(http: Service) -> None:
    worlds.add(http.store, *(worlds.need(f"many-{i}", area="east-1", urgency="at_once") for i in range(4)))
    found = lacking(http, "city", night(http))
    assert [row["units"] for row in found.values()] == [3, 1, 1, 1]
    words = found["leak"].pop("words")
    assert found["leak"] == {
        "reason": "outbid",
        "capability": "plumbing",
        "area": "east",
        "needs": 1,
        "units": 1,
        "resources": 2,
        "need": "leak",
        "changes": [{"kind": "capacity", "subject": "wang-time", "by": 1, "area": None, "minutes": None}],
    }
    assert words["en"].startswith("Units left for 水电维修 in 东社区: 1 (needs: 1), because all who could serve needs")
    assert words["en"].endswith(" It could be served if “水管维修” gave 1 more.")
    assert words["zh"].startswith("在东社区,「水电维修」一项尚有1个单位(1件需求)未能安排:能做的都在办更急的事。")
    assert words["zh"].endswith("若「水管维修」多提供1个单位,即可安排。")
    none = found["east-none-0"]
    assert (none["reason"], none["needs"], none["changes"]) == ("no_capability", 3, None)
    assert none["words"]["zh"].endswith("在增加供给、提高额度、扩大服务范围中未找到可行的办法。")


def test_of_a_larger_plan_staff_are_told_what_is_lacking_in_their_communities_only(http: Service) -> None:
    worlds.add(http.store, *(worlds.need(f"many-{i}", area="east-1") for i in range(4)))
    id_ = night(http)
    east, west, city = (lacking(http, who, id_) for who in ("east", "west", "city"))
    assert {row["area"] for row in east.values()} == {"east"} and {row["area"] for row in west.values()} == {"west"}
    assert city == east | west and lacking(http, "street", id_) == city
    ids = list(city)
    for limit in (1, 2, 200):
        pages = every_page(http.caller("city"), f"/plans/{id_}/bottlenecks", limit=limit)
        assert [row["need"] for row in pages] == ids
    assert [r["need"] for r in every_page(http.caller("west"), f"/plans/{id_}/bottlenecks", limit=1)] == list(west)
    refused(http.caller("planner").get(f"/plans/{id_}/bottlenecks"), 403, "not_allowed")


def test_of_needs_that_go_together_across_communities_neither_learns_where_the_other_is(http: Service) -> None:
    id_ = night(http)
    far = Change("candidate", "wang-time", area="west")
    row = Bottleneck("capacity", None, "east", needs=1, units=1, resources=0, need="leak", changes=(far,))
    http.store.write(lambda graph: graph.plans.add_page(id_, 1, [row], "bottlenecks"), scope=EVERYTHING)
    assert "leak" in lacking(http, "street", id_) and "leak" in lacking(http, "city", id_)
    assert "leak" not in lacking(http, "east", id_) and "leak" not in lacking(http, "west", id_)


def test_what_is_left_is_paged(http: Service) -> None:
    id_ = night(http)
    ids = ["east-none-0", "east-none-1", "east-none-2", "west-none"]
    for limit in (1, 2, 3, 4, 200):
        assert [u["need"] for u in every_page(http.caller("city"), f"/plans/{id_}/unmet", limit=limit)] == ids


def test_the_nights_offers_name_their_plan_and_wait_for_both_sides(http: Service) -> None:
    id_ = night(http)
    offers = got(http.caller("city").get("/assignments"))["items"]
    assert {o["need"] for o in offers} == {"leak", "west-leak"}
    assert all(o["plan"] == id_ and o["waiting_for"] == ["community", "provider"] for o in offers)


def test_a_neighbours_plan_cant_be_told_from_one_that_does_not_exist(http: Service) -> None:
    own, theirs = night(http, "east"), night(http, "west")
    east = http.caller("east")
    assert got(east.get(f"/plans/{own}"))["figures"] is not None
    for id_ in (theirs, "nowhere", "%00", "x" * 3000):
        refused(east.get(f"/plans/{id_}"), 404, "not_found")
        refused(east.get(f"/plans/{id_}/unmet"), 404, "not_found")
        refused(east.get(f"/plans/{id_}/bottlenecks"), 404, "not_found")
    assert [p["id"] for p in got(east.get("/plans"))["items"]] == [own]
    assert {p["id"] for p in got(http.caller("street").get("/plans"))["items"]} == {own, theirs}


def test_plans_are_paged_latest_first(http: Service) -> None:
    ids = [night(http, area, days) for days, area in ((0, None), (0, "east"), (1, "street"), (2, "east"))]
    assert len(set(ids)) == 4
    for limit in (1, 2, 4, 200):
        assert [p["id"] for p in every_page(http.caller("east"), "/plans", limit=limit)] == ids[::-1]


@pytest.mark.parametrize("path", ["/plans", "/plans/{id}", "/plans/{id}/unmet", "/plans/{id}/bottlenecks"])
@pytest.mark.parametrize("who", ["wang", "clinic"])
def test_plans_are_no_matter_of_providers(http: Service, who: str, path: str) -> None:
    refused(http.caller(who).get(path.replace("{id}", night(http))), 403, "not_allowed")


@pytest.mark.parametrize(
    ("path", "query", "fields"),
    [
        ("/plans", {"limit": 0}, ["limit"]),
        ("/plans", {"limit": 201}, ["limit"]),
        ("/plans", {"cursor": "MARKED-18601"}, ["cursor"]),
        ("/plans", {"cursor": "WyJhIl0"}, ["cursor"]),
        ("/plans/{id}/unmet", {"limit": "x"}, ["limit"]),
        ("/plans/{id}/unmet", {"cursor": "WzEsImEiXQ"}, ["cursor"]),
        ("/plans/{id}/unmet", {"limit": -1, "cursor": "x" * 501}, ["limit", "cursor"]),
        ("/plans/{id}/bottlenecks", {"limit": 0}, ["limit"]),
        ("/plans/{id}/bottlenecks", {"cursor": "WzEsImEiXQ"}, ["cursor"]),
    ],
    ids=str,
)
def test_a_query_that_cant_stand_is_refused(http: Service, path: str, query: dict[str, Any], fields: list[str]) -> None:
    path = path.replace("{id}", night(http))
    refused(http.caller("east").get(path, **query), 422, "invalid_input", *fields)
