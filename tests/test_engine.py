import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from neo4j.exceptions import ServiceUnavailable

from graph.engine import Dialect, Engine, EngineError, child, connect
from tests.stores import NotEmpty, logins, open_neo4j, wipe

PROJECT = Path(__file__).parents[1]

# A command of ours as another process: connects, says where the server is, and stays until its input ends.
COMMAND = """
import json, sys
from pathlib import Path
from graph.engine import connect
with connect("embedded", data=Path(sys.argv[1])) as engine:
    for query in sys.argv[2:]:
        engine.driver.execute_query(query, database_=engine.database)
    print(json.dumps({"address": engine.address}), flush=True)
    sys.stdin.read()
"""


def command(data: Path, *queries: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(data), *queries],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def address_said_by(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said: str = json.loads(process.stdout.readline())["address"]
    return said


def state(data: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((data / "embedded" / "server.json").read_text())
    return read


def server_pid(data: Path) -> int:
    return int(str(state(data)["pid"]))


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def count(engine: Engine, label: str) -> int:
    records = engine.driver.execute_query(f"MATCH (n:{label}) RETURN count(n) AS n", database_=engine.database).records
    counted: int = records[0]["n"]
    return counted


def occupied(port: int) -> socket.socket:
    """Listen at a port as soon as it is free."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for _ in range(100):
        try:
            taken.bind(("127.0.0.1", port))
        except OSError:
            time.sleep(0.01)
        else:
            break
    taken.listen()
    return taken


def test_either_store_answers_a_query(engine: Engine) -> None:
    engine.ping()
    assert engine.driver.execute_query("RETURN 1 AS one", database_=engine.database).records[0]["one"] == 1


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "log").open("ab") as log:
        thread = threading.Thread(
            target=lambda: started.append(child.start(["/bin/sleep", "60"], folder=tmp_path, log=log))
        )
        thread.start()
        thread.join()
    [process] = started
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.kill()
    process.wait()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(embedded_engine: Engine, embedded_data: Path) -> None:
    assert os.getsid(server_pid(embedded_data)) == server_pid(embedded_data) != os.getsid(0)


def test_a_second_process_attaches_and_leaves_the_server_running(embedded_engine: Engine, embedded_data: Path) -> None:
    pid = server_pid(embedded_data)
    second = command(embedded_data)
    assert address_said_by(second) == embedded_engine.address
    second.communicate(timeout=20)
    assert second.returncode == 0
    assert server_pid(embedded_data) == pid
    embedded_engine.ping()


def test_only_the_owner_may_read_what_the_server_leaves(embedded_engine: Engine, embedded_data: Path) -> None:
    home = embedded_data / "embedded"
    assert home.stat().st_mode & 0o777 == 0o700
    for path in home.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (home / "server.json").stat().st_mode & 0o777 == 0o600


def test_the_password_is_on_no_command_line_and_not_in_the_log(embedded_engine: Engine, embedded_data: Path) -> None:
    password = str(state(embedded_data)["password"])
    assert len(password) > 20
    for process in Path("/proc").glob("[0-9]*"):
        try:
            seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        assert password.encode() not in seen, process
    assert password not in (embedded_data / "embedded" / "server.out").read_text()
    assert password not in repr(embedded_engine)


def test_the_server_listens_on_loopback_only(embedded_engine: Engine, embedded_data: Path) -> None:
    port = int(str(state(embedded_data)["bolt_port"]))
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            host, _, heard = line.split()[1].partition(":")
            if int(heard, 16) == port and line.split()[3] == "0A":  # listening
                assert host in ("0100007F", "0000000000000000FFFF00000100007F")


def test_two_processes_at_once_start_one_server(tmp_path: Path) -> None:
    both = [command(tmp_path), command(tmp_path)]
    addresses = {address_said_by(process) for process in both}
    pid = server_pid(tmp_path)
    for process in both:
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert len(addresses) == 1
    assert not runs(pid)
    assert not (tmp_path / "embedded" / "server.json").exists()


def test_the_server_ends_with_a_killed_parent_and_keeps_what_was_committed(tmp_path: Path) -> None:
    parent = command(tmp_path, "CREATE (:Kept)")
    address_said_by(parent)
    pid = server_pid(tmp_path)
    parent.kill()
    parent.wait()
    with connect("embedded", data=tmp_path) as engine:  # at once, while the old server is on its way out
        assert not runs(pid)
        assert server_pid(tmp_path) != pid
        assert count(engine, "Kept") == 1


def test_a_killed_server_is_started_again_under_supervision(tmp_path: Path) -> None:
    restarted = threading.Event()
    with connect("embedded", data=tmp_path) as engine:
        engine.supervise(restarted.set, every=0.2)
        engine.driver.execute_query("CREATE (:Kept)", database_=engine.database)
        address, driver = engine.address, engine.driver

        os.kill(server_pid(tmp_path), signal.SIGKILL)
        assert restarted.wait(30)
        # At the old address: who still holds the old driver is served again, too.
        assert engine.address == address
        assert engine.driver is driver
        assert count(engine, "Kept") == 1

        restarted.clear()
        os.kill(server_pid(tmp_path), signal.SIGKILL)
        with occupied(int(address.rpartition(":")[2])):
            assert restarted.wait(30)
        assert engine.address != address
        assert count(engine, "Kept") == 1
        pid = server_pid(tmp_path)
    assert not runs(pid)


def test_an_attached_engine_under_supervision_takes_over_when_the_owner_dies(tmp_path: Path) -> None:
    owner = command(tmp_path, "CREATE (:Kept)")
    address_said_by(owner)
    taken_over = threading.Event()
    with connect("embedded", data=tmp_path) as engine:
        engine.supervise(taken_over.set, every=0.2)
        owner.kill()
        owner.wait()
        assert taken_over.wait(30)
        assert count(engine, "Kept") == 1
        pid = server_pid(tmp_path)
        assert state(tmp_path)["owner_pid"] == os.getpid()
    assert not runs(pid)


def test_a_stale_server_file_is_replaced(tmp_path: Path) -> None:
    home = tmp_path / "embedded"
    home.mkdir()
    ports = {"bolt_port": 40961, "http_port": 40962}
    someone = {"pid": os.getpid(), "born": "1"}  # a process id in use, but by another program than the server
    owner = {"owner_pid": os.getpid(), "owner_born": "1"}
    (home / "server.json").write_text(json.dumps(someone | owner | ports | {"user": "root", "password": "x" * 20}))
    (home / "password").write_text("long-enough-for-it")
    with connect("embedded", data=tmp_path) as engine:
        engine.ping()
        assert server_pid(tmp_path) != os.getpid()
        assert state(tmp_path)["address"] == engine.address


def test_a_server_that_cannot_start_tells_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"server\.out.*\n.*Invalid maximum heap size"):
        connect("embedded", data=tmp_path, heap="much")


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "embedded").write_text("a file is in the way")
    with pytest.raises(EngineError, match="cannot use its folder"):
        connect("embedded", data=tmp_path)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "neither 'embedded' nor a Neo4j address"),
        ("neo4j", "neither 'embedded' nor a Neo4j address"),
        ("http://localhost:7474", "neither 'embedded' nor a Neo4j address"),
        ("neo4j://", "must be scheme://host:port"),
        ("neo4j://host:7687/renling", "must be scheme://host:port"),
        ("neo4j://host:many", "malformed"),
        ("bolt://host:7687?policy=x", "does not work"),
    ],
)
def test_a_wrong_address_is_told(tmp_path: Path, address: str, told: str) -> None:
    with pytest.raises(EngineError, match=told):
        connect(address, data=tmp_path)


def test_a_password_in_the_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="settings of their own") as caught:
        connect("neo4j://neo4j:topsecret@host:7687", data=tmp_path)
    assert "topsecret" not in str(caught.value)


def test_a_user_without_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="both a user and a password"):
        connect("neo4j://host", data=tmp_path, user="neo4j")


def test_the_embedded_store_takes_no_credentials(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="makes its own"):
        connect("embedded", data=tmp_path, user="neo4j", password="x")


@pytest.mark.parametrize("scheme", ["neo4j", "bolt"])
def test_a_neo4j_that_is_not_there_yet_fails_the_query_not_the_connection(tmp_path: Path, scheme: str) -> None:
    with connect(f"{scheme}://127.0.0.1:9", data=tmp_path, user="neo4j", password="x") as engine:
        assert engine.dialect is Dialect.NEO4J
        with pytest.raises(ServiceUnavailable):
            engine.ping()
        with pytest.raises(EngineError, match="embedded store only"):
            engine.sql("SELECT 1")
    assert not any(tmp_path.iterdir())


def test_sql_reaches_the_embedded_store(embedded_engine: Engine) -> None:
    embedded_engine.sql("CREATE VERTEX TYPE OnlyHere IF NOT EXISTS")
    assert count(embedded_engine, "OnlyHere") == 0
    embedded_engine.sql("DROP TYPE OnlyHere")
    with pytest.raises(EngineError, match="refused 'CREATE NONSENSE'"):
        embedded_engine.sql("CREATE NONSENSE")


def test_a_neo4j_that_somebody_uses_is_refused_for_tests_and_left_as_it_is(
    neo4j_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, password = logins[neo4j_engine.address]
    for name, value in (("", neo4j_engine.address), ("_USER", user or ""), ("_PASSWORD", password or "")):
        monkeypatch.setenv(f"RENLING_TEST_NEO4J{name}", value)
    neo4j_engine.driver.execute_query("CREATE (:Theirs {id: 'x'})", database_=neo4j_engine.database)
    try:
        with pytest.raises(NotEmpty, match="would delete"), open_neo4j(tmp_path):
            pass
        kept = neo4j_engine.driver.execute_query(
            "MATCH (n:Theirs) RETURN count(n) AS n", database_=neo4j_engine.database
        )
        assert kept.records[0]["n"] == 1
    finally:
        wipe(neo4j_engine)
