"""What needs lack that a night leaves: made so, one of them is served and nobody else pays for it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from api import night_summary
from graph.model.plans import Bottleneck, Change
from matching.candidates import find_candidates
from matching.night.bottlenecks import bottlenecks
from matching.night.plan import NightPlan, plan_night
from matching.night.problem import NightProblem
from matching.night.reasons import unmet_needs
from matching.optimizer.solving import solve
from matching.plan import Plan, PlanStatus, Unmet
from matching.problem import Floor
from matching.scoring import DEFAULT, urgency_weights, value_parts
from matching.sentences import the_bottleneck
from tests.snapshots import DAY, EAST, EAST_GRID, NURSING, PLUMBING, REPAIR, WEST, WEST_GRID, N, R, snapshot
from tests.test_night_findings import AT

NURSE = ((NURSING, 3),)
ASKS_NURSE = ((NURSING, 1),)
VISIT = 1_000_000  # milliseconds


def plan(needs: list[N], resources: list[R], *, fix_seconds: float = 30.0, **more) -> NightPlan:
    return plan_night(snapshot(needs, resources, **more), day=DAY, at=AT, worth_seconds=0.0, fix_seconds=fix_seconds)


def changes(needs: list[N], resources: list[R], **more) -> tuple[Change, ...] | None:
    """Return those of the only bottleneck."""
    [found] = plan(needs, resources, **more).bottlenecks
    return found.changes


def test_needs_that_lack_the_same_are_told_together_and_the_most_urgent_would_be_served():
    needs = [N(), N(), N(wanted=2, urgency=2), N(urgency=0), N(area=WEST_GRID, requires=ASKS_NURSE, wanted=2)]
    found = plan(needs, [R(capacity=1), R(provides=NURSE, capacity=1, area=WEST_GRID)]).bottlenecks
    more = {name: (Change("capacity", name, by=1),) for name in ("r000", "r001")}
    assert found == [
        Bottleneck("outbid", "plumbing", "a1", needs=3, units=4, resources=1, need="n000", changes=more["r000"]),
        Bottleneck("capacity", "nursing", "a2", needs=1, units=1, resources=1, need="n004", changes=more["r001"]),
    ]
    assert the_bottleneck(found[0], names={"plumbing": "水管维修", "a1": "东社区", "r000": "王师傅"}) == (
        "Units left for 水管维修 in 东社区: 4 (needs: 3), because all who could serve needs of higher urgency. One of "
        "them could be served if “王师傅” gave 1 more.",
        "在东社区,「水管维修」一项尚有4个单位(3件需求)未能安排:能做的都在办更急的事。若「王师傅」多提供1个单位,即可安排其中一件。",
    )
    report = SimpleNamespace(bottlenecks=found, names={})
    assert [words.en[:26] for words in night_summary.lacking(report)] == [
        "Units left for plumbing in",
        "Units left for nursing in ",
    ]


def test_units_are_counted_as_listed_though_a_tenth_is_kept_back():
    assert changes([N(wanted=9), N()], [R(capacity=10)]) == (Change("capacity", "r000", by=1),)
    assert changes([N(wanted=9), N(wanted=9)], [R(capacity=10)]) == (Change("capacity", "r000", by=9),)
    assert changes([N(wanted=9), N(wanted=10)], [R(capacity=10)]) == (Change("capacity", "r000", by=11),)


def test_more_is_missing_where_capacity_or_quota_was_cut_below_what_is_held():
    held = [("n000", "r000", 3)]
    assert changes([N(wanted=3), N()], [R(capacity=1)], held=held) == (Change("capacity", "r000", by=3),)
    cut = changes([N(wanted=3), N()], [R(capacity=9)], held=held, quotas=[("clinic", 1, [0])])
    assert cut == (Change("pool", "clinic", by=3),)


def test_a_higher_quota_and_more_units_beside_it():
    assert changes([N(), N()], [R(capacity=5)], quotas=[("clinic", 1, [0])]) == (Change("pool", "clinic", by=1),)
    both = changes([N(), N()], [R(capacity=1)], quotas=[("clinic", 1, [0]), ("street", 1, [0])])
    assert both == (Change("capacity", "r000", by=1), Change("pool", "clinic", by=1), Change("pool", "street", by=1))


def test_somebody_further_away_the_nearest_first():
    nearer = R(area=WEST_GRID)
    found = plan([N()], [R(area=EAST, provides=NURSE), replace(nearer, area=WEST, capacity=0), nearer]).bottlenecks
    assert found == [
        Bottleneck(
            "out_of_reach", "plumbing", "a1", 1, 1, 0, "n000", (Change("candidate", "r002", area="a1", minutes=15),)
        )
    ]
    assert changes([N()], [replace(nearer, capacity=0)]) == (
        Change("capacity", "r000", by=1),
        Change("candidate", "r000", area="a1", minutes=15),
    )


def test_what_protects_people_and_what_nobody_can_do_is_no_fix():
    for needs, resources in [
        ([N(requires=ASKS_NURSE)], [R()]),
        ([N(at_home=True, vulnerable=True)], [R(verified=False), R(verified=False, area=WEST_GRID)]),
        ([N(requires=((PLUMBING, 4),))], [R()]),
        ([N(windows=((0, 60),))], [R(windows=((60, 120),))]),
    ]:
        [found] = plan(needs, resources).bottlenecks
        assert found.changes is None
        assert the_bottleneck(found, names={}).zh.endswith("在增加供给、提高额度、扩大服务范围中未找到可行的办法。")
    declined = plan([N()], [R(), R(area=WEST_GRID)], declined=[(0, 0, 1), (0, 1, 1)]).bottlenecks
    assert [row.changes for row in declined] == [None]


def test_nobody_is_in_two_places_or_serves_two_units_at_once():
    at = N(appointed=VISIT, duration=60)
    assert changes([at, at], [R(capacity=5)]) is None
    assert changes([at, at], [R(capacity=5), R(capacity=5, area=WEST_GRID)]) == (
        Change("candidate", "r001", area="a1", minutes=15),
    )
    assert (
        changes([replace(at, area=WEST_GRID), at], [R(capacity=5, area=WEST_GRID)]) is None
    )  # of who is further away too
    assert changes([replace(at, wanted=2)], [R(capacity=5)]) is None
    two = changes([replace(at, wanted=2)], [R(capacity=5), R(capacity=5, area=WEST_GRID)])
    assert two == (Change("candidate", "r001", area="a1", minutes=15),)


def test_needs_that_go_together_are_served_together():
    together = [N(group=1), N(group=1, requires=ASKS_NURSE)]
    found = plan(together, [R(capacity=0), R(capacity=0, provides=NURSE)]).bottlenecks
    both = (Change("capacity", "r000", by=1), Change("capacity", "r001", by=1))
    assert [row.changes for row in found] == [both, both]
    away = plan(together, [R(area=WEST_GRID), R(area=WEST_GRID, provides=NURSE)]).bottlenecks
    wider = tuple(Change("candidate", name, area="a1", minutes=15) for name in ("r000", "r001"))
    assert [row.changes for row in away] == [wider, wider]
    assert changes([N(group=1), N(group=1)], [R(area=WEST_GRID, capacity=2)]) == wider[:1]


def test_others_are_moved_where_that_takes_fewer_changes():
    both = ((PLUMBING, 3), (NURSING, 3))
    needs, resources = [N(urgency=1), N(requires=both, urgency=2)], [R(capacity=1, provides=both), R(capacity=0)]
    # Beside the plan the second would take one unit more and a higher quota.
    assert changes(needs, resources, quotas=[("clinic", 1, [0])]) == (Change("capacity", "r001", by=1),)


def test_others_are_moved_where_that_takes_fewer_units():
    needs = [N(), N(), N(), N(area=WEST_GRID, requires=ASKS_NURSE, wanted=2)]
    resources = [R(capacity=3), R(capacity=1, provides=((PLUMBING, 3), (NURSING, 3)))]
    assert "r001" in {pair.resource for pair in plan(needs, resources).pairs}  # for the load to be even
    assert changes(needs, resources) == (
        Change("capacity", "r001", by=1),
        Change("candidate", "r001", area="a2", minutes=15),
    )


def test_of_as_many_changes_those_of_the_least_kind():
    found = changes([N()], [R(capacity=0), R(area=WEST_GRID, capacity=0)], quotas=[("clinic", 0, [0])])
    assert found == (Change("capacity", "r000", by=1), Change("pool", "clinic", by=1))
    two = N(appointed=VISIT, duration=60, wanted=2)
    here, away = [R(capacity=0)] * 2, [R(area=WEST_GRID)] * 2
    assert changes([two], here + away) == (Change("capacity", "r000", by=1), Change("capacity", "r001", by=1))
    many = [R(area=WEST_GRID, capacity=0)] * 20
    assert changes([two], many + here) == (Change("capacity", "r020", by=1), Change("capacity", "r021", by=1))


def test_somebody_far_who_has_room_behind_many_who_have_none():
    found = changes([N()], [R(area=WEST_GRID, capacity=0)] * 24 + [R(area=WEST_GRID)])
    assert found == (Change("candidate", "r024", area="a1", minutes=15),)


def test_what_is_asked_for_is_named_where_it_is_one_thing():
    needs = [N(requires=((PLUMBING, 1), (NURSING, 1)), wanted=2), N(requires=ASKS_NURSE)]
    assert [(row.needs, row.capability) for row in plan(needs, [R()]).bottlenecks] == [(1, None), (1, "nursing")]
    able = ((PLUMBING, 3), (NURSING, 3))
    [both] = plan([needs[0], N()], [R(capacity=0, provides=able)]).bottlenecks
    assert (both.needs, both.capability) == (2, None)


def test_a_need_of_little_worth_is_served_too_though_it_makes_the_load_uneven():
    assert changes([N(wanted=10, urgency=2)], [R(capacity=0, load=100)]) == (Change("capacity", "r000", by=11),)


def test_what_a_better_plan_could_serve_as_things_are_is_told_so():
    snap = snapshot([N(), N()], [R()])
    candidates = find_candidates(snap, DAY)
    table = NightProblem(snap, candidates, value_parts(candidates), urgency_weights(snap, AT), DEFAULT)
    nothing = Plan(PlanStatus.FEASIBLE, np.zeros(2, dtype=np.int64), 0, None)
    nothing = replace(nothing, unmet=[Unmet(0, 1, "undecided"), Unmet(1, 1, "undecided")])
    [found] = bottlenecks(table, nothing, unmet_needs(table, nothing), DEFAULT, day=DAY, time_limit=30)
    assert (found.needs, found.changes) == (2, ())
    assert the_bottleneck(found, names={}).en.endswith("A better plan than this one could serve one as things are.")


def test_without_time_nothing_is_told():
    assert plan([N(), N()], [R()], fix_seconds=0.0).bottlenecks == []
    assert plan([], []).bottlenecks == []


City = tuple[list[N], list[R], list[tuple[str, int, list[int]]]]

_needs = st.builds(
    N,
    requires=st.sampled_from([((PLUMBING, 1),), ((REPAIR, 1),), ASKS_NURSE, ((PLUMBING, 1), (NURSING, 1))]),
    area=st.sampled_from((EAST_GRID, WEST_GRID)),
    wanted=st.integers(1, 3),
    urgency=st.integers(0, 2),
    group=st.sampled_from([-1, -1, -1, 0]),
    appointed=st.sampled_from([-1, -1, VISIT, 2 * VISIT]),
    duration=st.just(20),
)
_resources = st.builds(
    R,
    provides=st.sampled_from([((PLUMBING, 3),), NURSE, ((PLUMBING, 3), (NURSING, 3))]),
    area=st.sampled_from((EAST_GRID, WEST_GRID)),
    capacity=st.integers(0, 3),
    reaches=st.sampled_from([(), (EAST, WEST)]),
)


def can(city: City, served: str, kept: Mapping[str, int], far: Collection[tuple[str, str]] = ()) -> bool:
    """Return whether a need can be served where others get at least so much.

    Parameters
    ----------
    far
        Needs and resources that are joined though they are out of reach.
    """
    needs, resources, quotas = city
    snap = snapshot(needs, resources, quotas=quotas)
    found = find_candidates(snap, DAY, anywhere=True)
    names = zip(snap.needs.id[found.need].tolist(), snap.resources.id[found.resource].tolist(), strict=True)
    joined = found.within_reach | np.array([pair in far for pair in names], dtype=np.bool_)
    columns = [column.name for column in fields(found) if column.name != "left"]
    candidates = replace(found, **{name: getattr(found, name)[joined] for name in columns})
    table = NightProblem(snap, candidates, value_parts(candidates), urgency_weights(snap, AT), DEFAULT)
    units = {**kept, served: needs[int(served[1:])].wanted}
    floors = [Floor(need, count, np.array([int(need[1:])])) for need, count in units.items()]
    return solve(replace(table.problem, floors=floors)).objective is not None


def made(city: City, change: Change) -> City:
    needs, resources, quotas = city
    if change.kind == "pool":
        return needs, resources, [(name, units + change.by * (name == change.subject), r) for name, units, r in quotas]
    row = int(change.subject[1:])
    before = resources[row]
    if change.kind == "capacity":
        after = replace(before, capacity=before.capacity + change.by)
    else:
        after = replace(before, reaches=(*before.reaches, int(change.area[1:])))
    return needs, [*resources[:row], after, *resources[row + 1 :]], quotas


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_needs, max_size=5),
    st.lists(_resources, min_size=1, max_size=3),
    st.lists(st.tuples(st.just("unit"), st.integers(0, 3), st.just([0])), max_size=1),
)
def test_made_so_it_is_served_and_nobody_pays_for_it_and_less_would_not_do(needs, resources, quotas):
    city = needs, resources, quotas
    told = plan(needs, resources, quotas=quotas)
    assert sum(row.units for row in told.bottlenecks) == sum(one.quantity for one in told.unmet)
    kept = Counter[str]()
    for pair in told.pairs:
        kept[pair.need] += pair.quantity
    units = [Change("capacity", f"r{i:03d}", by=30) for i in range(len(resources))]
    higher = [Change("pool", name, by=30) for name, *_ in quotas]
    for row in told.bottlenecks:
        group = needs[int(row.need[1:])].group
        together = [f"n{i:03d}" for i, n in enumerate(needs) if f"n{i:03d}" == row.need or n.group == group >= 0]

        at = {f"n{i:03d}": {EAST_GRID: "a1", WEST_GRID: "a2"}[n.area] for i, n in enumerate(needs)}

        def does(
            *fix: Change,
            city: City = city,
            row: Bottleneck = row,
            together: list[str] = together,
            at: dict[str, str] = at,
        ) -> bool:
            """Return whether a fix does, where whoever is to go further goes to these needs only."""
            far = {
                (need, change.subject)
                for change in fix
                for need in together
                if change.kind == "candidate" and change.area in (None, at[need])
            }
            for change in fix:
                city = city if change.kind == "candidate" else made(city, change)
            return can(city, row.need, kept, far)

        wider = [Change("candidate", f"r{i:03d}") for i in range(len(resources))]
        if row.changes is None:
            assert not does(*units, *higher, *wider)
            continue
        assert row.changes and does(*row.changes)
        after = city
        for change in row.changes:
            after = made(after, change)
        assert can(after, row.need, kept)
        if len(together) > 1 and "candidate" in {change.kind for change in row.changes}:
            continue  # a way further is counted for each of the needs, and may be the same
        for one in row.changes:
            others = [change for change in row.changes if change is not one]
            assert not does(*others)
            assert one.by is None or not does(*others, replace(one, by=one.by - 1))
        alone = row.changes[0].kind if len(row.changes) == 1 else None
        kinds = ("capacity", "pool", "candidate", alone)
        for change in (*units, *higher, *wider):
            lesser = alone is None or kinds.index(change.kind) < kinds.index(alone)
            assert not (lesser and does(change)), change
