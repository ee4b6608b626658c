"""Generalised assignment by its core: against oracles that try everything, and by known recipes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.assignment import generalised_assignment
from matching import Problem, solve, verify
from matching.deadline import Deadline
from matching.plan import Plan, PlanStatus
from matching.problem import Pin, Pool
from matching.solvers import core
from matching.solvers.core import solve_by_core, takes_core
from matching.solvers.exchange import solve_by_exchanges
from matching.solvers.knapsacks import NEVER, Knapsacks, fill_all, force_each
from matching.solvers.solution import Solution
from tests.problems import best_by_trying_everything, ints
from tests.test_exchange import nothing_of, tiny_assignments


@settings(max_examples=80, deadline=None)
@given(tiny_assignments(), st.booleans())
def test_without_a_limit_it_is_the_optimum_with_a_proof(problem: Problem, from_a_plan: bool):
    assert takes_core(problem)
    start = nothing_of(problem)
    if from_a_plan:
        start = solve_by_exchanges(problem, start, Deadline(), threads=1, seed=0, steps=2)
    found = solve_by_core(problem, start, Deadline(), threads=1, seed=0)
    best = best_by_trying_everything(problem)
    if best is None:
        assert found.status is PlanStatus.INFEASIBLE and not found.units.any()
        return
    assert (found.status, found.objective, found.bound) == (PlanStatus.OPTIMAL, best, best)
    plan = Plan(found.status, found.units, found.objective, found.bound)
    assert [wrong for wrong in verify(problem, plan) if not wrong.startswith("unmet: ")] == []


@settings(max_examples=40, deadline=None)
@given(tiny_assignments())
def test_cores_that_grow_come_to_the_same(problem: Problem):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_FIRST", "_MORE"):  # of each need its likeliest, then hardly more
            patch.setattr(core, name, 0.2)
        found = solve_by_core(problem, nothing_of(problem), Deadline(60), threads=1, seed=0)
    assert found.objective == found.bound == best_by_trying_everything(problem)


@settings(max_examples=60, deadline=None)
@given(tiny_assignments())
def test_no_plan_with_a_candidate_outside_the_core_is_worth_more_than_is_said(problem: Problem):
    relaxation = core._relaxation(problem, nothing_of(problem), Deadline())
    assume(relaxation is not None)  # prices of what can't be had may grow beyond the integers
    assert relaxation is not None
    candidates = relaxation.candidate
    with_it = [best_by_trying_everything(replace(problem, fixed=[Pin(one, 1)])) for one in candidates.tolist()]
    for size in range(len(candidates)):
        others = [best for best in with_it[size:] if best is not None]
        most = relaxation.without(candidates[:size])
        assert most is not None and max(others, default=most) <= most <= relaxation.bound


knapsacks = st.lists(
    st.tuples(st.integers(0, 12), st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 9)), max_size=6)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=100, deadline=None)
@given(knapsacks)
def test_knapsacks_and_each_item_forced_are_as_by_trying_every_set(drawn):
    first = np.concatenate([[0], np.cumsum([len(items) for _, items in drawn])]).astype(np.int64)
    use = ints(use for _, items in drawn for use, _ in items)
    worth = ints(worth for _, items in drawn for _, worth in items)
    k = Knapsacks(first, np.arange(len(use)), use, ints(max([room, *(u for u, _ in items)]) for room, items in drawn))
    taken, cost = np.zeros_like(use), np.zeros_like(use)
    total = fill_all(k, worth.astype(float), taken)
    assert force_each(k, worth, cost) == total == (taken * worth).sum()
    for i, (_, items) in enumerate(drawn):
        mine = slice(first[i], first[i + 1])
        assert (taken * use)[mine].sum() <= k.capacity[i]
        sets = [
            (np.array(chosen), sum(w for c, (_, w) in zip(chosen, items, strict=True) if c))
            for chosen in itertools.product((0, 1), repeat=len(items))
            if sum(u for c, (u, _) in zip(chosen, items, strict=True) if c) <= k.capacity[i]
        ]
        best = max(value for _, value in sets)
        assert (taken * worth)[mine].sum() == best
        forced = [best - max(value for chosen, value in sets if chosen[item]) for item in range(len(items))]
        assert cost[mine].tolist() == forced


def test_many_items_of_one_and_much_room_of_another_take_no_more_memory_than_each():
    many, room = 100_000, 1_000_000  # a table for both would have 10^11 cells
    k = Knapsacks(ints([0, many, many + 1]), np.arange(many + 1), np.ones(many + 1, dtype=np.int64), ints([1, room]))
    worth, taken = np.arange(many + 1) + 1, np.zeros(many + 1, dtype=np.int64)
    assert fill_all(k, worth.astype(float), taken) == force_each(k, worth, taken.copy()) == many + many + 1
    assert taken.sum() == 2


def test_an_item_that_does_not_fit_is_never_taken():
    k = Knapsacks(ints([0, 1]), ints([0]), ints([5]), ints([4]))
    cost = ints([0])
    assert force_each(k, ints([7]), cost) == 0
    assert cost[0] == NEVER


@pytest.mark.parametrize(("kind", "optimum"), [("b", -1885), ("c", -1857), ("e", -11783)])
def test_known_kinds_are_proved(kind: str, optimum: int):
    """The optima are those that CP-SAT and HiGHS prove for the whole problem (docs/optimizer.md)."""
    problem = generalised_assignment(kind, 5, 100, 1)
    exchanged = solve_by_exchanges(problem, nothing_of(problem), Deadline(), threads=1, seed=0, steps=2_000)
    found = solve_by_core(problem, exchanged, Deadline(), threads=1, seed=0)
    assert (found.status, found.objective, found.bound) == (PlanStatus.OPTIMAL, optimum, optimum)
    again = solve_by_core(problem, exchanged, Deadline(), threads=1, seed=0)
    assert np.array_equal(found.units, again.units)


def test_what_is_over_at_once_gives_the_plan_back_with_a_bound_that_holds():
    problem = generalised_assignment("c", 5, 100, 1)
    start = solve_by_exchanges(problem, nothing_of(problem), Deadline(), threads=1, seed=0, steps=100)
    found = solve_by_core(problem, start, Deadline(0), threads=1, seed=0)
    assert np.array_equal(found.units, start.units) and found.objective == start.objective
    assert found.bound is not None and found.bound >= -1857  # which is proved


def test_large_capacities_and_worth_beyond_sums_are_left_to_others():
    one = generalised_assignment("a", 5, 100, 1)
    assert takes_core(one)
    assert not takes_core(replace(one, pools=[Pool("pool", 5, ints([0, 1]))]))
    assert not takes_core(replace(one, use=one.use * 10**6, resource_capacity=one.resource_capacity * 10**6))
    huge = replace(one, value=one.value * 2**47)
    start = Solution(PlanStatus.UNKNOWN, np.zeros(500, dtype=np.int64), None, None, "nothing")
    found = solve_by_core(huge, start, Deadline(0), threads=1, seed=0)
    assert found.status is PlanStatus.UNKNOWN and found.bound is None


def test_the_plan_says_that_it_was_used():
    plan = solve(generalised_assignment("c", 10, 100, 2), time_limit=10)
    assert plan.solver == "prices, exchanges + core by constraint programming"  # which then ends before the limit
