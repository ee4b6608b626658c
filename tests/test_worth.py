"""What more would be worth: on a flow, the difference of two optima."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matching import Problem
from matching.deadline import Deadline
from matching.night.plan import NightPlan, plan_night
from matching.scoring import DEFAULT, NEED_BY_DATE
from matching.solvers.margins import margins
from tests.problems import best_by_trying_everything, ints, tiny_problems
from tests.snapshots import DAY, EAST_GRID, NURSING, PLUMBING, WEST_GRID, N, R, snapshot

AT = datetime(2026, 11, 22, 18, tzinfo=UTC)
BY_DATE, LONG_TERM = 1, 2


def plan(needs: list[N], resources: list[R], **more) -> NightPlan:
    return plan_night(snapshot(needs, resources, **more), day=DAY, at=AT)


def with_one_more_provider(p: Problem, need: int, value: int) -> Problem:
    return Problem(
        need_quantity=p.need_quantity,
        need_value=p.need_value,
        resource_capacity=np.append(p.resource_capacity, 1),
        need=np.append(p.need, need),
        resource=np.append(p.resource, len(p.resource_capacity)),
        value=np.append(p.value, value),
        limit=np.append(p.limit, 1),
        need_required=p.need_required,
        pools=p.pools,
        floors=p.floors,
        fixed=p.fixed,
        current=p.current,
        change_cost=p.change_cost,
    )


@settings(max_examples=100, deadline=None)
@given(tiny_problems(flow=True), st.integers(0, 9))
def test_a_margin_is_what_one_more_unit_adds(p: Problem, value: int):
    p = replace(p, balance=0)
    best, found = best_by_trying_everything(p), margins(p, Deadline())
    if best is None:
        assert found is None
        return
    assert found is not None
    for resource, unit in enumerate(found.unit.tolist()):
        capacity = p.resource_capacity + (np.arange(len(p.resource_capacity)) == resource)
        assert best_by_trying_everything(replace(p, resource_capacity=capacity)) == best + unit
    for need, lost in enumerate(found.to_serve.tolist()):
        worth = int(p.need_value[need]) + value
        assume(worth > 0)
        more = best_by_trying_everything(with_one_more_provider(p, need, value))
        assert more == best + max(0, worth - lost)


def test_one_more_person_is_worth_the_two_needs_that_they_would_serve():
    # Two units: with three by-date needs unmet, two more are served.
    found = plan([N(raised_at=_NOW) for _ in range(4)], [R(capacity=1)]).findings
    [person] = found.people
    assert (person.capability, person.area, person.needs, person.exact) == ("plumbing", "a1", 3, True)
    assert person.urgency == 2 * NEED_BY_DATE
    [unit] = found.resources
    assert (unit.resource, unit.urgency, unit.needs, unit.exact) == ("r000", NEED_BY_DATE, 3, True)


_NOW = int(AT.timestamp() * 1000)


def test_where_nobody_has_the_skill_a_person_is_worth_what_is_asked_for():
    found = plan([N(raised_at=_NOW, requires=((NURSING, 1),), area=WEST_GRID)], [R()]).findings
    [person] = found.people
    assert (person.capability, person.urgency, person.needs) == ("nursing", NEED_BY_DATE, 1)
    assert found.resources == ()


def test_a_chain_of_moves_counts():
    # The only nurse is also the only plumber here: one more plumber frees them for nursing.
    needs = [N(raised_at=_NOW), N(raised_at=_NOW, requires=((NURSING, 1),))]
    found = plan(needs, [R(provides=((PLUMBING, 3), (NURSING, 3)))]).findings
    assert {p.capability: p.urgency for p in found.people} == {"plumbing": NEED_BY_DATE, "nursing": NEED_BY_DATE}


def test_where_everything_is_served_a_person_is_worth_no_more_than_a_better_fit():
    found = plan([N()], [R(provides=((PLUMBING, 1),))]).findings
    assert all(p.urgency == 0 and p.rest <= DEFAULT.most for p in found.people)
    assert found.resources == ()


def test_without_time_a_person_is_worth_at_least_their_first_unit():
    made = snapshot([N(raised_at=_NOW) for _ in range(4)], [R(capacity=1)])
    [person] = plan_night(made, day=DAY, at=AT, worth_seconds=0.0).findings.people
    assert (person.urgency, person.exact) == (NEED_BY_DATE, False)


def test_its_rows_are_the_largest_first():
    needs = [N(raised_at=_NOW, urgency=LONG_TERM, area=EAST_GRID), N(raised_at=_NOW, urgency=BY_DATE, area=WEST_GRID)]
    people = plan(needs, []).findings.people
    assert [p.urgency for p in people] == sorted((p.urgency for p in people), reverse=True)
    assert ints([len(people)]).tolist() == [2]
