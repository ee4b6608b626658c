"""What a night says would serve one of those it leaves: made so, the next run serves it; on both stores."""

from collections import Counter
from dataclasses import replace

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.plans import Bottleneck, Change
from graph.store import Store
from matching.use_cases.nightly import nightly
from tests.test_fixes_by_day import make
from tests.test_quotas_by_day import MORE, chair, set_quota
from tests.worlds import NIGHT, OPERATOR, WANG_TIME, WHEELCHAIRS, ZHAO_TIME, FakeClock, fill, need, raw


def night(store: Store, clock: FakeClock) -> list[Bottleneck]:
    """Run a night and return what those lack that it leaves; where it wrote a plan, as it stands in the store."""
    report = nightly(store, area="city", night=NIGHT, by=OPERATOR, clock=clock)
    if not report.unchanged:
        stored = store.read(lambda graph: list(graph.plans.bottlenecks(report.plan.id)), scope=EVERYTHING)
        assert list(report.bottlenecks) == [row for row in stored if row.changes]
    return list(report.bottlenecks)


def offered(engine: Engine) -> Counter[str]:
    """Return units offered, by need."""
    rows = raw(engine, "MATCH (a:Assignment) RETURN a.need AS need, sum(a.quantity) AS units")
    return Counter({row["need"]: row["units"] for row in rows})


def fixed(store: Store, engine: Engine, clock: FakeClock) -> tuple[Change, ...]:
    """Return what the only bottleneck lacks, after it was made so, when the next run served all of it."""
    [found] = night(store, clock)
    assert found.changes
    before = offered(engine)
    for change in found.changes:
        assert [row.need for row in night(store, clock)] == [found.need]
        make(store, engine, clock, change)
    assert night(store, clock) == []
    assert offered(engine) == before + Counter({found.need: found.units})
    return found.changes


def test_more_units_of_who_is_booked_out(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, need(quantity=2), need("late", urgency="long_term"), resources=[WANG_TIME])
    assert fixed(store, engine, clock) == (Change("capacity", "wang-time", by=1),)


def test_a_higher_quota_and_more_units_beside_it(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, chair(quantity=2), chair("second", quantity=2), resources=[WHEELCHAIRS])
    set_quota(engine, "Organisation", "clinic", 2)
    assert fixed(store, engine, clock) == (Change("capacity", "wheelchairs", by=1), Change("pool", "clinic", by=2))


def test_the_free_one_under_a_used_up_quota(store: Store, engine: Engine, clock: FakeClock) -> None:
    fill(store, chair(quantity=3), chair("second"), resources=[WHEELCHAIRS, MORE])
    set_quota(engine, "Organisation", "clinic", 3)
    assert fixed(store, engine, clock) == (Change("pool", "clinic", by=1),)


def test_somebody_further_away(store: Store, engine: Engine, clock: FakeClock) -> None:
    away = replace(ZHAO_TIME, provider="clinic", provider_kind=WHEELCHAIRS.provider_kind, reach_minutes=None)
    fill(store, need(area="west-1"), resources=[WANG_TIME, away])
    assert fixed(store, engine, clock) == (Change("candidate", "wang-time", area="west", minutes=15),)
