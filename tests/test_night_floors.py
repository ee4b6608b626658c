"""Least shares of areas: kept where they can be, cut down where not, and never more than that."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from api import night_summary
from graph.model.plans import PlanStatus
from matching.candidates import find_candidates
from matching.night.floors import with_floors
from matching.night.plan import NightPlan, plan_night
from matching.night.problem import NightProblem
from matching.optimizer.solving import solve
from matching.scoring import DEFAULT, urgency_weights, value_parts
from matching.sentences import the_floor
from tests.snapshots import CITY, DAY, EAST, NURSING, PLUMBING, WEST, WEST_GRID, N, R, snapshot

AT = datetime(2026, 11, 22, 18, tzinfo=UTC)
URGENT, LATER = 0, 2
EVERYWHERE = (CITY,)


def plan(needs: list[N], resources: list[R], floors: dict[int, int], **more) -> NightPlan:
    """Return a night's plan; floors by area (row), in per cent."""
    return plan_night(snapshot(needs, resources, floors=floors, **more), day=DAY, at=AT, worth_seconds=0.0)


EAST_URGENT = [N(urgency=URGENT) for _ in range(4)]
WEST_LATER = [N(area=WEST_GRID, urgency=LATER) for _ in range(4)]


def served(made: NightPlan, needs: range) -> int:
    return sum(pair.quantity for pair in made.pairs if int(pair.need[1:]) in needs)


def test_an_area_gets_its_least_share_though_others_are_more_urgent():
    needs, resources = EAST_URGENT + WEST_LATER, [R(capacity=4, reaches=EVERYWHERE)]
    assert served(plan(needs, resources, {}), range(4, 8)) == 0
    made = plan(needs, resources, {WEST: 50})
    assert served(made, range(4, 8)) == 2 and served(made, range(4)) == 2
    assert made.status is PlanStatus.OPTIMAL
    [floor] = made.findings.floors
    assert (floor.area, floor.asked, floor.least, floor.reachable) == ("a2", 4, 2, 2)
    assert (floor.before, floor.after, floor.proved) == (0, 2, True)


def test_who_is_left_for_an_areas_least_share_is_told_so():
    made = plan(EAST_URGENT + WEST_LATER, [R(capacity=4, reaches=EVERYWHERE)], {WEST: 25})
    assert sorted(u.reason for u in made.unmet if u.need < "n004") == ["floor"]
    assert {u.reason for u in made.unmet if u.need >= "n004"} == {"capacity"}


def test_a_share_is_rounded_up():
    made = plan(EAST_URGENT + WEST_LATER, [R(capacity=4, reaches=EVERYWHERE)], {WEST: 26})
    assert [floor.least for floor in made.findings.floors] == [2]


def test_what_cant_be_had_is_cut_down_to_what_can_and_said_in_words():
    resources = [R(capacity=4), R(capacity=1, area=WEST_GRID)]
    made = plan(EAST_URGENT + WEST_LATER, resources, {WEST: 75})
    assert served(made, range(4, 8)) == 1 and served(made, range(4)) == 4
    [floor] = made.findings.floors
    assert (floor.least, floor.reachable, floor.proved) == (3, 1, True)
    words = the_floor(floor, names={"a2": "西社区"})
    assert words.en == "西社区 is to get 75 % of the 4 units it asks for, 3; at most 1 can be had."
    assert words.zh == "西社区应至少安排所需4个单位的75%,即3个;最多只能做到1个。"


def test_of_two_that_cant_both_be_kept_as_much_is_kept_as_can_be():
    made = plan(EAST_URGENT + WEST_LATER, [R(capacity=4, reaches=EVERYWHERE)], {EAST: 75, WEST: 75})
    floors = made.findings.floors
    assert sum(floor.reachable for floor in floors) == 4 and all(floor.least == 3 for floor in floors)
    assert sum(pair.quantity for pair in made.pairs) == 4


def test_floors_of_an_area_and_of_one_below_it_both_hold():
    nurse, nursing = R(provides=((NURSING, 3),), capacity=4, reaches=EVERYWHERE), ((NURSING, 1),)
    needs = EAST_URGENT + WEST_LATER + [N(requires=nursing, urgency=URGENT) for _ in range(4)]
    made = plan(needs, [R(capacity=2, reaches=EVERYWHERE), nurse], {CITY: 50, WEST: 50})
    assert served(made, range(4, 8)) == 2
    assert sum(pair.quantity for pair in made.pairs) == 6
    assert [(floor.area, floor.after >= floor.least) for floor in made.findings.floors] == [("a2", True), ("a0", True)]


