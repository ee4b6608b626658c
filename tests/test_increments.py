"""One need changed after another: each time what a whole solve would find."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cities import flow_city
from matching import Problem, solve
from matching.increments import Change, Increments
from matching.plan import PlanStatus
from matching.problem import Floor, Group, Pin
from tests.problems import flags, ints, tiny_problems


def one_change(data: st.DataObject, kept: Increments) -> Change | None:
    """Change something, if it can be."""
    before = kept.problem()
    needs, resources = len(before.need_quantity), len(before.resource_capacity)
    if data.draw(st.booleans()):
        few = st.lists(st.integers(0, resources - 1), unique=True)
        pairs = [(row, data.draw(st.integers(-5, 5))) for row in data.draw(few)]
        return kept.add(data.draw(st.integers(0, 3)), data.draw(st.integers(-3, 9)), pairs)
    quantity = data.draw(st.one_of(st.none(), st.integers(0, 4)))
    value = data.draw(st.one_of(st.none(), st.integers(-3, 9)))
    need = data.draw(st.integers(0, needs - 1))
    try:
        return kept.change(need, quantity=quantity, value=value)
    except ValueError as error:
        wanted = before.need_quantity.copy()
        wanted[need] = before.need_quantity[need] if quantity is None else quantity
        if "fixed" not in str(error):  # a problem with fewer units than are fixed is none
            assert "can't be met" in str(error)
            assert solve(replace(before, need_quantity=wanted)).status is PlanStatus.INFEASIBLE
        return None


@settings(max_examples=150, deadline=None)
@given(tiny_problems(flow=True), st.data())
def test_each_change_comes_to_what_a_whole_solve_finds(problem: Problem, data: st.DataObject):
    problem = replace(problem, floors=[])
    plan = solve(problem)
    if plan.status is not PlanStatus.OPTIMAL:
        return
    kept, units = Increments(problem, plan), plan.units
    for _ in range(4):
        change = one_change(data, kept)
        anew, now = solve(kept.problem()), kept.plan()  # which the verifier has passed
        assert kept.objective == now.objective == anew.objective
        units = np.concatenate([units, np.zeros(len(now.units) - len(units), dtype=np.int64)])
        if change is not None:
            units[list(change.units)] = list(change.units.values())
            assert change.objective == kept.objective
        assert (units == now.units).all()


def test_a_city_goes_through_many_changes_and_many_new_needs():
    problem = flow_city("S", 3)
    kept, rng = Increments(problem, solve(problem)), np.random.default_rng(0)
    for _ in range(200):
        need = int(rng.integers(len(problem.need_quantity)))
        kept.change(need, quantity=int(rng.integers(0, 5)), value=int(rng.choice([1, 2, 4, 8])) * 10_000)
    for _ in range(1200):  # more than the space that is kept for needs to come
        kept.add(1, 20_000, [(int(row), int(rng.integers(1000))) for row in rng.choice(250, 5, replace=False)])
    assert kept.plan().objective == solve(kept.problem()).objective
    kept.drop(0)
    assert kept.problem().need_quantity[0] == 0


CITY = Problem(ints([2, 1]), ints([10, 20]), ints([2]), ints([0, 1]), ints([0, 0]), ints([1, 2]))


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (replace(CITY, use=ints([1, 2])), "it is no flow"),
        (replace(CITY, floors=[Floor("f", 1, ints([0]))]), "it has floors"),
        (replace(CITY, need_value=ints([2**59, 1])), "values are too large"),
        (replace(CITY, balance=1, resource_capacity=ints([200_001])), "balance: over more than"),
    ],
)
def test_a_problem_that_can_only_be_solved_anew_is_refused(problem: Problem, words: str):
    with pytest.raises(ValueError, match=words):
        Increments(problem, solve(problem))


def test_a_plan_that_is_not_optimal_is_refused():
    plan = solve(CITY)
    with pytest.raises(ValueError, match="it is not optimal"):
        Increments(CITY, replace(plan, status=PlanStatus.FEASIBLE))
    with pytest.raises(ArithmeticError, match="not optimal"):
        Increments(CITY, replace(plan, units=ints([2, 0])))


@pytest.mark.parametrize(
    ("problem", "change", "words"),
    [
        (CITY, {"need": 2}, "need: there is no row 2"),
        (CITY, {"need": 0, "quantity": -1}, "quantity: -1 for need 0"),
        (CITY, {"need": 0, "value": 2**59}, "values are too large"),
        (CITY, {"need": 0, "quantity": 2**59}, "units of a need are worth too much"),
        (CITY, {"need": 1, "quantity": 2**63}, "units of a need are worth too much"),
        (replace(CITY, fixed=[Pin(0)]), {"need": 0, "quantity": 0}, "of which 1 units are fixed"),
        (replace(CITY, need_required=flags([1, 0])), {"need": 0, "quantity": 3}, "is required, can't be met"),
        (replace(CITY, need_whole=flags([0, 1])), {"need": 1, "quantity": 2}, "is no flow"),
        (replace(CITY, groups=[Group("g", (1,))]), {"need": 1, "quantity": 2}, "is no flow"),
    ],
)
def test_a_change_that_can_not_be_is_refused_and_changes_nothing(problem: Problem, change: dict[str, int], words: str):
    kept = Increments(problem, solve(problem))
    before = kept.objective
    with pytest.raises(ValueError, match=words):
        kept.change(**change)
    assert kept.plan().objective == before == solve(kept.problem()).objective


@pytest.mark.parametrize("candidates", [[(1, 5)], [(0, 5), (0, 6)], [(-1, 5)]])
def test_a_new_need_names_resources_that_exist_once_each(candidates: list[tuple[int, int]]):
    with pytest.raises(ValueError, match="candidates: each names a resource"):
        Increments(CITY, solve(CITY)).add(1, 10, candidates)


@pytest.mark.parametrize(
    ("quantity", "value", "candidates", "words"),
    [
        (-1, 1, [(0, 1)], "quantity: -1 is below 0"),
        (2**63, 0, [(0, 1)], "units of a need are worth too much"),
        (1, 2**60, [(0, 1)], "values are too large"),
        (1, 1, [(0, 2**60)], "values are too large"),
    ],
)
def test_a_new_need_of_numbers_that_can_not_be_is_refused_and_changes_nothing(
    quantity: int, value: int, candidates: list[tuple[int, int]], words: str
):
    kept = Increments(CITY, solve(CITY))
    with pytest.raises(ValueError, match=words):
        kept.add(quantity, value, candidates)
    assert len(kept.problem().need_quantity) == 2 and kept.plan().objective == solve(CITY).objective


def test_numbers_of_numpy_are_taken_and_parts_of_units_are_not():
    kept = Increments(CITY, solve(CITY))
    change = kept.change(np.int64(0), quantity=np.int64(3), value=np.int64(11))
    assert type(change.objective) is int and kept.plan().objective == change.objective
    for wrong in ({"quantity": 1.5}, {"value": 0.5}, {"need": 0.0}):
        with pytest.raises(TypeError):
            kept.change(**{"need": 0, **wrong})
