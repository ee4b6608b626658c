"""Nights of a few pages for tests of both stores."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graph.engine import Engine
from graph.model.assignments import Assignment
from graph.model.needs import Urgency
from graph.store import Store, plans
from matching.use_cases.assignments import list_assignments
from matching.use_cases.nightly import NightReport, nightly
from tests.worlds import (
    NIGHT,
    OPERATOR,
    WANG_TIME,
    WHEELCHAIRS,
    FakeClock,
    fill,
    need,
    raw,
)

PAGE = 2  # pairs a page in these tests, so that a few needs make several pages
PAIRS = 10


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "PAGE_ROWS", PAGE)


def run(store: Store, clock: FakeClock, **more: Any) -> NightReport:
    return nightly(store, **{"area": "city", "night": NIGHT, "by": OPERATOR, "clock": clock, **more})


def offers(store: Store) -> list[Assignment]:
    return list_assignments(store, need=None, state=None, after="", limit=9999, by=OPERATOR)


def a_night_of_several_pages(store: Store) -> None:
    """Write a city in which a night offers `PAIRS` pairs: each need by a helper of its own."""
    helpers = [replace(WANG_TIME, id=f"helper-{i}", capacity=1) for i in range(PAIRS)]
    fill(store, *(need(f"need-{i}") for i in range(PAIRS)), resources=helpers)


def a_night_of_every_kind(store: Store) -> None:
    """Write a city in which needs are served whole, in part and not at all, for each reason there is."""
    fill(
        store,
        need("whole"),
        need("in-part", quantity=3, urgency=Urgency.AT_ONCE),
        need("too-much", requires=["wheelchair"], quantity=5),
        need("nobody", requires=["company", "electrics"]),
        need("elsewhere", requires=["company"], area="west-1"),
        need("safe", requires=["electrics"], at_home=True, person="liu"),
        need("kept-back", requires=["repair"], quantity=20),
        resources=[WANG_TIME, WHEELCHAIRS, replace(WANG_TIME, id="wide", title="维修", capacity=10)],
    )


def stop_behind(page: int) -> Callable[[], bool]:
    """Return a `stop` that lets so many pages be written."""
    asked = iter(range(999))
    return lambda: next(asked) >= page


def meanwhile(page: int, act: Callable[[], object]) -> Callable[[str, int, int], None]:
    """Return a `progress` that does something when so many pages are written."""

    def progress(stage: str, done: int, of: int) -> None:
        if stage == "publish" and done == page:
            act()

    return progress


def planned(engine: Engine) -> list[dict[str, Any]]:
    """Return the pairs of the latest plan as they are stored."""
    pages = raw(engine, "MATCH (p:PlanPage {kind: 'pairs'}) RETURN p.rows AS rows")
    return [row for page in pages for row in json.loads(page["rows"])]
