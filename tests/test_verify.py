"""The verifier: a plan that keeps every rule passes, one that breaks a rule by one is refused."""

from dataclasses import replace

import numpy as np
import pytest

from matching import Plan, Problem, verify
from matching.plan import PlanStatus, Unmet, plan_value
from matching.problem import Floor, Group, Held, Pin, Pool, Windows
from tests.problems import flags, ints

PROBLEM = Problem(
    need_quantity=ints([2, 1]),
    need_value=ints([10, 20]),
    resource_capacity=ints([2, 1]),
    need=ints([0, 0, 1]),
    resource=ints([0, 1, 0]),
    value=ints([1, 2, 3]),
    limit=ints([2, 1, 1]),
    fixed=[Pin(2)],
)
GOOD = Plan(PlanStatus.OPTIMAL, ints([1, 1, 1]), 11 + 12 + 23, 46)


def planned(problem: Problem, units: list[int], starts: dict[int, tuple[int, ...]] | None = None) -> Plan:
    """A plan whose claims are all true, whatever rules its units break."""
    given = ints(units)
    left = problem.need_quantity.copy()
    np.subtract.at(left, problem.need, given)
    unmet = [Unmet(need, int(left[need]), "undecided") for need in np.flatnonzero(left > 0).tolist()]
    return Plan(PlanStatus.FEASIBLE, given, plan_value(problem, given), None, starts or {}, unmet)


def test_a_plan_that_keeps_every_rule_passes():
    assert verify(PROBLEM, GOOD) == []


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ([2, 1, 0], "need 1 on resource 0: 0 units, 1 are fixed"),
        ([1, 1, 2], "need 1 on resource 0: 2 units, its limit is 1"),
        ([-1, 1, 1], "need 0 on resource 0: -1 units"),
        ([2, 1, 1], "need 0: 3 units, 2 are wanted"),
        ([2, 0, 1], "resource 0: 3 used, its capacity is 2"),
    ],
)
def test_units_that_break_a_rule_by_one_are_refused(units: list[int], words: str):
    assert words in verify(PROBLEM, planned(PROBLEM, units))


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"objective": 47, "bound": 47}, "objective: 47 is claimed, the plan is worth 46"),
        ({"bound": 45, "status": PlanStatus.FEASIBLE}, "bound: 45 is below the objective 46"),
        ({"bound": 47}, "status: optimal, but the bound is not the objective"),
        ({"bound": None}, "status: optimal, but the bound is not the objective"),
        ({"objective": None}, "objective: null in a plan that says optimal"),
        ({"objective": None, "status": PlanStatus.UNKNOWN}, "assignments: there are some, but no objective"),
        ({"status": PlanStatus.INFEASIBLE}, "status: infeasible, but there is a plan"),
        ({"units": ints([1, 1])}, "units: 2 numbers for 3 candidates"),
        ({"units": [1, 1, 1]}, "units: an array of int64 is wanted"),
        ({"units": np.array([1.0, 1.0, 1.0])}, "units: an array of int64 is wanted"),
        ({"starts": {3: (5,)}}, "starts: one names a candidate that does not exist"),
        ({"starts": {-1: (5,)}}, "starts: one names a candidate that does not exist"),
        ({"unmet": [Unmet(2, 1, "capacity")]}, "unmet: one names a need that does not exist"),
        ({"unmet": [Unmet(-1, 1, "capacity")]}, "unmet: one names a need that does not exist"),
        ({"objective": 46.0}, "objective: a whole number is wanted"),
        ({"bound": 46.0}, "bound: a whole number is wanted"),
        ({"status": "optimal", "bound": 47}, "status: optimal, but the bound is not the objective"),
        ({"starts": {0: (5,)}}, "need 0 on resource 0: starts are for timed needs only"),
        ({"unmet": [Unmet(0, 1, "capacity")]}, "unmet: need 0 has 0 units left, 1 are claimed"),
        ({"unmet": [Unmet(0, 1, "laziness")]}, "unmet: need 0 has an unknown reason"),
    ],
)
def test_a_claim_that_the_units_do_not_bear_out_is_refused(claim: dict[str, object], words: str):
    broken = verify(PROBLEM, replace(GOOD, **claim))
    assert words in broken


