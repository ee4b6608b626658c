"""The night against both stores: written once, gone on with when it was stopped, and never doubled."""

import contextlib
import itertools
import json
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.assignments import Assignment, AssignmentState, Side
from graph.model.needs import Urgency
from graph.model.plans import PlanState
from graph.store import LeaseHeld, LeaseLost, Store, plans
from matching.errors import InvalidInput
from matching.lifecycle import DeclineReason
from matching.use_cases import nightly as night_module
from matching.use_cases.answers import decline
from matching.use_cases.assignments import list_assignments
from matching.use_cases.nightly import LEASE_SECONDS, NightReport, nightly
from tests.stores import PrivateStore, private_embedded, private_neo4j
from tests.worlds import (
    MASTERS,
    NIGHT,
    OPERATOR,
    STREET_STAFF,
    WANG_TIME,
    WHEELCHAIRS,
    Address,
    ClockOfTheNight,
    FakeClock,
    add,
    broken,
    fill,
    fingerprint,
    fresh_store,
    key,
    need,
    offer,
    properties,
    raw,
)

PAGE = 2  # pairs a page in these tests, so that a few needs make several pages
PAIRS = 10
ROUNDS = [1, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "PAGE_ROWS", PAGE)


@pytest.fixture(autouse=True)
def every_count_agrees_in_the_end(request: pytest.FixtureRequest) -> Iterator[None]:
    used = request.getfixturevalue("store") if "store" in request.fixturenames else None
    yield
    if used is not None:
        assert broken(used) == []


def run(store: Store, clock: FakeClock, **more: Any) -> NightReport:
    return nightly(store, **{"area": "city", "night": NIGHT, "by": OPERATOR, "clock": clock, **more})


def offers(store: Store) -> list[Assignment]:
    return list_assignments(store, need=None, state=None, after="", limit=9999, by=OPERATOR)


def a_night_of_several_pages(store: Store) -> None:
    """Write a city in which a night offers `PAIRS` pairs: each need by a helper of its own."""
    helpers = [replace(WANG_TIME, id=f"helper-{i}", capacity=1) for i in range(PAIRS)]
    fill(store, *(need(f"need-{i}") for i in range(PAIRS)), resources=helpers)


def a_night_of_every_kind(store: Store) -> None:
    """Write a city in which needs are served whole, in part and not at all, for each reason there is."""
    fill(
        store,
        need("whole"),
        need("in-part", quantity=3, urgency=Urgency.AT_ONCE),
        need("too-much", requires=["wheelchair"], quantity=5),
        need("nobody", requires=["company", "electrics"]),
        need("elsewhere", requires=["company"], area="west-1"),
        need("safe", requires=["electrics"], at_home=True, person="liu"),
        need("kept-back", requires=["repair"], quantity=20),
        resources=[WANG_TIME, WHEELCHAIRS, replace(WANG_TIME, id="wide", title="维修", capacity=10)],
    )


def stop_behind(page: int) -> Callable[[], bool]:
    """Return a `stop` that lets so many pages be written."""
    asked = iter(range(999))
    return lambda: next(asked) >= page


def meanwhile(page: int, act: Callable[[], object]) -> Callable[[str, int, int], None]:
    """Return a `progress` that does something when so many pages are written."""

    def progress(stage: str, done: int, of: int) -> None:
        if stage == "publish" and done == page:
            act()

    return progress


# ── what it writes ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_night_offers_its_pairs_to_both_sides_and_keeps_its_plan(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    a_night_of_several_pages(store)
    report = run(store, clock)
    assert (report.plan.state, report.plan.pairs, report.plan.written, report.plan.skipped) == (
        PlanState.PUBLISHED,
        PAIRS,
        PAIRS,
        0,
    )
    assert (report.plan.next_page, report.unchanged, report.resumed, report.stopped) == (
        PAIRS // PAGE,
        False,
        False,
        False,
    )
    made = offers(store)
    assert len(made) == PAIRS
    assert {(a.state, a.waiting_for, a.plan) for a in made} == {
        (AssignmentState.OFFERED, frozenset(Side), report.plan.id)
    }
    told = raw(engine, "MATCH (n:Notice) RETURN n.to AS to, count(n) AS n ORDER BY to")
    assert told == [{"to": "area:east-1", "n": PAIRS}, {"to": "wang", "n": PAIRS}]


def test_a_night_serves_and_leaves_with_the_reason(store: Store, clock: FakeClock) -> None:
    a_night_of_every_kind(store)
    run(store, clock)
    [plan] = store.read(lambda graph: graph.plans.of_night("city", NIGHT), scope=EVERYTHING)
    left = {u.need: u.reason for u in store.read(lambda graph: list(graph.plans.unmet(plan.id)), scope=EVERYTHING)}
    assert left["nobody"] == "no_capability"
    assert left["elsewhere"] == "out_of_reach"
    assert left["kept-back"] == "kept_back"
    assert "whole" not in left
    assert "in-part" not in left


