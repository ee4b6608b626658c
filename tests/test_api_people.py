"""People over HTTP: masked, found, changed, shown with a reason, exported and erased."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.store import Store
from tests import worlds
from tests.web import Caller, Service, every_page, got, nothing_personal, refused, service
from tests.worlds import FakeClock

SEALED = ("陈秀英", "13900000009", "610202193803070020", "1号楼301室", "糖尿病")
CHEN: dict[str, Any] = {
    "name": "陈秀英",
    "lives_in": "east-1",
    "phone": "139-0000-0009",
    "id_number": "610202193803070020",
    "address": "1号楼301室",
    "health": "糖尿病",
    "birth_year": 1938,
    "home": {"lat": 34.9012345, "lon": 108.9412345},
    "languages": ["zh"],
    "household": "liu-home",
    "works_for": "clinic",
    "reports_to": "west",
    "consent": "2026-01-02",
}


@pytest.fixture
def http(
    embedded_store: Store,
    embedded_engine: Engine,
    clock: FakeClock,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Service]:
    worlds.fill(embedded_store, worlds.need("leak", person="liu"))
    with service(embedded_store, embedded_engine, clock) as running:
        yield running
    logged = "".join(capfd.readouterr()) + caplog.text
    assert nothing_personal(logged)
    assert not [word for word in SEALED if word in logged]


def record(http: Service, who: str = "east", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = got(http.caller(who).post("/people", CHEN | changes), 201)
    return made


def patch(
    caller: Caller, person: str, body: Any, *, etag: str | None = '"1"', key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())} | ({} if etag is None else {"If-Match": etag})
    return caller.send("PATCH", f"/people/{person}", json=body, headers=headers)


def personal(http: Service, person: str, who: str = "east") -> dict[str, Any]:
    found: dict[str, Any] = got(http.caller(who).post(f"/people/{person}/personal", {"reason": "handling"}))
    return found


def events(http: Service, subject: str) -> list[tuple[str, str | None]]:
    rows = worlds.raw(
        http.engine, "MATCH (e:Event {subject: $s}) RETURN e.verb AS v, e.reason AS r, e.seq AS n", s=subject
    )
    return [(row["v"], row["r"]) for row in sorted(rows, key=lambda r: r["n"])]


# ── seen and recorded ────────────────────────────────────────────────────────────────────────────────────────


def test_a_recorded_person_is_shown_masked_and_kept_encrypted(http: Service) -> None:
    answer = http.caller("east").post("/people", CHEN)
    made = got(answer, 201)
    assert made == {
        "id": made["id"],
        "name": "陈**",
        "age": "80-89",
        "has_phone": True,
        "grid": "east-grid",
        "household": "liu-home",
        "party_organisation": None,
        "verified": False,
        "paused_until": None,
        "rev": 1,
    }
    assert answer.headers["location"] == f"/api/v1/people/{made['id']}"
    again = http.caller("east").get(f"/people/{made['id']}")
    assert got(again) == made
    assert again.headers["etag"] == answer.headers["etag"] == '"1"'
    kept = json.dumps(worlds.properties(http.engine, "Person", made["id"]), ensure_ascii=False)
    assert not [word for word in SEALED if word in kept]


def test_a_list_goes_page_by_page_through_who_lives_in_the_scope(http: Service) -> None:
    assert [p["id"] for p in every_page(http.caller("street"), "/people", limit=1)] == ["liu", "wang", "zhao"]
    assert [p["id"] for p in got(http.caller("street").get("/people", area="990002001002"))["items"]] == ["zhao"]
    assert [p["id"] for p in got(http.caller("east-grid").get("/people"))["items"]] == ["liu", "wang"]
    refused(http.caller("east").get("/people", area="west"), 404, "not_found")
    refused(http.caller("east").get("/people", cursor="MARKED-18601"), 422, "invalid_input", "cursor")


def test_who_is_past_their_day_is_listed_by_itself(http: Service) -> None:
    past, last = record(http, keep_until="2026-11-17"), record(http, keep_until="2026-11-18", id_number=None)
    east = http.caller("east")
    assert [p["id"] for p in got(east.get("/people", time_over=True))["items"]] == [past["id"]]
    assert {past["id"], last["id"]} < {p["id"] for p in got(east.get("/people"))["items"]}
    assert got(http.caller("west").get("/people", time_over=True))["items"] == []
    refused(east.get("/people", time_over="13900000001"), 422, "invalid_input", "time_over")


@pytest.mark.parametrize(
    ("birth_year", "age"),
    [(None, None), (2008, "18-19"), (2009, "minor"), (2026, "minor"), (1966, "60-69"), (1920, "100-109")],
)
def test_an_age_is_told_in_tens_and_of_a_minor_only_that(
    http: Service, birth_year: int | None, age: str | None
) -> None:
    assert record(http, birth_year=birth_year, id_number=None)["age"] == age


def test_recorded_twice_under_one_key_it_is_one_person(http: Service) -> None:
    east = http.caller("east")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: east.post("/people", CHEN, key="the-same-one"), range(4)))
    assert len({got(a, 201)["id"] for a in answers}) == 1
    assert len(got(east.get("/people"))["items"]) == 3


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no name": ({"name": ""}, ["name"]),
    "a name of two lines": ({"name": "刘桂兰\nMARKED-18601"}, ["name"]),
    "a broken phone": ({"phone": "13900000001x MARKED-18601"}, ["phone"]),
    "a mistyped ID number": ({"id_number": "610202193803070021"}, ["id_number"]),
    "both": ({"phone": "1", "id_number": "1"}, ["phone", "id_number"]),
    "a year ahead": ({"birth_year": 2027}, ["birth_year"]),
    "a year in words": ({"birth_year": "1938"}, ["birth_year"]),
    "an area elsewhere": ({"lives_in": "west-1"}, ["lives_in"]),
    "a household that is not there": ({"household": "刘桂兰"}, ["household"]),
    "an employer and a party that are not there": ({"works_for": "x", "member_of": "x"}, ["works_for", "member_of"]),
    "a day in numbers": ({"consent": 1}, ["consent"]),
    "a day far away": ({"keep_until": "9999-01-01"}, ["keep_until"]),
    "a home beyond the earth": ({"home": {"lat": 91, "lon": 0}}, ["home.lat"]),
    "a language in a sentence": ({"languages": ["刘桂兰 MARKED-18601"]}, ["languages.0"]),
    "a field of one's own": ({"刘桂兰": 1, "passport": "MARKED-18601"}, ["(unknown)", "passport"]),
    "verified in words": ({"verified": "yes"}, ["verified"]),
}


@pytest.mark.parametrize("why", BAD)
def test_what_cant_stand_is_refused_by_field_and_never_repeated(http: Service, why: str) -> None:
    changes, fields = BAD[why]
    east = http.caller("east")
    before = worlds.fingerprint(http.engine)
    refused(east.post("/people", CHEN | changes), 422, "invalid_input", *fields)
    refused(patch(east, "liu", changes), 422, "invalid_input", *fields)
    assert worlds.fingerprint(http.engine) == before


def test_a_person_is_found_by_phone_or_id_number_however_it_is_written(http: Service) -> None:
    made = record(http)
    for body in (
        {"phone": "+86 139 0000 0009"},
        {"phone": "１３９０００００００９"},
        {"id_number": "610202193803070020"},
    ):
        found = got(http.caller("east-grid").post("/people/search", body))
        assert found == {"items": [made], "next": None}
        assert got(http.caller("west").post("/people/search", body))["items"] == []
    east = http.caller("east")
    assert got(east.post("/people/search", {"phone": "12345"}))["items"] == []
    refused(east.post("/people/search", {}), 422, "invalid_input", "phone")
    refused(east.post("/people/search", {"phone": "110", "id_number": "1"}), 422, "invalid_input", "phone")
    refused(east.post("/people/search", {"id_number": "13900000001"}), 422, "invalid_input", "id_number")


def test_each_search_is_written_down_without_what_was_sought(http: Service) -> None:
    record(http)
    east = http.caller("east")
    got(east.post("/people/search", {"phone": CHEN["phone"]}))
    http.clock.advance(minutes=1)
    got(east.post("/people/search", {"id_number": "610202194909010012"}))
    [key] = [k.id for k in http.store.read(lambda graph: graph.api_keys.all(), scope=EVERYTHING) if k.name == "east"]
    kept = worlds.raw(http.engine, "MATCH (e:Event {subject: $key}) RETURN e.seq AS n, properties(e) AS p", key=key)
    told = [(row["n"], row["p"]["verb"], row["p"]["actor"], row["p"]["after"]) for row in kept]
    assert sorted(told) == [(1, "search_people", key, "1 found"), (2, "search_people", key, "0 found")]
    assert "13900000009" not in json.dumps([row["p"] for row in kept])
    for who in ("auditor", "street", "east"):
        seen = [(s["subject"], s["seq"], s["verb"]) for s in got(http.caller(who).get("/showings"))["items"]]
        assert seen == [(key, 2, "search_people"), (key, 1, "search_people")]
    assert got(http.caller("west").get("/showings"))["items"] == []


def test_numbers_cant_be_tried_out_one_after_another(http: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.use_cases.people.SEARCHES", 3)
    east, sought = http.caller("east"), {"phone": "13900000001"}
    for _ in range(3):
        got(east.post("/people/search", sought))
        http.clock.advance(minutes=10)
    before = worlds.fingerprint(http.engine)
    refused(east.post("/people/search", sought), 429, "too_many")
    assert worlds.fingerprint(http.engine) == before
    got(http.caller("street").post("/people/search", sought))  # each key counts by itself
    http.clock.advance(minutes=30)
    got(east.post("/people/search", sought))
    refused(east.post("/people/search", sought), 429, "too_many")


# ── changed ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_needs_the_etag_that_was_read(http: Service) -> None:
    east = http.caller("east")
    refused(patch(east, "liu", {"verified": True}, etag=None), 428, "etag_missing")
    refused(patch(east, "liu", {"verified": True}, etag="13900000001"), 422, "invalid_input", "If-Match")
    answer = patch(east, "liu", {"verified": True})
    assert (got(answer)["verified"], answer.headers["etag"]) == (True, '"2"')
    assert refused(patch(east, "liu", {"verified": False}), 412, "stale")["rev"] == 2
    assert got(east.get("/people/liu"))["verified"] is True


def test_a_change_sent_again_after_a_lost_reply_has_one_effect(http: Service) -> None:
    east = http.caller("east")
    first = got(patch(east, "liu", {"name": "刘兰"}, key="the-same-one"))
    assert got(patch(east, "liu", {"name": "刘兰"}, key="the-same-one")) == first
    assert first["name"] == "刘*"
    assert first["rev"] == 2


def test_null_takes_a_field_away_and_what_is_left_out_stays(http: Service) -> None:
    made = record(http)
    changed = got(patch(http.caller("east"), made["id"], {"phone": None, "household": None, "health": "好"}))
    assert (changed["has_phone"], changed["household"], changed["rev"]) == (False, None, 2)
    found = personal(http, made["id"])
    assert (found["phone"], found["health"], found["id_number"]) == (None, "好", "610202193803070020")
    assert found["focus"] == []
    east = http.caller("east")
    for name in ("name", "lives_in", "verified", "languages"):
        refused(patch(east, made["id"], {name: None}, etag='"2"'), 422, "invalid_input", name)
    assert patch(east, made["id"], {}, etag='"2"').status_code == 422


def test_of_two_at_once_one_is_stale(http: Service) -> None:
    east = http.caller("east")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda n: patch(east, "liu", {"name": n}), ("刘一", "刘二")))
    assert sorted(a.status_code for a in answers) == [200, 412]


def test_who_is_paused_is_matched_with_nothing_until_then(http: Service) -> None:
    east = http.caller("east")
    before = {m["resource"] for m in got(east.post("/needs/leak/matches"))["matches"]}
    assert "wang-time" in before
    until = worlds.NOON.replace(hour=6).isoformat()
    got(patch(east, "wang", {"paused_until": until}))
    assert {m["resource"] for m in got(east.post("/needs/leak/matches"))["matches"]} == before - {"wang-time"}
    said = refused(east.post("/assignments", {"need": "leak", "resource": "wang-time"}), 409, "not_a_match")
    assert said["reason"] == "paused"
    http.clock.advance(hours=2)
    assert {m["resource"] for m in got(east.post("/needs/leak/matches"))["matches"]} == before


# ── shown ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_personal_is_shown_with_a_reason_and_each_showing_is_written_down(http: Service) -> None:
    made = record(http)
    found = personal(http, made["id"])
    assert found | CHEN | {"phone": "+8613900000009", "home": {"lat": 34.901, "lon": 108.941}} == found
    personal(http, made["id"], "street")
    assert events(http, made["id"]) == [("record", None), ("show_personal", "handling"), ("show_personal", "handling")]
    west = http.caller("west")
    before = worlds.fingerprint(http.engine)
    path = f"/people/{made['id']}/personal"
    refused(west.post(path, {"reason": "handling"}), 404, "not_found")
    refused(http.caller("east").post(path, {"reason": "刘桂兰"}), 422, "invalid_input", "reason")
    refused(http.caller("east").post(path, {}), 422, "invalid_input", "reason")
    assert worlds.fingerprint(http.engine) == before


def test_showings_are_listed_the_latest_first_for_those_who_supervise(http: Service) -> None:
    for who, hour in (("east", 1), ("street", 2)):
        personal(http, "liu", who)
        http.clock.advance(hours=hour)
    got(http.caller("east").post("/needs/leak/text", {"reason": "supervision"}))
    personal(http, "zhao", "west")
    listed = every_page(http.caller("auditor"), "/showings", limit=1)
    assert [(s["subject"], s["verb"], s["reason"]) for s in listed] == [
        ("zhao", "show_personal", "handling"),
        ("leak", "show_text", "supervision"),
        ("liu", "show_personal", "handling"),
        ("liu", "show_personal", "handling"),
    ]
    assert [s["subject"] for s in got(http.caller("west").get("/showings"))["items"]] == ["zhao"]
    assert [s["subject"] for s in got(http.caller("street").get("/showings", area="west"))["items"]] == ["zhao"]
    refused(http.caller("west").get("/showings", area="east"), 404, "not_found")


def test_why_a_household_is_kept_in_view_is_told_with_a_reason_only(http: Service) -> None:
    made = record(http)
    for answer in (
        http.caller("east").get("/people"),
        http.caller("east").get(f"/people/{made['id']}"),
        http.caller("east").post("/people/search", {"phone": CHEN["phone"]}),
        patch(http.caller("east"), made["id"], {"verified": True}),
    ):
        assert "advanced_age" not in json.dumps(got(answer))
    assert personal(http, made["id"])["focus"] == ["advanced_age"]
    assert events(http, made["id"])[-1] == ("show_personal", "handling")


# ── exported and erased ──────────────────────────────────────────────────────────────────────────────────────


def offered(http: Service, need: str = "leak", resource: str = "wang-time") -> str:
    made = got(http.caller("east").post("/assignments", {"need": need, "resource": resource}), 201)
    return str(made["id"])


def answered(http: Service, offer: str, **body: str) -> None:
    verb = "decline" if "reason" in body else "accept"
    got(http.caller("east").post(f"/assignments/{offer}/{verb}", {"side": "provider", **body}))


def test_an_export_holds_everything_of_one_person_and_nothing_of_another(http: Service) -> None:
    offer = offered(http)
    answered(http, offer)
    worlds.add(http.store, worlds.need("for-wang", person="wang", raised_by="liu", text="王建国家的事"))
    got(patch(http.caller("street"), "liu", {"lives_in": "west-1"}))
    personal(http, "liu", "street")
    found = got(http.caller("street").post("/people/liu/export", {"reason": "resident_asked"}))
    assert (found["person"]["name"], found["person"]["phone"], found["person"]["birth_year"]) == (
        "刘桂兰",
        "13900000001",
        1938,
    )
    homes = [(r["to"]["id"], r["until"] is None) for r in found["relationships"] if r["type"] == "LIVES_IN"]
    assert sorted(homes) == [("east-1", False), ("west-1", True)]
    assert [h["focus"] for h in found["households"]] == [["advanced_age"]]
    assert {n["id"]: n.get("text") for n in found["needs"]} == {"leak": worlds.need().text, "for-wang": None}
    assert [(a["id"], a["state"]) for a in found["assignments"]] == [(offer, "active")]
    assert {("show_personal", "handling"), ("export", "resident_asked")} <= {
        (e["verb"], e["reason"]) for e in found["events"]
    }
    assert "王建国" not in json.dumps(found, ensure_ascii=False)
    of_wang = got(http.caller("east").post("/people/wang/export", {"reason": "resident_asked"}))
    assert [r["id"] for r in of_wang["resources"]] == ["wang-time"]
    assert [a["id"] for a in of_wang["assignments"]] == [offer]


def erase(http: Service, person: str, who: str = "east", key: str | None = None) -> httpx.Response:
    return http.caller(who).post(f"/people/{person}/erase", {"reason": "resident_asked"}, key=key)


def test_an_erased_person_answers_gone_and_the_history_stands(http: Service) -> None:
    offer = offered(http)
    answered(http, offer, reason="busy")
    before = worlds.raw(http.engine, "MATCH (e:Event) RETURN count(e) AS n")[0]["n"]
    assert got(erase(http, "liu")) == {"person": "liu", "erased": True}
    east = http.caller("east")
    refused(east.get("/people/liu"), 410, "erased")
    refused(patch(east, "liu", {"verified": True}, etag='"2"'), 410, "erased")
    for path in ("personal", "export"):
        refused(east.post(f"/people/liu/{path}", {"reason": "handling"}), 410, "erased")
    refused(east.post("/needs/leak/text", {"reason": "handling"}), 410, "erased")
    refused(
        east.post(
            "/needs",
            {
                "title": "漏水",
                "text": "漏",
                "area": "east-1",
                "requires": [{"capability": "plumbing"}],
                "person": "liu",
            },
        ),
        410,
        "erased",
    )
    assert [p["id"] for p in got(east.get("/people"))["items"]] == ["wang"]
    assert got(east.post("/people/search", {"phone": "13900000001"}))["items"] == []
    assert got(east.get("/needs/leak"))["state"] == "cancelled"
    assert events(http, "leak")[-1] == ("cancel", "erased")
    assert events(http, "liu") == [("erase", "resident_asked")]
    after = worlds.raw(http.engine, "MATCH (e:Event) RETURN count(e) AS n")[0]["n"]
    assert after == before + 3  # the erasure, the need's cancelling, the search
    assert worlds.properties(http.engine, "Household", "liu-home")["focus"] == []  # nobody else lives there
    assert worlds.broken(http.store) == []


def test_erased_a_second_time_nothing_changes(http: Service) -> None:
    first = got(erase(http, "liu", key="the-same-one"))
    before = worlds.fingerprint(http.engine)
    assert got(erase(http, "liu", key="the-same-one")) == first
    assert worlds.fingerprint(http.engine) == before
    assert got(erase(http, "liu")) == first
    assert events(http, "liu") == [("erase", "resident_asked")]


@pytest.mark.parametrize("state", ["offered", "active"])
@pytest.mark.parametrize("party", ["liu", "wang"])
def test_a_party_to_a_live_assignment_is_not_erased(http: Service, state: str, party: str) -> None:
    offer = offered(http)
    if state == "active":
        answered(http, offer)
    before = worlds.fingerprint(http.engine)
    assert refused(erase(http, party), 409, "wrong_state")["assignments"] == [offer]
    assert worlds.fingerprint(http.engine) == before


def test_what_an_erased_provider_lists_is_withdrawn(http: Service) -> None:
    wang = http.caller("wang")
    got(wang.get("/assignments"))
    got(erase(http, "wang"))
    assert worlds.properties(http.engine, "Resource", "wang-time")["state"] == "withdrawn"
    assert events(http, "wang-time") == [("withdraw", "erased")]
    refused(wang.get("/assignments"), 401, "unauthorised")
    assert worlds.properties(http.engine, "Household", "liu-home")["focus"] == ["advanced_age"]
    matches = got(http.caller("east").post("/needs/leak/matches"))["matches"]
    assert [m["resource"] for m in matches] == ["zhao-time"]


def test_an_offer_and_an_erasure_at_once_never_both_stand(http: Service) -> None:
    for number in range(4):
        person = record(http, name=f"陈{number}", phone=None, id_number=None, household=None)["id"]
        worlds.add(http.store, worlds.need(f"hot-{number}", person=person, requires=["wheelchair"], text="x"))
        east, street = http.caller("east"), http.caller("street")
        with ThreadPoolExecutor(2) as pool:
            erased = pool.submit(erase, http, person)
            made = pool.submit(
                street.post, "/assignments", {"need": f"hot-{number}", "resource": "wheelchairs"}
            ).result()
            gone = erased.result()
        assert sorted([made.status_code < 300, gone.status_code < 300]) == [False, True], (made.text, gone.text)
        if made.status_code == 201:
            answer = {"side": "provider", "reason": "busy"}
            got(east.post(f"/assignments/{made.json()['id']}/decline", answer))
    assert worlds.broken(http.store) == []


def test_a_need_recorded_while_its_resident_is_erased_is_refused_or_cancelled(http: Service) -> None:
    for number in range(4):
        person = record(http, name=f"陈{number}", phone=None, id_number=None, household=None)["id"]
        body = {
            "title": "漏水",
            "text": "漏",
            "area": "east-1",
            "requires": [{"capability": "plumbing"}],
            "person": person,
        }
        with ThreadPoolExecutor(2) as pool:
            erased = pool.submit(erase, http, person)
            made = pool.submit(http.caller("street").post, "/needs", body).result()
            got(erased.result())
        if made.status_code == 201:
            assert got(http.caller("east").get(f"/needs/{made.json()['id']}"))["state"] == "cancelled"
        else:
            refused(made, 410, "erased")
