"""What the tests of the store's contract share: reading, writing, paging, and some things to write."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

from graph.model.actors import EVERYTHING, Scope
from graph.model.assignments import Assignment, AssignmentState, Side
from graph.model.needs import Required, Urgency
from graph.model.resources import Provided, bucket_id
from graph.model.times import Window
from graph.store import (
    Graph,
    Store,
)
from tests.worlds import (
    EAST_STAFF,
    NOON,
    STREET_STAFF,
    WANG_TIME,
    WEEK,
    WEST_STAFF,
    need,
)

T = TypeVar("T")
EAST, WEST, STREET = EAST_STAFF.scope, WEST_STAFF.scope, STREET_STAFF.scope
MINUTE = timedelta(minutes=1)


def read(store: Store, work: Callable[[Graph], T], scope: Scope = EVERYTHING) -> T:
    return store.read(work, scope=scope)


def write(store: Store, work: Callable[[Graph], T], scope: Scope = EVERYTHING) -> T:
    return store.write(work, scope=scope)


def paged(page: Callable[[Any], list[T]], last: Callable[[T], Any], first: Any) -> list[T]:
    """Return all things of all pages, asking for each page behind the last thing of the one before."""
    found: list[T] = []
    after = first
    while some := page(after):
        found += some
        after = last(some[-1])
        assert len(found) < 1000
    return found


# ── things to write ──────────────────────────────────────────────────────────────────────────────────────────

FULL = need(
    "full",
    requires=[Required("electrics", 3), Required("plumbing", 2)],
    urgency=Urgency.AT_ONCE,
    quantity=3,
    person="liu",
    at_home=True,
    duration=90,
    windows=(Window(540, 660), Window(1980, 2100)),
    due=NOON + timedelta(days=3),
)

TRAINED = replace(
    WANG_TIME,
    id="trained",
    provides=(Provided("company", 1), Provided("electrics", 5, date(2027, 1, 31))),
    windows=(Window(0, 60), Window(600, 720)),
    reach_minutes=30,
    reaches=("east", "west"),
)


def pair(
    name: str,
    *,
    need_: str = "leak",
    resource: str = "wang-time",
    period: str = WEEK,
    provider: str = "wang",
    state: AssignmentState = AssignmentState.OFFERED,
    **more: Any,
) -> Assignment:
    made = Assignment(
        id=name,
        need=need_,
        resource=resource,
        provider=provider,
        bucket=bucket_id(resource, period),
        quantity=1,
        state=state,
        waiting_for=frozenset(Side),
        made_at=NOON,
        expires=NOON + timedelta(days=1),
    )
    return replace(made, **more)


def put(store: Store, *pairs: Assignment) -> None:
    """Write assignments as they are; their counts and events are not this test's matter."""

    def work(graph: Graph) -> None:
        graph.resources.lock_buckets(tuple(p.bucket.rsplit("|", 1)) for p in pairs)  # type: ignore[misc]
        graph.assignments.create(pairs)

    write(store, work)
