"""The command line as a person or a program at a terminal meets it: real processes, a data folder of their own."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api.terminal import EXIT_AWAY, EXIT_REFUSED, EXIT_STOPPED, EXIT_USAGE
from graph import schema
from graph.engine import connect
from graph.model.times import SystemClock, city_date
from tests.web import BIN, Here, Served, environment, gone, ok, renling, runs, serve, told
from tests.worlds import raw

STOPS_WITHIN = 40.0  # seconds; about two here, and the machine may be busy


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running `renling serve --demo`: the commands of these tests find its store open, and share it."""
    with serve(tmp_path_factory.mktemp("demo") / "data", "--demo", "--port", "0") as served:
        yield served


def get(served: Served, path: str, key: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key or served.api_key}"}
    return httpx.get(f"{served.base}/api/v1{path}", headers=headers, timeout=10)


def keep(folder: Path) -> bytes:
    """Return everything that the files of a folder hold."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# ── the demo, seeds and nights ───────────────────────────────────────────────────────────────────────────────


def test_the_demo_says_what_it_loaded_what_the_night_came_to_and_where_it_serves(demo: Served) -> None:
    assert "60 needs" in demo.said and "new)" in demo.said
    assert "pairs offered to both sides" in demo.said
    assert "proved optimal" in demo.said
    assert get(demo, "/needs").json()["items"]
    assert httpx.get(f"{demo.base}/docs").status_code == 200
    assert demo.log.read_text() == ""


def test_seeding_again_changes_nothing(demo: Served) -> None:
    said = json.loads(ok(renling(demo.data, "seed", "tongchuan", "--json")))
    assert said["total"]["needs"] == 60
    assert set(said["new"].values()) == {0}
    assert "all there already" in ok(renling(demo.data, "seed", "tongchuan"))


def test_a_dry_run_shows_the_night_and_writes_nothing(demo: Served) -> None:
    before = get(demo, "/plans").json()
    said = json.loads(ok(renling(demo.data, "nightly", "--dry-run", "--json")))
    assert said["dry_run"] is True
    assert said["bound"] - said["objective"] == said["gap"] == 0
    assert get(demo, "/plans").json() == before


def test_a_night_run_twice_is_unchanged_the_second_time(demo: Served) -> None:
    tomorrow = (city_date(SystemClock().now()) + timedelta(days=1)).isoformat()
    first, second = (json.loads(ok(renling(demo.data, "nightly", "--date", tomorrow, "--json"))) for _ in range(2))
    assert (first["unchanged"], first["state"], first["night"]) == (False, "published", tomorrow)
    assert (second["unchanged"], second["plan"]) == (True, first["plan"])
    assert "nothing has changed" in ok(renling(demo.data, "nightly", "--date", tomorrow))


def test_doctor_finds_a_sound_set_up_sound(demo: Served) -> None:
    said = ok(renling(demo.data, "doctor", "--graph", RENLING_PORT="0"))
    assert str(demo.data) in said
    assert "every count agrees" in said


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_made_used_listed_and_revoked_and_stands_nowhere_in_clear(demo: Served) -> None:
    made = json.loads(
        ok(renling(demo.data, "key", "create", "--name", "hall", "--role", "city", "--area", "6102", "--json"))
    )
    assert get(demo, "/needs", made["key"]).status_code == 200

    listed = ok(renling(demo.data, "key", "list"))
    assert made["id"] in listed and "hall" in listed and "rl_" not in listed
    [row] = [r for r in json.loads(ok(renling(demo.data, "key", "list", "--json"))) if r["id"] == made["id"]]
    assert (row["role"], row["name"], row["revoked"]) == ("city", "hall", False)

    assert ok(renling(demo.data, "key", "revoke", made["id"])) == ""
    answer = get(demo, "/needs", made["key"])
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
    assert "revoked" in ok(renling(demo.data, "key", "list"))

    kept = keep(demo.data) + demo.log.read_bytes()
    assert made["id"].encode() in kept  # the record is there
    for key in (made["key"], demo.api_key):
        assert key.removeprefix("rl_").encode() not in kept


def test_a_providers_key_is_for_somebody_who_lists_something(demo: Served) -> None:
    with connect("embedded", data=demo.data) as engine:
        [row] = raw(engine, "MATCH (r:Resource) RETURN r.provider AS id LIMIT 1")
    arguments = ("key", "create", "--name", "p", "--role", "provider", "--provider")
    made = json.loads(ok(renling(demo.data, *arguments, row["id"], "--json")))
    assert get(demo, "/assignments", made["key"]).status_code == 200
    assert get(demo, "/needs", made["key"]).status_code == 403
    told(renling(demo.data, *arguments, "nobody"), EXIT_REFUSED, "provider")


# ── what can't stand ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nightly", "--area", "nowhere"], EXIT_REFUSED, ["no such area"]),
        (["nightly", "--date", "2026-13-01"], EXIT_USAGE, ["--date"]),
        (["nightly", "--date", "tomorrow"], EXIT_USAGE, ["--date"]),
        (["seed", "tongchuan", "--scale", "2"], EXIT_USAGE, ["--scale"]),
        (["seed", "tongchuan", "--scale", "nan"], EXIT_USAGE, ["--scale"]),
        (["seed", "tongchuan", "--needs", "-1"], EXIT_USAGE, ["--needs"]),
        (["serve", "--port", "70000"], EXIT_USAGE, ["--port"]),
        (["serve", "--host", "256.0.0.1", "--port", "0"], EXIT_AWAY, ["256.0.0.1"]),
        (["key", "create", "--name", "x", "--role", "city"], EXIT_REFUSED, ["area"]),
        (["key", "create", "--name", "x", "--role", "city", "--area", "nowhere"], EXIT_REFUSED, ["no such area"]),
        (["key", "create", "--name", "x", "--role", "city", "--area", "6102", "--days", "0"], EXIT_REFUSED, ["days"]),
        (["key", "create", "--name", "x", "--role", "operator"], EXIT_REFUSED, ["role"]),
        (["key", "create", "--name", "x" * 300, "--role", "city", "--area", "6102"], EXIT_REFUSED, ["name"]),
        (["key", "revoke", "nothing"], EXIT_REFUSED, ["no such key"]),
        (["dance"], EXIT_USAGE, ["dance"]),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else str(value),
)
def test_a_value_that_cant_stand_is_told(
    demo: Served, here: Here, arguments: list[str], code: int, words: list[str]
) -> None:
    told(here(demo.data, *arguments), code, *words)


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"RENLING_PORT": "many"}, EXIT_USAGE, ["RENLING_PORT"]),
        ({"RENLING_PORT": "70000"}, EXIT_USAGE, ["RENLING_PORT"]),
        ({"RENLING_MASTER_KEY": "short"}, EXIT_AWAY, ["master key", "32 bytes"]),
        ({"RENLING_MASTER_KEY": "钥匙"}, EXIT_AWAY, ["master key", "32 bytes"]),
        ({"RENLING_STORE": "http://127.0.0.1"}, EXIT_AWAY, ["neither 'embedded' nor a Neo4j address"]),
        ({"RENLING_STORE": "neo4j://u:pass-secret@127.0.0.1"}, EXIT_AWAY, ["must not contain a user or a password"]),
        ({"RENLING_STORE_USER": "x"}, EXIT_AWAY, ["embedded store makes its own"]),
        ({"RENLING_DATA": "/dev/null/data"}, EXIT_AWAY, ["/dev/null/data", "RENLING_DATA"]),
        ({"RENLING_DATA": "/proc/renling"}, EXIT_AWAY, ["/proc/renling", "RENLING_DATA"]),
        ({"RENLING_DATA": "{file}"}, EXIT_AWAY, ["a-file", "RENLING_DATA"]),
    ],
    ids=str,
)
def test_a_setting_that_cant_stand_is_told(
    tmp_path: Path, here: Here, settings: dict[str, str], code: int, words: list[str]
) -> None:
    (tmp_path / "a-file").write_text("in the way")
    settings = {name: value.replace("{file}", str(tmp_path / "a-file")) for name, value in settings.items()}
    for command in ("serve", "key list"):
        done = here(tmp_path / "data", *command.split(), **settings)
        told(done, code, *words)
        assert "pass-secret" not in done.stderr


def test_a_folder_in_the_way_of_the_store_is_told(tmp_path: Path, here: Here) -> None:
    (tmp_path / "embedded").write_text("a file")
    told(here(tmp_path, "key", "list"), EXIT_AWAY, str(tmp_path / "embedded"))


def test_a_store_of_another_version_is_left_alone(demo: Served, here: Here) -> None:
    with connect("embedded", data=demo.data) as engine:
        raw(engine, "MATCH (s:Schema) SET s.version = 99")
        try:
            for command in (["key", "list"], ["nightly"], ["serve", "--port", "0"]):
                told(here(demo.data, *command), EXIT_REFUSED, "version 99")
        finally:
            raw(engine, "MATCH (s:Schema) SET s.version = $version", version=schema.VERSION)


def test_an_address_that_is_taken_is_told_where_it_was_asked_for(demo: Served, here: Here) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told(here(demo.data, "serve", "--port", str(port)), EXIT_AWAY, f"port {port}", "--port")
        told(here(demo.data, "serve", RENLING_PORT=str(port)), EXIT_AWAY, f"port {port}")


# ── starting and stopping ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_however_it_is_ended_its_store_ends_with_it(tmp_path: Path, how: signal.Signals) -> None:
    with serve(tmp_path / "data", "--port", "0") as served:
        served.wait_until_ready()
        java = served.java
        assert runs(java)
        code = served.end(how, within=STOPS_WITHIN)
        assert code == (-signal.SIGKILL if how is signal.SIGKILL else 0)
        assert gone(java, within=STOPS_WITHIN)
        assert "Traceback" not in served.log.read_text()
        if how is not signal.SIGKILL:
            assert not (served.data / "embedded" / "server.json").exists()


@pytest.mark.parametrize("moment", [0, 0.3])
def test_ctrl_c_while_it_still_loads_ends_all_of_it(tmp_path: Path, moment: float) -> None:
    data = tmp_path / "data"
    command = subprocess.Popen(
        [str(BIN / "renling"), "serve", "--demo", "--port", "0"],
        env=environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background of a shell has Ctrl-C ignored, by what they start too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert command.stdout is not None
    assert "Tongchuan" in command.stdout.readline()  # loaded; the night begins
    java = Served(command, "", "", data, data).java
    try:
        time.sleep(moment)
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=STOPS_WITHIN)
    finally:
        command.kill()  # a failed test leaves no server
    assert command.returncode == EXIT_STOPPED
    assert "mistake of ours" not in errors
    assert gone(java, within=STOPS_WITHIN)


def test_two_on_one_data_folder_share_its_store_and_the_second_survives_the_first(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serve(data) as first:  # on the usual port, or a free one where that is taken
        ok(renling(data, "seed", "tongchuan", "--scale", "0.001"))
        key = json.loads(
            ok(renling(data, "key", "create", "--name", "x", "--role", "city", "--area", "6102", "--json"))
        )["key"]
        with serve(data) as second:
            assert first.base != second.base
            assert first.java == second.java
            for served in (first, second):
                assert get(served, "/needs", key).status_code == 200
            java = first.java
            first.end()
            assert gone(java, within=STOPS_WITHIN)
            assert answers_again(second, key, within=30)
            assert second.java != java
            java = second.java
            second.end()
            assert gone(java, within=STOPS_WITHIN)


def answers_again(served: Served, key: str, *, within: float) -> bool:
    """Wait until a request is served."""
    deadline = time.monotonic() + within
    while get(served, "/needs", key).status_code != 200:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
