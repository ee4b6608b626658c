"""Marked values are planted in every personal place, everything is used, and then they are looked for."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.terminal import EXIT_REFUSED
from graph.engine import Dialect, Engine, connect
from graph.master_key import load_keys
from graph.model.actors import EVERYTHING
from graph.model.people import Organisation, OrganisationKind, Person
from graph.store import Graph, Store
from graph.store.organisations import write_organisations
from graph.store.people import write_people
from matching.use_cases.needs import ShowReason, record_need
from matching.use_cases.nightly import nightly
from matching.use_cases.people import change_person, record_person
from matching.use_cases.personal_data import show_personal
from tests import tables, worlds
from tests.test_api_access import BODIES, OF_ROLE, WHO_MAY
from tests.web import Caller, Here, Service, serve, service
from tests.worlds import EAST_STAFF, FakeClock

MARKS = ("MARKED", "记号甲", "13911112222", "61020219380307", "1391111")
"""What must stand nowhere: words for free text, and the beginnings of a phone and an ID number."""
CONTROL = "PUBLIC-CONTROL 这是公开的话"
"""A public title: where even this is not found, the search itself is blind."""

PERSON = Person(
    "marked",
    "MARKED-NAME 记号甲的名字",
    "east-1",
    phone="+8613911112222",
    id_number="610202193803070020",
    address="MARKED-ADDRESS 记号甲的住址在这里三楼",
    health="MARKED-HEALTH 记号甲的病情写在这里很长",
    birth_year=1938,
    household="liu-home",
)
TEXT = "MARKED-TEXT 记号甲家的水管漏了,电话13911112222,身份证610202193803070020"
CONTACT = "MARKED-CONTACT 记号甲 13911112222"
SHOWING = ("/personal", "/export", "/text")
"""Ends of the routes that show what is personal to who may see it."""


def marks_in(text: str) -> list[str]:
    """Return the marks that stand in a text, however JSON writes it."""
    plain = text.encode().decode("unicode_escape", errors="ignore") if "\\u" in text else ""
    return [mark for mark in MARKS if mark in text or mark in plain]


def marks_in_files(folder: Path, *wanted: str) -> set[tuple[str, str]]:
    """Return (file, mark) of what stands in the raw bytes of files, in UTF-8, UTF-16 or base64."""
    found = set()
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        raw = path.read_bytes()
        for mark in wanted or MARKS:
            # Of the three places where base64 may begin, one is enough: the marks are planted many times.
            forms = (mark.encode(), mark.encode("utf-16-le"), mark.encode("utf-16-be"))
            if any(form in raw for form in forms) or (len(mark) > 8 and base64.b64encode(mark.encode())[:-4] in raw):
                found.add((path.name, mark))
    return found


def fill(store: Store, *people: str) -> None:
    """Write the tiny city with a marked person of each name, a marked need and organisation."""
    worlds.fill(
        store, worlds.need("leak", title=CONTROL[:40], person="liu", text=TEXT), worlds.need("for-all", text=TEXT)
    )

    def work(graph: Graph) -> None:
        write_people(graph.loading, [replace(PERSON, id=name) for name in people])
        unit = Organisation("unit", OrganisationKind.UNIT, "公开的单位", "east", contact=CONTACT)
        write_organisations(graph.loading, [unit])

    store.write(work, scope=EVERYTHING)


def paths(route: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        route = route.replace("{" + name + "}", value)
    return route


def send(caller: Caller, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
    """Send a request past the checks of `Caller`: here the marks are looked for."""
    headers = {"Authorization": f"Bearer {caller.key}", "Idempotency-Key": f"MARKED-{uuid4()}", "If-Match": '"1"'}
    answer: httpx.Response = caller.service.client.request(
        method.upper(), path, headers=headers, json=body, params=query
    )
    return answer


BAD: list[Any] = [
    {"name": "MARKED-NAME\n", "phone": "13911112222x", "lives_in": "MARKED-AREA", "MARKED 记号甲": "MARKED"},
    {"phone": "1391111222", "id_number": "610202193803070021", "reason": "MARKED-REASON", "text": "MARKED" * 900},
    {"title": "电话13911112222", "text": TEXT, "area": "MARKED-AREA", "requires": [{"capability": "MARKED"}]},
    {"side": "MARKED", "need": "MARKED", "resource": "记号甲", "health": ["MARKED"], "home": {"lat": "MARKED"}},
    ["MARKED", {"记号甲": "13911112222"}],
    "MARKED 13911112222",
]


@contextmanager
def own_store(data: Path) -> Iterator[tuple[Store, Engine]]:
    """Open an embedded store whose files nobody else writes."""
    with connect("embedded", data=data) as engine:
        store = Store(engine, load_keys(data))
        store.migrate()
        yield store, engine


def test_marked_values_stand_in_no_log_no_error_no_foreign_answer_and_no_file(
    tmp_path: Path,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = tmp_path / "data"
    leaks: list[str] = []
    with own_store(data) as (store, engine):
        callers = {**OF_ROLE, "west": "west", "zhao": "zhao"}
        fill(store, *(f"of-{role}" for role in callers))
        nightly(store, area="city", night=worlds.NIGHT, by=worlds.OPERATOR, clock=clock)
        [offer] = worlds.raw(engine, "MATCH (a:Assignment) RETURN a.id AS id LIMIT 1")
        [plan] = worlds.raw(engine, "MATCH (p:Plan) RETURN p.id AS id LIMIT 1")
        shown = set()
        with service(store, engine, clock) as http:
            for role, who in callers.items():
                caller = http.caller(who)
                ids = {"person": f"of-{role}", "need": "leak", "area": "east", "plan": plan["id"]}
                ids |= {"offer": offer["id"], "assignment": offer["id"]}
                for method, route in WHO_MAY:
                    path = paths(route, ids)
                    # Bodies and queries are looked at before the role: two roles are enough for the bad ones.
                    bad = BAD if role in ("community", "provider") else []
                    bodies = [None] if method == "get" else [*bad, MARKED_BODIES.get(route, BODIES.get(route))]
                    for body in bodies:
                        answer = send(caller, method, path, body)
                        if answer.status_code == 200 and path.endswith(SHOWING) and method == "post":
                            shown |= {path.rsplit("/", 1)[1]} if marks_in(answer.text) else set()
                        elif marks_in(answer.text):
                            leaks.append(f"{role} {method} {path}: {answer.text}")
                    asked = (("/MARKED", {"area": "记号甲"}), ("", {"MARKED 记号甲": "1", "p13911112222": "MARKED"}))
                    for end, query in asked if bad else ():
                        answer = send(caller, method, path + end, None, **query)
                        leaks += [f"{role} {path}: {answer.text}"] if marks_in(answer.text) else []
            unforeseen(http, monkeypatch, leaks)
            everything = worlds.raw(engine, "MATCH (n) RETURN labels(n) AS l, properties(n) AS p")
        kept = [json.dumps(row, ensure_ascii=False) for row in everything]
        leaks += [row for row in kept if marks_in(row)]
        assert any(CONTROL[:40] in row for row in kept)
    assert shown == {"personal", "export", "text"}, "what may be shown was not: the test sees nothing"
    leaks += serve_and_ask(data)
    leaks += map(str, marks_in_files(data))
    assert marks_in_files(data, CONTROL[:40]), "the public title is not found either: the search is blind"
    logged = "".join(capfd.readouterr()) + caplog.text
    assert "RuntimeError" in logged, "the log is not looked at"
    assert marks_in(logged) == []
    assert leaks == []


MARKED_BODIES: dict[str, Any] = {
    "/api/v1/people": {
        "name": PERSON.name,
        "lives_in": "east-1",
        "phone": PERSON.phone,
        "address": PERSON.address,
        "health": PERSON.health,
    },
    "/api/v1/people/search": {"phone": PERSON.phone},
    "/api/v1/people/{person}": {"name": PERSON.name, "phone": PERSON.phone, "health": PERSON.health},
    "/api/v1/needs": {"title": "漏水", "text": TEXT, "area": "east-1", "requires": [{"capability": "plumbing"}]},
}


def unforeseen(http: Service, monkeypatch: pytest.MonkeyPatch, leaks: list[str]) -> None:
    """Let mistakes of ours carry marks, in the outermost layer and in the store."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"{TEXT} {PERSON.name}")

    with monkeypatch.context() as patch:
        patch.setattr("matching.use_cases.people.get_person", broken)
        patch.setattr("graph.store.people.People.page", broken)
        for path in ("/api/v1/people/liu", "/api/v1/people"):
            answer = send(http.caller("east"), "get", path)
            assert answer.status_code == 500
            leaks += [answer.text] if marks_in(answer.text) else []


