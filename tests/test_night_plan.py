"""The night's plan: what is held stays, what is left has a reason."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model.plans import PlanStatus
from matching.night.plan import NightPlan, plan_night
from matching.optimizer.solving import solve
from matching.optimizer.unmet import unmet_needs
from matching.plan import Plan, plan_value
from matching.problem import Problem
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
    assert made.figures["by_date"] == {"needs": 2, "asked": 2, "held": 1, "served": 1, "unmet": 0, "more": 0}


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


def test_needs_that_go_together_are_offered_together_or_not_at_all():
    nurse = R(provides=((NURSING, 3),))
    visit, dressing = N(group=0), N(group=0, requires=((NURSING, 1),))
    both = plan([visit, dressing], [R(), nurse])
    assert [(p.need, p.group) for p in both.pairs] == [("n000", "n000"), ("n001", "n000")]
    alone = plan([visit, dressing], [R()])
    assert alone.pairs == []
    assert reasons(alone) == {"n000": "group", "n001": "no_capability"}
    assert alone.status is PlanStatus.OPTIMAL


def test_a_group_gives_way_to_what_is_more_urgent():
    needs = [N(group=0, urgency=LONG_TERM), N(group=0, urgency=LONG_TERM), N(urgency=AT_ONCE)]
    made = plan(needs, [R(capacity=2)])
    assert [p.need for p in made.pairs] == ["n002"]


def test_what_is_held_of_a_group_no_longer_binds_the_rest():
    made = plan([N(group=0), N(group=0, area=WEST_GRID)], [R(), R()], held=[("n001", "r000", 1)])
    assert [p.need for p in made.pairs] == ["n000"]


def test_a_units_quota_and_its_streets_bind_together_and_are_the_reason():
    resources = [R(capacity=3), R(capacity=3), R(capacity=3)]
    quotas = [("street", 4, [0, 1, 2]), ("unit", 2, [0, 1])]
    made = plan([N(wanted=1) for _ in range(6)], resources, quotas=quotas)
    given: dict[str, int] = {}
    for pair in made.pairs:
        given[pair.resource] = given.get(pair.resource, 0) + pair.quantity
    assert sum(given.values()) == 4 and given.get("r000", 0) + given.get("r001", 0) <= 2
    assert set(reasons(made).values()) == {"pool"}


def test_a_quota_cut_below_what_is_held_does_not_stop_the_city():
    made = plan([N(), N()], [R(capacity=3), R()], held=[("n000", "r000", 1)], quotas=[("unit", 0, [0])])
    assert [(p.need, p.resource) for p in made.pairs] == [("n001", "r001")]


TEN = 1_795_485_600_000  # an instant
HOUR = 3_600_000


def appointed(at: int, **more) -> N:
    return N(appointed=at, duration=60, **more)


def test_nobody_is_in_two_places_at_once_and_that_is_the_reason():
    made = plan([appointed(TEN), appointed(TEN + HOUR // 2)], [R(capacity=5)])
    assert len(made.pairs) == 1
    assert list(reasons(made).values()) == ["conflict"]
    assert made.status is PlanStatus.OPTIMAL


def test_one_visit_after_the_other_can_be_the_same_persons():
    made = plan([appointed(TEN), appointed(TEN + HOUR)], [R(capacity=5)])
    assert [p.need for p in made.pairs] == ["n000", "n001"]


def test_the_more_urgent_of_two_at_once_is_served():
    made = plan([appointed(TEN, urgency=LONG_TERM), appointed(TEN, urgency=BY_DATE)], [R(capacity=5)])
    assert [p.need for p in made.pairs] == ["n001"]


def test_two_units_at_once_are_two_peoples():
    made = plan([appointed(TEN, wanted=2)], [R(capacity=5)])
    assert [p.quantity for p in made.pairs] == [1]
    both = plan([appointed(TEN, wanted=2)], [R(capacity=5), R(capacity=5)])
    assert [(p.resource, p.quantity) for p in both.pairs] == [("r000", 1), ("r001", 1)]


def test_what_is_held_at_that_time_keeps_its_holder_busy_even_where_people_have_overbooked_them():
    needs = [appointed(TEN), appointed(TEN), appointed(TEN)]
    busy = plan(needs, [R(capacity=5)], held=[("n000", "r000", 1)])
    assert busy.pairs == []
    overbooked = plan(needs, [R(capacity=5)], held=[("n000", "r000", 1), ("n001", "r000", 1)])
    assert overbooked.pairs == [] and list(reasons(overbooked)) == ["n002"]


_needs = st.builds(
    N,
    appointed=st.sampled_from([-1, -1, TEN, TEN + HOUR]),
    duration=st.just(60),
    group=st.sampled_from([-1, -1, 0, 1]),
    wanted=st.integers(1, 3),
    urgency=st.integers(0, 2),
    area=st.sampled_from([3, 4]),
)
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
        assert figures["more"] == 0  # such small ones are proved
        assert figures["asked"] == figures["held"] + figures["served"] + figures["unmet"]
    assert all(u.reason for u in made.unmet)


@pytest.mark.parametrize("lost", [1, 2])
def test_what_is_not_proved_is_told_as_units_that_could_be_served_beside_it(monkeypatch: pytest.MonkeyPatch, lost: int):
    def worse(problem: Problem, seconds: float = 0) -> Plan:
        best = solve(problem)
        units = best.units.copy()
        units[np.flatnonzero(units)[:lost]] = 0
        unmet = unmet_needs(problem, units, {}, PlanStatus.FEASIBLE)
        return replace(best, status=PlanStatus.FEASIBLE, units=units, objective=plan_value(problem, units), unmet=unmet)

    monkeypatch.setattr("matching.night.plan._solve", worse)
    made = plan([N(), N(), N(urgency=AT_ONCE), N(area=WEST_GRID)], [R(), R(), R()])
    by_date, at_once = made.figures["by_date"], made.figures["at_once"]
    assert (by_date["unmet"], by_date["more"]) == (1 + lost, lost)
    assert at_once["more"] == 0
