"""A wire between the driver and a store that is cut at a chosen message, once."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.engine import Dialect, Engine, connect
from tests.stores import logins

COMMIT = 0x12


@dataclass(frozen=True)
class Cut:
    """Where the wire is cut: at the client's message of this number, counted from 1.

    Parameters
    ----------
    late
        The message arrives, and its reply is lost; otherwise it never arrives.
    """

    message: int
    late: bool


class Cutter:
    """An address of our own in front of a store's Bolt port.

    Attributes
    ----------
    seen
        What kind of message (a Bolt tag) the client has sent since `watch`.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._watching = False
        self._cut: Cut | None = None
        self._reply_is_lost = False
        self.seen: list[int] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def watch(self, cut: Cut | None = None) -> None:
        """Count messages from now on, and cut once if told where; nothing may be on its way."""
        self.seen = []
        self._cut, self._reply_is_lost, self._watching = cut, False, True

    @property
    def was_cut(self) -> bool:
        """Whether it came to the cut."""
        return self._cut is None

    def close(self) -> None:
        """Cut everything for good."""
        self._listener.close()
        self._cut_all()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
                for side in (near, far):  # or each message waits for the one before to be acknowledged, 40 ms
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pairs.append((near, far))
                threading.Thread(target=self._to_store, args=(near, far), daemon=True).start()
                threading.Thread(target=self._to_client, args=(far, near), daemon=True).start()

    def _to_store(self, near: socket.socket, far: socket.socket) -> None:
        waiting = b""
        with contextlib.suppress(OSError):
            while data := near.recv(2**16):
                if not self._watching:  # a handshake, or what nobody asks about
                    far.sendall(data)
                    continue
                waiting += data
                while (length := _message_length(waiting)) is not None:
                    message, waiting = waiting[:length], waiting[length:]
                    if self._passes(message):
                        far.sendall(message)

    def _passes(self, message: bytes) -> bool:
        if len(message) > 3:  # an empty chunk is no message
            self.seen.append(message[3])
        if self._cut is None or len(self.seen) != self._cut.message:
            return True
        late = self._cut.late
        self._cut = None
        if late:
            self._reply_is_lost = True
            return True
        self._watching = False
        self._cut_all()
        return False

    def _to_client(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(2**16):
                if self._reply_is_lost:
                    self._reply_is_lost = self._watching = False
                    return self._cut_all()
                near.sendall(data)
        return None

    def _cut_all(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for sock in pair:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()


def _message_length(data: bytes) -> int | None:
    """Return how long the first whole message is (chunks with their lengths before them, an empty one at the end)."""
    at = 0
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2])
        at += 2 + size
        if size == 0:
            return at
    return None


@contextlib.contextmanager
def through_a_cutter(engine: Engine) -> Iterator[tuple[Engine, Cutter]]:
    """Open the same store once more, through a wire that can be cut."""
    host, _, port = engine.address.rpartition("://")[2].partition(":")
    user, password = logins[engine.address]
    cutter = Cutter(host, int(port))
    try:
        with connect(
            f"bolt://127.0.0.1:{cutter.port}", data=Path(), user=user, password=password, database=engine.database
        ) as same:
            assert same.dialect is Dialect.NEO4J  # by its address; the queries are the same
            yield same, cutter
    finally:
        cutter.close()
