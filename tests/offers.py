"""What tests of an offer do and ask."""

from collections.abc import Iterator

import pytest

from graph.engine import Engine
from graph.model.actors import Actor
from graph.model.assignments import Assignment, Event, Side
from graph.store import Store
from matching.lifecycle import DeclineReason
from matching.use_cases.answers import accept, decline
from matching.use_cases.assignments import get_assignment, list_assignments
from matching.use_cases.needs import history
from matching.use_cases.nightly import nightly
from tests.worlds import (
    NIGHT,
    OPERATOR,
    STREET_STAFF,
    WANG,
    FakeClock,
    broken,
    key,
    raw,
)

NOTHING = {"need": (0, 0), "bucket": (0, 0)}
RESERVED = {"need": (1, 0), "bucket": (1, 0)}
TAKEN = {"need": (0, 1), "bucket": (0, 1)}


@pytest.fixture(autouse=True)
def every_count_agrees_in_the_end(request: pytest.FixtureRequest) -> Iterator[None]:
    """Recount all buckets and needs when a test that used a store is over."""
    used = next((request.getfixturevalue(n) for n in ("store", "embedded_store") if n in request.fixturenames), None)
    yield
    if used is not None:
        assert broken(used) == []


def yes(
    store: Store, offered: Assignment, clock: FakeClock, *, side: Side = Side.PROVIDER, by: Actor = WANG
) -> Assignment:
    return accept(store, offered.id, side=side, by=by, key=key(by), clock=clock)


def no(
    store: Store,
    offered: Assignment,
    clock: FakeClock,
    *,
    side: Side = Side.PROVIDER,
    by: Actor = WANG,
    reason: DeclineReason = DeclineReason.BUSY,
) -> Assignment:
    return decline(store, offered.id, side=side, reason=reason, by=by, key=key(by), clock=clock)


def offered_by_the_night(store: Store, clock: FakeClock) -> Assignment:
    """Return the one offer that a night makes."""
    nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)
    [made] = list_assignments(store, need=None, state=None, after="", limit=10, by=STREET_STAFF)
    return made


def events_of(store: Store, assignment: str) -> list[Event]:
    need_ = get_assignment(store, assignment, by=OPERATOR).need
    return [e for e in history(store, need_, by=STREET_STAFF) if e.subject == assignment]


def notices(engine: Engine) -> list[tuple[str, str]]:
    """Return (to, template) of every notice, sorted."""
    return sorted(
        (row["to"], row["template"])
        for row in raw(engine, "MATCH (n:Notice) RETURN n.to AS to, n.template AS template")
    )


def change_terms(store: Store, engine: Engine, need_: str = "leak") -> None:
    """Do what an edit of quantity, windows or place does to a need."""
    raw(engine, "MATCH (n:Need {id: $id}) SET n.terms = n.terms + 1, n.rev = n.rev + 1", id=need_)
