"""The exact solver, against an oracle that tries everything."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model.plans import PlanStatus
from matching import Problem, solve, verify
from matching.errors import TooLarge


def problem(
    quantities: list[int],
    values: list[int],
    capacities: list[int],
    pairs: list[tuple[int, int, int, int, int]],
) -> Problem:
    """Pairs are (need, resource, value, limit, fixed)."""
    columns = [np.array([p[i] for p in pairs], dtype=np.int64) for i in range(5)]
    return Problem(
        np.array(quantities, dtype=np.int64),
        np.array(values, dtype=np.int64),
        np.array(capacities, dtype=np.int64),
        *columns,
    )


def best_by_trying_everything(p: Problem) -> int | None:
    """The optimal objective, or None where nothing fits; walks every number of units on every pair."""
    best = None
    ranges = [range(int(f), int(limit) + 1) for f, limit in zip(p.fixed, p.limit, strict=True)]
    for units in itertools.product(*ranges):
        met = [0] * len(p.need_quantity)
        used = [0] * len(p.resource_capacity)
        worth = 0
        for k, u in enumerate(units):
            met[p.need[k]] += u
            used[p.resource[k]] += u
            worth += u * int(p.need_value[p.need[k]] + p.value[k])
        if all(m <= q for m, q in zip(met, p.need_quantity, strict=True)) and all(
            u <= c for u, c in zip(used, p.resource_capacity, strict=True)
        ):
            best = worth if best is None else max(best, worth)
    return best


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    needs, resources = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, needs - 1), st.integers(0, resources - 1)), unique=True, min_size=0, max_size=6
        )
    )
    rows = []
    for n, r in pairs:
        limit = draw(st.integers(0, 2))
        fixed = draw(st.integers(0, limit)) if draw(st.booleans()) else 0
        rows.append((n, r, draw(st.integers(-5, 5)), limit, fixed))
    return problem(
        draw(st.lists(st.integers(0, 3), min_size=needs, max_size=needs)),
        draw(st.lists(st.integers(-3, 9), min_size=needs, max_size=needs)),
        draw(st.lists(st.integers(0, 3), min_size=resources, max_size=resources)),
        rows,
    )


@settings(max_examples=300, deadline=None)
@given(small_problems())
def test_it_finds_what_trying_everything_finds(p: Problem):
    solution = solve(p)
    best = best_by_trying_everything(p)
    if best is None:
        assert solution.status is PlanStatus.INFEASIBLE and solution.objective is None
    else:
        assert solution.status is PlanStatus.OPTIMAL
        assert solution.objective == solution.bound == best
    assert verify(p, solution) == []


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
    shuffled = Problem(
        p.need_quantity,
        p.need_value,
        p.resource_capacity,
        *(getattr(p, name)[order] for name in ("need", "resource", "value", "limit", "fixed")),
    )
    assert solve(shuffled).objective == solve(p).objective


def random_problem(seed: int, *, extra_capacity: int = 0, times: int = 1) -> Problem:
    rng = np.random.default_rng(seed)
    needs, resources, pairs = 60, 25, 400
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
        np.zeros(pairs, dtype=np.int64),
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
        ({"fixed": [-1]}, "fixed: below 0"),
        ({"value": [1, 2]}, "value: one number a candidate"),
        ({"need_value": []}, "need_value: one number a need"),
        ({"need": [0, 0], "resource": [0, 0], "value": [1, 1], "limit": [1, 1], "fixed": [0, 0]}, "listed twice"),
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
        "fixed": [0],
    }
    Problem(**{name: np.array(column, dtype=np.int64) for name, column in good.items()})
    with pytest.raises(ValueError, match=words):
        Problem(**{name: np.array(column, dtype=np.int64) for name, column in {**good, **change}.items()})


def test_values_beyond_62_bits_are_refused():
    problem([1], [2**61], [1], [(0, 0, 0, 1, 0)])
    with pytest.raises(TooLarge):
        problem([2], [2**61], [1], [(0, 0, 0, 1, 0)])
