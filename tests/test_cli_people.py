"""`renling person` and `renling key rotate`, beside a running service; and a wrong master key."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.terminal import EXIT_AWAY, EXIT_REFUSED, EXIT_USAGE
from tests.test_cli import ok, told
from tests.web import Served, renling, serve

OTHER_KEY = base64.b64encode(b"o" * 32).decode()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A small city, served, and the key of its staff."""
    data = tmp_path_factory.mktemp("city") / "data"
    with serve(data, "--port", "0") as served:
        ok(renling(data, "seed", "tongchuan", "--scale", "0.002"))
        made = ok(renling(data, "key", "create", "--name", "x", "--role", "city", "--area", "6102", "--json"))
        yield served, json.loads(made)["key"]


def ask(city: tuple[Served, str], method: str, path: str, body: object = None) -> httpx.Response:
    served, key = city
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.request(method, f"{served.base}/api/v1{path}", headers=headers, json=body, timeout=20)


def people(city: tuple[Served, str]) -> list[str]:
    return [p["id"] for p in ask(city, "GET", "/people?limit=20").json()["items"]]


def test_one_person_is_exported_by_who_runs_the_machine(city: tuple[Served, str]) -> None:
    data, who = city[0].data, people(city)[0]
    found = json.loads(ok(renling(data, "person", "export", who)))
    assert found["person"]["id"] == who
    assert found["person"]["name"]
    assert [(e["verb"], e["reason"]) for e in found["events"]] == [("export", "resident_asked")]
    assert found["events"][0]["actor"].startswith("operator:")
    told(renling(data, "person", "export", "nobody"), EXIT_REFUSED, "no such person")
    told(renling(data, "person", "export", who, "--area", "nowhere"), EXIT_REFUSED, "no such area")


def test_one_person_is_erased_by_who_runs_the_machine(city: tuple[Served, str]) -> None:
    data, who = city[0].data, people(city)[1]
    told(renling(data, "person", "erase", who), EXIT_USAGE, "--reason")
    for _ in range(2):
        assert "erased" in ok(renling(data, "person", "erase", who, "--reason", "resident_asked"))
    assert ask(city, "GET", f"/people/{who}").json()["code"] == "erased"
    told(renling(data, "person", "export", who), EXIT_REFUSED, "erased")


def test_the_master_key_is_rotated_under_a_running_service(city: tuple[Served, str]) -> None:
    data = city[0].data
    path = data / "secret.key"
    before = path.read_text()
    who = people(city)[0]
    assert ask(city, "POST", f"/people/{who}/personal", {"reason": "handling"}).status_code == 200
    assert "data keys rewrapped" in ok(renling(data, "key", "rotate"))
    assert path.read_text() != before
    assert len(path.read_text().split()) == 1
    answer = ask(city, "POST", f"/people/{who}/personal", {"reason": "handling"})
    assert answer.status_code == 200
    assert answer.json()["name"]


def test_a_wrong_master_key_is_told_at_the_start_of_any_command(city: tuple[Served, str]) -> None:
    data = city[0].data
    for command in (["key", "list"], ["nightly"], ["person", "export", "x"], ["serve", "--port", "0"]):
        told(renling(data, *command, RENLING_MASTER_KEY=OTHER_KEY), EXIT_AWAY, "master key")
    doctor = renling(data, "doctor", RENLING_MASTER_KEY=OTHER_KEY)
    assert (doctor.returncode, "master key" in doctor.stdout) == (EXIT_REFUSED, True)


def test_keys_of_the_environment_are_rotated_with_the_new_one_first(city: tuple[Served, str]) -> None:
    data = city[0].data
    old = (data / "secret.key").read_text().strip()
    said = ok(renling(data, "key", "rotate", RENLING_MASTER_KEY=f"{OTHER_KEY},{old}"))
    assert "first key only" in said
    assert (data / "secret.key").read_text().strip() == old
    ok(renling(data, "key", "list", RENLING_MASTER_KEY=OTHER_KEY))
    told(renling(data, "key", "list"), EXIT_AWAY, "master key")
    ok(renling(data, "key", "rotate", RENLING_MASTER_KEY=f"{old},{OTHER_KEY}"))
    ok(renling(data, "key", "list"))


def test_a_rotation_needs_the_key_that_is_there(city: tuple[Served, str], tmp_path: Path) -> None:
    told(renling(city[0].data, "key", "rotate", RENLING_MASTER_KEY=OTHER_KEY), EXIT_AWAY, "master key")
