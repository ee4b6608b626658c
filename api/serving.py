"""Listening, serving, and stopping in order."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from types import FrameType

import structlog
import uvicorn
from rich.console import Console

from api.http.app import create_app
from graph.engine import EngineError
from graph.model.times import Clock
from graph.store import Store


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
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            sock.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not any_free:
                raise
            sock.bind((host, 0))
    except (OSError, OverflowError) as error:
        sock.close()
        raise EngineError(f"can't listen on {host} port {port}: {error}. Use another --host or --port.") from None
    return sock


def serve_until_stopped(store: Store, clock: Clock, sock: socket.socket, out: Console) -> None:
    """Serve until Ctrl-C or SIGTERM; requests at hand are finished first."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    config = uvicorn.Config(
        create_app(store, clock),
        log_level="warning",
        access_log=False,  # addresses hold ids; who saw what is in the events
        timeout_graceful_shutdown=10,
    )
    host, port = sock.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    out.print(
        f"\nServing at http://{shown}:{port}  (documentation: http://{shown}:{port}/docs)  Ctrl-C stops",
        highlight=False,
    )

    # uvicorn raises the signal again once it has shut down: it must unwind us, so that the store is closed.
    def leave(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    try:
        uvicorn.Server(config).run(sockets=[sock])
    except KeyboardInterrupt:
        out.print("stopped")
