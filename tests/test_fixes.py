"""Fixes of unmet needs: each is true, and none is cheaper, as an oracle that tries everything sees it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from matching import Plan, Problem, solve
from matching.errors import TooLarge
from matching.fixes.changes import KINDS, Change, applied, demanding
from matching.fixes.options import new_pair
from matching.optimizer.shape import components
from matching.plan import PlanStatus
from matching.problem import LARGEST, Floor, Group, Held, Pin, Pool, Windows
from tests.problems import best_by_trying_everything, flags, ints, tiny_problems
from tests.test_flow import random_problem
from tests.test_solve import problem

PLENTY = 99


def serves(p: Problem, plan: Plan, need: int, fix: list[Change]) -> bool:
    """Whether the changes do what a fix promises."""
    met = int(plan.units[p.need == need].sum())
    best = best_by_trying_everything(demanding(applied(p, fix), fix, need, met))
    return best is not None and plan.objective is not None and best >= plan.objective


def single_changes(p: Problem, need: int) -> list[Change]:
    """Every change of one thing that is connected with a need, as large as can be."""
    of_need, of_resource = components(p)
    needs = np.flatnonzero(of_need == of_need[need]).tolist()
    resources = np.flatnonzero(of_resource == of_need[need]).tolist()
    mine = p.need == need
    others = p.need[np.isin(p.resource, p.resource[mine])]
    alike = set(p.resource[np.isin(p.need, others)].tolist()) - set(p.resource[mine].tolist())
    return [
        *([{"change": "split", "need": str(need)}] if p.need_whole[need] else []),
        *(
            {"change": "window", side: str(row), "add": [0, 12]}
            for side, rows, windows in (("need", needs, p.need_windows), ("resource", resources, p.resource_windows))
            for row in rows
            if not windows.always[row]
        ),
        *(
            {"change": "limit", "need": str(n), "resource": str(r), "by": PLENTY}
            for n, r in zip(p.need.tolist(), p.resource.tolist(), strict=True)
            if n in needs
        ),
        *({"change": "capacity", "resource": str(r), "by": PLENTY} for r in resources),
        *(
            {"change": "pool", "pool": pool.id, "by": PLENTY}
            for pool in p.pools
            if set(resources) & set(pool.resources.tolist())
        ),
        *({"change": "conflict", "needs": [str(a), str(b)]} for a, b in p.conflicts if a in needs),
        *(
            {"change": "candidate", "need": str(need), "resource": str(r)}
            | {"value": int(p.value[mine].min()), "use": max(1, int(p.use[mine].max()))}
            for r in sorted(alike)
        ),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(tiny_problems())
def test_every_fix_is_true_and_none_is_cheaper(p: Problem):
    plan = solve(p, fixes=3)
    for unmet in plan.unmet:
        if unmet.fix is not None:
            assert serves(p, plan, unmet.need, unmet.fix), unmet
        assert_cheapest(p, plan, unmet.need, unmet.fix)


def assert_cheapest(p: Problem, plan: Plan, need: int, fix: list[Change] | None) -> None:
    if serves(p, plan, need, []):
        assert fix == []
        return
    enough = [change for change in single_changes(p, need) if serves(p, plan, need, [change])]
    if not enough:  # but for a need without any pair, which the list above gives none
        assert fix is None or len(fix) > 1 or not (p.need == need).any(), fix
        return
    assert fix is not None and len(fix) == 1
    (change,) = fix
    assert change["change"] == min((c["change"] for c in enough), key=KINDS.index)
    if "by" in change:
        for other in enough:
            if other["change"] == change["change"] and change["by"] > 1:
                assert not serves(p, plan, need, [{**other, "by": change["by"] - 1}])


ONE = {"need": ints([0]), "resource": ints([0]), "value": ints([0])}
FIVE = Windows.of([[[0, 5]], None])
KIND_CASES: list[tuple[dict[str, Any], int, list[Change] | None]] = [
    # what the problem is, whose fix, the fix
    (
        {"need_quantity": ints([2, 1]), "need_whole": flags([True, False]), "resource": ints([0, 1])},
        0,
        [{"change": "split", "need": "0"}],
    ),
    (  # of what must be served in full with others, a part is no help
        {
            "need_quantity": ints([2, 1]),
            "need_whole": flags([True, False]),
            "resource": ints([0, 1]),
            "groups": [Group("g", (0,))],
        },
        0,
        [{"change": "capacity", "resource": "0", "by": 1}],
    ),
    (  # its window goes on
        {**ONE, "need_duration": ints([7, 0]), "need_windows": FIVE},
        0,
        [{"change": "window", "need": "0", "add": [0, 7]}],
    ),
    (  # it gets another, for the first is taken
        {
            **ONE,
            "need_duration": ints([5, 5]),
            "need": ints([0, 1]),
            "resource": ints([0, 0]),
            "value": ints([0, 9]),
            "resource_capacity": ints([2, 0]),
            "need_windows": Windows.of([[[0, 5]], [[0, 5]]]),
        },
        0,
        [{"change": "window", "need": "0", "add": [5, 10]}],
    ),
    (  # the need is there when the resource can come
        {
            **ONE,
            "need_duration": ints([5, 0]),
            "need_windows": Windows.of([[[20, 26]], None]),
            "resource_windows": Windows.of([[[0, 8]], []]),
        },
        0,
        [{"change": "window", "need": "0", "add": [0, 5]}],
    ),
    (  # a need without a list of windows has all; only the resource's can be changed
        {**ONE, "need_duration": ints([5, 0]), "resource_windows": Windows.of([[[10, 12], [30, 33]], []])},
        0,
        [{"change": "window", "resource": "0", "add": [28, 30]}],
    ),
    (
        {"resource": ints([0, 1]), "limit": ints([0, 1])},
        0,
        [{"change": "limit", "need": "0", "resource": "0", "by": 1}],
    ),
    ({}, 0, [{"change": "capacity", "resource": "0", "by": 1}]),
    (
        {**ONE, "need_quantity": ints([3, 1]), "use": ints([2])},
        0,
        [{"change": "capacity", "resource": "0", "by": 5}],
    ),
    (
        {"resource": ints([0, 1]), "pools": [Pool("p", 1, ints([0, 1]))]},
        0,
        [{"change": "pool", "pool": "p", "by": 1}],
    ),
    (
        {"resource_capacity": ints([2, 1]), "conflicts": [(1, 0)]},
        0,
        [{"change": "conflict", "needs": ["1", "0"]}],
    ),
    (  # a conflict that is listed twice is dropped once
        {"resource_capacity": ints([2, 1]), "conflicts": [(0, 1), (1, 0)]},
        0,
        [{"change": "conflict", "needs": ["1", "0"]}],
    ),
    (
        {"need": ints([1]), "resource": ints([0]), "value": ints([0])},
        0,
        [{"change": "candidate", "need": "0", "resource": "1", "value": 0, "use": 1}],
    ),
    (  # with a resource that serves whom its own serve, on the terms of its own pair
        {
            "need_quantity": ints([1, 2]),
            "need": ints([0, 1, 1]),
            "resource": ints([0, 0, 1]),
            "value": ints([2, 3, 3]),
            "resource_capacity": ints([1, 2]),
            "pools": [Pool("p", 1, ints([0]))],
            "fixed": [Pin(1)],
            "limit": ints([1, 1, 1]),
        },
        0,
        [{"change": "candidate", "need": "0", "resource": "1", "value": 2, "use": 1}],
    ),
    (  # two changes where none alone is enough
        {"resource": ints([0, 1]), "limit": ints([0, 1]), "resource_capacity": ints([0, 1])},
        0,
        [
            {"change": "limit", "need": "0", "resource": "0", "by": 1},
            {"change": "capacity", "resource": "0", "by": 1},
        ],
    ),
    (
        {"need": ints([1]), "resource": ints([0]), "value": ints([0]), "resource_capacity": ints([1, 0])},
        0,
        [
            {"change": "capacity", "resource": "0", "by": 1},
            {"change": "candidate", "need": "0", "resource": "0", "value": 0, "use": 1},
        ],
    ),
    ({"need_value": ints([6, 6])}, 0, []),  # another plan as good serves it
    ({**ONE, "need_value": ints([-1, 5])}, 0, None),  # serving it is worth less than nothing
]  # fmt: skip


@pytest.mark.parametrize(("change", "need", "fix"), KIND_CASES)
def test_a_fix_of_each_kind(change: dict[str, Any], need: int, fix: list[Change] | None):
    plan = solve(problem(**change), fixes=2)
    left = {unmet.need: unmet.fix for unmet in plan.unmet}
    if fix == []:
        need = next(iter(left))
    assert left[need] == fix


def test_without_asking_there_is_no_fix_and_the_most_valued_needs_come_first():
    p = problem(
        need_quantity=ints([1, 1, 1, 1]),
        need_value=ints([2, 8, 5, 5]),
        need=ints([0, 1, 2, 3]),
        resource=ints([0, 0, 0, 0]),
        value=ints([0, 0, 0, 0]),
    )
    assert [unmet.fix for unmet in solve(p).unmet] == [None, None, None]
    fixed = [[unmet.need for unmet in solve(p, fixes=n).unmet if unmet.fix is not None] for n in (1, 2, 3, 9)]
    assert fixed == [[2], [2, 3], [0, 2, 3], [0, 2, 3]]


def test_fixes_never_change_the_plan_and_are_the_same_every_time():
    p = random_problem(2)
    plain, first, second = solve(p), solve(p, fixes=3), solve(p, fixes=3)
    assert (plain.units == first.units).all() and plain.starts == first.starts
    assert [unmet.fix for unmet in first.unmet] == [unmet.fix for unmet in second.unmet]
    assert any(unmet.fix for unmet in first.unmet)


def test_where_no_time_is_left_the_fixes_are_null():
    without = problem(need=ints([1]), resource=ints([0]), value=ints([0]))
    for p in (random_problem(1), without):
        plan = solve(p, fixes=5, stop=lambda: True)
        assert plan.objective is not None and plan.unmet
        assert all(unmet.fix is None for unmet in plan.unmet)


def test_values_that_are_too_large_to_serve_have_no_fix():
    without = {"need": ints([1]), "resource": ints([0]), "value": ints([0])}
    plan = solve(problem(**without, need_value=ints([LARGEST, 6])), fixes=2)
    assert [(unmet.need, unmet.fix) for unmet in plan.unmet] == [(0, None)]
    most = solve(problem(need_quantity=ints([2**62, 2**62]), need_value=ints([0, 0])), fixes=2)
    assert all(unmet.fix is None for unmet in most.unmet)


def test_the_end_of_time_is_no_end_of_a_search_for_windows():
    p = problem(**ONE, need_duration=ints([LARGEST, 0]), need_windows=FIVE)
    assert {unmet.need: unmet.fix for unmet in solve(p, fixes=2).unmet}[0] == [
        {"change": "window", "need": "0", "add": [0, LARGEST]}
    ]


def test_a_new_pair_is_on_the_hardest_terms_of_the_need_s_own_or_on_the_defaults():
    p = problem(need=ints([0, 0]), resource=ints([0, 1]), value=ints([4, -2]), use=ints([3, 1]))
    names = {"change": "candidate", "need": "0", "resource": "1"}
    assert new_pair(p, 0, 1) == {**names, "value": -2, "use": 3}
    assert new_pair(p, 1, 1) == {**names, "need": "1", "value": 0, "use": 1}


def test_units_that_would_be_placed_for_years_are_not_looked_at():
    p = problem(
        **{**ONE, "need": ints([1])},
        need_quantity=ints([2**31, 1]),
        need_duration=ints([1, 0]),
        resource_capacity=ints([2**40, 1]),
    )
    plan = solve(p, fixes=2, time_limit=2)
    assert plan.objective == 6 and plan.unmet[0].fix is None


def test_a_need_is_split_beside_floors_of_any_name():
    p = problem(
        need_quantity=ints([2, 1]),
        need_whole=flags([True, False]),
        resource=ints([0, 1]),
        floors=[Floor("one more unit", 1, ints([1])), Floor("", 0, ints([0]))],
    )
    assert solve(p, fixes=1).unmet[0].fix == [{"change": "split", "need": "0"}]


def test_a_fix_of_a_larger_flow_is_true_too():
    p = random_problem(3, needs=300, resources=120, pairs=3000)
    plan = solve(p, fixes=4)
    fixed = [unmet for unmet in plan.unmet if unmet.fix]
    assert len(fixed) == 4
    for unmet in fixed:
        served = solve(demanding(applied(p, unmet.fix), unmet.fix, unmet.need, 0))
        assert served.status is PlanStatus.OPTIMAL and served.objective >= plan.objective


# ── making changes ───────────────────────────────────────────────────────────────────────────────────────────


def test_changes_are_made_and_the_problem_stays_as_it_was():
    p = problem(
        need_quantity=ints([2, 1]),
        need_whole=flags([True, False]),
        need_windows=Windows.of([[[0, 5], [5, 9]], None]),
        resource_windows=Windows.of([[], None]),
        limit=ints([1, LARGEST]),
        pools=[Pool("p", 1, ints([0]))],
        conflicts=[(0, 1)],
        current=[Held(1, 1)],
    )
    fix: list[Change] = [
        {"change": "split", "need": "0"},
        {"change": "window", "need": "0", "add": [9, 12]},
        {"change": "window", "need": "1", "add": [9, 12]},
        {"change": "window", "resource": "0", "add": [3, 4]},
        {"change": "limit", "need": "0", "resource": "0", "by": 2},
        {"change": "limit", "need": "1", "resource": "0", "by": 2},
        {"change": "capacity", "resource": "1", "by": 3},
        {"change": "pool", "pool": "p", "by": 4},
        {"change": "conflict", "needs": ["1", "0"]},
        {"change": "candidate", "need": "1", "resource": "1", "value": 7},
    ]
    made = applied(p, fix)
    assert made.need_whole.tolist() == [False, False]
    assert [made.need_windows.list(need) for need in (0, 1)] == [[(0, 5), (5, 9), (9, 12)], None]
    assert [made.resource_windows.list(resource) for resource in (0, 1)] == [[(3, 4)], None]
    assert made.resource_capacity.tolist() == [1, 4]
    assert made.pools[0].capacity == 5 and made.conflicts == []
    assert (made.need.tolist(), made.resource.tolist()) == ([0, 1, 1], [0, 0, 1])
    assert (made.value.tolist(), made.use.tolist()) == ([0, 0, 7], [1, 1, 1])
    assert made.limit.tolist() == [3, LARGEST, LARGEST]
    assert (p.need_whole.tolist(), p.resource_capacity.tolist()) == ([True, False], [1, 1])
    assert (p.limit.tolist(), p.pools[0].capacity, p.conflicts) == ([1, LARGEST], 1, [(0, 1)])


@pytest.mark.parametrize(
    ("add", "becomes"),
    [
        ([5, 6], [(0, 4), (5, 6), (8, 10)]),
        ([4, 8], [(0, 4), (4, 8), (8, 10)]),  # those that touch stay apart
        ([3, 6], [(0, 6), (8, 10)]),
        ([3, 9], [(0, 10)]),
        ([1, 2], [(0, 4), (8, 10)]),
    ],
)
def test_a_window_becomes_one_with_those_that_it_overlaps(add: list[int], becomes: list[tuple[int, int]]):
    p = problem(need_windows=Windows.of([[[8, 10], [0, 4]], None]))
    assert applied(p, [{"change": "window", "need": "0", "add": add}]).need_windows.list(0) == becomes


@pytest.mark.parametrize(
    "change",
    [
        {"change": "wish"},
        {"change": "split", "need": "7"},
        {"change": "capacity", "by": 1},
        {"change": "pool", "pool": "p", "by": 1},
        {"change": "limit", "need": "0", "resource": "1", "by": 1},
        {"change": "conflict", "needs": ["0", "1"]},
        {"change": "candidate", "need": "0", "resource": "0"},
    ],
)
def test_a_change_of_what_is_not_there_is_refused(change: Change):
    with pytest.raises(ValueError):
        applied(problem(), [change])


def test_a_change_beyond_what_can_be_counted_is_refused():
    p = problem(balance=1, need_quantity=ints([2**40, 1]))
    with pytest.raises(TooLarge):
        applied(p, [{"change": "capacity", "resource": "0", "by": LARGEST}])
