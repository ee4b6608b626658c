"""What a running service says while its store is away, and how it finds it again."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from api.cli import EXIT_AWAY
from graph.engine import Engine, connect
from graph.store import Store, StoreAway
from tests.stores import held_back, logins
from tests.web import Served, gone, renling, serve
from tests.worlds import MASTERS, fresh_store

LONGEST = 15.0  # seconds that a request may take to say that the store is away: 5, and a slow machine
HANGING = 25.0  # … that it is there and says nothing: `REQUEST`, 5 to come to a connection, and a slow machine
THREADS = 40  # requests that the service works on at once


def halt(process: int) -> None:
    """Stop a process, and return once all its threads stand still: on a busy machine that takes a moment."""
    os.kill(process, signal.SIGSTOP)
    tasks = Path(f"/proc/{process}/task")
    while any(" T " not in (task / "stat").read_text() for task in tasks.iterdir()):
        time.sleep(0.01)


class Wire:
    """An address of our own in front of a server: it can be there or not, like a network."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def join(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        for sock in (self._listener, *self._open):
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
        self._listener = None
        self._open = []

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._to)
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(2**16):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


def ask(served: Served, path: str, key: str) -> tuple[httpx.Response, float]:
    """Return an answer and how long it took."""
    started = time.monotonic()
    answer = httpx.get(f"{served.base}{path}", headers={"Authorization": f"Bearer {key}"}, timeout=30)
    return answer, time.monotonic() - started


def says_away(served: Served, key: str, *, longest: float = LONGEST) -> None:
    """Check that every kind of request is told in time that the store is away, many at once too."""
    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(ask, served, path, key) for path in ("/api/v1/needs", "/readyz") * (THREADS // 2)]
        time.sleep(0.5)  # they all wait by now, and hold every thread there is
        alive, took = ask(served, "/healthz", key)
        assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
        # It does not wait until they have freed a thread.
        assert took < longest / 2 or not all(one.done() for one in asked)
        answers = [one.result() for one in asked]
    for answer, took in answers:
        assert took < longest
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "store_away"
        assert int(answer.headers["retry-after"]) > 0


def works_again(served: Served, key: str, *, within: float = 45) -> None:
    """Wait until requests are served, without anybody's doing."""
    deadline = time.monotonic() + within
    while ask(served, "/api/v1/needs", key)[0].status_code != 200:
        assert time.monotonic() < deadline, "it does not come back"
        time.sleep(0.2)
    assert ask(served, "/readyz", key)[0].status_code == 200


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with the demo city; whoever takes its store away gives it back."""
    with serve(tmp_path_factory.mktemp("demo") / "data", "--demo", "--port", "0") as served:
        yield served
        assert "Traceback" not in served.log.read_text()


def test_while_a_killed_store_is_away_requests_are_told_and_afterwards_they_work_by_themselves(demo: Served) -> None:
    key, java = demo.api_key, demo.java
    before, _ = ask(demo, "/api/v1/needs", key)
    assert before.json()["items"]

    with held_back(demo.data):
        os.kill(java, signal.SIGKILL)
        assert gone(java, within=5)
        says_away(demo, key)
    works_again(demo, key)
    assert demo.java != java
    assert ask(demo, "/api/v1/needs", key)[0].json() == before.json()

    java = demo.java  # once more, with nobody in the supervisor's way
    os.kill(java, signal.SIGKILL)
    works_again(demo, key)
    assert demo.java != java
    assert "Traceback" not in demo.log.read_text()


def test_a_store_that_hangs_counts_as_away_and_requests_work_again_once_it_goes_on(demo: Served) -> None:
    key = demo.api_key
    works_again(demo, key)
    halt(demo.java)  # its port stays open, and it takes what is sent
    try:
        says_away(demo, key, longest=HANGING)
    finally:
        os.kill(demo.java, signal.SIGCONT)
    works_again(demo, key)
    assert "Traceback" not in demo.log.read_text()


def test_long_work_waits_for_a_store_that_hangs_for_a_while_and_a_request_does_not(tmp_path: Path) -> None:
    with (
        connect("embedded", data=tmp_path) as patient,
        connect("embedded", data=tmp_path, reply_within=0.5) as hurried,
    ):
        night, request = Store(patient, MASTERS), Store(hurried, MASTERS, patience=0.5)
        for store in (night, request):
            store.ping()
        java = json.loads((tmp_path / "embedded" / "server.json").read_text())["pid"]
        halt(java)
        going_on = threading.Timer(12, os.kill, (java, signal.SIGCONT))
        going_on.start()
        with pytest.raises(StoreAway):
            request.ping()
        assert going_on.is_alive()
        night.ping()
        going_on.join()
        request.patient(10).ping()


def test_a_command_whose_store_is_not_there_says_so_and_ends(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, and nobody listens
        address = f"neo4j://127.0.0.1:{unused.getsockname()[1]}"
        commands = (["key", "list"], ["nightly"], ["seed", "tongchuan"], ["serve", "--demo", "--port", "0"])
        with ThreadPoolExecutor(len(commands)) as pool:
            for done in pool.map(lambda c: renling(tmp_path / "data", *c, RENLING_STORE=address), commands):
                assert done.returncode == EXIT_AWAY, (done.args, done.stdout, done.stderr)
                assert "Traceback" not in done.stderr
                assert "the store does not answer" in done.stderr
                assert len(done.stderr.splitlines()) <= 3
                assert done.stdout == ""


def test_a_service_that_starts_before_its_neo4j_serves_once_that_is_there_and_outlives_a_cut(
    tmp_path: Path, neo4j_engine: Engine
) -> None:
    fresh_store(neo4j_engine)
    host, _, port = neo4j_engine.address.rpartition("://")[2].partition(":")
    user, password = logins[neo4j_engine.address]
    wire = Wire((host, int(port)))
    settings = {"RENLING_STORE": f"bolt://127.0.0.1:{wire.port}"}
    if user is not None and password is not None:
        settings |= {"RENLING_STORE_USER": user, "RENLING_STORE_PASSWORD": password}
    data = tmp_path / "data"
    with serve(data, "--port", "0", **settings) as served:
        assert "is not ready yet" in served.said
        says_away(served, "rl_none")

        wire.join()
        made = renling(data, "key", "create", "--name", "x", "--role", "city", "--area", "6102", **settings)
        assert "no such area" in made.stderr  # the store answers, and is empty
        assert renling(data, "seed", "tongchuan", "--scale", "0.001", **settings).returncode == 0
        made = renling(data, "key", "create", "--name", "x", "--role", "city", "--area", "6102", "--json", **settings)
        key = json.loads(made.stdout)["key"]
        works_again(served, key)

        wire.cut()
        says_away(served, key)
        wire.join()
        works_again(served, key)
        assert "Traceback" not in served.log.read_text()
        if password is not None:
            assert password not in served.log.read_text() + served.said
    wire.cut()