def serve_and_ask(data: Path) -> list[str]:
    """Use a service of its own process with marks, and return what it printed or answered of them."""
    leaks = []
    with serve(data, "--port", "0") as served:
        for body in BAD:
            for path in ("/people", "/people/search", "/needs", "/people/liu/personal"):
                answer = httpx.post(
                    f"{served.base}/api/v1{path}", json=body, headers={"Authorization": "Bearer MARKED"}
                )
                leaks += [answer.text] if marks_in(answer.text) else []
        httpx.get(f"{served.base}/api/v1/people/MARKED?phone=13911112222")
        httpx.post(f"{served.base}/api/v1/people", content=b'{"name": "MARKED')
        served.end()
        rest = served.process.stdout.read() if served.process.stdout else ""
        leaks += [text for text in (served.said + rest, served.log.read_text()) if marks_in(text)]
    return leaks


def test_marked_values_are_printed_by_no_command_and_written_to_no_table_unasked(
    here: Here, embedded_store: Store, embedded_data: Path, tmp_path: Path
) -> None:
    fill(embedded_store, "marked")
    people = ("姓名", "身份证号", "手机", "区域", "住址", "健康状况")
    of = (PERSON.name, "610202193803070055", PERSON.phone, "东社区/一网格", PERSON.address, PERSON.health)
    wrong = [
        (PERSON.name * 9, "610202193803070054", "13911112222x", "东社区", PERSON.address * 40, ""),
        (PERSON.name, "61020219380307", "1391111222", "没有的社区", "", PERSON.health),
    ]
    asked_for = [
        ("标题", "区域", "所需能力", "身份证号", "详情"),
        ("电话13911112222", "东社区", "水电维修", PERSON.id_number, TEXT),
        (CONTROL[:20], "东社区", "水电维修", "610202193803070021", TEXT * 90),
    ]
    good, bad = tables.text(tmp_path / "good.csv", [people, of]), tables.text(tmp_path / "bad.csv", [people, *wrong])
    needs, headless = tables.text(tmp_path / "needs.csv", asked_for), tables.text(tmp_path / "headless.csv", [of])
    out = tmp_path / "out"
    out.mkdir()

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return here(embedded_data, *arguments, RENLING_MASTER_KEY=base64.b64encode(worlds.MASTER_KEY).decode())

    refused, fine = EXIT_REFUSED, 0
    for code, *arguments in (
        (refused, "import", "people", str(bad)),
        (refused, "import", "people", str(bad), "--json"),
        (refused, "import", "people", str(bad), "--skip-bad-rows"),
        (refused, "import", "people", str(headless)),
        (fine, "import", "people", str(good), "--dry-run"),
        (fine, "import", "people", str(good), "--json"),
        (refused, "import", "needs", str(needs)),
        (refused, "import", "needs", str(needs), "--skip-bad-rows", "--json"),
        (fine, "export", "people", str(out / "people.csv")),
        (fine, "export", "needs", str(out / "needs.csv")),
        (refused, "doctor", "--graph"),  # no API key yet
        (refused, "doctor", "--graph", "--json"),
        (refused, "person", "export", "nobody"),
    ):
        done = run(*arguments)
        assert (done.returncode, marks_in(done.stdout + done.stderr)) == (code, []), (arguments, done)
    assert marks_in_files(out) == set()
    assert marks_in_files(out, CONTROL[:40]), "the public title is not found either: the search is blind"
    assert marks_in((tmp_path / "bad.rejects.csv").read_text("utf-8-sig")), "what is to be mended was not put aside"
    handed_out = run("person", "export", "marked")
    assert marks_in(handed_out.stdout), "what is handed out was not: the test sees nothing"
    assert marks_in(handed_out.stderr) == []


