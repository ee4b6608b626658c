"""What many tests need. A store is started by the first test that asks for it, and then shared."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog

from graph.engine import Dialect, Engine, connect
from graph.model.needs import Need
from graph.model.resources import Resource
from graph.store import Store
from tests.stores import Unavailable, logins, open_neo4j
from tests.web import Here, Service, nothing_personal, service
from tests.worlds import Address, FakeClock, broken, fill, fresh_store


@pytest.fixture(scope="session")
def embedded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of `embedded_engine`: other processes attach to its server through it."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def embedded_engine(embedded_data: Path) -> Iterator[Engine]:
    """The embedded store."""
    with connect("embedded", data=embedded_data) as engine:
        said = json.loads((embedded_data / "embedded" / "server.json").read_text())
        logins[engine.address] = said["user"], said["password"]
        yield engine


@pytest.fixture(scope="session")
def neo4j_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A real Neo4j; where there is none the test is skipped with the reason, in CI it fails."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(open_neo4j(tmp_path_factory.mktemp("neo4j")))
        except Unavailable as reason:
            if os.environ.get("CI"):
                pytest.fail(str(reason))
            pytest.skip(str(reason))
        yield engine


@pytest.fixture(scope="session", params=["embedded", "neo4j"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the two stores in turn."""
    chosen: Engine = request.getfixturevalue(f"{request.param}_engine")
    return chosen


@pytest.fixture
def store(engine: Engine) -> Store:
    """An empty store with the schema, on each of the two in turn."""
    return fresh_store(engine)


@pytest.fixture
def city(store: Store) -> Store:
    """The tiny city, on each of the two in turn."""
    fill(store)
    return store


@pytest.fixture
def embedded_store(embedded_engine: Engine) -> Store:
    """An empty store with the schema, for what needs one store only."""
    return fresh_store(embedded_engine)


@pytest.fixture(scope="session")
def address(engine: Engine, embedded_data: Path) -> Address:
    """Where `engine` is, for other processes."""
    if engine.dialect is Dialect.EMBEDDED:
        return Address("embedded", embedded_data)
    user, password = logins[engine.address]
    return Address(engine.address, embedded_data, user, password)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that is set by hand."""
    return FakeClock()


@pytest.fixture
def things() -> list[Need | Resource]:
    """What `http` has besides the tiny city; a module that speaks of more has a fixture of this name."""
    return []


@pytest.fixture
def http(
    embedded_store: Store,
    embedded_engine: Engine,
    clock: FakeClock,
    things: list[Need | Resource],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Service]:
    """The API over the tiny city; at the end every count agrees, and nothing personal was printed or logged."""
    fill(embedded_store, *things)
    with service(embedded_store, embedded_engine, clock) as running:
        yield running
    assert nothing_personal("".join(capfd.readouterr()) + caplog.text)
    assert broken(embedded_store) == []


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    """Runs commands of ours in this process; what one of them said of logging is forgotten with it."""
    yield Here(monkeypatch, capsys)
    structlog.reset_defaults()
