"""Where the tests get a real Neo4j from, and stores of their own to kill."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from neo4j.exceptions import DriverError, Neo4jError

from graph.engine import Engine, connect
from tests.neo4j_local import LocalNeo4j, assemble

_IMAGE = "neo4j:5.26-community"
_WIPED_AT_ONCE = 2000  # nodes a transaction
logins: dict[str, tuple[str | None, str | None]] = {}
"""Address → (user, password) of what was opened, for tests that open it again from another process."""


class NotEmpty(Exception):
    """The database that the tests were given is in use; nothing in it was touched."""


class Unavailable(Exception):
    """There is no way to a Neo4j here; the message names each way and why it is closed."""


@contextlib.contextmanager
def open_neo4j(folder: Path) -> Iterator[Engine]:
    """Open a real Neo4j: the one of RENLING_TEST_NEO4J, else one in Docker, else one made with Maven.

    Raises
    ------
    Unavailable
        None of the three works here.
    NotEmpty
        RENLING_TEST_NEO4J names a database that somebody uses.
    """
    with contextlib.ExitStack() as stack:
        address, user, password = stack.enter_context(_somewhere(folder))
        logins[address] = user, password
        engine = stack.enter_context(connect(address, data=folder, user=user, password=password))
        _await_answer(engine)
        _require_empty(engine)
        try:
            yield engine
        finally:
            with contextlib.suppress(DriverError, Neo4jError):  # a test may have killed it
                wipe(engine)


def wipe(engine: Engine) -> None:
    """Delete every node but the schema's version."""
    query = f"MATCH (n) WHERE NOT n:Schema WITH n LIMIT {_WIPED_AT_ONCE} DETACH DELETE n RETURN count(*) AS gone"
    while engine.driver.execute_query(query, database_=engine.database).records[0]["gone"]:
        pass


def _require_empty(engine: Engine) -> None:
    """Refuse a database with something in it: the tests would delete it."""
    query = "MATCH (n) WHERE NOT n:Schema RETURN count(n) AS nodes"
    nodes = engine.driver.execute_query(query, database_=engine.database).records[0]["nodes"]
    if nodes:
        raise NotEmpty(f"the Neo4j of the tests holds {nodes} nodes, which they would delete; give an empty one")


def _somewhere(folder: Path) -> contextlib.AbstractContextManager[tuple[str, str | None, str | None]]:
    """Choose the first way that is open; from then on a failure is a failure."""
    address = os.environ.get("RENLING_TEST_NEO4J")
    if address:
        user, password = (os.environ.get(f"RENLING_TEST_NEO4J_{name}") for name in ("USER", "PASSWORD"))
        return contextlib.nullcontext((address, user, password))
    docker = _why_no_docker()
    if docker is None:
        return _in_docker()
    try:
        assemble()
    except (RuntimeError, OSError, subprocess.SubprocessError) as maven:
        raise Unavailable(f"No Neo4j: RENLING_TEST_NEO4J is not set; Docker: {docker}; Maven: {maven}") from maven
    return _from_maven(folder)


def _why_no_docker() -> str | None:
    if shutil.which("docker") is None:
        return "it is not installed"
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, timeout=5)
    except subprocess.TimeoutExpired:
        return "it does not answer"
    return None if asked.returncode == 0 else "its engine does not run"


@contextlib.contextmanager
def _in_docker() -> Iterator[tuple[str, str, str]]:
    from testcontainers.community.neo4j import Neo4jContainer  # slow to import, seldom needed

    password = secrets.token_hex(16)
    with Neo4jContainer(_IMAGE, username="neo4j", password=password) as container:
        yield container.get_connection_url(), "neo4j", password


@contextlib.contextmanager
def _from_maven(folder: Path) -> Iterator[tuple[str, str, str]]:
    home = folder / "neo4j"
    server = LocalNeo4j(home)
    try:
        server.start()
        yield server.address, server.user, server.password
    finally:
        server.kill9()  # its data goes with it, and an orderly stop takes ten seconds
        shutil.rmtree(home, ignore_errors=True)


def _await_answer(engine: Engine, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return engine.ping()
        except (Neo4jError, DriverError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"The Neo4j at {engine.address} does not answer: {error}") from error
            time.sleep(0.2)


# ── to be killed ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Private:
    """A store of one test's own.

    Parameters
    ----------
    away
        Kills it as a crash would; when the block is left, it comes back.
    settings
        `RENLING_…` with which commands of ours find it.
    """

    engine: Engine
    away: Callable[[], contextlib.AbstractContextManager[None]]
    settings: dict[str, str] = field(default_factory=dict)

    def kill(self) -> None:
        """Kill it; it comes back."""
        with self.away():
            pass


PrivateStore = Callable[[Path], contextlib.AbstractContextManager[Private]]


@contextlib.contextmanager
def held_back(data: Path) -> Iterator[None]:
    """Keep everybody from starting the embedded server: whoever starts it holds this lock."""
    with (data / "embedded" / "server.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def embedded_away(data: Path) -> Iterator[None]:
    """Kill a data folder's server; whoever supervises it starts it again when the block is left."""
    with held_back(data):
        os.kill(json.loads((data / "embedded" / "server.json").read_text())["pid"], signal.SIGKILL)
        yield


@contextlib.contextmanager
def private_embedded(folder: Path) -> Iterator[Private]:
    """Yield an embedded server of one's own, supervised."""
    with connect("embedded", data=folder) as engine:
        engine.supervise(every=0.1)
        yield Private(engine, partial(embedded_away, folder))


@contextlib.contextmanager
def private_neo4j(folder: Path) -> Iterator[Private]:
    """Yield a Neo4j of one's own; where none can be made, the test is skipped, in CI it fails."""
    try:
        server = LocalNeo4j(folder / "neo4j")
    except (RuntimeError, OSError, subprocess.SubprocessError) as reason:
        words = f"a Neo4j to be killed is made with Maven: {reason}"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)

    @contextlib.contextmanager
    def away() -> Iterator[None]:
        server.kill9()
        yield
        server.start()

    names = ("RENLING_STORE", "RENLING_STORE_USER", "RENLING_STORE_PASSWORD")
    try:
        server.start()
        settings = dict(zip(names, (server.address, server.user, server.password), strict=True))
        with connect(server.address, data=folder, user=server.user, password=server.password) as engine:
            yield Private(engine, away, settings)
    finally:
        server.kill9()
        shutil.rmtree(folder / "neo4j", ignore_errors=True)
