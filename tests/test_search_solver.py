"""The search by prices, ruin and recreate, against an oracle that tries everything, and at size M."""

import time
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cities import rich_city
from matching import Plan, Problem, solve, verify
from matching.deadline import Deadline
from matching.optimizer.finishing import with_the_rest_solved
from matching.optimizer.ledger import Ledger
from matching.optimizer.parts import cut_out
from matching.optimizer.relaxation import relaxed
from matching.optimizer.shape import hard_needs, hard_resources
from matching.optimizer.unmet import unmet_needs
from matching.plan import PlanStatus, Reason
from matching.problem import Held, Pin, Pool
from matching.solvers.constraint import solve_by_constraints
from matching.solvers.flow import solve_flow
from matching.solvers.greedy import solve_greedily
from matching.solvers.search import solve_by_search
from matching.solvers.solution import Solution
from tests.problems import best_by_trying_everything, ints, tiny_problems

SHORT = 0.001  # of the work after which the search ends by itself


def wrong_with(problem: Problem, found: Solution) -> list[str]:
    unmet = unmet_needs(problem, found.units, found.starts, found.status)
    return verify(problem, Plan(found.status, found.units, found.objective, found.bound, found.starts, unmet))


@settings(max_examples=150, deadline=None)
@given(tiny_problems(), st.integers(0, 9))
def test_no_plan_is_above_the_optimum_and_no_bound_below_it(problem: Problem, seed: int):
    found = solve_by_search(problem, Deadline(), seed=seed, effort=SHORT)
    best = best_by_trying_everything(problem)
    if best is None:
        assert found.status is PlanStatus.UNKNOWN
        return
    assert found.bound is not None and found.bound >= best
    if found.objective is not None:
        assert found.objective <= best
        assert wrong_with(problem, found) == []


@settings(max_examples=40, deadline=None)
@given(tiny_problems())
def test_the_method_by_name_gives_a_verified_plan_and_a_bound_that_holds(problem: Problem):
    plan = solve(problem, method="search", time_limit=0.2)
    best = best_by_trying_everything(problem)
    if best is not None:
        assert plan.status is not PlanStatus.INFEASIBLE
        assert plan.bound is None or plan.bound >= best
        assert plan.objective is None or plan.objective <= best


def test_a_city_gets_a_better_plan_than_the_greedy_one_and_a_bound_near_to_it():
    problem = rich_city("M", 1)
    plan = solve(problem, method="search", time_limit=5, threads=2)
    greedy = solve(problem, method="greedy")
    assert plan.objective is not None and greedy.objective is not None and plan.bound is not None
    assert greedy.objective < plan.objective <= plan.bound
    assert plan.bound - plan.objective < 0.02 * plan.bound
    assert "ruin and recreate" in plan.solver


def test_what_is_a_flow_beside_a_few_other_needs_is_solved_exactly_beside_them():
    problem = rich_city("M", 4, share=0.05)
    relaxation = solve_flow(relaxed(problem), Deadline(), prices=True)
    found = solve_by_search(problem, Deadline(), relaxation=relaxation, effort=SHORT)
    better = with_the_rest_solved(problem, found, Deadline())
    assert found.objective is not None and better.objective is not None and found.bound is not None
    assert found.objective < better.objective <= found.bound
    assert wrong_with(problem, better) == []


@settings(max_examples=200, deadline=None)
@given(tiny_problems())
def test_beside_what_the_other_needs_have_nothing_better_is_left(problem: Problem):
    found = solve_greedily(problem, Deadline())
    if found.objective is None:
        return
    better, hard = with_the_rest_solved(problem, found, Deadline()), hard_needs(problem)[problem.need]
    assert wrong_with(problem, better) == [] and (better.units[hard] == found.units[hard]).all()
    if not hard_resources(problem).any():
        pins = [Pin(row, int(better.units[row])) for row in np.flatnonzero(hard & (better.units > 0)).tolist()]
        kept = [pin for pin in problem.fixed if not hard[pin.candidate]]
        as_it_is = replace(problem, limit=np.where(hard, better.units, problem.limit), fixed=[*kept, *pins])
        assert better.objective == best_by_trying_everything(as_it_is)


def test_what_the_other_needs_have_counts_in_balance_and_pools():
    # The first need is whole and lies on r0 with two units; to the second it is worth 3 more, but for the load.
    problem = Problem(
        need_quantity=ints([2, 1, 1]),
        need_value=ints([50, 50, 50]),
        resource_capacity=ints([4, 4]),
        need=ints([0, 1, 1, 2]),
        resource=ints([0, 0, 1, 0]),
        value=ints([0, 3, 0, 0]),
        need_whole=np.array([True, False, False]),
        pools=[Pool("two", 2, ints([0]))],
        balance=1,
    )
    for pools, units, worth in ((problem.pools, [2, 0, 1, 0], 150 - 5), ((), [2, 0, 1, 1], 200 - 10)):
        stated = replace(problem, pools=pools)
        found = Solution(PlanStatus.FEASIBLE, ints([2, 0, 0, 0]), 100 - 4, None, "by hand")
        better = with_the_rest_solved(stated, found, Deadline())
        assert (better.units.tolist(), better.objective) == (units, worth)


