"""A resource is changed while it is planned and offered: nothing promised breaks, on both stores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.assignments import Side
from graph.model.resources import Provided, ResourceState
from graph.model.times import Window
from graph.store import Stale, Store
from graph.store.listings import Listings
from graph.store.resources import Resources
from matching.errors import NotAMatch, Taken, WrongState
from matching.lifecycle import DeclineReason
from matching.use_cases import listings
from matching.use_cases.answers import accept, decline, sweep
from matching.use_cases.nightly import nightly
from tests.crew import Act, halfway, threads
from tests.worlds import (
    NIGHT,
    NOON,
    OPERATOR,
    STREET_STAFF,
    WANG,
    WANG_TIME,
    FakeClock,
    add,
    broken,
    fill,
    key,
    need,
    offer,
    raw,
)

ROUNDS = [3, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])]


def edits(store: Store, resource: str, rev: int = 1, **changes: Any) -> None:
    listings.change_resource(store, resource, changes, rev=rev, by=WANG, key=key(WANG), clock=FakeClock())


def edits_on_and_on(store: Store, resource: str) -> None:
    """Cut and raise the capacity by turns while others offer; it is 2 in the end."""
    for capacity in (4, 3, 5, 3, 4, 2):
        rev = store.read(lambda graph: graph.resources.get(resource), scope=EVERYTHING).rev
        edits(store, resource, rev, capacity=capacity)


def offers(store: Store, name: str, resource: str) -> None:
    """Offer, and ask anew where the resource has just been changed."""
    for left in reversed(range(6)):
        try:
            offer(store, FakeClock(), need=name, resource=resource, by=STREET_STAFF)
        except WrongState:
            if not left:
                raise
        else:
            return


def withdraws(store: Store, resource: str) -> None:
    listings.withdraw_resource(store, resource, by=WANG, key=key(WANG), clock=FakeClock())


def buckets(engine: Engine, resource: str) -> list[dict[str, Any]]:
    return raw(
        engine,
        "MATCH (b:Bucket {resource: $r}) MATCH (r:Resource {id: $r}) RETURN b.period AS period, "
        "b.capacity AS capacity, b.reserved + b.taken AS held, r.capacity AS new",
        r=resource,
    )


def publish(store: Store, between: Act) -> int:
    """Run the night, with something else happening once it has planned and before it offers; return its pairs."""

    def progress(stage: str, done: int, _: int) -> None:
        if (stage, done) == ("publish", 0):
            between(store)

    report = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=FakeClock(), progress=progress)
    assert report.plan.pairs == 1
    return report.plan.written


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity": 1},
        {"windows": (Window(0, 60),)},
        {"reach_minutes": 1},
        {"provides": (Provided("plumbing", 5),)},
        {"reaches": ("west",)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_resource_that_was_changed_since_it_was_planned_is_not_offered(
    store: Store, engine: Engine, changes: dict[str, Any]
) -> None:
    fill(store, need("leak"), resources=[WANG_TIME])
    assert publish(store, lambda s: edits(s, "wang-time", **changes)) == 0
    assert raw(engine, "MATCH (a:Assignment) RETURN a.id AS id") == []


def test_a_resource_whose_words_alone_were_changed_is_offered(store: Store) -> None:
    fill(store, need("leak"), resources=[WANG_TIME])
    assert publish(store, lambda s: edits(s, "wang-time", title="修水管", conditions="提前")) == 1


def test_a_resource_withdrawn_since_it_was_planned_is_not_offered(store: Store, engine: Engine) -> None:
    fill(store, need("leak"), resources=[WANG_TIME])
    assert publish(store, lambda s: withdraws(s, "wang-time")) == 0
    assert raw(engine, "MATCH (a:Assignment) RETURN a.id AS id") == []


def test_a_night_after_a_cut_counts_what_is_promised_and_offers_no_more(store: Store, engine: Engine) -> None:
    clock = FakeClock()
    fill(store, need("a"), need("b"), need("c"), resources=[WANG_TIME])
    for name in ("a", "b"):
        offer(store, clock, need=name)
    edits(store, "wang-time", capacity=1)
    report = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)
    assert report.plan.written == 0
    assert [b["capacity"] for b in buckets(engine, "wang-time")] == [2]
    assert broken(store) == []
    clock.advance(days=2)
    assert sweep(store, clock=clock) == 2
    assert [b["capacity"] for b in buckets(engine, "wang-time")] == [1]
    assert broken(store) == []


def test_a_capacity_held_above_a_cut_falls_with_what_is_held_and_no_further(store: Store, engine: Engine) -> None:
    fill(store, *(need(name) for name in "abcd"), resources=[replace(WANG_TIME, capacity=3)])
    made = {name: offer(store, FakeClock(), need=name) for name in "abc"}
    edits(store, "wang-time", capacity=1)

    def bucket() -> tuple[int, int]:
        [found] = buckets(engine, "wang-time")
        return found["capacity"], found["held"]

    said = {"side": Side.PROVIDER, "by": WANG, "clock": FakeClock()}
    assert bucket() == (3, 3)
    accept(store, made["a"].id, key=key(WANG), **said)
    assert bucket() == (3, 3), "what is taken is held too"
    decline(store, made["b"].id, reason=DeclineReason.BUSY, key=key(WANG), **said)
    assert bucket() == (2, 2)
    with pytest.raises(Taken):
        offer(store, FakeClock(), need="d")
    assert sweep(store, clock=FakeClock(NOON + timedelta(days=2))) == 1
    assert bucket() == (1, 1)
    assert broken(store) == []


def test_what_becomes_free_below_the_capacity_leaves_it(store: Store, engine: Engine) -> None:
    fill(store, need("leak", quantity=2), resources=[replace(WANG_TIME, capacity=3)])
    made = offer(store, FakeClock(), quantity=2)
    edits(store, "wang-time", capacity=5)
    reason = DeclineReason.BUSY
    decline(store, made.id, side=Side.PROVIDER, reason=reason, by=WANG, key=key(WANG), clock=FakeClock())
    assert [(b["capacity"], b["held"]) for b in buckets(engine, "wang-time")] == [(5, 0)]


USED = pytest.mark.parametrize("used", [False, True], ids=["first-use", "used-before"])


def with_a_wide_resource(store: Store, *, used: bool) -> None:
    """Fill a store with one that has room for five, and a need that wants three."""
    fill(store, need("leak", quantity=3), need("before"), resources=[replace(WANG_TIME, capacity=5)])
    store.write(lambda graph: graph.vault.index(), scope=EVERYTHING)  # or its making would hold the second one back
    if used:
        offer(store, FakeClock(), need="before")


def offered(store: Store) -> bool:
    """Offer three units; tell whether it could be done."""
    try:
        offer(store, FakeClock(), quantity=3, by=STREET_STAFF)
    except (NotAMatch, Taken, WrongState):
        return False
    return True


@USED
def test_a_cut_in_the_middle_of_an_offer_waits_for_it_or_stops_it(store: Store, engine: Engine, used: bool) -> None:
    with_a_wide_resource(store, used=used)
    with halfway(engine, Resources, "lock_buckets", store, lambda s: edits(s, "wang-time", capacity=1)) as cut:
        made = offered(store)
    assert cut.outcome is not None and cut.outcome.refused is None
    assert made == cut.held_back
    held = 3 * made + used
    for bucket in buckets(engine, "wang-time"):
        assert (bucket["new"], bucket["held"], bucket["capacity"]) == (1, held, max(1, held))
    assert broken(store) == []


@USED
def test_an_offer_in_the_middle_of_a_cut_waits_for_it_or_is_counted(store: Store, engine: Engine, used: bool) -> None:
    with_a_wide_resource(store, used=used)
    with halfway(
        engine, Listings, "buckets", store, lambda s: offer(s, FakeClock(), quantity=3, by=STREET_STAFF)
    ) as other:
        edits(store, "wang-time", capacity=1)
    assert other.outcome is not None and other.outcome.refused in (None, "NotAMatch", "Taken", "WrongState")
    held = 3 * (other.outcome.refused is None) + used
    for bucket in buckets(engine, "wang-time"):
        assert (bucket["new"], bucket["held"], bucket["capacity"]) == (1, held, max(1, held))
    assert broken(store) == []


def test_a_withdrawal_in_the_middle_of_an_offer_waits_for_it_or_stops_it(store: Store, engine: Engine) -> None:
    with_a_wide_resource(store, used=True)
    with halfway(engine, Resources, "lock_buckets", store, lambda s: withdraws(s, "wang-time")) as withdrawal:
        made = offered(store)
    assert withdrawal.outcome is not None and withdrawal.outcome.refused is None
    assert made == withdrawal.held_back
    assert [b["held"] for b in buckets(engine, "wang-time")] == [3 * made + 1]


def test_of_an_edit_and_a_withdrawal_in_the_middle_of_it_the_withdrawal_stays(store: Store, engine: Engine) -> None:
    with_a_wide_resource(store, used=False)
    with halfway(engine, Listings, "lock", store, lambda s: withdraws(s, "wang-time")) as withdrawal:
        try:
            edits(store, "wang-time", capacity=1)
            edited = True
        except Stale:
            edited = False
    assert withdrawal.outcome is not None and withdrawal.outcome.refused is None
    assert edited == withdrawal.held_back
    left = store.read(lambda graph: graph.resources.get("wang-time"), scope=EVERYTHING)
    assert (left.state, left.rev, left.capacity) == (ResourceState.WITHDRAWN, 2 + edited, 1 if edited else 5)


def test_of_two_edits_one_in_the_middle_of_the_other_one_is_told_that_it_is_stale(store: Store, engine: Engine) -> None:
    with_a_wide_resource(store, used=False)
    with halfway(engine, Listings, "lock", store, lambda s: edits(s, "wang-time", capacity=2)) as other:
        try:
            edits(store, "wang-time", capacity=1)
            refused = None
        except Stale:
            refused = "Stale"
    assert other.outcome is not None
    assert {refused, other.outcome.refused} == {None, "Stale"}
    left = store.read(lambda graph: graph.resources.get("wang-time"), scope=EVERYTHING)
    assert (left.rev, left.capacity) == (2, 2 if refused else 1)


@pytest.mark.parametrize("rounds", ROUNDS)
@USED
def test_an_edit_racing_with_offers_leaves_neither_a_broken_promise_nor_a_stale_capacity(
    store: Store, engine: Engine, rounds: int, used: bool
) -> None:
    fill(store, resources=[])
    for round_ in range(rounds):
        name = f"r{round_}"
        needs = [need(f"{name}-{n}") for n in range(6)]
        add(store, replace(WANG_TIME, id=name, capacity=5), *needs, need(f"{name}-before"))
        if used:
            offer(store, FakeClock(), need=f"{name}-before", resource=name, by=STREET_STAFF)
        acts: Sequence[Act] = [
            *(lambda s, n=n.id: offers(s, n, name) for n in needs),  # noqa: B023
            lambda s: edits_on_and_on(s, name),  # noqa: B023
        ]
        outcomes = threads(store)(acts)
        assert outcomes[-1].refused is None
        assert {o.refused for o in outcomes[:-1]} <= {None, "Taken", "WrongState"}, outcomes
        held = sum(o.refused is None for o in outcomes[:-1]) + used
        for bucket in buckets(engine, name):
            assert (bucket["new"], bucket["held"]) == (2, held), outcomes
            assert bucket["capacity"] == max(2, held), (bucket, outcomes)
    assert broken(store) == []


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_withdrawal_racing_with_offers_lets_none_in_behind_it(store: Store, engine: Engine, rounds: int) -> None:
    fill(store, resources=[])
    for round_ in range(rounds):
        name = f"r{round_}"
        needs = [need(f"{name}-{n}") for n in range(5)]
        add(store, replace(WANG_TIME, id=name, capacity=9), *needs)
        acts: Sequence[Act] = [
            *(
                lambda s, n=n.id: offer(s, FakeClock(), need=n, resource=name, by=STREET_STAFF)  # noqa: B023
                for n in needs
            ),
            lambda s: withdraws(s, name),  # noqa: B023
        ]
        outcomes = threads(store)(acts)
        assert outcomes[-1].refused is None
        assert {o.refused for o in outcomes[:-1]} <= {None, "NotAMatch", "WrongState"}, outcomes
        held = sum(o.refused is None for o in outcomes[:-1])
        assert [b["held"] for b in buckets(engine, name)] in ([], [held])
    assert broken(store) == []