def test_neo4js_own_files_hold_no_marked_value(
    neo4j_engine: Engine, tmp_path_factory: pytest.TempPathFactory, clock: FakeClock
) -> None:
    homes = [p for p in tmp_path_factory.getbasetemp().glob("neo4j*/neo4j") if (p / "data").is_dir()]
    if neo4j_engine.dialect is not Dialect.NEO4J or not homes:
        pytest.skip("the tests' Neo4j runs elsewhere (RENLING_TEST_NEO4J or Docker): its files can't be read from here")
    store = worlds.fresh_store(neo4j_engine)
    fill(store, "marked")
    by, key = EAST_STAFF, worlds.key
    made = record_person(
        store, replace(PERSON, id="new", id_number=None), by=by, key=key(name="MARKED-KEY-记号甲"), clock=clock
    )
    changes = {"health": "MARKED-HEALTH 记号甲的病情又写了一遍"}
    change_person(store, made.person.id, changes, rev=1, by=by, key=key(), clock=clock)
    record_need(store, worlds.need("told", person="new", text=TEXT), by=by, key=key(), clock=clock)
    shown = show_personal(store, "new", reason=ShowReason.HANDLING, by=by, clock=clock)
    assert shown.person.health == changes["health"]
    assert marks_in_files(homes[0], CONTROL[:40]), "the public title is not found either: the search is blind"
    assert marks_in_files(homes[0] / "data") | marks_in_files(homes[0] / "logs") == set()
