"""What can't be had, whatever the plan, and who is the only one for something."""

from collections import defaultdict
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from api import night_summary
from graph.model.plans import Shortage, Sole
from matching.candidates import find_candidates
from matching.sentences import the_shortage, the_sole
from tests.snapshots import DAY, EAST_GRID, NURSING, PLUMBING, REPAIR, WEST_GRID, N, R, snapshot
from tests.test_night_findings import plan

NURSE = ((NURSING, 3),)
EVERYWHERE = (EAST_GRID, WEST_GRID)


def test_more_is_asked_for_than_all_who_could_serve_it_have():
    needs = [N(wanted=3), N(), N(area=WEST_GRID), N(requires=((NURSING, 1),), wanted=5)]
    resources = [R(capacity=2, reaches=EVERYWHERE), R(capacity=5, provides=NURSE)]
    found = plan(needs, resources).findings
    east = Shortage("plumbing", "a1", needs=2, asked=4, resources=1, units=2, missing=2)
    city = Shortage("plumbing", None, needs=3, asked=5, resources=1, units=2, missing=3)
    assert found.shortages == (city, east)  # the west alone has enough; the nurse too
    assert the_shortage(east, names={"a1": "东社区", "plumbing": "水管维修"}) == (
        "Units of 水管维修 in 东社区: 4 asked for (needs: 2), 2 to be had of all who could serve any of them (1): at "
        "least 2 left, whatever the plan.",
        "在东社区,2件需求共需「水管维修」4个单位;能服务其中任何一件的1项资源合计只有2个单位:无论怎样安排,至少有2个单位无法满足。",
    )
    report = SimpleNamespace(plan=SimpleNamespace(findings=found), names={})
    assert [words.en[:23] for words in night_summary.short(report)] == [
        "Units of plumbing: 5 as",
        "Units of plumbing in a1",
    ]


def test_what_others_hold_is_not_theirs_and_what_they_hold_themselves_is():
    needs = [N(wanted=3), N(requires=((REPAIR, 1),))]
    held = [("n001", "r000", 1), ("n000", "r001", 1)]
    found = plan(needs, [R(capacity=2), R(capacity=1)], held=held).findings.shortages
    assert found == (Shortage("plumbing", "a1", needs=1, asked=3, resources=2, units=2, missing=1),)


def test_needs_that_nobody_could_serve_have_their_own_reason():
    assert plan([N(requires=((NURSING, 1),), wanted=9)], [R()]).findings.shortages == ()
    assert plan([], []).findings.shortages == plan([], []).findings.sole == ()


def test_who_is_the_only_one_for_something():
    needs = [N(), N(wanted=2), N(requires=((NURSING, 1),)), N(area=WEST_GRID)]
    resources = [R(capacity=9), R(capacity=1, provides=NURSE), R(capacity=1, area=WEST_GRID, reaches=(EAST_GRID,))]
    found = plan(needs, resources).findings.sole
    assert found == (Sole("r001", needs=1, asked=1), Sole("r002", needs=1, asked=1))
    assert the_sole(found[0], names={"r001": "护理"}).zh == "「护理」是1件需求(共1个单位)唯一可用的资源。"


needs = st.builds(
    N,
    requires=st.sampled_from([((PLUMBING, 1),), ((REPAIR, 1),), ((NURSING, 1),), ((PLUMBING, 1), (NURSING, 1))]),
    area=st.sampled_from(EVERYWHERE),
    wanted=st.integers(0, 3),
)
resources = st.builds(
    R,
    provides=st.sampled_from([((PLUMBING, 3),), NURSE, ((PLUMBING, 3), (NURSING, 3))]),
    area=st.sampled_from(EVERYWHERE),
    capacity=st.integers(0, 4),
    reaches=st.sampled_from([(), EVERYWHERE]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(needs, max_size=6), st.lists(resources, max_size=4))
def test_every_sum_is_as_counted_by_hand_and_every_plan_leaves_as_much(needs: list[N], resources: list[R]):
    made = plan(needs, resources)
    found = find_candidates(snapshot(needs, resources), DAY)
    could = defaultdict(set)
    for n, r in zip(found.need.tolist(), found.resource.tolist(), strict=True):
        if needs[n].wanted:
            could[n].add(r)
    groups = defaultdict(set)
    for n in could:
        asks = min(c for c, _ in needs[n].requires)
        for area in (None, "a1" if needs[n].area == EAST_GRID else "a2"):
            groups[("repair", "plumbing", "nursing")[asks], area].add(n)
    left = {u.need: u.quantity for u in made.unmet}
    counted = {}
    for (capability, area), mine in groups.items():
        servers = set().union(*(could[n] for n in mine))
        most = {r: sum(needs[n].wanted for n in mine if r in could[n]) for r in servers}
        units = sum(min(resources[r].capacity, most[r]) for r in servers)
        asked = sum(needs[n].wanted for n in mine)
        if asked > units and (area or len({needs[n].area for n in mine}) > 1):
            counted[capability, area] = (len(mine), asked, len(servers), units, asked - units)
        assert sum(left.get(f"n{n:03d}", 0) for n in mine) >= asked - units
    told = {
        (s.capability, s.area): (s.needs, s.asked, s.resources, s.units, s.missing) for s in made.findings.shortages
    }
    assert told == counted
    alone = defaultdict(lambda: [0, 0])
    for n, servers in could.items():
        if len(servers) == 1:
            counts = alone[f"r{min(servers):03d}"]
            counts[0] += 1
            counts[1] += needs[n].wanted
    assert {s.resource: [s.needs, s.asked] for s in made.findings.sole} == alone
