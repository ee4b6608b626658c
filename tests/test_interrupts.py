"""Ctrl-C while the store is at work: it always comes out, soon, wherever in a reply it came."""

import random
import signal
import sys
import time
from collections.abc import Iterator
from datetime import date

import pytest

from graph.model.actors import EVERYTHING
from graph.store import Graph, Store
from tests.worlds import MASTERS, Address, fill, need

ROUNDS = 40
LONGEST = 0.05  # seconds into the work
SOON = 2.0  # seconds


@pytest.fixture
def alarm() -> Iterator[None]:
    """An alarm that interrupts as Ctrl-C does."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.timeout(120, method="thread")  # its other method is an alarm too
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("alarm")
def test_an_interrupt_is_never_lost_nor_late(store: Store, address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[object] = []  # by Python itself, which drops what is raised in a `__del__`
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: lost.append(unraisable.exc_type))
    fill(store, *(need(f"n{i}") for i in range(50)))
    moments = random.Random(7)

    def read(graph: Graph) -> None:
        graph.snapshots.read("city", date(2026, 3, 1))

    for _ in range(ROUNDS):
        with address.connect() as engine:  # whoever is interrupted ends: its connections are not used again
            own = Store(engine, MASTERS)
            own.read(read, scope=EVERYTHING)
            wait = moments.uniform(0.0005, LONGEST)
            began = time.monotonic()
            came = False
            try:
                signal.setitimer(signal.ITIMER_REAL, wait)
                while time.monotonic() < began + wait + SOON and KeyboardInterrupt not in lost:
                    own.read(read, scope=EVERYTHING)
            except KeyboardInterrupt:
                came = True
        assert came or KeyboardInterrupt in lost
        lost.clear()
        assert time.monotonic() < began + wait + SOON
