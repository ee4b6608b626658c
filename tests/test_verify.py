"""The verifier: a plan that keeps every rule passes, one that breaks a rule by one is refused."""

from dataclasses import replace

import numpy as np
import pytest

from graph.model.plans import PlanStatus
from matching import Problem, Solution, verify

PROBLEM = Problem(
    need_quantity=np.array([2, 1]),
    need_value=np.array([10, 20]),
    resource_capacity=np.array([2, 1]),
    need=np.array([0, 0, 1]),
    resource=np.array([0, 1, 0]),
    value=np.array([1, 2, 3]),
    limit=np.array([2, 1, 1]),
    fixed=np.array([0, 0, 1]),
)
GOOD = Solution(PlanStatus.OPTIMAL, np.array([1, 1, 1]), 11 + 12 + 23, 46, "by hand")


def test_a_plan_that_keeps_every_rule_passes():
    assert verify(PROBLEM, GOOD) == []


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ([2, 1, 0], "candidate 2: 0 units, 1 are fixed"),
        ([1, 1, 2], "candidate 2: 2 units, its limit is 1"),
        ([-1, 1, 1], "candidate 0: -1 units"),
        ([2, 1, 1], "need 0: 3 units, 2 are wanted"),
        ([2, 0, 1], "resource 0: 3 units used, its capacity is 2"),
    ],
)
def test_units_that_break_a_rule_by_one_are_refused(units: list[int], words: str):
    worth = int((np.array(units) * (PROBLEM.need_value[PROBLEM.need] + PROBLEM.value)).sum())
    broken = verify(PROBLEM, replace(GOOD, units=np.array(units), objective=worth, bound=worth))
    assert words in broken


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"objective": 47, "bound": 47}, "objective: 47 is claimed"),
        ({"bound": 45, "status": PlanStatus.FEASIBLE}, "bound: 45 is below"),
        ({"bound": 47}, "status: optimal, but the bound"),
        ({"bound": None}, "status: optimal, but the bound"),
        ({"objective": None}, "units: there are some, but no objective"),
        ({"units": np.array([1, 1])}, "units: 2 numbers for 3 candidates"),
    ],
)
def test_a_claim_that_the_units_do_not_bear_out_is_refused(claim: dict[str, object], words: str):
    broken = verify(PROBLEM, replace(GOOD, **claim))
    assert any(words in sentence for sentence in broken), broken


def test_a_plan_that_is_not_proved_may_have_a_gap():
    assert verify(PROBLEM, replace(GOOD, status=PlanStatus.FEASIBLE, bound=50)) == []
