"""The night against both stores, stopped, taken over and gone on with: nothing is left out and nothing doubled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.plans import PlanState
from graph.store import LeaseHeld, LeaseLost, Store, plans
from matching.use_cases.nightly import LEASE_SECONDS, nightly
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
from tests.worlds import (
    NIGHT,
    OPERATOR,
    FakeClock,
    fill,
    fingerprint,
    need,
)


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
