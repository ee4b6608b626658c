"""Which pairs may be matched: each rule both ways, and all together against a plain loop over pairs."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.candidates import Rule, find_candidates
from tests.snapshots import (
    CITY,
    DAY,
    EAST,
    EAST_GRID,
    FOREVER,
    NURSING,
    PLUMBING,
    REPAIR,
    TODAY,
    WEST,
    WEST_GRID,
    N,
    R,
    snapshot,
)


def pairs(needs: list[N], resources: list[R], **more) -> list[tuple[int, int]]:
    found = find_candidates(snapshot(needs, resources, **more), DAY)
    return list(zip(found.need.tolist(), found.resource.tolist(), strict=True))


@pytest.mark.parametrize(
    ("need", "resource", "rule"),
    [
        (N(), R(), None),
        (N(), R(provides=((NURSING, 5),)), Rule.NO_CAPABILITY),
        (N(requires=((REPAIR, 1),)), R(provides=((PLUMBING, 3),)), None),  # the special serves the general
        (N(requires=((PLUMBING, 1),)), R(provides=((REPAIR, 5),)), Rule.NO_CAPABILITY),  # not the other way
        (N(requires=((PLUMBING, 3),)), R(provides=((PLUMBING, 3),)), None),
        (N(requires=((PLUMBING, 4),)), R(provides=((PLUMBING, 3),)), Rule.LEVEL_OR_CERTIFICATE),
        (N(), R(certificate_until=TODAY), None),  # valid on its last day
        (N(), R(certificate_until=TODAY - 1), Rule.LEVEL_OR_CERTIFICATE),
        (N(requires=((PLUMBING, 1), (NURSING, 1))), R(provides=((PLUMBING, 3), (NURSING, 1))), None),
        (N(requires=((PLUMBING, 1), (NURSING, 1))), R(provides=((PLUMBING, 3),)), Rule.NO_CAPABILITY),
        (
            N(requires=((PLUMBING, 1), (NURSING, 2))),
            R(provides=((PLUMBING, 3), (NURSING, 1))),
            Rule.LEVEL_OR_CERTIFICATE,
        ),
        (N(area=WEST_GRID), R(area=EAST_GRID), Rule.OUT_OF_REACH),  # without a reach: the own community
        (N(area=WEST_GRID), R(area=EAST_GRID, reach_minutes=20), None),
        (N(area=WEST_GRID), R(area=EAST_GRID, reach_minutes=10), Rule.OUT_OF_REACH),
        (N(area=WEST_GRID), R(area=EAST_GRID, reach_minutes=10, reaches=(WEST,)), None),
        (N(area=WEST_GRID), R(area=EAST_GRID, reaches=(CITY,)), None),
        (N(area=WEST_GRID), R(area=EAST_GRID, reaches=(EAST,)), Rule.OUT_OF_REACH),
        (N(area=EAST_GRID), R(area=EAST, by_person=False), None),  # an asset: through the community
        (N(area=WEST_GRID), R(area=EAST, by_person=False, reach_minutes=60), Rule.OUT_OF_REACH),
        (N(area=CITY), R(area=EAST, by_person=False), None),  # a need above communities: all below it
        (N(area=CITY), R(area=EAST), None),  # so does a person who set no limit
        (N(area=CITY), R(area=EAST, reach_minutes=60), Rule.OUT_OF_REACH),  # the way is not known
        (N(windows=((0, 60),)), R(windows=((30, 90),)), None),
        (N(windows=((0, 60),)), R(windows=((60, 90),)), Rule.NO_COMMON_TIME),  # half-open
        (N(windows=((0, 60),), duration=30), R(windows=((30, 90),)), None),
        (N(windows=((0, 60),), duration=31), R(windows=((30, 90),)), Rule.NO_COMMON_TIME),
        (N(windows=((0, 60), (500, 600))), R(windows=((550, 700),)), None),
        (N(), R(windows=()), Rule.NO_COMMON_TIME),  # never
        (N(at_home=True, vulnerable=True), R(verified=False), Rule.NOT_VERIFIED),
        (N(at_home=True, vulnerable=True), R(verified=True), None),
        (N(at_home=True, vulnerable=False), R(verified=False), None),
        (N(at_home=False, vulnerable=True), R(verified=False), None),
    ],
)
def test_each_rule_lets_through_or_stops_a_pair(need: N, resource: R, rule: Rule | None):
    found = find_candidates(snapshot([need], [resource]), DAY)
    assert len(found.need) == (rule is None)
    assert found.reason(0) == rule


def test_a_declined_pair_is_no_candidate_until_the_needs_terms_change():
    assert pairs([N(terms=1)], [R()], declined=[(0, 0, 1)]) == []
    assert pairs([N(terms=2)], [R()], declined=[(0, 0, 1)]) == [(0, 0)]
    assert find_candidates(snapshot([N()], [R()], declined=[(0, 0, 1)]), DAY).reason(0) is Rule.ALL_DECLINED


def test_the_reason_is_the_rule_at_which_the_last_pair_fell():
    # One is too far, the other comes as far as the clock.
    found = find_candidates(snapshot([N(windows=((0, 60),))], [R(area=WEST_GRID), R(windows=((60, 90),))]), DAY)
    assert found.reason(0) is Rule.NO_COMMON_TIME


def test_a_circle_of_capabilities_is_refused():
    made = snapshot([N()], [R()])
    made.is_a.left[0], made.is_a.right[0] = PLUMBING, PLUMBING
    with pytest.raises(ValueError, match="circle"):
        find_candidates(made, DAY)


def test_nothing_at_all_has_no_candidates():
    assert pairs([], []) == pairs([N()], []) == pairs([], [R()]) == []


def allowed(n: N, r: R, key: tuple[int, int], declined: set[tuple[int, int]]) -> bool:
    """The rules once more, for one pair at a time."""
    up = {PLUMBING: {PLUMBING, REPAIR}, REPAIR: {REPAIR}, NURSING: {NURSING}}
    for capability, level in n.requires:
        good = [lv for c, lv in r.provides if capability in up[c] and r.certificate_until >= TODAY]
        if not good or max(good) < level:
            return False
    inside = {CITY: {0, 1, 2, 3, 4}, EAST: {1, 3}, WEST: {2, 4}, EAST_GRID: {3}, WEST_GRID: {4}}
    catchment = {CITY: CITY, EAST: EAST, WEST: WEST, EAST_GRID: EAST, WEST_GRID: WEST}[n.area]
    lat = {EAST: 34.9, EAST_GRID: 34.9, WEST: 34.908, WEST_GRID: 34.908}
    reach = r.area in inside[catchment]
    if r.by_person and r.reach_minutes >= 0 and not (n.area in lat and r.area in lat):
        reach = reach and n.area != CITY
    elif r.by_person and r.reach_minutes >= 0:
        minutes = abs(lat[n.area] - lat[r.area]) * 111_320 * 1.3 / 80
        reach = minutes <= r.reach_minutes
    if not (reach or any(n.area in inside[a] for a in r.reaches)):
        return False
    week = ((0, 10080),)
    room = max(
        (
            min(e1, e2) - max(s1, s2)
            for s1, e1 in (n.windows if n.windows is not None else week)
            for s2, e2 in (r.windows if r.windows is not None else week)
        ),
        default=0,
    )
    if room < max(1, n.duration):
        return False
    if n.at_home and n.vulnerable and not r.verified:
        return False
    return key not in declined


_windows = st.one_of(
    st.none(),
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=2).map(
        lambda w: tuple((s * 10, s * 10 + length * 10) for s, length in w)
    ),
)
_requires = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=2, unique_by=lambda r: r[0]
).map(tuple)
_needs = st.builds(
    N,
    requires=_requires,
    area=st.integers(0, 4),
    duration=st.sampled_from([0, 10, 30]),
    windows=_windows,
    at_home=st.booleans(),
    vulnerable=st.booleans(),
)
_resources = st.builds(
    R,
    provides=_requires,
    area=st.integers(0, 4),
    by_person=st.booleans(),
    verified=st.booleans(),
    reach_minutes=st.sampled_from([-1, 5, 14, 15, 60]),
    reaches=st.lists(st.integers(0, 4), max_size=2, unique=True).map(tuple),
    windows=_windows,
    certificate_until=st.sampled_from([FOREVER, TODAY, TODAY - 1]),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(_needs, min_size=1, max_size=5),
    st.lists(_resources, min_size=1, max_size=5),
    st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=3),
)
def test_the_arrays_say_what_a_plain_loop_says(needs: list[N], resources: list[R], no: set[tuple[int, int]]):
    no = {(i, j) for i, j in no if i < len(needs) and j < len(resources)}
    expected = [(i, j) for i, n in enumerate(needs) for j, r in enumerate(resources) if allowed(n, r, (i, j), no)]
    assert pairs(needs, resources, declined=[(i, j, 1) for i, j in no]) == expected


def test_a_need_above_the_communities_is_of_nobodys_community():
    found = find_candidates(snapshot([N(area=CITY), N(area=EAST_GRID)], [R(area=EAST)]), DAY)
    assert found.same_community.tolist() == [False, True]


def test_minutes_on_foot_are_the_straight_line_times_1_3_at_80_metres_a_minute():
    found = find_candidates(snapshot([N(area=WEST_GRID)], [R(reach_minutes=60)]), DAY)
    assert math.isclose(found.minutes[0], 0.008 * 111_320 * 1.3 / 80, rel_tol=1e-9)
