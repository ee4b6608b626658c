"""The night against both stores: what it writes, and that it writes it once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.assignments import AssignmentState, Side
from graph.model.plans import PlanState
from graph.store import Store
from matching.errors import InvalidInput
from matching.lifecycle import DeclineReason
from matching.use_cases.answers import decline
from matching.use_cases.nightly import nightly
from tests.nights import (
    PAGE,
    PAIRS,
    a_night_of_every_kind,
    a_night_of_several_pages,
    meanwhile,
    offers,
    planned,
    run,
    short_pages,  # noqa: F401 — for every test here
)
from tests.offers import every_count_agrees_in_the_end  # noqa: F401 — for every test here
from tests.worlds import (
    NIGHT,
    OPERATOR,
    STREET_STAFF,
    WANG_TIME,
    FakeClock,
    add,
    fill,
    fingerprint,
    key,
    need,
    offer,
    properties,
    raw,
)


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


@pytest.mark.parametrize(("days", "dry_run"), [(-2, False), (8, False), (-367, True), (367, True)])
def test_a_night_too_far_away_is_refused(store: Store, clock: FakeClock, days: int, dry_run: bool) -> None:
    fill(store, need())
    with pytest.raises(InvalidInput):
        nightly(store, area="city", night=NIGHT + timedelta(days=days), by=OPERATOR, clock=clock, dry_run=dry_run)
