"""What choosing a pair costs the whole plan: the difference of two optima, on a flow and on anything else."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from graph.store import Store
from matching import Problem, solve
from matching.optimizer.choosing import costs_of_choosing
from matching.plan import PlanStatus
from matching.problem import Pin
from matching.scoring import NEED_BY_DATE, tiers
from matching.use_cases.matches import request_match
from tests.problems import best_by_trying_everything, ints, tiny_problems
from tests.worlds import EAST_STAFF, FakeClock, fill, need, offer


def by_trying(p: Problem, row: int) -> int | None:
    best = best_by_trying_everything(p)
    chosen = best_by_trying_everything(replace(p, fixed=[*p.fixed, Pin(row)]))
    return None if best is None or chosen is None else best - chosen


@settings(max_examples=150, deadline=None)
@given(tiny_problems(flow=True))
def test_on_a_flow_it_is_the_difference_of_two_optima(p: Problem):
    for need_row in set(p.need.tolist()):
        rows = [row for row in range(len(p.need)) if p.need[row] == need_row]
        assert costs_of_choosing(p, rows) == [by_trying(p, row) for row in rows]


@settings(max_examples=30, deadline=None)
@given(tiny_problems())
def test_on_anything_else_too(p: Problem):
    for row in range(len(p.need)):
        assert costs_of_choosing(p, [row]) == [by_trying(p, row)]


def test_a_chain_of_moves_is_seen():
    # Choosing r1 for n0 moves n1 to r0, which costs what n1 is worth less there.
    p = Problem(
        ints([1, 1]), ints([100, 100]), ints([1, 1]), ints([0, 0, 1, 1]), ints([0, 1, 0, 1]), ints([5, 5, 1, 9])
    )
    assert solve(p).objective == 214
    assert costs_of_choosing(p, [0, 1]) == [0, 8]


def test_what_no_plan_can_have_has_no_cost():
    p = Problem(ints([1]), ints([5]), ints([0, 1]), ints([0, 0]), ints([0, 1]), ints([0, 0]))
    assert solve(p).status is PlanStatus.OPTIMAL
    assert costs_of_choosing(p, [0, 1]) == [None, 0]
    assert costs_of_choosing(p, []) == []


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 9), (3, -9), (3, 0), (3, 9), (0, -9)])
def test_a_difference_tells_both_tiers(first: int, second: int):
    assert tiers(first * 20 + second, 20) == (first, second)


def test_choosing_the_one_whom_others_need_is_told_with_what_it_costs_them(store: Store, clock: FakeClock):
    # Only Wang keeps company; the plumber's visit can be Zhao's as well.
    fill(store, need(), *(need(f"lonely-{i}", requires=["company"]) for i in range(2)))
    found = {
        m.resource.id: m.cost for m in request_match(store, "leak", by=EAST_STAFF, clock=clock, whole=True).matches
    }
    wang, zhao = found["wang-time"], found["zhao-time"]
    assert zhao is not None and (zhao.urgency, zhao.rest) == (0, 0)
    assert zhao.words.zh == "选它不影响任何人。"
    assert wang is not None and wang.urgency == NEED_BY_DATE
    assert f"{NEED_BY_DATE:,}" in wang.words.en


def test_where_nobody_is_left_out_only_the_fit_is_lost(store: Store, clock: FakeClock):
    fill(store, need())
    found = {
        m.resource.id: m.cost for m in request_match(store, "leak", by=EAST_STAFF, clock=clock, whole=True).matches
    }
    best, other = found["wang-time"], found["zhao-time"]
    assert best is not None and other is not None
    assert (best.urgency, best.rest, other.urgency) == (0, 0, 0) and other.rest > 0
    [wang, zhao] = request_match(store, "leak", by=EAST_STAFF, clock=clock).matches
    assert wang.value - zhao.value == other.rest
    assert wang.cost is None


def test_what_is_held_already_is_part_of_the_plan(store: Store, clock: FakeClock):
    fill(store, need(), need("other"), need("lonely", requires=["company"]))
    offer(store, clock, need="other", resource="wang-time")
    found = {
        m.resource.id: m.cost for m in request_match(store, "leak", by=EAST_STAFF, clock=clock, whole=True).matches
    }
    assert found["wang-time"] is not None and found["wang-time"].urgency == NEED_BY_DATE
