"""Groups, `whole` needs and conflicts on a flow: branch and bound finds what trying everything finds."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Problem, solve, verify
from matching.deadline import Deadline
from matching.optimizer.branching import METHOD, solve_by_branching, takes_branching
from matching.plan import Plan, PlanStatus
from matching.problem import Group
from tests.problems import best_by_trying_everything, flags, ints, tiny_problems


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


@settings(max_examples=150, deadline=None)
@given(bundled())
def test_it_finds_what_trying_everything_finds(p: Problem):
    assert takes_branching(p)
    found, best = solve_by_branching(p, Deadline()), best_by_trying_everything(p)
    if best is None:
        assert found.status is PlanStatus.INFEASIBLE
        return
    assert (found.status, found.objective, found.bound) == (PlanStatus.OPTIMAL, best, best)
    assert broken(p, Plan(found.status, found.units, found.objective, found.bound)) == []


@settings(max_examples=60, deadline=None)
@given(bundled(), st.integers(0, 6))
def test_stopped_at_any_moment_its_plan_holds_and_its_bound_is_none_too_low(p: Problem, asked: int):
    left = iter(range(asked))
    found, best = solve_by_branching(p, Deadline(stop=lambda: next(left, None) is None)), best_by_trying_everything(p)
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
