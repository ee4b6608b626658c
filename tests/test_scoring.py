"""Values: two strict tiers, each part by name."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model.times import to_milliseconds
from matching.candidates import find_candidates
from matching.night.plan import plan_night
from matching.scoring import DEFAULT, step, urgency_weights, value_parts
from tests.snapshots import DAY, EAST_GRID, WEST_GRID, N, R, snapshot

AT = datetime(2026, 11, 22, 18, tzinfo=UTC)
NOW = to_milliseconds(AT)


def weights(*needs: N) -> list[int]:
    return urgency_weights(snapshot(list(needs), []), AT).tolist()


def fresh(**values) -> N:
    return N(raised_at=NOW, **values)


def test_the_more_urgent_weighs_more_by_the_declared_steps():
    at_once, by_date, long_term = weights(fresh(urgency=0), fresh(urgency=1), fresh(urgency=2))
    assert (at_once, by_date, long_term) == (8000 * 12, 2000 * 12, 1000 * 12)


def test_a_by_date_need_near_its_deadline_weighs_double():
    near, far = NOW + 2 * 86_400_000, NOW + 2 * 86_400_000 + 1
    assert weights(fresh(due=near), fresh(due=far)) == [4000 * 12, 2000 * 12]


@pytest.mark.parametrize(("higher", "lower"), [(0, 1), (1, 2)])
def test_waiting_and_vulnerability_raise_a_weight_but_never_past_the_next_step(higher: int, lower: int):
    plain, raised, above = weights(
        fresh(urgency=lower), N(urgency=lower, raised_at=0, vulnerable=True), fresh(urgency=higher)
    )
    assert plain < raised < above


def test_a_needs_weight_is_spread_over_its_units():
    parcels, urgent = weights(fresh(wanted=40), fresh(urgency=0))
    assert parcels * 40 <= 2000 * 12
    assert urgent > parcels * 40


def test_every_unit_weighs_something():
    assert weights(fresh(urgency=2, wanted=1_000_000)) == [1]


def test_the_parts_of_a_value_are_named_and_add_up():
    made = snapshot([N(area=EAST_GRID), N(area=WEST_GRID)], [R(reach_minutes=60)])
    parts = value_parts(find_candidates(made, DAY))
    assert parts.of(0) == {"level": 120, "near": 500, "same_community": 200, "continuity": 0}
    far = parts.of(1)
    assert far["same_community"] == 0 and 0 < far["near"] < 500
    assert [sum(parts.of(0).values()), sum(far.values())] == parts.total.tolist()


def test_who_has_served_somebody_before_is_preferred_among_equals_and_never_before_a_need():
    known = snapshot([fresh()], [R(), R()], served_before=[(0, 1, 2)])
    plan = plan_night(known, day=DAY, at=AT, worth_seconds=0.0)
    assert [pair.resource for pair in plan.pairs] == ["r001"]
    assert plan.pairs[0].parts["continuity"] == DEFAULT.continuity
    urgent = [fresh(urgency=2), fresh(urgency=1)]
    plan = plan_night(snapshot(urgent, [R()], served_before=[(0, 0, 9)]), day=DAY, at=AT, worth_seconds=0.0)
    assert [pair.need for pair in plan.pairs] == ["n001"]


_counts = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=4)


@given(st.integers(0, 12), _counts, st.data())
def test_no_two_plans_differ_by_one_step_of_the_first_tier_in_the_second(wanted: int, resources, data):
    capacity, load = (np.array([row[i] for row in resources], dtype=np.int64) for i in (0, 1))
    units = np.array([data.draw(st.integers(0, most)) for most in capacity.tolist()], dtype=np.int64)
    if units.sum() <= wanted:
        cost = DEFAULT.balance * int(((load + units) ** 2 - load**2).sum())
        assert step(wanted, capacity, load) > int(units.sum()) * DEFAULT.most
        assert step(wanted, capacity, load) > cost + (min(wanted, int(capacity.sum()))) * DEFAULT.most


def test_load_is_spread_where_as_much_is_served_and_what_was_given_before_counts():
    def units(resources: list[R]) -> dict[str, int]:
        plan = plan_night(snapshot([fresh() for _ in range(4)], resources), day=DAY, at=AT, worth_seconds=0.0)
        count = dict.fromkeys((f"r{i:03d}" for i in range(len(resources))), 0)
        return count | Counter(pair.resource for pair in plan.pairs)

    assert units([R(capacity=4), R(capacity=4)]) == {"r000": 2, "r001": 2}
    assert units([R(capacity=4, load=2), R(capacity=4)]) == {"r000": 1, "r001": 3}
    far = R(area=WEST_GRID, reach_minutes=240, capacity=4)  # 15 minutes on foot are worth more than this
    assert units([R(capacity=4), far]) == {"r000": 4, "r001": 0}


_loads = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=3)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=5), _loads)
def test_whoever_helps_as_many_are_helped_by_urgency(needs, loads):
    made = snapshot(
        [fresh(urgency=urgency, wanted=wanted) for urgency, wanted in needs],
        [R(capacity=capacity, load=load) for capacity, load in loads],
    )
    with_balance, without = (
        plan_night(made, day=DAY, at=AT, worth_seconds=0.0, weights=replace(DEFAULT, balance=balance)).figures
        for balance in (DEFAULT.balance, 0)
    )
    assert with_balance == without


def test_serving_one_more_urgent_need_beats_every_better_fit():
    # The near one fits perfectly but is long-term; the far one is urgent and a poor fit.
    needs = [fresh(urgency=2, area=EAST_GRID), fresh(urgency=0, area=WEST_GRID)]
    plan = plan_night(snapshot(needs, [R(area=EAST_GRID, reach_minutes=240)]), day=DAY, at=AT)
    assert [pair.need for pair in plan.pairs] == ["n001"]


def test_among_plans_that_serve_as_much_the_nearer_is_chosen():
    plan = plan_night(
        snapshot([fresh()], [R(area=WEST_GRID, reach_minutes=240), R(area=EAST_GRID, reach_minutes=240)]),
        day=DAY,
        at=AT,
    )
    assert [pair.resource for pair in plan.pairs] == ["r001"]


def test_waiting_counts_whole_days_so_that_a_night_run_twice_says_the_same():
    raised = NOW - int(timedelta(days=3, hours=5) / timedelta(milliseconds=1))
    a = urgency_weights(snapshot([N(raised_at=raised)], []), AT)
    b = urgency_weights(snapshot([N(raised_at=raised)], []), AT + timedelta(hours=1))
    assert a.tolist() == b.tolist()
