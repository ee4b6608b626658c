"""The night's plan: what is held stays, what is left has a reason."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model.plans import PlanStatus
from matching.night_plan import NightPlan, plan_night
from tests.snapshots import DAY, NURSING, WEST_GRID, N, R, snapshot

AT = datetime(2026, 11, 22, 18, tzinfo=UTC)
AT_ONCE, BY_DATE, LONG_TERM = range(3)


def plan(needs: list[N], resources: list[R], **more) -> NightPlan:
    return plan_night(snapshot(needs, resources, **more), day=DAY, at=AT, worth_seconds=0.0)


def reasons(made: NightPlan) -> dict[str, str]:
    return {u.need: u.reason for u in made.unmet}


def test_a_plan_is_proved_optimal_and_says_so():
    made = plan([N()], [R()])
    assert made.status is PlanStatus.OPTIMAL and made.bound == made.objective > 0


def test_a_pair_carries_what_it_was_planned_on():
    pair = plan([N(terms=4)], [R()]).pairs[0]
    assert (pair.need, pair.resource, pair.quantity, pair.need_terms, pair.period) == ("n000", "r000", 1, 4, "2026-W48")
    assert set(pair.parts) == {"level", "near", "same_community", "continuity"}


@pytest.mark.parametrize(
    ("needs", "resources", "reason"),
    [
        ([N()], [R(provides=((NURSING, 3),))], "no_capability"),
        ([N()], [R(area=WEST_GRID)], "out_of_reach"),
        ([N()], [R(capacity=0)], "capacity"),
        ([N(urgency=BY_DATE), N(urgency=BY_DATE)], [R(capacity=1)], "capacity"),
        ([N(urgency=AT_ONCE), N(urgency=LONG_TERM)], [R(capacity=1)], "outbid"),
        ([N(wanted=10)], [R(capacity=10)], "kept_back"),
    ],
)
def test_what_is_left_has_its_reason(needs: list[N], resources: list[R], reason: str):
    made = plan(needs, resources)
    assert list(reasons(made).values()) == [reason]


def test_what_holds_the_capacity_is_counted_by_urgency_where_that_is_the_reason():
    needs = [N(urgency=AT_ONCE), N(urgency=BY_DATE), N(urgency=LONG_TERM), N(urgency=LONG_TERM)]
    made = plan(needs, [R(capacity=3)], held=[("elsewhere", "r000", 1)])
    left = {u.need: u for u in made.unmet}
    assert {u.reason for u in made.unmet} == {"capacity"}
    assert left["n002"].held_by == {"at_once": 1, "by_date": 1, "other": 1}


def test_its_own_units_do_not_hold_the_capacity_that_a_need_lacks():
    [left] = plan([N(wanted=3)], [R(capacity=2)]).unmet
    assert (left.quantity, left.held_by) == (1, {})


def test_no_holders_are_told_where_capacity_is_not_the_reason():
    made = plan([N(), N(area=WEST_GRID)], [R()])
    assert [(u.reason, u.held_by) for u in made.unmet] == [("out_of_reach", {})]


def test_a_tenth_of_a_capacity_is_kept_for_the_day_rounded_down():
    assert sum(p.quantity for p in plan([N(wanted=9)], [R(capacity=9)]).pairs) == 9
    assert sum(p.quantity for p in plan([N(wanted=10)], [R(capacity=10)]).pairs) == 9
    assert sum(p.quantity for p in plan([N(wanted=25)], [R(capacity=25)]).pairs) == 23


def test_what_is_held_takes_up_capacity_and_is_not_offered_again():
    made = plan([N(), N()], [R(capacity=2)], held=[("n000", "r000", 1)])
    assert [p.need for p in made.pairs] == ["n001"]
    assert made.unmet == []
    assert made.figures["by_date"] == {"needs": 2, "asked": 2, "held": 1, "served": 1, "unmet": 0}


def test_a_need_of_another_scope_that_holds_units_only_takes_up_capacity():
    made = plan([N()], [R(capacity=1)], held=[("elsewhere", "r000", 1)])
    assert made.pairs == []
    assert reasons(made) == {"n000": "capacity"}


def test_units_held_on_a_resource_that_was_withdrawn_count_for_the_need():
    made = plan([N(wanted=2)], [R(capacity=5)], held=[("n000", "gone", 1)])
    assert [p.quantity for p in made.pairs] == [1]


def test_a_capacity_cut_below_what_is_held_does_not_stop_the_city():
    made = plan([N(), N()], [R(capacity=0), R(capacity=1)], held=[("n000", "r000", 1)])
    assert [(p.need, p.resource) for p in made.pairs] == [("n001", "r001")]


def test_a_pair_that_is_held_is_not_offered_more_units_in_the_same_period():
    made = plan([N(wanted=3)], [R(capacity=3)], held=[("n000", "r000", 1)])
    assert made.pairs == []
    assert reasons(made) == {"n000": "limit"}


_needs = st.builds(N, wanted=st.integers(1, 3), urgency=st.integers(0, 2), area=st.sampled_from([3, 4]))
_resources = st.builds(
    R, capacity=st.integers(0, 12), reach_minutes=st.sampled_from([-1, 60]), area=st.sampled_from([3, 4])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_needs, max_size=7), st.lists(_resources, max_size=4))
def test_planning_on_what_a_plan_wrote_plans_nothing_more_and_comes_to_the_same(needs: list[N], resources: list[R]):
    first = plan(needs, resources)
    second = plan(needs, resources, held=[(p.need, p.resource, p.quantity) for p in first.pairs])
    assert second.pairs == []
    assert second.unmet == first.unmet
    assert second.digest == first.digest


@settings(max_examples=150, deadline=None)
@given(st.lists(_needs, max_size=7), st.lists(_resources, max_size=4))
def test_every_unit_asked_for_is_served_or_left_with_a_reason(needs: list[N], resources: list[R]):
    made = plan(needs, resources)
    asked = sum(n.wanted for n in needs)
    assert asked == sum(p.quantity for p in made.pairs) + sum(u.quantity for u in made.unmet)
    for figures in made.figures.values():
        assert figures["asked"] == figures["held"] + figures["served"] + figures["unmet"]
    assert all(u.reason for u in made.unmet)
