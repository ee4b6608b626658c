"""The made-up cities that figures are taken from: the same for a seed, and of the kind that they say."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from benchmarks.cities import flow_city, rich_city
from benchmarks.mixed_integer import solve_by_highs
from matching import Problem
from matching.optimizer.shape import hard_needs, is_flow
from tests.problems import best_by_trying_everything, tiny_problems


def test_a_city_is_a_flow_and_the_same_for_the_same_seed():
    one, again, other = flow_city("S", 1), flow_city("S", 1), flow_city("S", 2)
    assert is_flow(one)
    assert (one.need == again.need).all() and (one.value == again.value).all()
    assert len(one.need) != len(other.need) or (one.resource != other.resource).any()


def test_the_richer_city_has_side_constraints_on_the_share_that_was_asked_for():
    hard = hard_needs(rich_city("M", 1, share=0.05))
    assert 0.03 < hard.mean() < 0.08
    whole_city = rich_city("M", 1)
    assert hard_needs(whole_city).all()
    assert whole_city.groups and whole_city.conflicts and (whole_city.use == 2).any()
    timed = np.flatnonzero(whole_city.need_duration)
    lists = [whole_city.need_windows.list(need) for need in timed.tolist()]
    fits = [w is None or w[0][1] - w[0][0] >= d for w, d in zip(lists, whole_city.need_duration[timed], strict=True)]
    assert all(fits)


@settings(max_examples=100, deadline=None)
@given(tiny_problems())
def test_what_figures_are_compared_with_is_the_same_problem(problem: Problem):
    stated = replace(problem, pools=(), floors=(), fixed=(), current=(), balance=0)
    assert solve_by_highs(stated, 10).objective == best_by_trying_everything(stated)
