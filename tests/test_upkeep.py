"""`renling doctor` finds what is wrong and names what mends it; `renling migrate` mends an older store."""

import base64
import importlib.util
import json
import shlex
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api import check_up
from api.settings import Settings
from api.terminal import EXIT_AWAY, EXIT_HELD, EXIT_REFUSED
from graph import schema
from graph.engine import Engine, arcadedb
from graph.model.times import SystemClock, to_milliseconds
from graph.store import Store
from tests.stores import logins
from tests.web import Here, ok, told
from tests.worlds import MASTER_KEY, NOON, FakeClock, fill, need, raw

KEY = base64.b64encode(MASTER_KEY).decode()
Doctor = Callable[..., dict[str, Any]]


@pytest.fixture
def port() -> Iterator[int]:
    """A port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    yield number


@pytest.fixture
def doctor(here: Here, embedded_data: Path, embedded_store: Store, port: int) -> Doctor:
    """Look at the shared embedded store, filled and sound but for the API key; return the findings by name."""
    fill(embedded_store, need(person="liu"))

    def look(*options: str, data: Path = embedded_data, **settings: str) -> dict[str, Any]:
        done = here(
            data, "doctor", "--json", *options, **{"RENLING_MASTER_KEY": KEY, "RENLING_PORT": str(port)} | settings
        )
        found = json.loads(done.stdout)
        assert done.returncode == (EXIT_REFUSED if any(f["state"] == "wrong" for f in found) else 0)
        assert all(f["mend"] for f in found if f["state"] == "wrong")
        return {f["name"]: f for f in found}

    return look


def mend(here: Here, data: Path, command: str, **settings: str) -> str:
    """Do what the doctor said."""
    return ok(here(data, *shlex.split(command)[1:], RENLING_MASTER_KEY=KEY, **settings))


def wrong(found: dict[str, Any]) -> set[str]:
    return {name for name, one in found.items() if one["state"] == "wrong"}


# ── sound ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_set_up_is_found_sound_and_left_as_it_is(doctor: Doctor, here: Here, embedded_data: Path) -> None:
    mend(here, embedded_data, doctor()["API keys"]["mend"])
    found = doctor("--graph")
    assert wrong(found) == set()
    assert found["graph"]["words"] == "every count agrees"
    assert found["schema"]["words"] == f"version {schema.VERSION}"
    said = ok(here(embedded_data, "doctor", RENLING_MASTER_KEY=KEY, RENLING_PORT="0"))
    assert str(embedded_data) in said and "→" not in said


def test_a_set_up_that_was_never_started_is_not_made_by_looking(here: Here, tmp_path: Path, port: int) -> None:
    data = tmp_path / "data"
    done = here(data, "doctor", "--json", RENLING_PORT=str(port))
    assert done.returncode == 0
    [store] = [f for f in json.loads(done.stdout) if f["name"] == "store"]
    assert (store["state"], store["mend"]) == ("note", "renling seed tongchuan")
    assert not data.exists()


# ── without the store ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("folder", "words"), [("/proc/renling", "can't be written"), ("{file}/data", "is no folder")])
def test_a_data_folder_that_cant_be_used_is_found(doctor: Doctor, tmp_path: Path, folder: str, words: str) -> None:
    (tmp_path / "file").write_text("in the way")
    found = doctor(data=Path(folder.replace("{file}", str(tmp_path / "file"))))
    assert words in found["data folder"]["words"]
    assert "data folder" in wrong(found)
    assert "data folder" not in wrong(doctor(data=tmp_path / "another"))


def test_a_disk_that_is_nearly_full_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_up, "LOW_ON_DISK", 1 << 60)
    assert "GiB free" in doctor()["disk"]["words"]
    assert "disk" in wrong(doctor())


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("short", "32 bytes"),
        ("钥匙", "32 bytes"),
        (base64.b64encode(b"x" * 31).decode(), "32 bytes"),
        (base64.b64encode(b"x" * 32).decode(), "is another one"),
    ],
)
def test_a_master_key_that_cant_stand_is_found_and_not_repeated(doctor: Doctor, key: str, words: str) -> None:
    found = doctor(RENLING_MASTER_KEY=key)["master key"]
    assert (found["state"], words in found["words"]) == ("wrong", True)
    assert key not in found["words"] + found["mend"]
    assert "master key" not in wrong(doctor())


def test_an_older_master_key_that_is_still_there_is_told_with_what_ends_the_rotation(
    doctor: Doctor, here: Here, tmp_path: Path, port: int
) -> None:
    two = f"{KEY}\n{base64.b64encode(b'o' * 32).decode()}"
    found = doctor(RENLING_MASTER_KEY=two.replace("\n", ","))["master key"]
    assert (found["state"], "older" in found["words"]) == ("note", True)
    assert found["mend"].startswith("renling key rotate (then")
    (tmp_path / "secret.key").write_text(two)
    done = here(tmp_path, "doctor", "--json", RENLING_PORT=str(port))
    [found] = [f for f in json.loads(done.stdout) if f["name"] == "master key"]
    assert (found["state"], found["mend"]) == ("note", "renling key rotate")
    assert not [key for key in two.split() if key in done.stdout]


def test_a_lost_file_of_the_master_key_is_found_and_no_new_one_is_made(
    here: Here, doctor: Doctor, embedded_data: Path, port: int
) -> None:
    done = here(embedded_data, "doctor", "--json", RENLING_PORT=str(port))
    [found] = [f for f in json.loads(done.stdout) if f["name"] == "master key" and f["state"] == "wrong"]
    assert "missing" in found["words"] and found["mend"].endswith("secret.key")
    assert not (embedded_data / "secret.key").exists()


def test_a_missing_java_is_found(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def elsewhere(name: str, package: str | None = None) -> Any:
        found = SimpleNamespace(origin=str(tmp_path / "x.py"))
        return found if name == "arcadedb_embedded" else find(name, package)

    monkeypatch.setattr(arcadedb.importlib.util, "find_spec", elsewhere)
    found = doctor()
    assert "java" in wrong(found) and "jre/bin/java" in found["java"]["words"]
    assert "store" not in found


def test_a_port_that_another_program_has_is_found(doctor: Doctor, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        found = doctor()["port"]
    assert (found["state"], found["mend"]) == ("wrong", "renling serve --port 0")
    assert str(port) in found["words"]
    assert "port" not in wrong(doctor())


# ── the store ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_store_that_is_not_there_is_found(doctor: Doctor, port: int) -> None:
    found = doctor(RENLING_STORE=f"neo4j://127.0.0.1:{port}")
    assert "does not answer" in found["store"]["words"] and "store" in wrong(found)
    assert "java" not in found
    assert "store" in wrong(doctor(RENLING_STORE="http://127.0.0.1"))


def test_a_wrong_password_is_found_and_serving_with_it_ends_with_words(
    doctor: Doctor, here: Here, tmp_path: Path, neo4j_engine: Engine
) -> None:
    user, password = logins[neo4j_engine.address]
    if user is None or password is None:
        pytest.skip("this Neo4j asks for no password")
    settings = {"RENLING_STORE": neo4j_engine.address, "RENLING_STORE_USER": user, "RENLING_STORE_PASSWORD": "guessed"}
    found = doctor(**settings)
    assert "refuses our user or password" in found["store"]["words"] and "store" in wrong(found)
    assert "guessed" not in str(found)
    done = here(tmp_path, "serve", "--port", "0", RENLING_MASTER_KEY=KEY, **settings)
    told(done, EXIT_AWAY, "RENLING_STORE_PASSWORD")
    assert doctor(**settings | {"RENLING_STORE_PASSWORD": password})["store"]["state"] == "good"


def test_an_older_store_is_found_refused_by_every_command_and_migrated(
    doctor: Doctor, here: Here, embedded_data: Path, embedded_engine: Engine
) -> None:
    raw(embedded_engine, "MATCH (s:Schema) SET s.version = 1")
    try:
        for command in (["key", "list"], ["nightly"], ["sweep"], ["serve", "--port", "0"], ["seed", "tongchuan"]):
            done = here(embedded_data, *command, RENLING_MASTER_KEY=KEY)
            told(done, EXIT_REFUSED, "schema version 1", "renling migrate")
            assert len(done.stderr.splitlines()) == 1
        found = doctor()
        assert (found["schema"]["state"], found["schema"]["mend"]) == ("wrong", "renling migrate")
        said = mend(here, embedded_data, "renling migrate")
        assert f"from schema version 1 to {schema.VERSION}" in said
        assert "schema" not in wrong(doctor())
        assert "Nothing to do" in mend(here, embedded_data, "renling migrate")
        assert json.loads(mend(here, embedded_data, "renling migrate --json")) == {
            "from": schema.VERSION,
            "to": schema.VERSION,
            "left": [],
        }
    finally:
        raw(embedded_engine, "MATCH (s:Schema) SET s.version = $version", version=schema.VERSION)


def test_a_migration_that_another_one_keeps_out_says_until_when(
    here: Here, embedded_data: Path, embedded_store: Store, embedded_engine: Engine
) -> None:
    raw(embedded_engine, "MATCH (s:Schema) SET s.version = 1")
    until = to_milliseconds(SystemClock().now()) + 60_000
    raw(embedded_engine, "CREATE (:Lease {id: 'migrate', holder: 'another', until: $until})", until=until)
    try:
        told(here(embedded_data, "migrate", RENLING_MASTER_KEY=KEY), EXIT_HELD, "another migrate run")
    finally:
        raw(embedded_engine, "MATCH (s:Schema) SET s.version = $version", version=schema.VERSION)


def test_a_newer_store_is_found_and_refused_by_the_migration(
    doctor: Doctor, here: Here, embedded_data: Path, embedded_engine: Engine
) -> None:
    raw(embedded_engine, "MATCH (s:Schema) SET s.version = 99")
    try:
        assert "99" in doctor()["schema"]["words"]
        assert "schema" in wrong(doctor())
        told(here(embedded_data, "migrate", RENLING_MASTER_KEY=KEY), EXIT_REFUSED, "version 99")
    finally:
        raw(embedded_engine, "MATCH (s:Schema) SET s.version = $version", version=schema.VERSION)


def test_a_store_without_a_city_is_found_and_seeded(
    doctor: Doctor, here: Here, embedded_data: Path, embedded_engine: Engine
) -> None:
    raw(embedded_engine, "MATCH (n) WHERE NOT n:Schema DETACH DELETE n")
    found = doctor()
    assert "city" in wrong(found)
    mend(here, embedded_data, found["city"]["mend"] + " --scale 0.001")
    assert "city" not in wrong(doctor())


def test_no_key_and_none_that_is_valid_are_found_and_mended_by_the_command_that_is_named(
    doctor: Doctor, here: Here, embedded_data: Path, embedded_engine: Engine
) -> None:
    found = doctor()["API keys"]
    assert (found["state"], found["words"]) == ("wrong", "none yet")
    mend(here, embedded_data, found["mend"])
    assert wrong(doctor()) == set()
    raw(embedded_engine, "MATCH (k:ApiKey) SET k.expires = 1")
    found = doctor()["API keys"]
    assert (found["state"], "expired" in found["words"]) == ("wrong", True)
    mend(here, embedded_data, found["mend"])
    assert wrong(doctor()) == set()


def test_leases_are_told_with_their_holder_and_their_end(doctor: Doctor, embedded_engine: Engine) -> None:
    soon = to_milliseconds(SystemClock().now()) + 60_000
    raw(embedded_engine, "MERGE (l:Lease {id: 'nightly'}) SET l.holder = 'somebody', l.until = $until", until=soon)
    found = doctor()["lease"]
    assert found["state"] == "note"
    assert "held by somebody until" in found["words"]
    raw(embedded_engine, "MATCH (l:Lease {id: 'nightly'}) SET l.until = $until", until=to_milliseconds(NOON))
    found = doctor()["lease"]
    assert "left behind by somebody" in found["words"] and "2026-11-18 04:00:00" in found["words"]
    assert found["mend"] == "renling nightly"


def test_who_is_past_the_day_until_which_they_are_kept_is_counted(doctor: Doctor, embedded_engine: Engine) -> None:
    assert "retention" not in doctor()
    raw(embedded_engine, "MATCH (p:Person {id: 'liu'}) SET p.keep_until = '2020-01-01'")
    found = doctor()["retention"]
    assert (found["state"], found["words"][:8]) == ("note", "1 people")
    assert "time_over" in found["mend"]


@pytest.mark.parametrize("also", [{}, {"RENLING_MASTER_KEY": base64.b64encode(b"x" * 32).decode()}])
def test_the_graph_is_looked_through_whatever_else_is_wrong(
    doctor: Doctor, embedded_engine: Engine, monkeypatch: pytest.MonkeyPatch, also: dict[str, str]
) -> None:
    monkeypatch.setattr(check_up, "LOW_ON_DISK", 1 << 60)
    raw(embedded_engine, "MATCH (n:Need) SET n.taken = 1")
    found = doctor("--graph", **also)
    assert wrong(found) >= {"disk", "API keys", "graph"}
    assert "need leak: 0 reserved and 1 taken" in found["graph"]["words"]
    assert "graph" not in doctor(**also)


def test_where_the_graph_is_not_looked_through_it_says_what_is_in_the_way(
    doctor: Doctor, here: Here, tmp_path: Path, embedded_engine: Engine, port: int
) -> None:
    def not_looked(**given: Any) -> str:
        found = doctor("--graph", **given)["graph"]
        assert found["state"] == "note" and found["words"].startswith("not looked through, for the ")
        return str(found["words"])

    (tmp_path / "file").write_text("in the way")
    assert "data folder" in not_looked(data=tmp_path / "file" / "data")
    assert "does not answer" in not_looked(RENLING_STORE=f"neo4j://127.0.0.1:{port}")
    done = here(tmp_path / "data", "doctor", "--graph", RENLING_PORT=str(port))
    assert done.returncode == 0 and "not looked through, for the store: none yet" in done.stdout
    raw(embedded_engine, "MATCH (s:Schema) SET s.version = 1")
    try:
        assert "schema: version 1" in not_looked()
    finally:
        raw(embedded_engine, "MATCH (s:Schema) SET s.version = $version", version=schema.VERSION)


def test_clocks_that_are_far_apart_are_found(doctor: Doctor, embedded_data: Path, embedded_engine: Engine) -> None:
    settings = Settings(data=embedded_data, master_key=KEY, port=0)
    [found] = [f for f in check_up.check_up(settings, clock=FakeClock()) if f.name == "clock"]
    assert found.state is check_up.State.WRONG
    assert doctor()["clock"]["state"] == "good"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("MATCH (n:Need) SET n.taken = 1", "need leak: 0 reserved and 1 taken"),
        ("MATCH (:Need)-[i:IN_AREA]->() DELETE i", "need leak: lies in 0 areas"),
    ],
)
def test_a_broken_graph_is_named_thing_by_thing(
    doctor: Doctor, here: Here, embedded_data: Path, embedded_engine: Engine, damage: str, words: str
) -> None:
    mend(here, embedded_data, doctor()["API keys"]["mend"])
    raw(embedded_engine, damage)
    assert wrong(doctor()) == set()
    assert words in doctor("--graph")["graph"]["words"]
