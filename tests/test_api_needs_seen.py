"""Needs over HTTP: looked through, read in full, and matched."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests import worlds
from tests.web import PERSONAL, Service, a_need, every_page, got, nothing_personal, refused

# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_paged_latest_first_without_gap_or_repetition(http: Service) -> None:
    ids = [f"need-{i}" for i in range(7)]
    at = [worlds.NOON - timedelta(hours=i // 2) for i in range(7)]  # pairs of the same instant
    worlds.add(http.store, *(worlds.need(i, raised_at=t) for i, t in zip(ids, at, strict=True)))
    expected = [i for i, _ in sorted(zip(ids, at, strict=True), key=lambda pair: (pair[1], pair[0]), reverse=True)]
    for limit in (1, 2, 3, 7, 200):
        assert [n["id"] for n in every_page(http.caller("east"), "/needs", limit=limit)] == expected


def test_the_list_is_narrowed_by_area_state_and_urgency(http: Service) -> None:
    worlds.add(
        http.store,
        worlds.need("a", area="east-1", urgency="at_once"),
        worlds.need("b", area="east-grid", state="closed"),
        worlds.need("c", area="west-1"),
    )

    def listed(who: str, **query: str) -> set[str]:
        return {n["id"] for n in got(http.caller(who).get("/needs", **query))["items"]}

    assert listed("street") == {"a", "b", "c"}
    assert listed("east") == {"a", "b"}
    assert listed("street", area="west") == {"c"}
    assert listed("street", area="990002001001") == {"a", "b"}  # an official code
    assert listed("street", state="open") == {"a", "c"}
    assert listed("street", urgency="at_once") == {"a"}
    assert listed("east", area="east-1", state="open", urgency="at_once") == {"a"}


@pytest.mark.parametrize("area", ["west", "990002001002", "street", "nowhere"])
def test_a_list_below_an_area_outside_ones_own_is_not_found(http: Service, area: str) -> None:
    refused(http.caller("east").get("/needs", area=area), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"limit": 0}, ["limit"]),
        ({"limit": 201}, ["limit"]),
        ({"limit": "many"}, ["limit"]),
        ({"limit": 10**30}, ["limit"]),
        ({"state": "MARKED-18601", "urgency": "x", "limit": -1}, ["state", "urgency", "limit"]),
        ({"area": "x" * 101}, ["area"]),
        ({"cursor": "x" * 501}, ["cursor"]),
        ({"cursor": "MARKED-18601"}, ["cursor"]),
        ({"cursor": ""}, ["cursor"]),
        ({"cursor": "é✓"}, ["cursor"]),
        ({"cursor": "WzFd"}, ["cursor"]),  # [1]
        ({"cursor": "WyJhIl0"}, ["cursor"]),  # ["a"], a cursor of another list
        ({"cursor": "WzFlOTksICJhIl0"}, ["cursor"]),  # [1e99, "a"]
        ({"cursor": "Wy0xLCAiYSJd"}, ["cursor"]),  # [-1, "a"]
        ({"cursor": "WzEsICJcdWQ4MDAiXQ"}, ["cursor"]),  # [1, "\ud800"]
    ],
    ids=str,
)
def test_a_query_that_cant_stand_is_refused_with_every_bad_field(
    http: Service, query: dict[str, Any], fields: list[str]
) -> None:
    refused(http.caller("east").get("/needs", **query), 422, "invalid_input", *fields)


@pytest.mark.parametrize("need", ["nowhere", "%00", "%ff%fe", "a%2Fb", "x" * 5000, "%F0%9F%98%80", "'})--"])
def test_an_unknown_need_is_not_found(http: Service, need: str) -> None:
    assert http.caller("east").get(f"/needs/{need}").status_code == 404
    assert http.caller("east").get(f"/needs/{need}/events").status_code == 404
    assert http.caller("east").post(f"/needs/{need}/matches").status_code == 404
    assert http.caller("east").post(f"/needs/{need}/text", {"reason": "handling"}).status_code == 404


def test_a_neighbour_cant_tell_a_need_from_one_that_does_not_exist(http: Service) -> None:
    worlds.add(http.store, worlds.need("leak"))
    west = http.caller("west")
    before = worlds.fingerprint(http.engine)
    for id_ in ("leak", "nowhere"):
        said = [
            refused(west.get(f"/needs/{id_}"), 404, "not_found"),
            refused(west.get(f"/needs/{id_}/events"), 404, "not_found"),
            refused(west.post(f"/needs/{id_}/matches"), 404, "not_found"),
            refused(west.post(f"/needs/{id_}/text", {"reason": "handling"}), 404, "not_found"),
            refused(west.post("/assignments", {"need": id_, "resource": "zhao-time"}), 404, "not_found"),
            refused(west.get("/assignments", need=id_), 404, "not_found"),
        ]
        assert {s["detail"] for s in said} == {"no such need in your area"}
    assert got(west.get("/needs"))["items"] == []
    assert worlds.fingerprint(http.engine) == before


# ── the full words ───────────────────────────────────────────────────────────────────────────────────────────


def test_every_reading_of_the_full_words_is_written_down_with_who_and_why(http: Service) -> None:
    made = got(http.caller("east").post("/needs", a_need()), 201)
    address = f"/needs/{made['id']}"
    for reason in ("handling", "handling", "supervision"):
        said = got(http.caller("east").post(f"{address}/text", {"reason": reason}))
        assert said == {"need": made["id"], "text": a_need()["text"]}
    got(http.caller("street").post(f"{address}/text", {"reason": "resident_asked"}))
    events = got(http.caller("east").get(f"{address}/events"))["items"]
    assert [(e["verb"], e["reason"]) for e in events] == [
        ("record", None),
        ("show_text", "handling"),
        ("show_text", "handling"),
        ("show_text", "supervision"),
        ("show_text", "resident_asked"),
    ]
    assert events[1]["actor"] == events[3]["actor"] != events[4]["actor"]
    assert nothing_personal(json.dumps(events, ensure_ascii=False))


@pytest.mark.parametrize("body", [{}, {"reason": "curious"}, {"reason": "handling", "why": "x"}, None])
def test_the_full_words_are_not_shown_without_a_reason(http: Service, body: Any) -> None:
    worlds.add(http.store, worlds.need("leak"))
    refused(http.caller("east").post("/needs/leak/text", body), 422, "invalid_input")


def test_a_provider_reads_the_full_words_only_once_it_serves_the_need(http: Service) -> None:
    worlds.add(http.store, worlds.need("leak"))
    east, wang, zhao = (http.caller(who) for who in ("east", "wang", "zhao"))
    ask = {"reason": "handling"}
    refused(wang.get("/needs/leak"), 404, "not_found")
    refused(wang.post("/needs/leak/text", ask), 404, "not_found")

    offer = got(east.post("/assignments", {"need": "leak", "resource": "wang-time"}), 201)
    card = got(wang.get("/needs/leak"))
    assert nothing_personal(json.dumps(card, ensure_ascii=False))
    refused(wang.post("/needs/leak/text", ask), 404, "not_found")

    got(wang.post(f"/assignments/{offer['id']}/accept", {"side": "provider"}))
    assert "刘桂兰" in got(wang.post("/needs/leak/text", ask))["text"]
    refused(zhao.post("/needs/leak/text", ask), 404, "not_found")
    refused(zhao.get("/needs/leak"), 404, "not_found")
    shown = [e for e in got(east.get("/needs/leak/events"))["items"] if e["verb"] == "show_text"]
    assert [(e["party"], e["reason"]) for e in shown] == [("provider", "handling")]


def test_a_provider_that_declined_reads_nothing_more(http: Service) -> None:
    worlds.add(http.store, worlds.need("leak"))
    offer = got(http.caller("east").post("/assignments", {"need": "leak", "resource": "wang-time"}), 201)
    wang = http.caller("wang")
    got(wang.post(f"/assignments/{offer['id']}/decline", {"side": "provider", "reason": "busy"}))
    refused(wang.post("/needs/leak/text", {"reason": "handling"}), 404, "not_found")


# ── who could serve ──────────────────────────────────────────────────────────────────────────────────────────


def test_matches_come_best_first_with_the_parts_of_their_value_and_write_nothing(http: Service) -> None:
    worlds.add(http.store, worlds.need("leak"))
    east = http.caller("east")
    before = worlds.fingerprint(http.engine)
    said = got(east.post("/needs/leak/matches"))
    assert [m["resource"] for m in said["matches"]] == ["wang-time", "zhao-time"]
    assert said["reason"] is None
    for match in said["matches"]:
        assert match["value"] == sum(match["parts"].values())
        assert (match["period"], match["free"]) == (worlds.WEEK, 2)
    assert said["matches"][0]["value"] > said["matches"][1]["value"]
    assert len(got(east.post("/needs/leak/matches", limit=1))["matches"]) == 1
    assert worlds.fingerprint(http.engine) == before


def test_a_persons_name_is_masked_and_outside_ones_own_area_not_told(http: Service) -> None:
    worlds.add(http.store, worlds.need("leak"), worlds.need("chair", requires=["wheelchair"]))

    def names(who: str, need: str) -> dict[str, Any]:
        said = got(http.caller(who).post(f"/needs/{need}/matches"))
        assert nothing_personal(json.dumps(said, ensure_ascii=False))
        return {m["resource"]: m["provider"] for m in said["matches"]}

    wang, hidden = {"kind": "person", "name": "王**"}, {"kind": "person", "name": None}
    assert names("east", "leak") == {"wang-time": wang, "zhao-time": hidden}
    assert names("street", "leak") == {"wang-time": wang, "zhao-time": {"kind": "person", "name": "赵*"}}
    assert names("east", "chair") == {"wheelchairs": {"kind": "organisation", "name": "社区医院"}}


def test_a_need_nobody_could_serve_is_told_with_the_reason(http: Service) -> None:
    worlds.add(http.store, worlds.need("spark", requires=["electrics"]), worlds.need("top", requires=["company"]))
    worlds.add(http.store, worlds.need("never", requires=["repair", "wheelchair"]))
    said = got(http.caller("east").post("/needs/never/matches"))
    assert (said["matches"], said["reason"]) == ([], "no_capability")


def test_each_match_tells_its_way_through_the_graph_in_both_languages(http: Service) -> None:
    worlds.add(http.store, worlds.need("leak", person="liu", requires=["repair"]))
    wang, zhao = got(http.caller("east").post("/needs/leak/matches"))["matches"]
    assert wang["way"]["subject_kind"] == "person" and wang["way"]["subject_name"] == "刘**"
    assert wang["way"]["skills"] == [{"capability": "repair", "least": 1, "by": "plumbing", "level": 4}]
    assert wang["way"]["reach"] == {"within": "near", "area": "east", "minutes": 0, "limit": None}
    assert wang["why"]["zh"].startswith(
        "刘**需要「维修」,1级以上。「水管维修」能提供「水电维修」,4级,属于「维修」。由王**提供。"
    )
    assert "prov" in wang["why"]["en"] and wang["way"]["provider_name"] == "王**"
    assert zhao["way"]["reach"]["within"] == "on_foot" and zhao["way"]["reach"]["limit"] == 60
    assert zhao["way"]["provider_name"] is None and "本辖区外" in zhao["why"]["zh"]
    neighbours = got(http.caller("street").post("/needs/leak/matches"))["matches"]
    assert neighbours[1]["way"]["provider_name"] == "赵*"


def test_what_choosing_each_would_cost_the_city_is_told_where_it_is_asked_for(http: Service) -> None:
    worlds.add(http.store, worlds.need("leak"))
    plain = got(http.caller("east").post("/needs/leak/matches"))["matches"]
    assert [m["cost"] for m in plain] == [None, None]
    wang, zhao = (m["cost"] for m in got(http.caller("east").post("/needs/leak/matches", cost="whole"))["matches"])
    assert (wang["urgency"], wang["rest"]) == (zhao["urgency"], 0) == (0, 0)
    assert zhao["rest"] == plain[0]["value"] - plain[1]["value"] > 0
    assert wang["words"]["zh"] == "选它不影响任何人。"
    refused(http.caller("east").post("/needs/leak/matches", cost="half"), 422, "invalid_input", "cost")


def test_a_listed_area_is_named_as_the_way(http: Service) -> None:
    worlds.add(http.store, worlds.need("chair", requires=["wheelchair"], area="west-1", place="west"))
    [chairs] = got(http.caller("west").post("/needs/chair/matches"))["matches"]
    assert (chairs["way"]["subject_kind"], chairs["way"]["subject_name"]) == ("place", "西社区")
    assert (chairs["way"]["reach"]["within"], chairs["way"]["reach"]["area"]) == ("listed", "street")


def test_where_all_is_taken_what_holds_it_is_counted_and_named_within_ones_area_only(http: Service) -> None:
    taken = [worlds.need(f"east-{i}", urgency="at_once") for i in range(2)]
    worlds.add(http.store, *taken, worlds.need("west-0", area="west-1"), worlds.need("west-1", area="west-1"))
    worlds.add(http.store, worlds.need("late"))
    for i in range(2):
        worlds.offer(http.store, http.clock, need=f"east-{i}", resource="wang-time")
        worlds.offer(http.store, http.clock, need=f"west-{i}", resource="zhao-time", by=worlds.WEST_STAFF)
    said = got(http.caller("east").post("/needs/late/matches"))
    assert (said["matches"], said["reason"]) == ([], "capacity")
    assert said["held_by"] == {"at_once": 2, "by_date": 2}
    assert [h["need"] for h in said["holders"]] == ["east-0", "east-1"]
    assert said["why"]["zh"].endswith("其余量被4单占用:2单立刻办理、2单定期办理。")
    assert said["fix"] == {
        "resource": "wang-time",
        "changes": [{"kind": "capacity", "subject": "wang-time", "by": 1, "area": None, "minutes": None}],
        "words": {
            "en": "It could be served if “水管维修” gave 1 more.",
            "zh": "若「水管维修」多提供1个单位,即可安排。",
        },
    }
    assert len(got(http.caller("street").post("/needs/late/matches"))["holders"]) == 4


def test_only_an_open_need_is_matched(http: Service) -> None:
    worlds.add(http.store, worlds.need("done", state="closed"))
    refused(http.caller("east").post("/needs/done/matches"), 409, "wrong_state")


@pytest.mark.parametrize("limit", [0, 51, "x"])
def test_the_number_of_matches_has_its_range(http: Service, limit: Any) -> None:
    worlds.add(http.store, worlds.need("leak"))
    refused(http.caller("east").post("/needs/leak/matches", limit=limit), 422, "invalid_input", "limit")


def test_the_planted_words_are_in_the_store_at_all(http: Service) -> None:
    """Else the tests above would find nothing because nothing is there."""
    assert set(PERSONAL) > {"刘桂兰", "13900000001"}
    made = got(http.caller("east").post("/needs", a_need()), 201)
    text = got(http.caller("east").post(f"/needs/{made['id']}/text", {"reason": "handling"}))["text"]
    assert {word for word in PERSONAL if word in text} == {"刘桂兰", "13900000001", "MARKED-18601"}