def test_what_is_in_hand_counts():
    held = [("n004", "r000", 1), ("n005", "r000", 1)]
    made = plan(EAST_URGENT + WEST_LATER, [R(capacity=4, reaches=EVERYWHERE)], {WEST: 50}, held=held)
    assert served(made, range(4)) == 2 and served(made, range(4, 8)) == 0


def test_a_group_is_not_parted_for_an_areas_least_share():
    visit, dressing = (N(area=WEST_GRID, urgency=LATER, group=0, requires=((c, 1),)) for c in (PLUMBING, NURSING))
    made = plan([*EAST_URGENT, visit, dressing], [R(capacity=4, reaches=EVERYWHERE)], {WEST: 50})
    assert served(made, range(4, 6)) == 0
    assert [floor.reachable for floor in made.findings.floors] == [0]


_needs = st.builds(
    N, wanted=st.integers(1, 3), urgency=st.integers(0, 2), area=st.sampled_from([3, 4]), group=st.sampled_from([-1, 0])
)
_resources = st.builds(R, capacity=st.integers(0, 5), reach_minutes=st.sampled_from([-1, 60]))
_floors = st.dictionaries(st.sampled_from([CITY, EAST, WEST, WEST_GRID]), st.integers(1, 100), max_size=3)


@settings(max_examples=100, deadline=None)
@given(st.lists(_needs, max_size=6), st.lists(_resources, max_size=3), _floors)
def test_whatever_areas_ask_for_there_is_a_plan_which_keeps_what_is_told_and_stays(needs, resources, floors):
    made = plan(needs, resources, floors)
    assert made.status is PlanStatus.OPTIMAL
    for floor in made.findings.floors:
        assert floor.proved and floor.after >= floor.reachable
        assert floor.reachable == floor.least or floor.after == floor.reachable
    again = plan(needs, resources, floors, held=[(p.need, p.resource, p.quantity) for p in made.pairs])
    assert again.pairs == [] and again.unmet == made.unmet


@settings(max_examples=60, deadline=None)
@given(st.lists(_needs, min_size=1, max_size=5), st.lists(_resources, min_size=1, max_size=3), st.integers(1, 100))
def test_no_plan_has_more_than_what_is_said_to_be_reachable(needs, resources, share):
    made = snapshot(needs, resources, floors={WEST: share})
    candidates = find_candidates(made, DAY)
    values = value_parts(candidates), urgency_weights(made, AT)
    table = NightProblem(made, candidates, *values, DEFAULT)
    _, told = with_floors(table, solve(table.problem), solve, solve)
    inside = np.isin(np.arange(len(needs)), [i for i, n in enumerate(needs) if n.area == WEST_GRID])
    # The most that lies inside: only that is worth anything.
    most = NightProblem(made, candidates, values[0], np.where(inside, 10**6, 1), DEFAULT)
    best = solve(most.problem)
    for floor in told:
        there = int(best.units[inside[most.problem.need]].sum())
        assert floor.reachable == min(floor.least, there)


def test_what_is_had_is_looked_for_only_where_a_floor_does_not_hold_by_itself():
    needs = EAST_URGENT + WEST_LATER + [N(requires=((NURSING, 1),)) for _ in range(12)]
    resources = [R(capacity=4, reaches=EVERYWHERE), R(provides=((NURSING, 3),), capacity=12, reaches=EVERYWHERE)]
    made = snapshot(needs, resources, floors={WEST: 50, CITY: 70})
    candidates = find_candidates(made, DAY)
    table = NightProblem(made, candidates, value_parts(candidates), urgency_weights(made, AT), DEFAULT)
    sizes = []

    def reach(problem):
        sizes.append(len(problem.need))
        return solve(problem)

    _, floors = with_floors(table, solve(table.problem), solve, reach)
    assert sizes == [4 + 1]  # the four pairs of the west, and what is missing; the city's floor is not looked at
    assert [floor.reachable for floor in floors] == [2, 14]


def test_on_a_terminal_only_areas_are_told_of_for_which_it_made_a_difference():
    resources = [R(capacity=4, reaches=EVERYWHERE)]
    made = plan(EAST_URGENT + WEST_LATER, resources, {WEST: 50, EAST: 25})
    report = SimpleNamespace(plan=SimpleNamespace(findings=made.findings), names={"a2": "西社区"})
    told = [words.en for words in night_summary.floors(report, only_binding=True)]
    assert told[0].startswith("西社区 is to get 50 %") and told[1:] == [
        "Areas that get the least that is to be theirs in any case: 1."
    ]
    assert len(night_summary.floors(report)) == 2
    report.plan.findings = None
    assert night_summary.floors(report) == []
