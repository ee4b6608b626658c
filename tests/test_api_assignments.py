"""Offers over HTTP: made, seen, accepted, declined, and refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from graph.model.needs import Need
from graph.model.resources import Resource
from matching.use_cases.answers import sweep
from tests import worlds
from tests.web import Service, every_page, got, nothing_personal, refused

OFFER = {"need": "leak", "resource": "wang-time"}
YES = {"side": "provider"}
NO = {"side": "provider", "reason": "busy"}


@pytest.fixture
def things() -> list[Need | Resource]:
    return [worlds.need("leak")]


def offered(http: Service, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = got(http.caller("east").post("/assignments", {**OFFER, **changes}), 201)
    return made


def test_an_offer_carries_the_communitys_yes_and_reserves_a_unit_on_both_sides(http: Service) -> None:
    answer = http.caller("east").post("/assignments", OFFER)
    made = got(answer, 201)
    assert answer.headers["location"] == f"/api/v1/assignments/{made['id']}"
    assert (made["state"], made["waiting_for"], made["quantity"]) == ("offered", ["provider"], 1)
    assert (made["need"], made["resource"], made["period"]) == ("leak", "wang-time", worlds.WEEK)
    assert (made["plan"], made["rev"]) == (None, 1)
    assert sum(made["parts"].values()) > 0
    assert datetime.fromisoformat(made["expires"]) > worlds.NOON
    assert worlds.counters(http.engine) == {"need": (1, 0), "bucket": (1, 0)}
    assert got(http.caller("east").get(f"/assignments/{made['id']}")) == made
    # What would be offered next is no matter of providers.
    assert got(http.caller("wang").get(f"/assignments/{made['id']}")) == {**made, "backups": None}


def test_a_provider_accepts_by_itself_and_the_need_is_served(http: Service) -> None:
    made = offered(http)
    after = got(http.caller("wang").post(f"/assignments/{made['id']}/accept", YES))
    assert (after["state"], after["waiting_for"], after["rev"]) == ("active", [], 2)
    assert worlds.counters(http.engine) == {"need": (0, 1), "bucket": (0, 1)}
    need = got(http.caller("east").get("/needs/leak"))
    assert (need["reserved"], need["taken"]) == (0, 1)


def test_staff_accept_for_a_provider_by_telephone_and_it_is_recorded_so(http: Service) -> None:
    made = offered(http)
    after = got(http.caller("east").post(f"/assignments/{made['id']}/accept", YES))
    assert after["state"] == "active"
    events = got(http.caller("east").get("/needs/leak/events"))["items"]
    assert [(e["verb"], e["party"], e["before"], e["after"]) for e in events] == [
        ("offer", "community", None, "offered"),
        ("accept", "staff_for_provider", "offered", "active"),
    ]


def test_a_no_frees_what_was_reserved_and_the_pair_is_not_shown_again(http: Service) -> None:
    made = offered(http)
    after = got(http.caller("wang").post(f"/assignments/{made['id']}/decline", NO))
    assert (after["state"], after["rev"]) == ("declined", 2)
    assert worlds.counters(http.engine) == {"need": (0, 0), "bucket": (0, 0)}
    [left] = got(http.caller("east").post("/needs/leak/matches"))["matches"]
    assert left["resource"] == "zhao-time"
    refused(http.caller("east").post("/assignments", OFFER), 409, "not_a_match")
    [event] = [e for e in got(http.caller("east").get("/needs/leak/events"))["items"] if e["verb"] == "decline"]
    assert (event["party"], event["reason"]) == ("provider", "busy")


@pytest.mark.parametrize("verb", ["offer", "accept", "decline"])
def test_sending_a_write_again_has_no_second_effect(http: Service, verb: str) -> None:
    if verb == "offer":
        who, path, body = "east", "/assignments", OFFER
    else:
        who, path, body = "wang", f"/assignments/{offered(http)['id']}/{verb}", YES if verb == "accept" else NO
    first = http.caller(who).post(path, body, key="once-only")
    before = worlds.fingerprint(http.engine)
    again = http.caller(who).post(path, body, key="once-only")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert first.status_code in (200, 201)
    assert worlds.fingerprint(http.engine) == before
    other = {**body, "quantity": 2} if verb == "offer" else {**body, "side": "community"}
    refused(http.caller("east" if verb == "offer" else who).post(path, other, key="once-only"), *_reused(verb))
    assert worlds.fingerprint(http.engine) == before


def _reused(verb: str) -> tuple[int, str]:
    # A provider that speaks for the other side is refused before its key is looked at.
    return (422, "key_reused") if verb == "offer" else (403, "not_allowed")


def test_the_same_yes_under_another_key_is_refused(http: Service) -> None:
    made = offered(http)
    wang = http.caller("wang")
    got(wang.post(f"/assignments/{made['id']}/accept", YES))
    refused(wang.post(f"/assignments/{made['id']}/accept", YES), 409, "wrong_state")
    refused(wang.post(f"/assignments/{made['id']}/decline", NO), 409, "wrong_state")
    refused(http.caller("east").post(f"/assignments/{made['id']}/accept", {"side": "community"}), 409, "wrong_state")


def test_a_community_that_said_yes_with_its_offer_cant_say_it_again(http: Service) -> None:
    made = offered(http)
    refused(http.caller("east").post(f"/assignments/{made['id']}/accept", {"side": "community"}), 409, "wrong_state")


def test_too_late_is_told_and_changes_nothing(http: Service) -> None:
    made = offered(http)
    wang = http.caller("wang")
    http.clock.advance(hours=25)
    before = worlds.fingerprint(http.engine)
    for verb, body in (("accept", YES), ("decline", NO)):
        refused(wang.post(f"/assignments/{made['id']}/{verb}", body), 409, "expired")
    assert worlds.fingerprint(http.engine) == before
    sweep(http.store, clock=http.clock)
    assert got(http.caller("wang").get(f"/assignments/{made['id']}"))["state"] == "expired"
    refused(http.caller("wang").post(f"/assignments/{made['id']}/accept", YES), 409, "wrong_state")


def test_the_last_unit_goes_to_one_of_many_clients_and_the_others_get_the_next_best(http: Service) -> None:
    ids = [f"leak-{i}" for i in range(6)]
    worlds.add(http.store, *(worlds.need(i) for i in ids))
    east = http.caller("east")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda i: east.post("/assignments", {"need": i, "resource": "wang-time"}), ids))
    assert sorted(a.status_code for a in answers) == [201, 201, 409, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            said = refused(answer, 409, "taken")
            assert [n["resource"] for n in said["next"]] == ["zhao-time"]
    assert worlds.counters(http.engine)["bucket"] == (2, 0)


def test_what_is_offered_already_is_not_offered_again(http: Service) -> None:
    worlds.add(http.store, worlds.need("two", quantity=2))
    offered(http, need="two")
    refused(http.caller("east").post("/assignments", {**OFFER, "need": "two"}), 409, "wrong_state")


def test_a_need_that_is_taken_up_is_told_so(http: Service) -> None:
    offered(http)
    said = refused(http.caller("east").post("/assignments", {**OFFER, "resource": "zhao-time"}), 409, "taken")
    assert said["next"] == []


def test_a_resource_that_cant_serve_and_a_need_that_is_not_open_are_refused(http: Service) -> None:
    worlds.add(http.store, worlds.need("done", state="closed"))
    east = http.caller("east")
    before = worlds.fingerprint(http.engine)
    refused(east.post("/assignments", {**OFFER, "resource": "wheelchairs"}), 409, "not_a_match")
    refused(east.post("/assignments", {**OFFER, "need": "done"}), 409, "wrong_state")
    refused(east.post("/assignments", {**OFFER, "quantity": 2}), 422, "invalid_input", "quantity")
    refused(east.post("/assignments", {**OFFER, "need": "nowhere"}), 404, "not_found")
    refused(east.post("/assignments", {**OFFER, "resource": "nowhere"}), 404, "not_found")
    assert worlds.fingerprint(http.engine) == before


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("", {}, ["need", "resource"]),
        (
            "",
            {"need": "", "resource": "x" * 101, "quantity": 0, "plan": "MARKED-18601"},
            ["need", "resource", "quantity", "plan"],
        ),
        ("", {**OFFER, "quantity": 1001}, ["quantity"]),
        ("", {**OFFER, "quantity": "1"}, ["quantity"]),
        ("", {**OFFER, "quantity": 10**30}, ["quantity"]),
        ("", {"need": "MARKED-18601\x00", "resource": "\x1b"}, ["need", "resource"]),
        ("", {"need": ["leak"], "resource": {"id": 1}}, ["need", "resource"]),
        ("/{id}/accept", {}, ["side"]),
        ("/{id}/accept", {"side": "resident"}, ["side"]),
        ("/{id}/accept", {"side": "provider", "reason": "busy"}, ["reason"]),
        ("/{id}/accept", [], ["body"]),
        ("/{id}/decline", {"side": "provider"}, ["reason"]),
        ("/{id}/decline", {"side": 1, "reason": "MARKED-18601"}, ["side", "reason"]),
    ],
    ids=str,
)
def test_a_body_that_cant_stand_is_refused_with_every_bad_field(
    http: Service, path: str, body: Any, fields: list[str]
) -> None:
    made = offered(http)
    before = worlds.fingerprint(http.engine)
    path = path.replace("{id}", made["id"])
    refused(http.caller("east").post(f"/assignments{path}", body), 422, "invalid_input", *fields)
    assert worlds.fingerprint(http.engine) == before


@pytest.mark.parametrize("path", ["", "/{id}/accept", "/{id}/decline"])
def test_every_write_needs_an_idempotency_key(http: Service, path: str) -> None:
    made = offered(http)
    path = path.replace("{id}", made["id"])
    answer = http.caller("east").send("POST", f"/assignments{path}", json={**OFFER} if path == "" else NO)
    assert "Idempotency-Key" in [e["field"] for e in refused(answer, 422, "invalid_input")["errors"]]


def test_a_neighbour_cant_tell_an_offer_from_one_that_does_not_exist(http: Service) -> None:
    made = offered(http)
    for who in ("west", "zhao", "clinic"):
        caller = http.caller(who)
        before = worlds.fingerprint(http.engine)
        for id_ in (made["id"], "nowhere"):
            refused(caller.get(f"/assignments/{id_}"), 404, "not_found")
            refused(caller.post(f"/assignments/{id_}/accept", YES), 404, "not_found")
            refused(caller.post(f"/assignments/{id_}/decline", NO), 404, "not_found")
        refused(caller.get("/assignments", need="leak"), 404, "not_found")
        assert got(caller.get("/assignments"))["items"] == []
        assert worlds.fingerprint(http.engine) == before


def test_the_staff_of_the_providers_area_dont_answer_for_another_areas_need(http: Service) -> None:
    made = offered(http, resource="zhao-time")  # Zhao lives in the west, the leak is in the east
    refused(http.caller("west").post(f"/assignments/{made['id']}/accept", YES), 404, "not_found")
    got(http.caller("zhao").post(f"/assignments/{made['id']}/accept", YES))


def test_a_provider_speaks_for_its_own_side_only(http: Service) -> None:
    made = offered(http)
    for verb, body in (("accept", {"side": "community"}), ("decline", {**NO, "side": "community"})):
        refused(http.caller("wang").post(f"/assignments/{made['id']}/{verb}", body), 403, "not_allowed")


def test_the_list_is_paged_and_narrowed_and_a_provider_sees_its_own(http: Service) -> None:
    worlds.add(http.store, worlds.need("b", quantity=2), worlds.need("c", requires=["wheelchair"]))
    made = [
        offered(http),
        offered(http, need="b", resource="zhao-time", quantity=2),
        offered(http, need="c", resource="wheelchairs"),
    ]
    got(http.caller("wang").post(f"/assignments/{made[0]['id']}/accept", YES))
    ids = sorted(a["id"] for a in made)
    for limit in (1, 2, 3, 200):
        assert [a["id"] for a in every_page(http.caller("east"), "/assignments", limit=limit)] == ids

    def listed(who: str, **query: str) -> list[int]:
        found = got(http.caller(who).get("/assignments", **query))["items"]
        assert nothing_personal(json.dumps(found, ensure_ascii=False))
        return sorted(next(i for i, a in enumerate(made) if a["id"] == f["id"]) for f in found)

    assert listed("street") == [0, 1, 2]
    assert listed("east", state="active") == [0]
    assert listed("east", need="b") == [1]
    assert listed("east", need="b", state="active") == []
    assert listed("west") == []
    assert listed("wang") == [0]
    assert listed("clinic") == [2]
    assert listed("clinic", need="c", state="offered") == [2]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"limit": 0}, ["limit"]),
        ({"state": "MARKED-18601", "limit": 999, "need": "x" * 101}, ["state", "limit", "need"]),
        ({"cursor": "MARKED-18601"}, ["cursor"]),
        ({"cursor": "WzEsImEiXQ"}, ["cursor"]),  # [1, "a"], a cursor of another list
    ],
    ids=str,
)
def test_a_query_that_cant_stand_is_refused(http: Service, query: dict[str, Any], fields: list[str]) -> None:
    refused(http.caller("east").get("/assignments", **query), 422, "invalid_input", *fields)


def test_an_offer_says_when_it_runs_out_in_an_instant_with_an_offset(http: Service) -> None:
    made = offered(http)
    expires = datetime.fromisoformat(made["expires"])
    assert expires.tzinfo is not None
    assert timedelta() < expires - http.clock.now() <= timedelta(hours=48)
