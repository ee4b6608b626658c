"""The night against both stores when one of the two is killed."""

import contextlib
import itertools
import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.assignments import Assignment
from graph.model.plans import PlanState
from graph.store import LeaseHeld, Store, plans
from matching.use_cases import nightly as night_module
from matching.use_cases.nightly import LEASE_SECONDS, NightReport, nightly
from tests.nights import (
    PAGE,
    PAIRS,
    a_night_of_several_pages,
    meanwhile,
    offers,
    run,
    short_pages,  # noqa: F401 — for every test here
    stop_behind,
)
from tests.offers import every_count_agrees_in_the_end  # noqa: F401 — for every test here
from tests.stores import PrivateStore, private_embedded, private_neo4j
from tests.worlds import (
    MASTERS,
    NIGHT,
    OPERATOR,
    WANG_TIME,
    Address,
    ClockOfTheNight,
    FakeClock,
    add,
    broken,
    fresh_store,
    need,
    offer,
)

ROUNDS = [1, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]


def night_by_itself(address: Address, said: Connection, lease: float) -> None:
    """Run the night in a process of its own, and say each page that is written."""
    plans.PAGE_ROWS = PAGE  # type: ignore[misc]
    night_module.LEASE_SECONDS = lease  # type: ignore[misc]

    def progress(stage: str, done: int, of: int) -> None:
        if stage == "publish":
            said.send(done)

    with address.connect() as engine:
        store = Store(engine, MASTERS, patience=60)
        nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=ClockOfTheNight(), progress=progress)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_killed_night_is_gone_on_with_when_its_lease_has_run_out(
    engine: Engine, address: Address, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    lease = 3.0
    monkeypatch.setattr(night_module, "LEASE_SECONDS", lease)
    chance = random.Random(rounds)
    in_time = 0
    for _ in range(4 * rounds):  # a kill that comes when the night is over proves nothing and doesn't count
        store = fresh_store(engine)
        a_night_of_several_pages(store)
        acknowledged = kill_in_the_middle(address, lease, chance)
        killed = time.monotonic()
        [plan] = store.read(lambda graph: graph.plans.of_night("city", NIGHT), scope=EVERYTHING)
        assert broken(store) == []
        if plan.state is PlanState.PUBLISHED:
            continue
        assert plan.state is PlanState.PUBLISHING
        assert plan.next_page >= acknowledged

        report = after_the_lease(store, lease, killed)
        assert (report.resumed, report.plan.state, report.plan.id) == (True, PlanState.PUBLISHED, plan.id)
        assert (report.plan.written, report.plan.skipped) == (PAIRS, 0)
        assert len({(a.need, a.bucket) for a in offers(store)}) == len(offers(store)) == PAIRS
        assert broken(store) == []
        in_time += 1
        if in_time == rounds:
            return
    pytest.fail(f"only {in_time} of {4 * rounds} kills came before the night's end")


def kill_in_the_middle(address: Address, lease: float, chance: random.Random) -> int:
    """Run a night in a process and kill it while it publishes; return the last page it said was written."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=night_by_itself, args=(address, theirs, lease))
    process.start()
    theirs.close()
    page = chance.randrange(PAIRS // PAGE - 2)  # not the last ones: the kill must come before the end
    while ours.recv() < page:
        pass
    time.sleep(chance.uniform(0, 0.02))  # somewhere in the next page
    process.kill()
    process.join()
    acknowledged = page
    with contextlib.suppress(EOFError):
        while ours.poll():  # what it still said before it died
            acknowledged = ours.recv()
    return acknowledged


def after_the_lease(store: Store, lease: float, killed: float) -> NightReport:
    """Run the night as somebody who tries again until the lease is over of one who was killed at that moment."""
    held = 0
    came = time.monotonic()
    deadline = came + lease + 10
    while True:
        try:
            report = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=ClockOfTheNight())
        except LeaseHeld:
            held += 1
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            late = (
                came - killed > lease - 1
            )  # on a busy machine it may be over by now; it was renewed in the last second
            assert held > 0 or late, "the killed one's lease must have kept us out at first"
            return report


class ByDay(threading.Thread):
    """Somebody who raises needs and offers them, one by one, and remembers what was acknowledged."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        super().__init__()
        self._store, self._clock = store, clock
        self.over = threading.Event()
        self.acknowledged: list[Assignment] = []
        self.failed: list[Exception] = []

    def run(self) -> None:
        for number in itertools.count():
            if self.over.is_set():
                return
            try:
                add(self._store, need(f"day-{number}"))
                self.acknowledged.append(offer(self._store, self._clock, need=f"day-{number}", resource="by-day"))
            except Exception as error:
                self.failed.append(error)
                return


def a_round_with_a_kill(
    store: Store, clock: FakeClock, kill_and_restart: Callable[[], None], chance: random.Random
) -> None:
    a_night_of_several_pages(store)
    add(store, replace(WANG_TIME, id="by-day", capacity=10_000, provides=WANG_TIME.provides[:1]))
    page = chance.randrange(PAIRS // PAGE)
    by_day, killing = ByDay(store, clock), threading.Thread(target=kill_and_restart)

    def kill() -> None:
        by_day.start()
        while len(by_day.acknowledged) < 2 and by_day.is_alive():
            time.sleep(0.01)
        killing.start()
        time.sleep(chance.uniform(0, 0.05))

    report = run(store, clock, progress=meanwhile(page, kill))
    killing.join()
    seen = len(by_day.acknowledged)
    while len(by_day.acknowledged) < seen + 2 and by_day.is_alive():
        time.sleep(0.01)
    by_day.over.set()
    by_day.join()
    assert by_day.failed == []
    assert (report.plan.state, report.plan.written, report.plan.skipped) == (PlanState.PUBLISHED, PAIRS, 0)
    there = {a.id: a for a in offers(store)}
    assert {a.id for a in by_day.acknowledged} <= there.keys()
    assert all(there[a.id] == a for a in by_day.acknowledged)
    by_night = [a for a in there.values() if a.plan]
    assert len(by_night) == len({a.need for a in by_night}) == PAIRS
    assert broken(store) == []


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("private", [private_embedded, private_neo4j], ids=["embedded", "neo4j"])
def test_a_store_killed_while_the_night_publishes_has_all_that_was_acknowledged(
    tmp_path: Path,
    clock: FakeClock,
    rounds: int,
    private: PrivateStore,
) -> None:
    chance = random.Random(rounds)
    with private(tmp_path) as own:
        for _ in range(rounds):
            a_round_with_a_kill(fresh_store(own.engine).patient(90), clock, own.kill, chance)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_nights_and_stops_in_any_order_double_nothing(store: Store, clock: FakeClock, rounds: int) -> None:
    chance = random.Random(rounds)
    for _ in range(rounds):
        a_night_of_several_pages(store)
        for _ in range(4):
            run(store, clock, area=chance.choice(["city", "east", "street"]), stop=stop_behind(chance.randrange(4)))
            clock.advance(seconds=chance.choice([1, LEASE_SECONDS + 1]))
        run(store, clock)
        assert len({(a.need, a.bucket) for a in offers(store)}) == len(offers(store)) == PAIRS
        assert broken(store) == []
