"""Needs over HTTP: recorded once, refused with every bad field."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from tests import worlds
from tests.web import Service, a_need, got, nothing_personal, refused

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
