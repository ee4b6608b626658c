"""The connection to the graph store, whichever it is."""

import atexit
import logging
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import neo4j
from neo4j.exceptions import DriverError

from graph.engine import arcadedb
from graph.engine.driver import ask, open_driver
from graph.engine.embedded import EmbeddedServer, Running
from graph.engine.errors import EngineError

_log = logging.getLogger("renling.engine")
_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


class Dialect(StrEnum):
    """The store behind the driver; queries are the same, the full-text index's DDL is not."""

    NEO4J = "neo4j"
    EMBEDDED = "embedded"


class Engine:
    """An open connection to the store, made by `connect`.

    It is safe to use from many threads. Take `driver` anew for each transaction: it is replaced when an
    embedded server had to be started again at another port.

    Attributes
    ----------
    dialect : Dialect
    database : str
    """

    def __init__(
        self,
        dialect: Dialect,
        database: str,
        driver: neo4j.Driver,
        address: str,
        *,
        server: EmbeddedServer | None = None,
        running: Running | None = None,
        reply_within: float | None = None,
    ) -> None:
        self.dialect = dialect
        self.database = database
        self._driver = driver
        self._address = address
        self._server = server
        self._running = running
        self._reply_within = reply_within
        self._retired: list[neo4j.Driver] = []
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None
        atexit.register(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Engine {self.dialect} at {self.address}>"

    @property
    def driver(self) -> neo4j.Driver:
        """The driver to the store as it is now."""
        return self._driver

    @property
    def address(self) -> str:
        """Where the store is, without credentials."""
        return self._address

    def ping(self) -> None:
        """Ask the database for one row.

        Raises
        ------
        neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError
            It does not answer.
        """
        ask(self.driver, self.database)

    def sql(self, command: str) -> list[dict[str, Any]]:
        """Run one SQL command on the embedded server (what Cypher can't declare is declared so); return its rows.

        Raises
        ------
        EngineError
            The store is Neo4j, or the server refused the command.
        """
        if self._running is None:
            raise EngineError("SQL is spoken by the embedded store only.")
        running = self._running
        return arcadedb.sql(command, http_port=running.http_port, user=running.user, password=running.password)

    def supervise(self, on_restart: Callable[[], None] | None = None, *, every: float = 1.0) -> None:
        """Start the embedded server again whenever it dies, until `close`; for Neo4j do nothing.

        Parameters
        ----------
        on_restart
            Called after each restart, from the watching thread.
        every
            Seconds between two looks.
        """
        if self._server is None or self._watcher is not None:
            return
        self._watcher = threading.Thread(
            target=self._watch, args=(on_restart, every), name="renling-store-watch", daemon=True
        )
        self._watcher.start()

    def close(self) -> None:
        """Close the connection and stop the embedded server if this engine started it; twice is once."""
        atexit.unregister(self.close)
        self._closing.set()
        if self._watcher is not None and self._watcher is not threading.current_thread():
            self._watcher.join()
        for driver in (self._driver, *self._retired):
            driver.close()
        if self._server is not None:
            self._server.stop()

    def _watch(self, on_restart: Callable[[], None] | None, every: float) -> None:
        while not self._closing.wait(every):
            if self._running is None or self._running.lives():
                continue
            _log.warning("the graph server (process %d) is gone and is started again", self._running.pid)
            try:
                self._restart()
                _log.warning("the graph server runs again at %s", self.address)
                if on_restart is not None:
                    on_restart()
            except EngineError as error:
                _log.error("the graph server did not come back; the next attempt follows: %s", error)
            except Exception:  # the watch must outlive whatever a caller's function does
                _log.exception("after the graph server's restart")

    def _restart(self) -> None:
        assert self._server is not None  # noqa: S101 (only an embedded engine is watched)
        running = self._server.ensure()
        if running.address != self._address:
            # The old driver may be in somebody's hands: it is closed with the engine, not under their feet.
            self._retired.append(self._driver)
            self._driver = open_driver(running.address, running.user, running.password, reply_within=self._reply_within)
            self._address = running.address
        self._running = running


def connect(
    address: str = "embedded",
    *,
    data: Path,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    heap: str = "1g",
    reply_within: float | None = None,
) -> Engine:
    """Connect to the store.

    Parameters
    ----------
    address
        ``embedded``, or the address of a Neo4j server such as ``neo4j://host:7687``.
    data
        The service's data folder; the embedded server keeps its files in ``<data>/embedded/``.
    user, password, database
        For Neo4j only; the database is ``neo4j`` unless told.
    heap
        The embedded server's largest heap, in Java's notation.
    reply_within
        Seconds that the store may be silent over one reply; None is for ever.

    Returns
    -------
    Engine
        The embedded server is running then: the data folder's own if there is one, else one started now.
        A Neo4j server is first spoken to at the first query: it may come later than we do.

    Raises
    ------
    EngineError
        The address is wrong, or the embedded server does not start.
    """
    if address == Dialect.EMBEDDED:
        if user is not None or password is not None or database is not None:
            raise EngineError(
                "The embedded store makes its own user, password and database: leave these settings empty, "
                "or set the address of a Neo4j server."
            )
        server = EmbeddedServer(data, heap=heap)
        running = server.ensure()
        driver = open_driver(running.address, running.user, running.password, reply_within=reply_within)
        return Engine(
            Dialect.EMBEDDED,
            arcadedb.DATABASE,
            driver,
            running.address,
            server=server,
            running=running,
            reply_within=reply_within,
        )
    driver = _neo4j_driver(address, user, password, reply_within)
    return Engine(Dialect.NEO4J, database or "neo4j", driver, address)


def _neo4j_driver(address: str, user: str | None, password: str | None, reply_within: float | None) -> neo4j.Driver:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise EngineError(f"The store's address is malformed: {error}. Expected neo4j://host:7687.") from None
    if "@" in parts.netloc:
        # Not repeated in the message: it contains a password.
        raise EngineError("The store's address must not contain a user or a password: they have settings of their own.")
    if parts.scheme not in _SCHEMES:
        raise EngineError(
            f"The store's address {address!r} is neither 'embedded' nor a Neo4j address. "
            f"Expected one of {', '.join(_SCHEMES)}, such as neo4j://host:7687."
        )
    if not parts.hostname or port == 0 or parts.path.strip("/"):
        raise EngineError(f"The store's address {address!r} must be scheme://host:port, such as neo4j://host:7687.")
    if (user is None) != (password is None):
        raise EngineError("Neo4j needs both a user and a password (or neither, when it asks for none).")
    try:
        return open_driver(address, user, password, reply_within=reply_within)
    except (ValueError, DriverError) as error:
        raise EngineError(f"The store's address {address!r} does not work: {error}") from error