def test_sums_beyond_64_bits_do_not_wrap_round_to_a_plan_that_fits():
    problem = replace(PROBLEM, limit=None, fixed=[])
    wrong = verify(problem, replace(GOOD, units=ints([2**62, 2**62, 0])))
    assert f"need 0: {2**63} units, 2 are wanted" in wrong
    assert any(sentence.startswith("objective: 46 is claimed") for sentence in wrong)


def test_a_plan_that_is_not_proved_may_have_a_gap():
    assert verify(PROBLEM, replace(GOOD, status=PlanStatus.FEASIBLE, bound=50)) == []


def test_what_is_left_must_be_told_exactly_and_in_order():
    problem = replace(PROBLEM, need_quantity=ints([3, 2]))
    plan = replace(GOOD, unmet=[Unmet(0, 1, "capacity"), Unmet(1, 1, "limit")])
    assert verify(problem, plan) == []
    assert verify(problem, replace(plan, unmet=plan.unmet[1:])) == ["unmet: need 0 has 1 units left and is missing"]
    assert verify(problem, replace(plan, unmet=plan.unmet[::-1])) == ["unmet: not in the order of needs"]
    assert "unmet: need 0 is there 2 times" in verify(problem, replace(plan, unmet=[plan.unmet[0], *plan.unmet]))


# Two needs of two units and two resources, each pair a candidate, to which each case adds one kind of rule.
PLAIN = Problem(
    need_quantity=ints([2, 2]),
    need_value=ints([5, 5]),
    resource_capacity=ints([4, 4]),
    need=ints([0, 0, 1, 1]),
    resource=ints([0, 1, 0, 1]),
    value=ints([0, 0, 0, 0]),
)
FIRST_TIMED = {"need_duration": ints([10, 0])}
BOTH_TIMED = {"need_duration": ints([10, 10])}

