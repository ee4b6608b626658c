"""The connection lost in the middle of each use case that writes: sent again, it has one effect.

The wire is cut at a message of the driver's, before it arrives or when its reply is on the way back. The store that
writes has no patience of its own, so that it is the caller who sends the same again, under the same key.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from api.security.keys import create_key
from graph.engine import Engine
from graph.model.actors import EVERYTHING, Role
from graph.model.assignments import Side
from graph.store import Store, StoreAway, plans
from graph.store.needs import write_needs
from matching.lifecycle import DeclineReason
from matching.use_cases.answers import accept, decline, sweep
from matching.use_cases.needs import record_need, show_text
from matching.use_cases.nightly import LEASE_SECONDS, nightly
from matching.use_cases.offers import make_offer
from tests.cutter import COMMIT, Cut, Cutter, through_a_cutter
from tests.worlds import (
    EAST_STAFF,
    MASTERS,
    NIGHT,
    OPERATOR,
    WANG,
    WANG_TIME,
    FakeClock,
    add,
    broken,
    fill,
    fresh_store,
    key,
    need,
    offer,
    raw,
)

KEY = key(EAST_STAFF, name="the-same-key")
NOT_AN_EFFECT = ("Plan", "PlanPage", "Lease", "Bucket", "DataKey")
"""Of a night that was cut a draft may stay, of any other a bucket or a key that nothing was written with yet."""


@dataclass(frozen=True)
class World:
    """A store filled for one use case, and the wire to it."""

    store: Store
    cut_off: Store
    cutter: Cutter
    engine: Engine
    clock: FakeClock
    given: str


Act = Callable[[Store, FakeClock, str], Any]


def _record(store: Store, clock: FakeClock, _: str) -> None:
    record_need(store, need("cut", person="liu"), by=EAST_STAFF, key=KEY, clock=clock)


def _offer(store: Store, clock: FakeClock, _: str) -> None:
    make_offer(store, need="leak", resource="wang-time", quantity=1, by=EAST_STAFF, key=KEY, clock=clock)


def _accept(store: Store, clock: FakeClock, offered: str) -> None:
    accept(store, offered, side=Side.PROVIDER, by=WANG, key=replace(KEY, actor=WANG.id), clock=clock)


def _decline(store: Store, clock: FakeClock, offered: str) -> None:
    why = DeclineReason.BUSY
    decline(store, offered, side=Side.PROVIDER, reason=why, by=WANG, key=replace(KEY, actor=WANG.id), clock=clock)


def _sweep(store: Store, clock: FakeClock, _: str) -> None:
    clock.advance(days=3)
    sweep(store, clock=clock)


def _night(store: Store, clock: FakeClock, _: str) -> None:
    clock.advance(seconds=LEASE_SECONDS + 1)  # the lease of the one that was cut has run out
    nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)


def _load(store: Store, clock: FakeClock, _: str) -> None:
    needs = [need(f"load-{i}", person="liu") for i in range(30)]
    store.write(lambda graph: write_needs(graph.loading, needs), scope=EVERYTHING)


def _show(store: Store, clock: FakeClock, _: str) -> None:
    from matching.use_cases.needs import ShowReason

    show_text(store, "leak", reason=ShowReason.HANDLING, by=EAST_STAFF, clock=clock)


ACTS: dict[str, Act] = {
    "record": _record,
    "offer": _offer,
    "accept": _accept,
    "decline": _decline,
    "sweep": _sweep,
    "night": _night,
    "load": _load,
}
"""Each writing use case that its caller may send again."""


@pytest.fixture
def wire(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, Cutter]]:
    monkeypatch.setattr(plans, "PAGE_ROWS", 1)
    with through_a_cutter(engine) as both:
        yield both


def world(name: str, engine: Engine, wire: tuple[Engine, Cutter]) -> World:
    same, cutter = wire
    store, clock = fresh_store(engine), FakeClock()
    fill(store, need(), need("other"))
    given = offer(store, clock).id if name in ("accept", "decline", "sweep") else ""
    cut_off = Store(same, MASTERS, patience=0)
    Store(same, MASTERS, patience=5).ping()  # connected again
    return World(store, cut_off, cutter, engine, clock, given)


def effect(engine: Engine) -> dict[str, int]:
    """Return how many nodes of each label and relationships of each type there are."""
    nodes = raw(engine, "MATCH (n) RETURN labels(n)[0] AS what, count(n) AS n")
    joined = raw(engine, "MATCH ()-[r]->() RETURN type(r) AS what, count(r) AS n")
    return {row["what"]: row["n"] for row in (*nodes, *joined) if row["what"] not in NOT_AN_EFFECT}


def until_it_is_through(world: World, act: Act) -> int:
    """Send it until it comes through; return how often it was sent."""
    for sent in range(1, 9):
        try:
            act(world.cut_off, world.clock, world.given)
        except StoreAway:
            continue
        return sent
    pytest.fail("it never comes through")


def check(name: str, engine: Engine, wire: tuple[Engine, Cutter], choose: Callable[[list[int]], list[Cut]]) -> None:
    act = ACTS[name]
    whole = world(name, engine, wire)
    whole.cutter.watch()
    act(whole.cut_off, whole.clock, whole.given)
    messages, expected = list(whole.cutter.seen), effect(engine)
    assert COMMIT in messages
    for cut in choose(messages):
        again = world(name, engine, wire)
        again.cutter.watch(cut)
        sent = until_it_is_through(again, act)
        assert again.cutter.was_cut and sent > 1, (cut, messages)
        assert effect(engine) == expected, cut
        assert broken(again.store) == [], cut


def a_few(messages: list[int]) -> list[Cut]:
    """The first message, one in the middle, the last commit before it arrives and when its reply is lost."""
    commits = [number for number, tag in enumerate(messages, 1) if tag == COMMIT]
    middle = commits[len(commits) // 2]
    return [Cut(middle - 2, late=True), Cut(commits[-1], late=False), Cut(middle, late=True)]


def every(messages: list[int]) -> list[Cut]:
    return [Cut(number, late) for number in range(1, len(messages) + 1) for late in (False, True)]


@pytest.mark.parametrize("name", ACTS)
def test_what_is_cut_off_and_sent_again_has_one_effect(engine: Engine, wire: tuple[Engine, Cutter], name: str) -> None:
    check(name, engine, wire, a_few)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ACTS)
def test_what_is_cut_off_at_any_point_and_sent_again_has_one_effect(
    engine: Engine, wire: tuple[Engine, Cutter], name: str
) -> None:
    check(name, engine, wire, every)


@pytest.mark.parametrize("late", [False, True])
def test_a_patient_store_makes_one_key_whatever_becomes_of_its_connection(
    engine: Engine, wire: tuple[Engine, Cutter], late: bool
) -> None:
    def make(store: Store, clock: FakeClock) -> str:
        made = create_key(store, name="cut", role=Role.COMMUNITY, area="east", provider=None, days=1, clock=clock)
        return made[1].id

    whole = world("key", engine, wire)
    whole.cutter.watch()
    make(whole.cut_off, whole.clock)
    commit = whole.cutter.seen.index(COMMIT) + 1
    again = world("key", engine, wire)
    again.cutter.watch(Cut(commit, late))
    made = make(again.cut_off.patient(10), again.clock)
    assert again.cutter.was_cut
    assert [k.id for k in again.store.read(lambda g: g.api_keys.all(), scope=EVERYTHING)] == [made]


def test_a_showing_whose_reply_is_lost_is_written_down_however_often_it_was_asked_for(
    engine: Engine, wire: tuple[Engine, Cutter]
) -> None:
    whole = world("show", engine, wire)
    whole.cutter.watch()
    _show(whole.cut_off, whole.clock, "")
    commit = whole.cutter.seen.index(COMMIT) + 1
    again = world("show", engine, wire)
    again.cutter.watch(Cut(commit, late=True))
    assert until_it_is_through(again, _show) == 2
    shown = [e for e in again.store.read(lambda g: g.events.history("leak"), scope=EVERYTHING) if e.verb == "show_text"]
    assert [e.seq for e in shown] == [2, 3]  # never too few: both may have been read


def test_a_night_s_needs_are_offered_once_though_its_helper_has_one_unit(
    engine: Engine, wire: tuple[Engine, Cutter]
) -> None:
    whole = world("night", engine, wire)
    add(whole.store, replace(WANG_TIME, id="one", capacity=1))
    whole.cutter.watch(Cut(9, late=True))
    until_it_is_through(whole, _night)
    offered = raw(engine, "MATCH (a:Assignment) RETURN a.need AS need, a.bucket AS bucket")
    assert len({(row["need"], row["bucket"]) for row in offered}) == len(offered) > 0
    assert broken(whole.store) == []
