"""The connection lost in the middle of each use case that writes: sent again, it has one effect.

The wire is cut at a message of the driver's, before it arrives or when its reply is on the way back. The store that
writes has no patience of its own, so that it is the caller who sends the same again, under the same key.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from api.security.keys import create_key
from graph.engine import Engine
from graph.model.actors import EVERYTHING, Role
from graph.store import Store, StoreAway, plans
from matching.use_cases.needs import ShowReason, show_text
from tests.contract.acts import ACTS, Act, effect, prepare
from tests.cutter import COMMIT, Cut, Cutter, through_a_cutter
from tests.worlds import EAST_STAFF, MASTERS, WANG_TIME, FakeClock, add, broken, fresh_store, raw

KEY = "the-same-key"


@dataclass(frozen=True)
class World:
    """A store filled for one use case, and the wire to it."""

    store: Store
    cut_off: Store
    cutter: Cutter
    engine: Engine
    clock: FakeClock
    given: str


def _make_key(store: Store, clock: FakeClock, *_: str) -> str:
    made = create_key(store, name="cut", role=Role.COMMUNITY, area="east", provider=None, days=1, clock=clock)
    return made[1].id


def _show(store: Store, clock: FakeClock, *_: str) -> None:
    show_text(store, "leak", reason=ShowReason.HANDLING, by=EAST_STAFF, clock=clock)


@pytest.fixture
def wire(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, Cutter]]:
    monkeypatch.setattr(plans, "PAGE_ROWS", 1)
    with through_a_cutter(engine) as both:
        yield both


def world(act: Act, engine: Engine, wire: tuple[Engine, Cutter]) -> World:
    same, cutter = wire
    store, clock = fresh_store(engine), FakeClock()
    given = prepare(store, act, clock)
    cut_off = Store(same, MASTERS, patience=0)
    Store(same, MASTERS, patience=5).ping()  # connected again
    return World(store, cut_off, cutter, engine, clock, given)


def until_it_is_through(world: World, act: Act) -> int:
    """Send it until it comes through; return how often it was sent."""
    for sent in range(1, 9):
        try:
            act.do(world.cut_off, world.clock, world.given, KEY)
        except StoreAway:
            continue
        return sent
    pytest.fail("it never comes through")


def check(name: str, engine: Engine, wire: tuple[Engine, Cutter], choose: Callable[[list[int]], list[Cut]]) -> None:
    act = ACTS[name]
    whole = world(act, engine, wire)
    whole.cutter.watch()
    act.do(whole.cut_off, whole.clock, whole.given, KEY)
    messages, expected = list(whole.cutter.seen), effect(engine)
    assert COMMIT in messages
    for cut in choose(messages):
        again = world(act, engine, wire)
        again.cutter.watch(cut)
        sent = until_it_is_through(again, act)
        assert again.cutter.was_cut and sent > 1, (cut, messages)
        assert effect(engine) == expected, cut
        assert broken(again.store) == [], cut


def a_few(messages: list[int]) -> list[Cut]:
    """The last commit when its reply is lost, and two messages before the one in the middle."""
    commits = [number for number, tag in enumerate(messages, 1) if tag == COMMIT]
    middle = commits[len(commits) // 2]
    return [Cut(commits[-1], late=True), Cut(middle - 2, late=False)]


def every(messages: list[int]) -> list[Cut]:
    """Before each message, and after each commit: any other reply that is lost is the same as the next message lost."""
    numbered = list(enumerate(messages, 1))
    return [Cut(number, late=False) for number, _ in numbered] + [
        Cut(number, late=True) for number, tag in numbered if tag == COMMIT
    ]


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
    whole = world(Act(_make_key), engine, wire)
    whole.cutter.watch()
    _make_key(whole.cut_off, whole.clock)
    commit = whole.cutter.seen.index(COMMIT) + 1
    again = world(Act(_make_key), engine, wire)
    again.cutter.watch(Cut(commit, late))
    made = _make_key(again.cut_off.patient(10), again.clock)
    assert again.cutter.was_cut
    assert [k.id for k in again.store.read(lambda g: g.api_keys.all(), scope=EVERYTHING)] == [made]


def test_a_showing_whose_reply_is_lost_is_written_down_however_often_it_was_asked_for(
    engine: Engine, wire: tuple[Engine, Cutter]
) -> None:
    act = Act(_show)
    whole = world(act, engine, wire)
    whole.cutter.watch()
    _show(whole.cut_off, whole.clock)
    commit = whole.cutter.seen.index(COMMIT) + 1
    again = world(act, engine, wire)
    again.cutter.watch(Cut(commit, late=True))
    assert until_it_is_through(again, act) == 2
    shown = [e for e in again.store.read(lambda g: g.events.history("leak"), scope=EVERYTHING) if e.verb == "show_text"]
    assert [e.seq for e in shown] == [2, 3]  # never too few: both may have been read


def test_a_night_s_needs_are_offered_once_though_its_helper_has_one_unit(
    engine: Engine, wire: tuple[Engine, Cutter]
) -> None:
    whole = world(ACTS["night"], engine, wire)
    add(whole.store, replace(WANG_TIME, id="one", capacity=1))
    whole.cutter.watch(Cut(9, late=True))
    until_it_is_through(whole, ACTS["night"])
    offered = raw(engine, "MATCH (a:Assignment) RETURN a.need AS need, a.bucket AS bucket")
    assert len({(row["need"], row["bucket"]) for row in offered}) == len(offered) > 0
    assert broken(whole.store) == []
