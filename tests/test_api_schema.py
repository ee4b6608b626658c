"""The API keeps to its own document, whatever is sent: good requests, wrong ones, known ids and unknown ones."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from api.http.app import create_app
from api.security.keys import create_key
from graph.engine import Engine
from graph.model.actors import EVERYTHING, Role
from graph.model.times import city_date
from matching.use_cases.nightly import nightly
from seeds.load import load
from seeds.tongchuan import build
from tests import worlds
from tests.test_api_access import WHO_MAY
from tests.web import nothing_personal
from tests.worlds import FakeClock

EXAMPLES = 20  # good and wrong ones, each, a route
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
GOOD, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TAKES_NOTHING = {"/healthz", "/readyz", "/api/v1/capabilities"}
SENT = [
    pytest.param(method, path, mode, id=f"{method} {path} {'good' if mode is GOOD else 'wrong'}")
    for method, path in WHO_MAY
    for mode in ((GOOD,) if path in TAKES_NOTHING else (GOOD, WRONG))
]


@dataclass
class Described:
    """The document, a key of the whole city, and ids that exist."""

    schema: BaseSchema
    document: dict[str, Any]
    key: str
    known: dict[str, list[str]]
    answers: Counter[tuple[str, int]]


@pytest.fixture(scope="module")
def api(embedded_engine: Engine) -> Iterator[Described]:
    """The demo city after one night."""
    clock = FakeClock()
    store = worlds.fresh_store(embedded_engine)
    city = build(now=clock.now())
    load(store, city)
    plan = nightly(store, area=None, night=city_date(clock.now()), by=worlds.OPERATOR, clock=clock).plan
    offers = store.read(lambda graph: graph.assignments.page(state=None, need=None, limit=200), scope=EVERYTHING)
    key, _ = create_key(store, name="schema", role=Role.CITY, area="6102", provider=None, days=1, clock=clock)
    app = create_app(store, clock)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    offered = [a.id for a in offers]
    known = {
        "area": [city.areas[0].id, "6102", *(n.area for n in city.needs[:5])],
        "need": [n.id for n in city.needs],
        "resource": [a.resource for a in offers],
        "plan": [plan.id],
        "assignment": offered,
        "offer": offered,
        "organisation": [o.id for o in city.organisations[:5]],
        "team": [t.id for t in city.teams[:5]],
        "provider": [r.provider for r in city.resources[:5]],
        "located_in": [a.id for a in city.areas[:5]],
        "reports_to": [a.id for a in city.areas[:5]],
        "capability": [c.id for c in city.capabilities],
        "parent": [a.id for a in city.areas[:5]],
        "person": [p.id for p in city.people[:20]],
        "lives_in": [p.lives_in for p in city.people[:20]],
    }
    described = Described(schema, app.openapi(), key, known, Counter())
    yield described
    # The examples must have come further than the front door, else they prove nothing.
    reached = described.answers
    assert reached["post /api/v1/needs", 201] > 0, reached
    assert reached["post /api/v1/needs/{need}/matches", 200] > 0, reached
    assert reached["post /api/v1/assignments/{offer}/accept", 200] > 0, reached
    for path in ("capabilities", "organisations", "teams", "resources"):
        assert reached[f"post /api/v1/{path}", 201] > 0, reached
    assert reached["patch /api/v1/capabilities/{capability}", 200] > 0, reached
    assert reached["post /api/v1/resources/{resource}/withdraw", 200] > 0, reached
    assert not any(status >= 500 for _, status in reached)


def make_known(case: Case, known: dict[str, list[str]], data: st.DataObject) -> None:
    """Put ids that exist where an example has made-up ones: else nearly all would be unknown."""
    for place in (case.path_parameters, case.query, case.body):
        if not isinstance(place, dict):
            continue
        for name in known.keys() & place.keys():
            if isinstance(place[name], str) and known[name]:
                place[name] = data.draw(st.sampled_from(known[name]))
    if isinstance(case.body, dict):
        for name, value in case.body.items():
            if name in ("title", "text"):  # what is drawn from all of Unicode is seldom one line
                case.body[name] = data.draw(st.sampled_from(["漏水", "修灯", "Ω"]))
            elif isinstance(value, float):  # 2.0 is an integer to JSON Schema, and not to us
                case.body[name] = int(value)
    if isinstance(case.body, dict) and "provides" in case.body:
        chosen = st.lists(st.sampled_from(known["capability"]), min_size=1, max_size=2, unique=True)
        case.body["provides"] = [{"capability": c} for c in data.draw(chosen)]
        for name in ("reaches", "windows", "reach_minutes"):
            case.body.pop(name, None)
        if case.path == "/api/v1/resources":
            case.body["provider"] = data.draw(st.sampled_from(known["provider"]))
    if isinstance(case.body, dict) and "is_a" in case.body:
        case.body["is_a"] = [data.draw(st.sampled_from(known["capability"]))]
    if isinstance(case.body, dict) and "requires" in case.body:
        chosen = st.lists(st.sampled_from(known["capability"]), min_size=1, max_size=2, unique=True)
        case.body["requires"] = [{"capability": c} for c in data.draw(chosen)]
        for name in ("person", "due", "windows", "appointed"):
            case.body.pop(name, None)


@pytest.mark.parametrize(("method", "path", "mode"), SENT)
def test_every_answer_is_as_the_document_says(api: Described, method: str, path: str, mode: GenerationMode) -> None:
    operation = api.schema[path][method]
    # A query's unknown parameters are let pass, so only bodies must be refused for certain.
    looked_at = [*CHECKS, checks.negative_data_rejection] if mode is WRONG and operation.body else CHECKS

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def send(case: Case, data: st.DataObject) -> None:
        if mode is GOOD and data.draw(st.integers(0, 3)):
            make_known(case, api.known, data)
            if "Idempotency-Key" in (case.headers or {}):
                case.headers["Idempotency-Key"] = str(uuid4())  # the simplest ones were another route's already
        answer = case.call(headers={"Authorization": f"Bearer {api.key}"})
        api.answers[f"{method} {path}", int(answer.status_code)] += 1
        case.validate_response(answer, checks=looked_at)
        if answer.status_code >= 400:
            assert nothing_personal(answer.text)

    send()


# ── the document itself ──────────────────────────────────────────────────────────────────────────────────────


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(m, p): o for p, methods in document["paths"].items() for m, o in methods.items()}


def test_the_document_is_openapi_3_1(api: Described) -> None:
    assert api.document["openapi"].startswith("3.1.")
    assert api.document["info"]["title"]


def test_every_operation_says_what_it_does_and_has_a_short_name_of_its_own(api: Described) -> None:
    found = operations(api.document)
    for where, operation in found.items():
        assert operation["summary"], where
        assert operation["description"].strip().endswith((".", ";")), where
        assert re.fullmatch(r"[a-z]+(_[a-z]+){0,2}", operation["operationId"]), operation["operationId"]
    names = [o["operationId"] for o in found.values()]
    assert len(set(names)) == len(names)


def test_every_route_documents_what_it_can_refuse(api: Described) -> None:
    for (method, path), operation in operations(api.document).items():
        answers = operation["responses"]
        if WHO_MAY[method, path] is None:
            continue
        expected = {"401", "403", "500", "503"}
        if "{" in path:
            expected |= {"404"}
        if "requestBody" in operation:
            expected |= {"400", "413", "422"}
        assert expected <= set(answers), (method, path)
        for status, answer in answers.items():
            if int(status) >= 400:
                content = answer["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, (method, path, status)
                assert re.search(r": `[a-z_]+`", answer["description"]), (method, path, status)


def test_every_write_documents_its_idempotency_key(api: Described) -> None:
    reading = {  # writes nothing, or is written down every time
        "/api/v1/needs/{need}/text",
        "/api/v1/needs/{need}/matches",
        "/api/v1/organisations/{organisation}/contact",
        "/api/v1/people/search",
        "/api/v1/people/{person}/personal",
        "/api/v1/people/{person}/export",
    }
    revised = {
        f"/api/v1/{things}/{{{thing}}}"
        for things, thing in (
            ("areas", "area"),
            ("organisations", "organisation"),
            ("teams", "team"),
            ("resources", "resource"),
            ("people", "person"),
        )
    }
    for (method, path), operation in operations(api.document).items():
        headers = [p["name"] for p in operation.get("parameters", []) if p["in"] == "header"]
        writes = method in ("post", "patch") and path not in reading
        expected = {"Idempotency-Key"} if writes else set()
        assert set(headers) == expected | ({"If-Match"} if method == "patch" and path in revised else set()), path


def test_no_shape_of_the_document_is_unused_and_none_is_missing(api: Described) -> None:
    text = str(api.document)
    for name in api.document["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text, name
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in api.document["components"]["schemas"]
