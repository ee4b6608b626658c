"""The exact solver of flows: against an oracle that tries everything, and beside itself."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cities import flow_city
from matching import Plan, Problem, solve, verify
from matching.deadline import Deadline
from matching.errors import TooLarge
from matching.optimizer.shape import is_flow
from matching.plan import PlanStatus
from matching.problem import Pin, Pool
from matching.solvers import minimum_cost, network, residual_network  # noqa: F401  # loads numba, as a service has it
from matching.solvers.child import ChildFailed, run_in_a_child
from matching.solvers.flow_greedy import solve_flow_greedily
from tests.problems import best_by_trying_everything, ints, tiny_problems


def problem(
    quantities: list[int],
    values: list[int],
    capacities: list[int],
    pairs: list[tuple[int, int, int, int, int]],
) -> Problem:
    """Pairs are (need, resource, value, limit, fixed)."""
    columns = [ints(p[i] for p in pairs) for i in range(4)]
    pins = [Pin(row, pair[4]) for row, pair in enumerate(pairs) if pair[4]]
    return Problem(ints(quantities), ints(values), ints(capacities), *columns, fixed=pins)


def one_more(p: Problem, resource: int) -> Problem:
    capacity = p.resource_capacity.copy()
    capacity[resource] += 1
    return replace(p, resource_capacity=capacity)


@settings(max_examples=100, deadline=None)
@given(tiny_problems(flow=True))
def test_it_finds_what_trying_everything_finds(p: Problem):
    assert is_flow(p)
    plan = solve(p)
    best = best_by_trying_everything(p)
    if best is None:
        assert plan.status is PlanStatus.INFEASIBLE and plan.objective is None
    else:
        assert plan.status is PlanStatus.OPTIMAL
        assert plan.objective == plan.bound == best
    assert verify(p, plan) == []


@settings(max_examples=40, deadline=None)
@given(tiny_problems(flow=True))
def test_a_price_is_what_one_more_unit_of_capacity_adds(p: Problem):
    plan = solve(p, prices=True)
    if plan.status is PlanStatus.INFEASIBLE:
        assert plan.prices is None
        return
    assert plan.prices is not None
    for resource, price in enumerate(plan.prices.tolist()):
        assert price == best_by_trying_everything(one_more(p, resource)) - plan.objective


@pytest.mark.parametrize("balance", [0, 3])
def test_prices_hold_on_a_larger_problem_with_pools(balance: int):
    p = replace(
        random_problem(3),
        balance=balance,
        pools=[Pool("all", 30, np.arange(25)), Pool("few", 9, np.arange(8)), Pool("others", 12, np.arange(10, 20))],
    )
    plan = solve(p, prices=True)
    assert plan.prices is not None and plan.prices.any()
    for resource in range(25):
        assert plan.prices[resource] == solve(one_more(p, resource)).objective - plan.objective


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_one_more_unit_never_makes_a_plan_worse_and_doubling_all_values_doubles_it(seed: int):
    p = random_problem(seed)
    value = solve(p).objective
    more = random_problem(seed, extra_capacity=1)
    assert solve(more).objective >= value
    assert solve(random_problem(seed, times=2)).objective == 2 * value


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_change_the_objective(seed: int):
    p = random_problem(seed)
    order = np.random.default_rng(seed).permutation(len(p.need))
    columns = {name: getattr(p, name)[order] for name in ("need", "resource", "value", "limit", "use")}
    assert solve(replace(p, **columns)).objective == solve(p).objective


def test_costs_too_large_for_the_solver_are_solved_exactly_in_rounds(monkeypatch: pytest.MonkeyPatch):
    p = random_problem(11, times=10**9 + 7)
    monkeypatch.setattr(minimum_cost, "_SAFE", 2**24)
    assert solve(p).objective == (10**9 + 7) * solve(random_problem(11)).objective


def test_a_balance_over_many_units_is_exact_though_it_is_drawn_coarsely_at_first(monkeypatch: pytest.MonkeyPatch):
    p = replace(
        random_problem(5),
        need_quantity=np.full(60, 40),
        limit=np.full(400, 40),
        resource_capacity=np.full(25, 300),
        resource_load=np.arange(25),
        balance=2,
    )
    exact = solve(p)
    monkeypatch.setattr(network, "UNIT_STEPS", 0)
    assert solve(p).objective == exact.objective
    assert exact.status is PlanStatus.OPTIMAL


def test_a_large_flow_is_solved_in_a_process_of_its_own_and_comes_to_the_same(monkeypatch: pytest.MonkeyPatch):
    p = random_problem(2, needs=2000, resources=500, pairs=20_000)  # more than a pipe holds
    here = solve(p)
    monkeypatch.setattr(minimum_cost, "OWN_PROCESS", 0)
    there = solve(p, time_limit=60)
    assert (here.units == there.units).all() and there.status is PlanStatus.OPTIMAL
    nothing_fits = replace(random_problem(2), need_required=np.ones(60, dtype=bool))
    assert solve(nothing_fits, time_limit=60).status is PlanStatus.INFEASIBLE


def test_a_large_flow_that_is_stopped_gives_the_best_verified_plan_with_a_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("matching.optimizer.part_solving.takes_a_process", lambda _: True)
    monkeypatch.setattr(minimum_cost, "OWN_PROCESS", 0)
    p = random_problem(4)
    plan = solve(p, time_limit=60, stop=lambda: True)
    assert plan.status is PlanStatus.FEASIBLE
    assert plan.objective is not None and plan.bound is not None and plan.objective <= plan.bound
    assert verify(p, plan) == []


@pytest.fixture(scope="module")
def city() -> Problem:
    return flow_city("M", 1)


def test_a_city_has_the_same_optimum_in_whatever_order_its_rows_stand(city: Problem):
    rng = np.random.default_rng(0)
    needs, resources, pairs = (
        rng.permutation(count) for count in (len(city.need_quantity), len(city.resource_capacity), len(city.need))
    )
    new_need, new_resource = np.argsort(needs), np.argsort(resources)
    mixed = Problem(
        need_quantity=city.need_quantity[needs],
        need_value=city.need_value[needs],
        resource_capacity=city.resource_capacity[resources],
        need=new_need[city.need[pairs]],
        resource=new_resource[city.resource[pairs]],
        value=city.value[pairs],
    )
    assert solve(mixed).objective == solve(city).objective


def test_a_city_of_twice_the_values_has_twice_the_optimum(city: Problem):
    twice = replace(city, need_value=2 * city.need_value, value=2 * city.value)
    assert solve(twice).objective == 2 * solve(city).objective


def test_one_more_unit_never_lowers_a_city_s_optimum_and_adds_its_price(city: Problem):
    plan = solve(city, prices=True)
    assert plan.prices is not None and plan.objective is not None
    rng = np.random.default_rng(0)
    scarce = rng.choice(np.flatnonzero(plan.prices), 8, replace=False)
    spare = rng.choice(np.flatnonzero(plan.prices == 0), 4, replace=False)
    for resource in [*scarce.tolist(), *spare.tolist()]:
        more = solve(one_more(city, resource)).objective
        assert more is not None and more - plan.objective == plan.prices[resource] >= 0


def test_compiled_loops_and_whole_arrays_come_to_the_same_prices(city: Problem, monkeypatch: pytest.MonkeyPatch):
    compiled = solve(city, prices=True).prices
    monkeypatch.delitem(sys.modules, "numba")
    assert (solve(city, prices=True).prices == compiled).all()


@settings(max_examples=100, deadline=None)
@given(tiny_problems(flow=True))
def test_the_greedy_plan_of_a_flow_keeps_every_rule_and_is_never_better_than_the_best(p: Problem):
    found, best = solve_flow_greedily(p, Deadline()), solve(p)
    if found.status is PlanStatus.UNKNOWN:
        return
    plan = Plan(PlanStatus.FEASIBLE, found.units, found.objective, None)
    assert [wrong for wrong in verify(p, plan) if not wrong.startswith("unmet")] == []
    assert found.objective <= best.objective


def test_a_large_flow_out_of_time_has_a_greedy_plan_near_the_optimum(city: Problem, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("matching.optimizer.part_solving.takes_a_process", lambda _: True)
    monkeypatch.setattr(minimum_cost, "OWN_PROCESS", 0)
    plan = solve(city, time_limit=60, stop=lambda: True)
    assert plan.status is PlanStatus.FEASIBLE
    assert plan.objective > 0.95 * solve(city).objective


def test_a_large_flow_may_be_solved_in_any_thread(city: Problem, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(minimum_cost, "OWN_PROCESS", 0)
    with ThreadPoolExecutor(2) as threads:
        plans = list(threads.map(lambda p: solve(p, time_limit=60), [city, city]))
    assert [plan.objective for plan in plans] == [solve(city).objective] * 2


def test_a_child_that_dies_is_an_error_and_no_plan():
    def work() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(ChildFailed, match="without an answer"):
        run_in_a_child(work, 1, Deadline())


def test_a_child_may_have_more_time_than_an_alarm_counts():
    answer = run_in_a_child(lambda: ints([7]), 1, Deadline(1e10))
    assert answer is not None and answer.tolist() == [7]


def random_problem(
    seed: int, *, extra_capacity: int = 0, times: int = 1, needs: int = 60, resources: int = 25, pairs: int = 400
) -> Problem:
    rng = np.random.default_rng(seed)
    keys = rng.choice(needs * resources, pairs, replace=False)
    quantity = rng.integers(1, 4, needs)
    capacity = rng.integers(0, 4, resources)
    capacity[0] += extra_capacity
    return Problem(
        quantity,
        rng.integers(1, 1000, needs) * times,
        capacity,
        keys // resources,
        keys % resources,
        rng.integers(-50, 100, pairs) * times,
        quantity[keys // resources],
    )


def test_the_same_problem_gets_the_same_units():
    assert (solve(random_problem(7)).units == solve(random_problem(7)).units).all()


def test_nothing_to_match_is_an_optimal_plan_of_nothing():
    solution = solve(problem([], [], [], []))
    assert (solution.status, solution.objective, solution.bound) == (PlanStatus.OPTIMAL, 0, 0)


def test_what_is_fixed_stays_even_where_it_is_worth_nothing():
    p = problem([1, 1], [-5, 9], [1], [(0, 0, 0, 1, 1), (1, 0, 0, 1, 0)])
    assert solve(p).units.tolist() == [1, 0]


def test_values_as_large_as_a_city_needs_stay_exact():
    # Two tiers at 100,000 needs: a step of 1.4e8 and first-tier weights up to 1.4e5 for a unit.
    first, second = 144_000, 144_000_001
    p = problem([1, 1], [first * second, first * second], [1], [(0, 0, 7, 1, 0), (1, 0, 8, 1, 0)])
    assert solve(p).objective == first * second + 8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"need": [5]}, "need: a candidate names a row"),
        ({"resource": [-1]}, "resource: a candidate names a row"),
        ({"need_quantity": [-1]}, "need_quantity: below 0"),
        ({"resource_capacity": [-1]}, "resource_capacity: below 0"),
        ({"limit": [-1]}, "limit: below 0"),
        ({"use": [-1]}, "use: below 0"),
        ({"value": [1, 2]}, "value: one number a candidate"),
        ({"need_value": []}, "need_value: one number a need"),
        ({"need": [0, 0], "resource": [0, 0], "value": [1, 1], "limit": [1, 1], "use": [0, 0]}, "listed twice"),
    ],
)
def test_a_malformed_problem_is_refused_with_the_place(change: dict[str, list[int]], words: str):
    good = {
        "need_quantity": [1],
        "need_value": [1],
        "resource_capacity": [1],
        "need": [0],
        "resource": [0],
        "value": [0],
        "limit": [1],
        "use": [0],
    }
    Problem(**{name: np.array(column, dtype=np.int64) for name, column in good.items()})
    with pytest.raises(ValueError, match=words):
        Problem(**{name: np.array(column, dtype=np.int64) for name, column in {**good, **change}.items()})


def test_values_beyond_62_bits_are_refused():
    problem([1], [2**61], [1], [(0, 0, 0, 1, 0)])
    with pytest.raises(TooLarge):
        problem([2], [2**61], [1], [(0, 0, 0, 1, 0)])