RULES = [
    # what it adds, units and starts that keep it, units and starts that don't, what is said of those
    ({"use": ints([2, 1, 1, 1])}, [2, 0, 0, 0], {}, [2, 0, 1, 0], {}, "resource 0: 5 used, its capacity is 4"),
    ({"need_whole": flags([True, False])}, [1, 1, 1, 0], {}, [1, 0, 1, 0], {}, "need 0: 1 of 2 units, it is whole"),
    (
        {"need_required": flags([True, False])},
        [2, 0, 0, 0],
        {},
        [1, 0, 0, 0],
        {},
        "need 0: 1 of 2 units, it is required",
    ),
    ({"pools": [Pool("p", 2, ints([0, 1]))]}, [1, 1, 0, 0], {}, [1, 1, 1, 0], {}, "pool p: 3 used, its capacity is 2"),
    (
        {"floors": [Floor("f", 2, ints([0, 1]))]},
        [1, 0, 1, 0],
        {},
        [1, 0, 0, 0],
        {},
        "floor f: 1 units met, its minimum is 2",
    ),
    (
        {"groups": [Group("g", (0, 1))]},
        [1, 1, 1, 1],
        {},
        [1, 1, 1, 0],
        {},
        "group g: served in part; need 1 is not met in full",
    ),
    (
        {"groups": [Group("g", (0, 1))]},
        [0, 0, 0, 0],
        {},
        [2, 0, 0, 0],
        {},
        "group g: served in part; need 1 is not met in full",
    ),
    (
        {"conflicts": [(0, 1)]},
        [2, 0, 0, 2],
        {},
        [2, 0, 1, 0],
        {},
        "resource 0: serves both need 0 and need 1, which conflict",
    ),
    ({"fixed": [Pin(0), Pin(0)]}, [2, 0, 0, 0], {}, [1, 1, 0, 0], {}, "need 0 on resource 0: 1 units, 2 are fixed"),
    (
        {**FIRST_TIMED, "fixed": [Pin(0, 1, 5)]},
        [1, 0, 0, 0],
        {0: (5,)},
        [1, 0, 0, 0],
        {0: (6,)},
        "need 0 on resource 0: no unit starts at 5, one is fixed there",
    ),
    (
        {**FIRST_TIMED, "need_windows": Windows.of([[[0, 10], [10, 30]], None])},
        [1, 0, 0, 0],
        {0: (20,)},
        [1, 0, 0, 0],
        {0: (5,)},  # across two windows of a need, which stay apart though they touch
        "need 0 on resource 0: [5, 15) is in no window of the need",
    ),
    (
        {**FIRST_TIMED, "resource_windows": Windows.of([[[10, 30], [0, 10]], None])},
        [1, 0, 0, 0],
        {0: (5,)},  # across two windows of a resource, which are one where they touch
        [1, 0, 0, 0],
        {0: (21,)},
        "need 0 on resource 0: [21, 31) is in no window of the resource",
    ),
    (
        {**FIRST_TIMED, "resource_windows": Windows.of([[], None])},
        [0, 1, 0, 0],
        {1: (0,)},
        [1, 0, 0, 0],
        {0: (0,)},
        "need 0 on resource 0: [0, 10) is in no window of the resource",
    ),
    (
        FIRST_TIMED,
        [2, 0, 0, 0],
        {0: (0, 10)},
        [2, 0, 0, 0],
        {0: (0, 9)},
        "resource 0: need 0 until 10 and need 0 from 9 overlap",
    ),
    (
        BOTH_TIMED,
        [1, 0, 1, 0],
        {0: (10,), 2: (0,)},
        [1, 0, 1, 0],
        {0: (3,), 2: (0,)},
        "resource 0: need 1 until 10 and need 0 from 3 overlap",
    ),
    (
        BOTH_TIMED,
        [1, 0, 0, 1],
        {0: (3,), 3: (0,)},
        [1, 0, 0, 0],
        {0: (-1,)},
        "need 0 on resource 0: [-1, 9) is in no window of the need",
    ),
    (
        FIRST_TIMED,
        [2, 0, 0, 0],
        {0: (0, 20)},
        [2, 0, 0, 0],
        {0: (20, 0)},
        "need 0 on resource 0: the starts are not ascending",
    ),
    (FIRST_TIMED, [2, 0, 0, 0], {0: (0, 20)}, [2, 0, 0, 0], {0: (0,)}, "need 0 on resource 0: 1 starts for 2 units"),
    (FIRST_TIMED, [0, 0, 2, 0], {}, [0, 0, 2, 0], {0: (0,)}, "need 0 on resource 0: starts without units"),
    (
        {**BOTH_TIMED, "groups": [Group("g", (0, 1), together=True)], "need_quantity": ints([1, 1])},
        [1, 0, 0, 1],
        {0: (7,), 3: (7,)},
        [1, 0, 0, 1],
        {0: (7,), 3: (8,)},
        "group g: starts at [7, 8], it comes together",
    ),
]


@pytest.mark.parametrize(("adds", "good", "at", "bad", "bad_at", "words"), RULES)
def test_each_rule_lets_pass_what_keeps_it_and_refuses_what_does_not(adds, good, at, bad, bad_at, words):
    problem = replace(PLAIN, **adds)
    assert verify(problem, planned(problem, good, at)) == []
    broken = verify(problem, planned(problem, bad, bad_at))
    assert words in broken


@pytest.mark.parametrize(
    ("adds", "objective"),
    [
        ({}, 15),
        ({"balance": 1}, 15 - 4 - 1),
        ({"balance": 2, "resource_load": ints([1, 3])}, 15 - 2 * (9 - 1) - 2 * (16 - 9)),
        ({"change_cost": 3, "current": [Held(0, 0, 2)]}, 15 - 3),
        ({"change_cost": 3, "current": [Held(0, 0), Held(0, 0, 4)]}, 15 - 12),
        ({"change_cost": 3, "current": [Held(0, 0), Held(1, 0)]}, 15),
    ],
)
def test_the_objective_is_recomputed_with_balance_and_changes(adds: dict[str, object], objective: int):
    problem = replace(PLAIN, **adds)
    plan = replace(planned(problem, [1, 0, 1, 1]), objective=objective)
    assert verify(problem, plan) == []
    assert verify(problem, replace(plan, objective=objective + 1)) != []


