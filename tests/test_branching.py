"""Groups, `whole` needs and conflicts on a flow: branch and bound finds what trying everything finds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Problem, solve, verify
from matching.deadline import Deadline
from matching.fixes.changes import applied, demanding
from matching.optimizer.branching import METHOD, solve_by_branching, takes_branching
from matching.plan import Plan, PlanStatus
from matching.problem import Group
from matching.solvers.solution import Solution
from tests.problems import best_by_trying_everything, flags, ints, tiny_problems
from tests.test_flow import one_more, random_problem


@st.composite
def bundled(draw: st.DrawFn) -> Problem:
    p = draw(tiny_problems(flow=True))
    needs = len(p.need_quantity)
    one = draw(st.sets(st.integers(0, needs - 1), max_size=needs))
    whole = flags(draw(st.lists(st.booleans(), min_size=needs, max_size=needs)))
    groups = [Group("g", tuple(sorted(one)))]
    if rest := tuple(sorted(set(range(needs)) - one)):
        groups.append(Group("h", rest, together=draw(st.booleans())))
    pairs = [(a, b) for a in range(needs) for b in range(a + 1, needs)]
    return replace(
        p,
        need_whole=whole,
        groups=draw(st.sampled_from([groups, groups[:1], ()])),
        conflicts=draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else (),
    )


def broken(p: Problem, plan: Plan) -> list[str]:
    return [sentence for sentence in verify(p, plan) if not sentence.startswith("unmet: ")]


@settings(max_examples=200, deadline=None)
@given(bundled(), st.booleans())
def test_it_finds_what_trying_everything_finds(p: Problem, large: bool):
    assert takes_branching(p)
    found, best = solve_by_branching(p, Deadline(), large=large), best_by_trying_everything(p)
    if best is None:
        assert found.status is PlanStatus.INFEASIBLE
        return
    assert (found.status, found.objective, found.bound) == (PlanStatus.OPTIMAL, best, best)
    assert broken(p, Plan(found.status, found.units, found.objective, found.bound)) == []


@settings(max_examples=60, deadline=None)
@given(bundled(), st.integers(0, 6), st.booleans())
def test_stopped_at_any_moment_its_plan_holds_and_its_bound_is_none_too_low(p: Problem, asked: int, large: bool):
    left = iter(range(asked))
    stopped = Deadline(stop=lambda: next(left, None) is None)
    found, best = solve_by_branching(p, stopped, large=large), best_by_trying_everything(p)
    if found.objective is not None:
        assert best is not None and found.objective <= best
        assert broken(p, Plan(found.status, found.units, found.objective, found.bound)) == []
    if found.bound is not None and best is not None:
        assert found.bound >= best
    if found.status is PlanStatus.INFEASIBLE:
        assert best is None


def test_a_group_that_costs_more_than_it_brings_is_left_out_and_the_plan_says_how_it_was_solved():
    # n0 and n1 go together; the only room beside r0 is what n2 is worth more for.
    p = Problem(
        ints([1, 1, 1]),
        ints([5, 5, 8]),
        ints([1, 1]),
        ints([0, 1, 2, 2]),
        ints([0, 1, 1, 0]),
        ints([0, 0, 4, 0]),
        groups=[Group("g", (0, 1))],
    )
    plan = solve(p)
    assert (plan.status, plan.objective) == (PlanStatus.OPTIMAL, 12)
    assert plan.units.tolist() == [0, 0, 1, 0]
    assert {u.need: u.reason for u in plan.unmet} == {0: "group", 1: "outbid"}
    assert METHOD in plan.solver


@pytest.fixture(scope="module")
def town() -> Problem:
    """Six hundred needs with groups, `whole` needs and conflicts, and its optimum."""
    p = random_problem(5, needs=600, resources=250, pairs=4000)
    whole = (p.need_quantity > 1) & (np.arange(600) % 40 == 1)
    return replace(
        p,
        need_whole=whole,
        groups=[Group(f"g{i}", (7 * i, 7 * i + 3)) for i in range(6)],
        conflicts=[(100 + i, 200 + i) for i in range(8)],
    )


@pytest.fixture(scope="module")
def best(town: Problem) -> Plan:
    plan = solve(town, fixes=1)
    assert plan.status is PlanStatus.OPTIMAL and METHOD in plan.solver
    return plan


def test_a_town_has_the_same_optimum_in_whatever_order_its_rows_stand(town: Problem, best: Plan):
    rng = np.random.default_rng(0)
    needs, resources, pairs = (rng.permutation(count) for count in (600, 250, 4000))
    need = np.argsort(needs)
    mixed = Problem(
        need_quantity=town.need_quantity[needs],
        need_value=town.need_value[needs],
        resource_capacity=town.resource_capacity[resources],
        need=need[town.need[pairs]],
        resource=np.argsort(resources)[town.resource[pairs]],
        value=town.value[pairs],
        limit=town.limit[pairs],
        need_whole=town.need_whole[needs],
        groups=[Group(group.id, tuple(need[list(group.needs)].tolist())) for group in town.groups[::-1]],
        conflicts=[(int(need[b]), int(need[a])) for a, b in town.conflicts[::-1]],
    )
    plan = solve(mixed)
    assert (plan.status, plan.objective) == (PlanStatus.OPTIMAL, best.objective)


def test_a_town_of_twice_the_values_has_twice_the_optimum_and_one_more_unit_never_lowers_it(town: Problem, best: Plan):
    assert best.objective is not None
    twice = solve(replace(town, need_value=2 * town.need_value, value=2 * town.value))
    assert twice.objective == twice.bound == 2 * best.objective
    for resource in range(0, 250, 60):
        more = solve(one_more(town, resource))
        assert more.status is PlanStatus.OPTIMAL
        assert more.objective is not None and more.objective >= best.objective


def test_its_first_plan_where_it_is_large_holds_and_is_near_the_optimum(town: Problem, best: Plan):
    def stopped_after(asked: int) -> Solution:
        left = iter(range(asked))
        return solve_by_branching(town, Deadline(stop=lambda: next(left, None) is None), large=True)

    first = next(found for found in map(stopped_after, range(1, 100)) if found.objective is not None)
    assert first.objective is not None and best.objective is not None
    assert 0.995 * best.objective <= first.objective <= best.objective
    assert broken(town, Plan(first.status, first.units, first.objective, first.bound)) == []


def test_a_fix_of_a_town_serves_its_need_when_it_is_made(town: Problem, best: Plan):
    [left] = [unmet for unmet in best.unmet if unmet.fix]
    served = solve(demanding(applied(town, left.fix), left.fix, left.need, 0))
    assert served.status is PlanStatus.OPTIMAL and left.need not in {unmet.need for unmet in served.unmet}
    assert served.objective is not None and best.objective is not None and served.objective >= best.objective