def test_a_night_of_one_area_leaves_the_neighbour_s_needs_alone(store: Store, clock: FakeClock) -> None:
    fill(store, need("here"), need("there", area="west-1"))
    run(store, clock, area="west")
    assert {a.need for a in offers(store)} == {"there"}


def test_a_dry_run_writes_nothing_and_says_what_a_run_would(store: Store, engine: Engine, clock: FakeClock) -> None:
    a_night_of_every_kind(store)
    overdue = offer(store, clock, need="whole")
    clock.advance(days=1, hours=1)
    before = fingerprint(engine)
    dry = run(store, clock, dry_run=True)
    assert fingerprint(engine) == before
    assert dry.dry_run
    assert dry.expired == 0
    assert properties(engine, "Assignment", overdue.id)["state"] == "offered"


def test_a_dry_run_and_the_run_come_to_the_same(store: Store, clock: FakeClock) -> None:
    a_night_of_every_kind(store)
    dry, wet = run(store, clock, dry_run=True), run(store, clock)
    assert (dry.plan.digest, dry.plan.objective, dry.plan.figures, dry.reasons) == (
        wet.plan.digest,
        wet.plan.objective,
        wet.plan.figures,
        wet.reasons,
    )


def test_the_same_night_again_writes_nothing_at_all(store: Store, engine: Engine, clock: FakeClock) -> None:
    a_night_of_every_kind(store)
    first = run(store, clock)
    before = fingerprint(engine)
    for _ in range(2):
        clock.advance(minutes=10)
        again = run(store, clock)
        assert again.unchanged
        assert (again.plan, again.reasons) == (first.plan, first.reasons)
        assert fingerprint(engine) == before


def test_a_generated_city_s_night_again_writes_nothing(store: Store, engine: Engine) -> None:
    from seeds.load import load
    from seeds.tongchuan import build

    clock = FakeClock()
    load(store, build(scale=0.002, seed=1, needs=60, now=clock.now()))
    first = run(store, clock, area=None)
    assert first.plan.written > 0
    before = fingerprint(engine)
    assert run(store, clock, area=None).unchanged
    assert fingerprint(engine) == before


def test_a_night_with_nothing_to_offer_is_written_once(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(requires=["electrics", "wheelchair"]))
    assert run(store, clock).plan.pairs == 0
    before = fingerprint(engine)
    assert run(store, clock).unchanged
    assert fingerprint(engine) == before


def test_a_night_again_offers_what_has_come_in_since(store: Store, clock: FakeClock) -> None:
    a_night_of_several_pages(store)
    first = run(store, clock)
    add(store, need("late"), replace(WANG_TIME, id="late-helper"))
    second = run(store, clock)
    assert (second.plan.number, second.plan.written) == (first.plan.number + 1, 1)
    assert run(store, clock).unchanged


def test_a_night_first_expires_what_is_overdue_and_offers_it_anew(store: Store, clock: FakeClock) -> None:
    fill(store, need())
    run(store, clock)
    clock.advance(hours=30)
    again = run(store, clock)
    assert (again.expired, again.plan.written) == (1, 1)
    assert sorted(a.state for a in offers(store)) == [AssignmentState.EXPIRED, AssignmentState.OFFERED]


# ── what changes while it publishes ──────────────────────────────────────────────────────────────────────────


