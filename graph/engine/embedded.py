"""The embedded graph server: one for a data folder, a child process on loopback.

Everything of it is under ``<data>/embedded/``: the database, ``password`` (made at random once),
``server.out`` (its log), ``server.lock`` and ``server.json``. The last says where the running server is, so
that a second command attaches to it. Whoever starts or stops the server holds the lock meanwhile.
"""

import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import BinaryIO

from neo4j.exceptions import DriverError, Neo4jError

from graph.engine import arcadedb, child
from graph.engine.driver import ask, open_driver
from graph.engine.errors import EngineError

_log = logging.getLogger("renling.engine")
_READY_SECONDS = 180.0  # recovery after a crash included; a start that fails is noticed at once
_STOP_SECONDS = 30.0
_LOCK_SECONDS = _READY_SECONDS + _STOP_SECONDS
_PORT_ATTEMPTS = 4
_LOG_LIMIT = 5_000_000  # bytes


@dataclass(frozen=True)
class Running:
    """A server that was started: where it is and how to enter (the content of ``server.json``).

    A process is named by its id and the moment it started; the owner is the process that started the server.
    """

    pid: int
    born: str
    owner_pid: int
    owner_born: str
    bolt_port: int
    http_port: int
    user: str
    password: str

    @property
    def address(self) -> str:
        """The Bolt address, without credentials."""
        return f"bolt://{arcadedb.HOST}:{self.bolt_port}"

    def lives(self) -> bool:
        """Return whether its process runs (and is not another one with the same id)."""
        return child.born(self.pid) == self.born

    def owned(self) -> bool:
        """Return whether its owner runs; without one it is about to end, though it may still answer."""
        return child.born(self.owner_pid) == self.owner_born

    def answers(self) -> bool:
        """Return whether the database answers a query."""
        try:
            with open_driver(self.address, self.user, self.password) as driver:
                ask(driver, arcadedb.DATABASE)
        except (Neo4jError, DriverError, OSError):
            return False
        return True


