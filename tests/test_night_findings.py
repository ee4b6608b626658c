"""What a plan changes, how evenly it serves, and who would come next."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from graph.model.plans import Served
from matching.night.findings import changes
from matching.night.plan import NightPlan, plan_night
from tests.snapshots import DAY, NURSING, PLUMBING, WEST_GRID, N, R, snapshot

AT = datetime(2026, 11, 22, 18, tzinfo=UTC)


def plan(needs: list[N], resources: list[R], **more) -> NightPlan:
    return plan_night(snapshot(needs, resources, **more), day=DAY, at=AT, worth_seconds=0.0)


_units = st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("rs")), st.integers(1, 3), max_size=4)


@given(_units, _units)
def test_every_unit_of_before_and_after_is_counted_once(before, after):
    told = changes(before, after)
    assert told["kept"] + told["moved"] + told["dropped"] == sum(before.values())
    assert told["kept"] + told["moved"] + told["new"] == sum(after.values())
    assert min(told.values()) >= 0


def test_nothing_moves_to_another_need():
    assert changes({("a", "r"): 1}, {("b", "r"): 1}) == {"kept": 0, "moved": 0, "new": 1, "dropped": 1}


def test_a_night_keeps_what_is_held_and_tells_what_came_of_a_withdrawn_resource():
    made = plan([N(), N(), N()], [R(capacity=2)], held=[("n000", "r000", 1), ("n001", "gone", 1)])
    assert made.findings.changes == {"kept": 1, "moved": 0, "new": 1, "dropped": 1}
    [pair] = made.pairs
    assert pair.need == "n002"  # what n001 has elsewhere is not asked for again


def test_what_is_asked_and_given_is_told_by_area_and_by_group():
    needs = [N(wanted=2, vulnerable=True), N(), N(area=WEST_GRID)]
    made = plan(needs, [R(capacity=2)], held=[("n001", "r000", 1)])
    assert made.findings.served == (
        Served("area", "a1", needs=2, asked=3, held=1, served=1),
        Served("area", "a2", needs=1, asked=1, held=0, served=0),
        Served("group", "others", needs=2, asked=2, held=1, served=0),
        Served("group", "vulnerable", needs=1, asked=2, held=0, served=1),
    )


def test_load_is_counted_by_how_far_a_resource_is_used():
    nurse = ((NURSING, 3),)
    resources = [R(capacity=4, provides=nurse), R(capacity=3), R(capacity=0), R(provides=nurse)]
    made = plan([N(wanted=2), N(requires=((NURSING, 1),), wanted=2)], resources)
    assert sum(made.findings.load.values()) == 3
    assert made.findings.load == {"none": 0, "half": 1, "more": 1, "full": 1}


def test_the_next_best_with_room_left_are_named_the_best_first():
    resources = [R(provides=((PLUMBING, level),), capacity=1) for level in (5, 4, 3, 2)] + [R(capacity=0)]
    [pair] = plan([N()], resources).pairs
    assert (pair.resource, pair.backups) == ("r000", ("r001", "r002"))


def test_who_is_fully_taken_is_no_backup():
    made = plan([N(), N()], [R(provides=((PLUMBING, 5),)), R(), R()])
    taken = {pair.resource for pair in made.pairs}
    assert all(set(pair.backups) == {"r000", "r001", "r002"} - taken for pair in made.pairs)
