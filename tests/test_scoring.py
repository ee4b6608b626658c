"""Values: two strict tiers, each part by name."""

from datetime import UTC, datetime, timedelta

import pytest

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


def test_no_sum_of_second_tier_values_reaches_one_step_of_the_first():
    assert step(wanted=7, capacity=5) > 5 * DEFAULT.most


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
