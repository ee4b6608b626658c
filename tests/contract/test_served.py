"""What was served before a city was loaded."""

from dataclasses import replace

from graph.model.assignments import AssignmentState
from graph.model.needs import NeedState
from graph.store import Store
from graph.store.served import Served, write_served
from tests.contract.worlds import pair, read, write
from tests.worlds import NOON, broken, fill, need

PAST = replace(need("past", person="liu", state=NeedState.CLOSED), taken=1, delivered=1)
SERVED = Served(
    PAST, pair("before", need_="past", period="2026-W46", state=AssignmentState.CONFIRMED, waiting_for=frozenset()), 2
)


def test_what_was_served_before_is_loaded_once_and_counted(store: Store) -> None:
    fill(store, need(person="liu"))
    loads = [write(store, lambda g: write_served(g.loading, [SERVED])) for _ in range(2)]
    assert loads == [1, 0] and broken(store) == []
    found = read(store, lambda g: g.snapshots.read("city", NOON.date()))
    row = found.resources.id.tolist().index("wang-time")
    assert found.resources.load[row] == 1
    assert list(zip(found.served_before.left.tolist(), found.served_before.right.tolist(), strict=True)) == [(0, row)]
    # Loaded again in a later week it is where it was.
    later = replace(SERVED, assignment=replace(SERVED.assignment, bucket="wang-time|2026-W47"))
    assert write(store, lambda g: write_served(g.loading, [later])) == 0 and broken(store) == []
