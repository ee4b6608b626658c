"""What many tests need. A store is started by the first test that asks for it, and then shared."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from graph.engine import Engine, connect
from tests.stores import Unavailable, open_neo4j


@pytest.fixture(scope="session")
def embedded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of `embedded_engine`: other processes attach to its server through it."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def embedded_engine(embedded_data: Path) -> Iterator[Engine]:
    """The embedded store."""
    with connect("embedded", data=embedded_data) as engine:
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
