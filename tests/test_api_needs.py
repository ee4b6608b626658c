"""Needs over HTTP: recorded, looked at, matched, and refused."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import worlds
from tests.web import PERSONAL, Service, a_need, every_page, got, nothing_personal, refused

# ── recording ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recorded_need_is_open_at_once_and_can_be_fetched_from_its_location(http: Service) -> None:
    answer = http.caller("east").post("/needs", a_need(urgency="at_once", quantity=2, person="liu", at_home=True))
    made = got(answer, 201)
    assert answer.headers["location"] == f"/api/v1/needs/{made['id']}"
    assert (made["state"], made["urgency"], made["quantity"]) == ("open", "at_once", 2)
    assert (made["reserved"], made["taken"], made["rev"]) == (0, 0, 1)
    assert made["requires"] == [{"capability": "plumbing", "level": 1}]
    assert got(http.caller("east").get(f"/needs/{made['id']}")) == made


def test_a_need_keeps_its_windows_and_deadline(http: Service) -> None:
    windows = [
        {"weekday": 6, "start": "09:00", "end": "11:30"},
        {"weekday": 7, "start": "14:00", "end": "24:00"},
    ]
    body = a_need(windows=windows, due="2026-11-23T18:00:00+08:00", duration=60)
    made = got(http.caller("east").post("/needs", body), 201)
    assert made["windows"] == windows
    assert datetime.fromisoformat(made["due"]) == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_need_keeps_its_appointed_time_which_needs_a_duration(http: Service) -> None:
    at = {"appointed": "2026-11-20T14:00:00+08:00"}
    made = got(http.caller("east").post("/needs", a_need(**at, duration=60)), 201)
    assert datetime.fromisoformat(made["appointed"]) == datetime(2026, 11, 20, 6, tzinfo=UTC)
    assert got(http.caller("east").post("/needs", a_need()), 201)["appointed"] is None
    refused(http.caller("east").post("/needs", a_need(**at)), 422, "invalid_input", "appointed")
    far = {"appointed": "2100-01-02T00:00:00+08:00", "duration": 60}
    assert refused(http.caller("east").post("/needs", a_need(**far)), 422, "invalid_input", "appointed")


def test_a_needs_full_words_are_encrypted_in_the_store_and_on_no_card(http: Service) -> None:
    made = got(http.caller("east").post("/needs", a_need()), 201)
    kept = worlds.properties(http.engine, "Need", made["id"])
    assert kept["text"].startswith("v2:")
    assert nothing_personal(json.dumps(kept, ensure_ascii=False))
    everywhere = [
        made,
        got(http.caller("east").get("/needs")),
        got(http.caller("east").get(f"/needs/{made['id']}")),
        got(http.caller("east").post(f"/needs/{made['id']}/matches")),
        got(http.caller("east").get(f"/needs/{made['id']}/events")),
    ]
    for said in everywhere:
        assert nothing_personal(json.dumps(said, ensure_ascii=False))
        assert '"text"' not in json.dumps(said)


def test_sending_the_same_again_gives_the_same_need_and_has_no_second_effect(http: Service) -> None:
    east = http.caller("east")
    first = got(east.post("/needs", a_need(), key="the-same-one"), 201)
    before = worlds.fingerprint(http.engine)
    again = east.post("/needs", a_need(), key="the-same-one")
    assert got(again, 201) == first
    assert again.headers["location"] == f"/api/v1/needs/{first['id']}"
    assert worlds.fingerprint(http.engine) == before


def test_a_need_sent_eight_times_at_once_is_recorded_once(http: Service) -> None:
    east = http.caller("east")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: east.post("/needs", a_need(), key="the-same-one"), range(8)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert worlds.raw(http.engine, "MATCH (n:Need) RETURN count(n) AS n") == [{"n": 1}]
    assert worlds.raw(http.engine, "MATCH (e:Event) RETURN count(e) AS n") == [{"n": 1}]


def test_an_idempotency_key_with_another_request_is_refused(http: Service) -> None:
    east = http.caller("east")
    got(east.post("/needs", a_need(), key="used-already"), 201)
    before = worlds.fingerprint(http.engine)
    refused(east.post("/needs", a_need(quantity=2), key="used-already"), 422, "key_reused")
    refused(east.post("/assignments", {"need": "leak", "resource": "wang-time"}, key="used-already"), 422, "key_reused")
    assert worlds.fingerprint(http.engine) == before


def test_two_callers_may_choose_the_same_idempotency_key(http: Service) -> None:
    one = got(http.caller("east").post("/needs", a_need(), key="my-key-1"), 201)
    other = got(http.caller("street").post("/needs", a_need(), key="my-key-1"), 201)
    assert one["id"] != other["id"]


def test_a_refused_request_does_not_use_up_its_idempotency_key(http: Service) -> None:
    east = http.caller("east")
    refused(east.post("/needs", a_need(area="west-1"), key="try-again"), 422, "invalid_input", "area")
    got(east.post("/needs", a_need(), key="try-again"), 201)


# ── what can't stand ─────────────────────────────────────────────────────────────────────────────────────────

LONG = "MARKED-18601" * 200

BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing at all": (
        {"title": ..., "text": ..., "area": ..., "requires": ...},
        ["title", "text", "area", "requires"],
    ),
    "an empty title": ({"title": ""}, ["title"]),
    "a title of blanks": ({"title": "   "}, ["title"]),
    "a long title": ({"title": "漏" * 41}, ["title"]),
    "a phone in the public title": ({"title": "电话13900000001"}, ["title"]),
    "a phone in groups in the public title": ({"title": "电话 139 0000 0001"}, ["title"]),
    "a long text": ({"text": LONG}, ["text"]),
    "a control character": ({"text": "a\x00b MARKED-18601", "title": "a\x1bb"}, ["text", "title"]),
    "half a surrogate pair": ({"text": "\ud800 MARKED-18601", "title": "\udfff"}, ["text", "title"]),
    "no capability": ({"requires": []}, ["requires"]),
    "six capabilities": ({"requires": [{"capability": f"c{i}"} for i in range(6)]}, ["requires"]),
    "a capability twice": (
        {"requires": [{"capability": "plumbing"}, {"capability": "plumbing", "level": 2}]},
        ["requires"],
    ),
    "a level out of range": ({"requires": [{"capability": "plumbing", "level": 6}]}, ["requires.0.level"]),
    "an unknown capability": ({"requires": [{"capability": "MARKED-18601"}]}, ["requires.0.capability"]),
    "no units": ({"quantity": 0}, ["quantity"]),
    "too many units": ({"quantity": 1001}, ["quantity"]),
    "half a unit": ({"quantity": 1.5}, ["quantity"]),
    "units in words": ({"quantity": "2"}, ["quantity"]),
    "units that are a truth value": ({"quantity": True}, ["quantity"]),
    "units of twenty digits": ({"quantity": 10**20}, ["quantity"]),
    "units that are no number": ({"quantity": float("nan")}, ["quantity"]),
    "endless units": ({"quantity": float("inf")}, ["quantity"]),
    "a long visit": ({"duration": 481}, ["duration"]),
    "a visit back in time": ({"duration": -1}, ["duration"]),
    "an eighth weekday": ({"windows": [{"weekday": 8, "start": "09:00", "end": "10:00"}]}, ["windows.0.weekday"]),
    "a reversed window": ({"windows": [{"weekday": 1, "start": "10:00", "end": "09:00"}]}, ["windows.0"]),
    "an empty window": ({"windows": [{"weekday": 1, "start": "10:00", "end": "10:00"}]}, ["windows.0"]),
    "no window": ({"windows": []}, ["windows"]),
    "29 windows": ({"windows": [{"weekday": 1, "start": "10:00", "end": "11:00"}] * 29}, ["windows"]),
    "a window in no hour": (
        {"windows": [{"weekday": 1, "start": "25:00", "end": "26:00"}]},
        ["windows.0.start", "windows.0.end"],
    ),
    "a deadline without an offset": ({"due": "2026-11-23T18:00:00"}, ["due"]),
    "a deadline that is a number": ({"due": 1795000000}, ["due"]),
    "a deadline that is a number in words": ({"due": "1795000000"}, ["due"]),
    "a deadline in the past": ({"due": "2026-11-18T11:59:59+08:00"}, ["due"]),
    "a deadline at the end of time": ({"due": "9999-12-31T23:59:59-12:00"}, ["due"]),
    "a deadline before time": ({"due": "0001-01-01T00:00:00+14:00"}, ["due"]),
    "an urgency of one's own": ({"urgency": "MARKED-18601"}, ["urgency"]),
    "a state": ({"state": "closed"}, ["state"]),
    "a field with a resident's name": ({"刘桂兰": 1}, ["(unknown)"]),
    "a field with half a surrogate pair": ({"\ud800": 1}, ["body"]),
    "an unknown area": ({"area": "MARKED-18601"}, ["area"]),
    "a neighbour's area": ({"area": "west-grid"}, ["area"]),
    "an area above one's own": ({"area": "street"}, ["area"]),
    "a neighbour's resident": ({"person": "zhao"}, ["person"]),
    "an unknown resident": ({"person": "MARKED-18601"}, ["person"]),
    "null where it can't be": ({"title": None, "quantity": None}, ["title", "quantity"]),
}


@pytest.mark.parametrize("why", BAD)
def test_a_need_that_cant_stand_is_refused_with_every_bad_field_and_leaves_no_trace(http: Service, why: str) -> None:
    changes, fields = BAD[why]
    east = http.caller("east")
    before = worlds.fingerprint(http.engine)
    body = json.dumps(a_need(**changes)).encode()
    answer = east.send(
        "POST", "/needs", content=body, headers={"Idempotency-Key": "bad-need", "Content-Type": "application/json"}
    )
    refused(answer, 422, "invalid_input", *fields)
    assert worlds.fingerprint(http.engine) == before


def test_every_bad_field_is_named_at_once_whoever_checks_it(http: Service) -> None:
    """The shape is checked first, then what only the graph knows; within each, everything."""
    east = http.caller("east")
    shape = a_need(title="", text="", quantity=0, duration=900, urgency="soon", due="tomorrow", extra=1)
    fields = ["title", "text", "quantity", "duration", "urgency", "due", "extra"]
    refused(east.post("/needs", shape), 422, "invalid_input", *fields)
    known = a_need(
        title="13900000001",
        area="west",
        person="zhao",
        due="2020-01-01T00:00:00Z",
        requires=[{"capability": "plumbing"}, {"capability": "magic"}],
    )
    fields = ["title", "area", "person", "due", "requires.1.capability"]
    refused(east.post("/needs", known), 422, "invalid_input", *fields)


JSON = {"Content-Type": "application/json", "Idempotency-Key": "whatever-1"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b'{"title": "MARKED-18601', JSON, 400, "unparsable"),
        (b"", JSON, 422, "invalid_input"),
        (b"MARKED-18601", JSON, 400, "unparsable"),
        (b'["MARKED-18601"]', JSON, 422, "invalid_input"),
        (b'"MARKED-18601"', JSON, 422, "invalid_input"),
        (b"null", JSON, 422, "invalid_input"),
        (b"17", JSON, 422, "invalid_input"),
        (b'{"title": "\xff\xfe MARKED-18601"}', JSON, 400, "unparsable"),
        (b'{"quantity": ' + b"9" * 5000 + b"}", JSON, 400, "unparsable"),
        (b"[" * 100_000, JSON, 400, "unparsable"),
        (json.dumps(a_need()).encode(), {**JSON, "Content-Type": "text/plain"}, 422, "invalid_input"),
        (b"title=MARKED-18601", {**JSON, "Content-Type": "application/x-www-form-urlencoded"}, 422, "invalid_input"),
        (b"MARKED-18601" + b" " * 256 * 1024, JSON, 413, "too_long"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_no_need_is_refused(
    http: Service, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    east = http.caller("east")
    before = worlds.fingerprint(http.engine)
    refused(east.send("POST", "/needs", content=body, headers=headers), status, code)
    assert worlds.fingerprint(http.engine) == before


def test_a_body_without_end_is_refused_before_it_is_in_memory(http: Service) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200 * 2**20:
            sent += 2**16
            yield b" " * 2**16

    refused(http.caller("east").send("POST", "/needs", content=endless(), headers=JSON), 413, "too_long")


@pytest.mark.parametrize("key", [None, "short", "x" * 101, "with blank", "semi;colon", "naïve-key"])
def test_a_write_needs_an_idempotency_key_that_can_stand(http: Service, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    answer = http.caller("east").send("POST", "/needs", json=a_need(), headers=headers)
    refused(answer, 422, "invalid_input", "Idempotency-Key")


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
