"""The optimizer on problems of any kind, against an oracle that tries everything."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Plan, Problem, solve, verify
from matching.deadline import Deadline
from matching.optimizer.relaxation import relaxed, simple_bound
from matching.optimizer.requirements import Requirement, with_only
from matching.plan import PlanStatus
from matching.problem import LARGEST, Floor, Group, Held, Pin, Pool, Windows
from matching.solvers.flow import solve_flow
from tests.problems import allowed, best_by_trying_everything, flags, ints, is_a_timetable, tiny_problems
from tests.test_verify import planned


@settings(max_examples=120, deadline=None)
@given(tiny_problems())
def test_it_finds_what_trying_everything_finds(p: Problem):
    plan = solve(p, threads=1)
    best = best_by_trying_everything(p)
    if best is None:
        assert plan.status is PlanStatus.INFEASIBLE
        assert_irreducible(p, plan)
    else:
        assert plan.status is PlanStatus.OPTIMAL
        assert plan.objective == plan.bound == best
        assert "undecided" not in {unmet.reason for unmet in plan.unmet}
    assert verify(p, plan) == []


@settings(max_examples=200, deadline=None)
@given(tiny_problems(), st.data())
def test_of_the_best_plan_and_of_one_that_is_one_off_the_verifier_says_what_the_rules_say(
    p: Problem, data: st.DataObject
):
    plan = solve(p)
    units, starts = plan.units.tolist(), {row: list(mine) for row, mine in plan.starts.items()}
    for _ in range(data.draw(st.integers(0, 2)) if units else 0):
        row = data.draw(st.integers(0, len(units) - 1))
        if row in starts and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(starts[row]) - 1))
            starts[row][at] += data.draw(st.sampled_from([-1, 1]))
        elif data.draw(st.booleans()):
            units[row] += 1
            if p.need_duration[p.need[row]]:
                starts.setdefault(row, []).append(data.draw(st.integers(0, 7)))
        elif units[row]:
            units[row] -= 1
            if row in starts and starts[row].pop() is not None and not starts[row]:
                del starts[row]
    given_starts = {row: tuple(sorted(mine)) for row, mine in starts.items()}
    counts = tuple(units)
    keeps = all(u <= most for u, most in zip(units, p.limit.tolist(), strict=True))
    keeps = keeps and allowed(p, counts) and is_a_timetable(p, counts, given_starts)
    assert (verify(p, planned(p, units, given_starts)) == []) is keeps


def assert_irreducible(p: Problem, plan: Plan) -> None:
    assert plan.infeasible_because is not None
    floor = {floor.id: number for number, floor in enumerate(p.floors)}
    row = {"required": int, "floor": floor.__getitem__, "fixed": int}
    found: list[Requirement] = [
        (kind, row[kind](what)) for part in plan.infeasible_because for kind, what in part.items()
    ]
    assert best_by_trying_everything(with_only(p, found)) is None
    for one in found:
        assert best_by_trying_everything(with_only(p, [other for other in found if other != one])) is not None


@settings(max_examples=60, deadline=None)
@given(tiny_problems())
def test_the_greedy_plan_keeps_every_rule_and_its_bound_holds(p: Problem):
    plan = solve(p, method="greedy")
    best = best_by_trying_everything(p)
    if plan.objective is None:
        assert plan.status in (PlanStatus.UNKNOWN, PlanStatus.INFEASIBLE)
    else:
        assert best is not None and plan.bound is not None and plan.objective <= best <= plan.bound
        assert verify(p, plan) == []


@settings(max_examples=300, deadline=None)
@given(tiny_problems())
def test_what_allows_more_is_never_worth_less(p: Problem):
    wider, best = solve_flow(relaxed(p), Deadline()), best_by_trying_everything(p)
    if best is not None:
        assert wider.bound is not None and wider.bound >= best
        assert simple_bound(p) >= best


def test_what_could_be_served_at_most_is_counted_by_the_smallest_use():
    p = problem(
        need_quantity=ints([9, 9]),
        resource=ints([0, 1]),
        resource_capacity=ints([5, 5]),
        use=ints([2, 3]),
        pools=[Pool("p", 7, ints([0, 1])), Pool("q", 7, ints([1]))],
    )
    wider = relaxed(p)
    assert wider.resource_capacity.tolist() == [2, 1]
    assert [(pool.id, pool.capacity) for pool in wider.pools] == [("p", 3), ("q", 2)]
    free = relaxed(replace(p, use=ints([0, 3])))
    assert free.resource_capacity.tolist() == [LARGEST, 1] and [pool.id for pool in free.pools] == ["q"]


def test_a_greedy_plan_does_not_part_what_is_fixed_and_comes_together():
    p = Problem(
        need_quantity=ints([2]),
        need_value=ints([1]),
        resource_capacity=ints([2]),
        need=ints([0]),
        resource=ints([0]),
        value=ints([0]),
        need_duration=ints([1]),
        groups=[Group("team", (0,), together=True)],
        fixed=[Pin(0, 2)],
    )
    assert solve(p, method="greedy").status is PlanStatus.UNKNOWN
    assert solve(p).status is PlanStatus.INFEASIBLE  # one resource is not in two places


@settings(max_examples=40, deadline=None)
@given(tiny_problems())
def test_constraint_programming_alone_comes_to_the_same(p: Problem):
    assert solve(p, method="constraints").objective == solve(p).objective


@settings(max_examples=40, deadline=None)
@given(tiny_problems(), st.randoms())
def test_the_order_of_rows_does_not_change_the_outcome(p: Problem, random):
    order = list(range(len(p.need)))
    random.shuffle(order)
    columns = {name: getattr(p, name)[order] for name in ("need", "resource", "value", "limit", "use")}
    pins = [replace(pin, candidate=order.index(pin.candidate)) for pin in p.fixed]
    shuffled = solve(replace(p, **columns, fixed=pins))
    plan = solve(p)
    assert (shuffled.status, shuffled.objective) == (plan.status, plan.objective)


@settings(max_examples=40, deadline=None)
@given(tiny_problems())
def test_doubling_every_coefficient_doubles_the_objective_and_one_more_unit_never_lowers_it(p: Problem):
    plan = solve(p)
    doubled = replace(
        p, need_value=2 * p.need_value, value=2 * p.value, balance=2 * p.balance, change_cost=2 * p.change_cost
    )
    more = solve(replace(p, resource_capacity=p.resource_capacity + 1))
    if plan.objective is not None:
        assert solve(doubled).objective == 2 * plan.objective
        assert more.objective is not None and more.objective >= plan.objective


def city(seed: int, needs: int = 40, resources: int = 15) -> Problem:
    """A part of a city with times, uses, whole needs and conflicts: no flow, and not solved at a glance."""
    rng = np.random.default_rng(seed)
    keys = rng.choice(needs * resources, needs * 5, replace=False)
    starts = rng.integers(0, 480, needs)
    return Problem(
        need_quantity=rng.integers(1, 3, needs),
        need_value=rng.integers(10, 100, needs),
        resource_capacity=rng.integers(2, 8, resources),
        need=keys // resources,
        resource=keys % resources,
        value=rng.integers(0, 50, len(keys)),
        use=rng.integers(1, 4, len(keys)),
        need_whole=rng.random(needs) < 0.2,
        need_duration=np.where(rng.random(needs) < 0.6, 60, 0),
        need_windows=Windows.of([[[int(start), int(start) + 150]] for start in starts]),
        resource_windows=Windows.of([[[0, 240], [300, 540]]] * resources),
        conflicts=[(0, 1), (2, 3)],
    )


def test_one_thread_gives_the_same_plan_every_time():
    first, second = (solve(city(1), threads=1, seed=3) for _ in range(2))
    assert (first.units == second.units).all() and first.starts == second.starts
    assert first.status is PlanStatus.OPTIMAL


def test_more_threads_come_to_the_same_objective():
    assert solve(city(2), threads=2).objective == solve(city(2), threads=1).objective


def test_when_the_time_is_over_the_best_verified_plan_comes_back_with_a_bound():
    p = city(3, needs=600, resources=200)
    plan = solve(p, time_limit=0.2)
    assert plan.status is PlanStatus.FEASIBLE
    assert plan.objective is not None and plan.bound is not None and plan.objective <= plan.bound
    assert verify(p, plan) == []


def test_whoever_says_stop_gets_the_best_plan_so_far():
    began = time.monotonic()
    plan = solve(city(4, needs=600, resources=200), time_limit=120, stop=lambda: time.monotonic() > began + 0.5)
    assert plan.status is PlanStatus.FEASIBLE and plan.objective


@pytest.mark.parametrize("method", ["auto", "greedy"])
def test_a_stop_is_heard_between_the_units_of_one_timed_need(method: str):
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 500

    endless = Problem(
        need_quantity=np.array([2**31]),
        need_value=np.array([5]),
        need_duration=np.array([1]),
        resource_capacity=np.array([2**40]),
        need=np.array([0]),
        resource=np.array([0]),
        value=np.array([0]),
    )
    plan = solve(endless, method=method, stop=stop)
    assert plan.status is PlanStatus.FEASIBLE
    assert 0 < plan.units[0] < 2**31
    assert verify(endless, plan) == []


def test_where_nothing_was_found_in_time_the_plan_says_unknown_and_is_empty():
    p = problem(need_required=flags([True, False]), need_duration=ints([9, 0]), resource=ints([0, 1]))
    plan = solve(p, stop=lambda: True)
    assert plan.status is PlanStatus.UNKNOWN
    assert (plan.objective, plan.unmet, plan.units.any()) == (None, (), False)


def test_a_floor_over_no_needs_is_infeasible_by_itself():
    plan = solve(problem(floors=[Floor("f", 1, ints([])), Floor("g", 0, ints([]))]))
    assert plan.status is PlanStatus.INFEASIBLE and plan.infeasible_because == [{"floor": "f"}]


def test_each_part_is_solved_by_its_own_method():
    both = problem(need_duration=ints([0, 30]), need=ints([0, 1]), resource=ints([0, 1]))
    plan = solve(both)
    assert plan.status is PlanStatus.OPTIMAL and plan.objective == 11
    assert "minimum-cost flow" in plan.solver and plan.prices is None


def test_a_method_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="the problem is no flow"):
        solve(problem(need_duration=ints([0, 30])), method="flow")
    with pytest.raises(ValueError, match="is none of"):
        solve(problem(), method="magic")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"time_limit": 0}, "time_limit: 0; seconds above 0"),
        ({"time_limit": float("nan")}, "time_limit: nan"),
        ({"threads": 0}, "threads: 0 is below 1"),
        ({"seed": -1}, "seed: -1 is below 0"),
        ({"fixes": -1}, "fixes: -1 is below 0"),
    ],
)
def test_a_wish_out_of_its_range_is_refused(wish: dict[str, float], words: str):
    with pytest.raises(ValueError, match=words):
        solve(problem(), **wish)


def test_a_plan_that_the_verifier_refuses_does_not_leave(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("matching.optimizer.solving.verify", lambda *_: ["need 0: 9 units, 1 are wanted"])
    with pytest.raises(RuntimeError, match="the verifier refuses the plan"):
        solve(problem())


def test_numbers_beyond_what_solvers_hold_still_get_a_verified_plan():
    huge = problem(need_quantity=ints([2**62, 2**62]), resource_capacity=ints([2**62, 2**62]), need_value=ints([0, 0]))
    assert solve(huge).objective is not None
    late = problem(
        resource=ints([0, 1]), need_duration=ints([1, 0]), need_windows=Windows.of([[[2**62, 2**63 - 1]], None])
    )
    plan = solve(late)
    assert plan.objective == 11 and plan.starts == {0: (2**62,)}
    pinned = problem(fixed=[Pin(0, LARGEST), Pin(0, LARGEST)])  # whose sum is no number of 64 bits
    assert solve(pinned).objective is None
    held = problem(current=[Held(0, 0, LARGEST), Held(0, 0, LARGEST)])
    assert solve(held).objective == 6


def problem(**more) -> Problem:
    """Two needs, the second worth more, and two resources of one unit; each change makes another case."""
    return Problem(
        **{
            "need_quantity": ints([1, 1]),
            "need_value": ints([5, 6]),
            "resource_capacity": ints([1, 1]),
            "need": ints([0, 1]),
            "resource": ints([0, 0 if "resource" not in more else 1]),
            "value": ints([0, 0]),
        }
        | more
    )


EIGHT, NINE = Windows.of([[[0, 8]], None]), Windows.of([[[0, 9]]] * 2)
REASONS = [
    ("no_candidate", 0, {"need": ints([1]), "resource": ints([0]), "value": ints([0])}),
    ("outbid", 0, {}),
    ("capacity", 0, {"need_value": ints([6, 6]), "fixed": [Pin(1)]}),
    ("capacity", 0, {"need": ints([0]), "resource": ints([0]), "value": ints([0]), "use": ints([2])}),
    ("capacity", 1, {"fixed": [Pin(0)]}),  # it serves what is worth less, for that is pinned
    ("pool", 0, {"resource": ints([0, 1]), "pools": [Pool("p", 1, ints([0, 1]))]}),
    ("limit", 0, {"resource": ints([0, 1]), "limit": ints([0, 1])}),
    ("not_worth", 0, {"need_value": ints([0, 6]), "resource": ints([0, 1])}),
    ("not_worth", 0, {"balance": 9, "resource": ints([0, 1])}),
    ("time", 0, {"resource": ints([0, 1]), "need_duration": ints([9, 0]), "need_windows": EIGHT}),
    ("time", 0, {"resource_capacity": ints([2, 1]), "need_duration": ints([9, 9]), "need_windows": NINE}),
    ("conflict", 0, {"resource_capacity": ints([2, 1]), "conflicts": [(0, 1)]}),
    ("whole", 0, {"need_quantity": ints([2, 1]), "need_whole": flags([True, False]), "resource": ints([0, 1])}),
    ("group", 0, {"resource": ints([0, 1]), "groups": [Group("g", (0, 1))], "limit": ints([1, 0])}),
    ("limit", 1, {"resource": ints([0, 1]), "groups": [Group("g", (0, 1))], "limit": ints([1, 0])}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "need", "change"), REASONS)
def test_what_is_left_has_a_true_reason(reason: str, need: int, change: dict[str, object]):
    plan = solve(problem(**change))
    assert plan.status is PlanStatus.OPTIMAL
    assert {unmet.need: unmet.reason for unmet in plan.unmet}[need] == reason


def test_the_plan_in_force_beside_the_candidates_costs_in_every_plan():
    plan = solve(problem(need_duration=ints([0, 9]), current=[Held(1, 1, 3)], change_cost=4))
    assert plan.objective == plan.bound == 6 - 12
