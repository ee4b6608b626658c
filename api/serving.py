"""Listening, serving, and stopping in order."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from rich.console import Console

from api.http.app import create_app
from graph.engine import EngineError
from graph.model.times import Clock
from graph.sealing import KeyProblem
from graph.store import LoginRefused, SchemaMismatch, Store, StoreAway

_FIRST_ANSWER_SECONDS = 5.0
_log = structlog.get_logger("renling.serving")


def listen(host: str, port: int, *, any_free: bool) -> socket.socket:
    """Return a socket bound to an address.

    Parameters
    ----------
    any_free
        Take any free port where this one is in use.

    Raises
    ------
    EngineError
        The address can't be had; the message says why and what to do.
    """
    try:
        try:
            return _listening(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not any_free:
                raise
            return _listening(host, 0)
    except (OSError, OverflowError) as error:
        raise EngineError(f"can't listen on {host} port {port}: {error}. Use another --host or --port.") from None


def _listening(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen()  # now, not once all is loaded: two that are only bound can have the same port
    except BaseException:
        sock.close()
        raise
    return sock


class _Migration:
    """Makes the schema as soon as the store answers, however late that is.

    Attributes
    ----------
    ended
        Set once it is over, one way or the other.
    refused
        The store is another version's, does not let us in, or the master key is another store's: no waiting mends that.
    """

    def __init__(self, store: Store, stop: Callable[[], None]) -> None:
        self._store = store
        self._stop = stop
        self.ended = threading.Event()
        self.refused: SchemaMismatch | LoginRefused | KeyProblem | None = None
        threading.Thread(target=self._run, name="renling-migration", daemon=True).start()

    def done(self) -> bool:
        """Tell whether the store may be used."""
        return self.ended.is_set() and self.refused is None

    def _run(self) -> None:
        while not self.ended.is_set():
            try:
                self._store.migrate()
                self.ended.set()
            except (SchemaMismatch, LoginRefused, KeyProblem) as error:
                self.refused = error
                self.ended.set()
                self._stop()
            except StoreAway as error:
                _log.warning("store_away", detail=error.detail)
                time.sleep(1)
            except Exception as error:  # a Neo4j that is only half up says many things
                _log.warning("store_away", error=type(error).__name__)
                time.sleep(1)


def serve_until_stopped(store: Store, clock: Clock, sock: socket.socket, out: Console) -> None:
    """Serve until Ctrl-C or SIGTERM; requests at hand are finished first.

    The store may come later: until it does, every request of it is told that it is away.

    Raises
    ------
    SchemaMismatch, LoginRefused, KeyProblem
        The store is another version's, does not let us in, or the master key is another store's.
    """
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    config = uvicorn.Config(
        create_app(store, clock, ready=lambda: migration.done()),
        log_level="warning",
        log_config=None,  # its own would close what others log to, OR-Tools among them
        access_log=False,  # addresses hold ids; who saw what is in the events
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    migration = _Migration(store, lambda: setattr(server, "should_exit", True))
    if not migration.ended.wait(_FIRST_ANSWER_SECONDS):
        out.print("The store is not ready yet; every request is answered with 503 until it is.")
    if migration.refused:
        raise migration.refused
    host, port = sock.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    out.print(
        f"\nServing at http://{shown}:{port}  (documentation: http://{shown}:{port}/docs)  Ctrl-C stops",
        highlight=False,
        soft_wrap=True,
    )

    # uvicorn raises the signal again once it has shut down: it must unwind us, so that the store is closed.
    def leave(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    try:
        server.run(sockets=[sock])
    except KeyboardInterrupt:
        out.print("stopped")
    if migration.refused:
        raise migration.refused