def test_what_changes_between_the_plan_and_its_publishing_is_skipped_and_counted(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    a_night_of_several_pages(store)

    def life_goes_on() -> None:
        raw(engine, "MATCH (n:Need {id: 'need-0'}) SET n.terms = n.terms + 1, n.rev = n.rev + 1")
        raw(engine, "MATCH (n:Need {id: 'need-1'}) SET n.state = 'closed'")
        pairs = {a["need"]: a["resource"] for a in planned(engine)}
        raw(engine, "MATCH (r:Resource {id: $id}) SET r.terms = r.terms + 1", id=pairs["need-2"])
        raw(engine, "MATCH (r:Resource {id: $id}) SET r.state = 'withdrawn'", id=pairs["need-3"])
        add(store, replace(WANG_TIME, id="by-day", capacity=1))
        offer(store, clock, need="need-4", resource="by-day")

    report = run(store, clock, progress=meanwhile(0, life_goes_on))
    assert (report.plan.written, report.plan.skipped) == (PAIRS - 5, 5)
    by_night = {a.need for a in offers(store) if a.plan}
    assert by_night == {f"need-{i}" for i in range(5, PAIRS)}


def test_a_pair_declined_while_the_night_publishes_is_not_offered_by_it(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    fill(store, need(quantity=2), resources=[replace(WANG_TIME, capacity=2)])
    made = offer(store, clock)  # this week; the night plans into the next one
    later = NIGHT + timedelta(days=7)

    def says_no() -> None:
        decline(
            store,
            made.id,
            side=Side.PROVIDER,
            reason=DeclineReason.NOT_ABLE,
            by=STREET_STAFF,
            key=key(STREET_STAFF),
            clock=clock,
        )

    report = run(store, clock, night=later, progress=meanwhile(0, says_no))
    assert (report.plan.pairs, report.plan.written, report.plan.skipped) == (1, 0, 1)


def planned(engine: Engine) -> list[dict[str, Any]]:
    """Return the pairs of the latest plan as they are stored."""
    pages = raw(engine, "MATCH (p:PlanPage {kind: 'pairs'}) RETURN p.rows AS rows")
    return [row for page in pages for row in json.loads(page["rows"])]


# ── stopped, and taken over ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("pages", [0, 1, 4])
def test_a_night_stopped_between_two_pages_goes_on_where_it_stopped(
    store: Store, engine: Engine, clock: FakeClock, pages: int
) -> None:
    a_night_of_several_pages(store)
    stopped = run(store, clock, stop=stop_behind(pages))
    assert stopped.stopped
    assert (stopped.plan.state, stopped.plan.next_page) == (PlanState.PUBLISHING, pages)
    assert len(offers(store)) == pages * PAGE
    first = offers(store)

    rest = run(store, clock)
    assert (rest.resumed, rest.plan.id, rest.plan.state) == (True, stopped.plan.id, PlanState.PUBLISHED)
    assert rest.plan.written == PAIRS
    assert first == [a for a in offers(store) if a.id in {f.id for f in first}]
    assert len({(a.need, a.bucket) for a in offers(store)}) == len(offers(store)) == PAIRS
    before = fingerprint(engine)
    assert run(store, clock).unchanged
    assert fingerprint(engine) == before


def test_a_night_stopped_with_other_pages_than_now_is_still_written_whole(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_night_of_several_pages(store)
    run(store, clock, stop=stop_behind(1))
    monkeypatch.setattr(plans, "PAGE_ROWS", 1000)  # another version of the program
    assert run(store, clock).plan.written == PAIRS


def test_a_dry_run_does_not_go_on_with_a_stopped_night(store: Store, engine: Engine, clock: FakeClock) -> None:
    a_night_of_several_pages(store)
    run(store, clock, stop=stop_behind(2))
    before = fingerprint(engine)
    assert run(store, clock, dry_run=True).dry_run
    assert fingerprint(engine) == before


def test_a_second_run_while_one_is_at_work_is_told_until_when(store: Store, engine: Engine, clock: FakeClock) -> None:
    a_night_of_several_pages(store)
    told: list[str] = []

    def another() -> None:
        before = fingerprint(engine)
        with pytest.raises(LeaseHeld) as refused:
            run(store, clock)
        told.append(refused.value.more["until"])
        with pytest.raises(LeaseHeld):
            run(store, clock, area="east")
        assert fingerprint(engine) == before

    assert run(store, clock, progress=meanwhile(2, another)).plan.written == PAIRS
    assert told == [(clock.now() + timedelta(seconds=LEASE_SECONDS)).isoformat()]


def test_a_run_that_slept_past_its_lease_is_taken_over_and_writes_nothing_more(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    a_night_of_several_pages(store)
    done: list[str] = []

    def takes_over() -> None:
        clock.advance(seconds=LEASE_SECONDS + 1)
        assert run(store, clock).resumed
        done.append(fingerprint(engine))

    with pytest.raises(LeaseLost):
        run(store, clock, progress=meanwhile(2, takes_over))
    assert [fingerprint(engine)] == done
    assert len(offers(store)) == PAIRS


def test_a_run_whose_plan_was_given_up_for_another_writes_nothing_more(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    a_night_of_several_pages(store)
    done: list[str] = []

    def plans_anew() -> None:
        clock.advance(seconds=LEASE_SECONDS + 1)
        run(store, clock, night=NIGHT + timedelta(days=1))
        done.append(fingerprint(engine))

    with pytest.raises(LeaseLost):
        run(store, clock, progress=meanwhile(2, plans_anew))
    assert [fingerprint(engine)] == done
    [given_up] = store.read(lambda graph: graph.plans.of_night("city", NIGHT), scope=EVERYTHING)
    assert (given_up.state, given_up.written) == (PlanState.ABANDONED, 2 * PAGE)


def test_a_plan_that_was_given_up_is_not_gone_on_with(store: Store, clock: FakeClock) -> None:
    a_night_of_several_pages(store)
    given_up = run(store, clock, stop=stop_behind(1)).plan
    run(store, clock, night=NIGHT + timedelta(days=1))
    again = run(store, clock)
    assert not again.resumed
    assert again.plan.id != given_up.id


def test_a_night_killed_before_its_plan_was_stored_whole_plans_anew(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_night_of_several_pages(store)
    add_page = plans.Plans.add_page

    def killed(self: plans.Plans, plan: str, number: int, *more: Any) -> None:
        if number == 2:
            raise KeyboardInterrupt
        add_page(self, plan, number, *more)

    with monkeypatch.context() as patch:
        patch.setattr(plans.Plans, "add_page", killed)
        with pytest.raises(KeyboardInterrupt):
            run(store, clock)
    assert offers(store) == []
    with pytest.raises(LeaseHeld):
        run(store, clock)
    clock.advance(seconds=LEASE_SECONDS + 1)
    report = run(store, clock)
    assert (report.plan.number, report.plan.written) == (2, PAIRS)


@pytest.mark.parametrize("writing", ["begin", "page", "ready", "take_over", "offers", "finish"])
def test_a_reply_that_was_lost_does_not_write_twice(
    store: Store, engine: Engine, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, writing: str
) -> None:
    a_night_of_several_pages(store)
    # The first write is the sweep's, which forgets old keys.
    number = {"begin": 1, "page": 3, "ready": PAIRS // PAGE + 2, "take_over": PAIRS // PAGE + 3}
    number |= {"offers": PAIRS // PAGE + 5, "finish": 2 * (PAIRS // PAGE) + 4}
    writes = 0
    write = Store.write

    def twice(self: Store, work: Callable[[Any], Any], *, scope: Any) -> Any:
        nonlocal writes
        writes += 1
        if writes == number[writing] + 1:  # it is committed, but we do not hear of it
            write(self, work, scope=scope)
        return write(self, work, scope=scope)

    monkeypatch.setattr(Store, "write", twice)
    report = run(store, clock)
    assert writes == 2 * (PAIRS // PAGE) + 5
    assert (report.plan.state, report.plan.written, report.plan.skipped) == (PlanState.PUBLISHED, PAIRS, 0)
    assert len(offers(store)) == PAIRS


# ── killed ───────────────────────────────────────────────────────────────────────────────────────────────────


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
    lease = 1.5
    monkeypatch.setattr(night_module, "LEASE_SECONDS", lease)
    chance = random.Random(rounds)
    in_time = 0
    for _ in range(4 * rounds):  # a kill that comes when the night is over proves nothing and doesn't count
        store = fresh_store(engine)
        a_night_of_several_pages(store)
        acknowledged = kill_in_the_middle(address, lease, chance)
        [plan] = store.read(lambda graph: graph.plans.of_night("city", NIGHT), scope=EVERYTHING)
        assert broken(store) == []
        if plan.state is PlanState.PUBLISHED:
            continue
        assert plan.state is PlanState.PUBLISHING
        assert plan.next_page >= acknowledged

        report = after_the_lease(store, lease)
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


def after_the_lease(store: Store, lease: float) -> NightReport:
    """Run the night as somebody who tries again until the other's lease is over."""
    held = 0
    deadline = time.monotonic() + lease + 10
    while True:
        try:
            report = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=ClockOfTheNight())
        except LeaseHeld:
            held += 1
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            assert held > 0, "the killed one's lease must have kept us out at first"
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


def test_a_night_of_one_street_leaves_the_city_s_unfinished_night_to_be_gone_on_with(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.store.plans.PAGE_ROWS", 1)
    fill(store, need("a"), need("b", area="west-1"))
    asked = iter([False, True])
    first = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock, stop=lambda: next(asked))
    assert first.stopped and first.plan.written == 1
    nightly(store, area="east", night=NIGHT, by=OPERATOR, clock=clock)
    last = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)
    assert last.resumed and last.plan.state is PlanState.PUBLISHED
    assert last.plan.written + last.plan.skipped == 2


@pytest.mark.parametrize(("days", "dry_run"), [(-2, False), (8, False), (-367, True), (367, True)])
def test_a_night_too_far_away_is_refused(store: Store, clock: FakeClock, days: int, dry_run: bool) -> None:
    fill(store, need())
    with pytest.raises(InvalidInput):
        nightly(store, area="city", night=NIGHT + timedelta(days=days), by=OPERATOR, clock=clock, dry_run=dry_run)