def test_one_thread_gives_the_same_plan_every_time_and_another_seed_another():
    problem = rich_city("S", 2)
    first, second, other = (solve_by_search(problem, Deadline(), seed=seed, effort=10 * SHORT) for seed in (1, 1, 2))
    assert (first.units == second.units).all() and first.starts == second.starts and first.bound == second.bound
    assert (first.units != other.units).any()


def test_what_is_pinned_in_a_city_stays_and_what_is_required_is_served():
    problem = rich_city("S", 3)
    plan = solve_by_search(problem, Deadline(), effort=10 * SHORT)
    served = np.flatnonzero(plan.units)[::5].tolist()
    pins = [Pin(row, 1, plan.starts[row][0] if row in plan.starts else None) for row in served]
    required = np.zeros(len(problem.need_quantity), dtype=bool)
    required[problem.need[served[::2]]] = True
    stricter = replace(problem, fixed=pins, need_required=required)
    found = solve_by_search(stricter, Deadline(), effort=10 * SHORT)
    assert found.objective is not None and wrong_with(stricter, found) == []


def test_whoever_says_stop_is_heard_at_once():
    problem = rich_city("M", 2)
    asked = []

    def stop() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 40

    found = solve_by_search(problem, Deadline(60, stop))
    assert found.objective is not None
    assert len(asked) < 80  # it looks at the clock a few times more on its way out, and no more


@settings(max_examples=150, deadline=None)
@given(tiny_problems(), st.booleans())
def test_the_reasons_of_all_needs_at_once_are_those_of_trying_one_pair_after_another(problem: Problem, proved: bool):
    found = solve_by_search(problem, Deadline(), effort=SHORT)
    if found.objective is None:
        return
    status = PlanStatus.OPTIMAL if proved else PlanStatus.FEASIBLE
    ledger = Ledger(problem)
    for row in np.flatnonzero(found.units).tolist():
        ledger.book(row, int(found.units[row]), found.starts.get(row, ()))
    for one in unmet_needs(problem, found.units, found.starts, status):
        rows = np.flatnonzero(problem.need == one.need).tolist()
        in_the_way = {ledger.obstacle(row) for row in rows if ledger.gain(row) > 0}
        if one.reason in (Reason.UNDECIDED, Reason.WHOLE, Reason.GROUP):
            grouped = any(one.need in group.needs for group in problem.groups)
            assert any(ledger.obstacle(row) is None for row in rows)
            assert proved or one.reason is Reason.UNDECIDED
            assert grouped or None in in_the_way
        elif one.reason == Reason.OUTBID:
            assert Reason.CAPACITY in in_the_way
        elif one.reason not in (Reason.NO_CANDIDATE, Reason.NOT_WORTH):
            assert one.reason in {ledger.obstacle(row) for row in rows}
        if one.reason == Reason.NOT_WORTH:
            assert not in_the_way


def test_however_little_time_there_is_a_plan_is_there():
    problem = rich_city("S", 1)
    found = solve_by_search(problem, Deadline(0))
    assert found.objective is not None and found.objective > 0 and wrong_with(problem, found) == []
    plan = solve(problem, stop=lambda: True)
    assert plan.objective is not None and plan.bound is not None and 0 < plan.objective <= plan.bound


def test_a_model_for_which_the_time_does_not_suffice_is_left_half_made():
    problem = rich_city("M", 1)
    asked = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 20

    found = solve_by_constraints(problem, Deadline(stop=stop))
    assert found.status is PlanStatus.UNKNOWN and found.bound is None
    assert len(asked) == 21


def test_what_is_kept_back_is_taken_from_the_end_and_not_from_no_limit():
    assert 60 < Deadline(100).before(30).left() <= 70
    assert Deadline(1).before(2).over()
    assert not Deadline().before(1e9).over()
    assert Deadline(stop=lambda: True).before(1).over()


def test_a_problem_that_is_one_part_is_not_copied():
    problem = rich_city("S", 1)
    needs, resources = (np.ones(len(rows), dtype=bool) for rows in (problem.need_quantity, problem.resource_capacity))
    assert cut_out(problem, needs, resources).problem is problem
    nowhere = int(np.setdiff1d(np.arange(len(resources)), problem.resource[problem.need == 0])[0])
    held = replace(problem, current=[Held(0, nowhere)], change_cost=1)
    assert not cut_out(held, needs, resources).problem.current  # it is lost in any plan


def test_the_first_plan_is_near_to_that_of_the_flow_where_there_is_one():
    problem = rich_city("M", 4, share=0.05)
    relaxation = solve_flow(relaxed(problem), Deadline(), prices=True)
    near, alone = (solve_by_search(problem, Deadline(0), relaxation=wider) for wider in (relaxation, None))
    assert near.objective is not None and alone.objective is not None and relaxation.objective is not None
    assert 0.98 * relaxation.objective < near.objective <= relaxation.objective
    assert alone.objective < near.objective
    assert wrong_with(problem, near) == []