class EmbeddedServer:
    """The one server of a data folder, started here or by another process.

    Parameters
    ----------
    data
        The service's data folder; the server gets the folder ``embedded`` in it.
    heap
        The server's largest heap, in Java's notation.
    """

    def __init__(self, data: Path, *, heap: str) -> None:
        self._home = data.resolve() / "embedded"
        self._state_file = self._home / "server.json"
        self._log_file = self._home / "server.out"
        self._log_start = 0
        self._heap = heap
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def ensure(self) -> Running:
        """Return the running server; start it when there is none.

        Raises
        ------
        EngineError
            It does not start, or it runs and does not answer.
        """
        if sys.platform != "linux":
            raise EngineError(
                "The embedded graph server is made for Linux (glibc 2.34 or newer). "
                "Set the address of a Neo4j server instead, such as neo4j://host:7687."
            )
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._home.chmod(0o700)
            with self._locked():
                known = self._read()
                if known is not None and self._usable(known):
                    return known
                return self._start(known)
        except OSError as error:
            raise EngineError(f"The embedded graph server cannot use its folder {self._home}: {error}") from error

    def stop(self) -> None:
        """Stop the server in order if it was started by this object; otherwise do nothing."""
        if self._child is None or self._owner != os.getpid():  # a fork of the owner does not own
            return
        process, self._child = self._child, None
        with self._locked():  # nobody shall attach to a server on its way out
            self._discard(process)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl  # not at the top: Windows has none, and may well use a Neo4j server

        deadline = time.monotonic() + _LOCK_SECONDS
        with _append_private(self._home / "server.lock") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise EngineError(
                            f"Another process has been starting or stopping the graph server in {self._home} "
                            f"for {_LOCK_SECONDS:.0f} s. See {self._log_file}, or end that process."
                        ) from None
                    time.sleep(0.05)
            yield

    def _read(self) -> Running | None:
        try:
            said = json.loads(self._state_file.read_text())
            return Running(**{field.name: said[field.name] for field in fields(Running)})
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # none, or damaged: the same to us
            return None

    def _write(self, running: Running) -> None:
        said = {"address": running.address, "database": arcadedb.DATABASE, **asdict(running)}
        _write_private(self._state_file, json.dumps(said, indent=2) + "\n")

    def _discard(self, process: "subprocess.Popen[bytes]") -> None:
        """End a server and forget it (unless another process has started the next one already)."""
        known = self._read()
        _end(process)
        if known is not None and known.pid == process.pid:
            self._state_file.unlink(missing_ok=True)

    def _usable(self, known: Running) -> bool:
        """Return whether a known server answers; wait for one that is just ending."""
        deadline = time.monotonic() + _STOP_SECONDS
        while known.lives():
            if known.owned() and known.answers():
                return True
            if time.monotonic() > deadline:
                if known.owned():
                    raise EngineError(
                        f"The graph server (process {known.pid}, {known.address}) runs but does not answer. "
                        f"See {self._log_file}; end that process and try again."
                    )
                with contextlib.suppress(ProcessLookupError):
                    os.kill(known.pid, signal.SIGKILL)  # nobody's any more, and what is committed is on disk
            time.sleep(0.05)
        return False

    def _start(self, before: Running | None) -> Running:
        # After a crash the old ports come first: then every open driver finds the new server by itself.
        ports = (before.bolt_port, before.http_port) if before is not None else _free_ports()
        for _ in range(_PORT_ATTEMPTS):
            process, running = self._launch(*ports)
            try:
                # Before it is ready: should we die meanwhile, the next one knows what to wait for.
                self._write(running)
                ready = self._await_ready(process, running)
            except BaseException:
                self._discard(process)
                raise
            if ready:
                if self._child is not None:
                    self._child.wait()  # the dead one before
                self._child, self._owner = process, os.getpid()
                return running
            self._discard(process)
            if arcadedb.PORT_TAKEN not in self._said():
                break
            ports = _free_ports()
        raise EngineError(
            f"The embedded graph server did not start. The end of {self._log_file}:\n"
            + "\n".join(self._said().splitlines()[-15:])
            + f"\nIt needs glibc 2.34 or newer (here: {_libc()}), {self._heap} of memory and space on disk."
        )

    def _launch(self, bolt_port: int, http_port: int) -> tuple["subprocess.Popen[bytes]", Running]:
        password = self._password()
        with _append_private(self._log_file) as log:
            if log.tell() > _LOG_LIMIT:
                log.truncate(0)
            self._log_start = log.seek(0, os.SEEK_END)
            process = child.start(
                arcadedb.command(
                    self._home,
                    self._home / "password",
                    heap=self._heap,
                    bolt_port=bolt_port,
                    http_port=http_port,
                ),
                folder=self._home,
                log=log,
            )
        return process, Running(
            pid=process.pid,
            born=child.born(process.pid) or "",
            owner_pid=os.getpid(),
            owner_born=child.born(os.getpid()) or "",
            bolt_port=bolt_port,
            http_port=http_port,
            user=arcadedb.USER,
            password=password,
        )

    def _await_ready(self, process: "subprocess.Popen[bytes]", running: Running) -> bool:
        deadline = time.monotonic() + _READY_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            said = self._said()
            if arcadedb.FAILED in said:
                return False
            # Not before its log says so: until then the port, and our password with it, may be a stranger's.
            if arcadedb.READY in said and running.answers():
                return True
            time.sleep(0.03)
        return False

    def _password(self) -> str:
        """Return the root password: the same over restarts, as the server keeps its hash."""
        file = self._home / "password"
        if not file.exists():
            # An earlier root user is of no use without its password: the server makes a new one.
            (self._home / "config" / "server-users.jsonl").unlink(missing_ok=True)
            _write_private(file, secrets.token_urlsafe(24))
        return file.read_text()

    def _said(self) -> str:
        """Return what the latest start wrote to the log."""
        with self._log_file.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")


def _free_ports() -> tuple[int, int]:
    """Return two ports that are free now; another program may still take one before the server does."""
    with socket.socket() as one, socket.socket() as other:
        one.bind((arcadedb.HOST, 0))
        other.bind((arcadedb.HOST, 0))
        return one.getsockname()[1], other.getsockname()[1]


def _append_private(file: Path) -> BinaryIO:
    """Open a file to write at its end; only the owner can read it."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode=0o600), "ab")


def _write_private(file: Path, text: str) -> None:
    """Write a file that only the owner can read; a reader sees all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    with os.fdopen(handle, "w") as temporary:
        temporary.write(text)
        temporary.flush()
        os.fsync(handle)
    Path(name).replace(file)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _log.warning("the graph server did not stop in %.0f s and is killed", _STOP_SECONDS)
        process.kill()
        process.wait()


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    except (ValueError, OSError):
        return "another C library"