def test_everything_that_is_wrong_is_told_in_the_order_of_rules_then_rows():
    problem = replace(
        PLAIN,
        need_quantity=ints([2, 1]),
        need_duration=ints([10, 10]),
        need_required=flags([False, True]),
        use=ints([3, 3, 1, 1]),
        limit=ints([1, 1, 1, 1]),
        pools=[Pool("p", 9, ints([0, 1])), Pool("q", 3, ints([1])), Pool("r", 0, ints([]))],
        floors=[Floor("f", 4, ints([0, 1])), Floor("g", 0, ints([]))],
        fixed=[Pin(1, 1, 3), Pin(1, 1, 3), Pin(1, 1, 4), Pin(3, 2)],
        conflicts=[(1, 0), (0, 1)],
    )
    plan = Plan(
        PlanStatus.UNKNOWN,
        ints([2, 1, 0, 0]),
        16,
        None,
        {0: (9, 0), 1: (3,), 2: (0,)},
        [Unmet(1, 1, "capacity"), Unmet(0, 0, "capacity"), Unmet(1, 1, "none")],
    )
    assert verify(problem, plan) == [
        "need 0 on resource 0: 2 units, its limit is 1",
        "need 0: 3 units, 2 are wanted",
        "need 1: 0 of 1 units, it is required",
        "resource 0: 6 used, its capacity is 4",
        "floor f: 3 units met, its minimum is 4",
        "need 0 on resource 1: 1 units, 3 are fixed",
        "need 1 on resource 1: 0 units, 2 are fixed",
        "need 0 on resource 1: no unit starts at 3, one is fixed there",
        "need 0 on resource 1: no unit starts at 4, one is fixed there",
        "need 1 on resource 0: starts without units",
        "need 0 on resource 0: the starts are not ascending",
        "resource 0: need 0 until 10 and need 0 from 9 overlap",
        "unmet: not in the order of needs",
        "unmet: need 1 is there 2 times",
        "unmet: need 0 has -1 units left, 0 are claimed",
        "unmet: need 1 has an unknown reason",
        "objective: 16 is claimed, the plan is worth 15",
        "status: unknown, but there is a plan",
    ]


def test_a_long_unit_overlaps_whatever_starts_before_it_ends():
    problem = replace(PLAIN, need_duration=ints([10, 3]), need_quantity=ints([1, 3]), limit=ints([1, 1, 3, 3]))
    assert verify(problem, planned(problem, [1, 0, 3, 0], {0: (0,), 2: (2, 6, 10)})) == [
        "resource 0: need 0 until 10 and need 1 from 2 overlap",
        "resource 0: need 0 until 10 and need 1 from 6 overlap",
    ]


def test_windows_of_a_resource_are_one_only_where_they_touch():
    problem = replace(PLAIN, **FIRST_TIMED, resource_windows=Windows.of([[[20, 29], [0, 9], [9, 18]], None]))
    for start in (0, 8):
        assert verify(problem, planned(problem, [1, 0, 0, 0], {0: (start,)})) == []
    assert verify(problem, planned(problem, [1, 0, 0, 0], {0: (9,)})) == [
        "need 0 on resource 0: [9, 19) is in no window of the resource"
    ]
    assert verify(problem, planned(problem, [1, 0, 0, 0], {0: (19,)})) == [
        "need 0 on resource 0: [19, 29) is in no window of the resource"
    ]


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({}, []),
        ({"status": PlanStatus.INFEASIBLE}, []),
        ({"status": PlanStatus.FEASIBLE}, ["objective: null in a plan that says feasible"]),
        ({"starts": {0: (1,)}}, ["assignments: there are some, but no objective"]),
        ({"units": ints([0, 0, 1])}, ["assignments: there are some, but no objective"]),
        ({"unmet": [Unmet(0, 1, "capacity")]}, ["unmet: there is something, but no objective"]),
    ],
)
def test_a_plan_without_an_objective_is_empty(claim: dict[str, object], words: list[str]):
    assert verify(PROBLEM, replace(Plan(PlanStatus.UNKNOWN, ints([0, 0, 0]), None, 50), **claim)) == words
