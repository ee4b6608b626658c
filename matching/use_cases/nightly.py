"""The night: one batch matches everything open below an area and writes the offers back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from itertools import islice

from graph.model.actors import EVERYTHING, Actor
from graph.model.assignments import Side
from graph.model.ids import natural_id, new_id
from graph.model.plans import Bottleneck, Plan, PlannedPair, PlanState
from graph.model.resources import bucket_id
from graph.model.times import CITY_TIME, Clock, city_date
from graph.store import Graph, Store
from graph.store.plans import paged
from matching.errors import InvalidInput, WrongState
from matching.night.plan import NightPlan, plan_night
from matching.permissions import permit
from matching.use_cases.answers import sweep
from matching.use_cases.offers import offer_pairs
from matching.use_cases.places import chosen_area
from matching.use_cases.plans import names_in

HOUR = clock_time(2)  # the hour of the night, in the city
SHOWN = 20
"""Of the bottlenecks, in a report."""
LEASE = "nightly"
LEASE_SECONDS = 20.0  # a page takes a fraction of a second; a killed night is taken over after this long
_BOTH = frozenset({Side.COMMUNITY, Side.PROVIDER})

Progress = Callable[[str, int, int], None]
"""Told (stage, done, of how many); of 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class NightReport:
    """What came of a night.

    Parameters
    ----------
    plan
        As it stands in the store, or would stand there.
    reasons
        Units left, by reason.
    unchanged
        The same night had come to the same before; nothing was written.
    resumed
        An earlier run of this night had been stopped; this one finished its plan.
    stopped
        It was told to stop before the end; running it again goes on.
    bottlenecks
        What the needs lack that are left, the first few of which something was found that would do.
    names
        What the findings and bottlenecks name, by id.
    """

    plan: Plan
    reasons: dict[str, int]
    dry_run: bool = False
    unchanged: bool = False
    resumed: bool = False
    stopped: bool = False
    expired: int = 0
    bottlenecks: Sequence[Bottleneck] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def nightly(
    store: Store,
    *,
    area: str | None,
    night: date,
    by: Actor,
    clock: Clock,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
) -> NightReport:
    """Match everything open below an area for the day after the night's date, and offer it to both sides.

    The night of the 22nd is run at 02:00 of the 22nd. Its offers are answered in the course of that day, so it
    plans into the periods in which the 23rd lies; staff who offer by day use those of the day itself.

    Repeating it is safe: a killed night goes on where it stopped, and one with nothing new writes nothing.

    Parameters
    ----------
    area
        An id or official code; None is the only city there is.
    dry_run
        Plan, but write nothing.
    stop
        Asked between pages whether to stop.

    Raises
    ------
    InvalidInput
        The night's date is too far away.
    NotFound
        There is no such area.
    LeaseHeld
        Another run is writing; `until` says how long its lease lasts.
    LeaseLost
        Another run took over from this one.
    """
    permit(by, "run the night")
    _check_date(night, city_date(clock.now()), dry_run=dry_run)
    top = chosen_area(store, area)
    holder = new_id()
    before = store.read(lambda graph: graph.plans.of_night(top, night), scope=EVERYTHING)
    unfinished = before and before[-1].state is PlanState.PUBLISHING
    if unfinished and not dry_run:
        plan = before[-1]
        stopped = _publish(store, plan, holder, by=by, clock=clock, progress=progress, stop=stop)
        return _named(store, _report(store, plan.id, resumed=True, stopped=stopped))

    expired = 0 if dry_run else sweep(store, clock=clock)
    outcome, seconds = _plan(store, top, night, progress)
    last = next((p for p in reversed(before) if p.state is PlanState.PUBLISHED), None)
    plan = _record(outcome, seconds, top, night, len(before) + 1, clock)
    reasons = Counter[str]()
    for left in outcome.unmet:
        reasons[left.reason] += left.quantity
    few = _mendable(outcome.bottlenecks)
    report = NightReport(plan, dict(reasons.most_common()), expired=expired, bottlenecks=few)
    if dry_run:
        return _named(store, replace(report, dry_run=True))
    if last is not None and not outcome.pairs and last.digest == outcome.digest:
        return _named(store, replace(report, plan=last, unchanged=True))
    _store(store, plan, outcome, holder, clock=clock)
    stopped = _publish(store, plan, holder, by=by, clock=clock, progress=progress, stop=stop)
    return _named(store, _report(store, plan.id, stopped=stopped, expired=expired))


def _check_date(night: date, today: date, *, dry_run: bool) -> None:
    # A night long gone would take up today's needs with periods that nobody can use.
    earliest, latest = (-366, 366) if dry_run else (-1, 7)
    if not earliest <= (night - today).days <= latest:
        raise InvalidInput(("date", f"{-earliest} days ago at the earliest, {latest} days ahead at the latest"))


def _plan(store: Store, area: str, night: date, progress: Progress) -> tuple[NightPlan, dict[str, float]]:
    day = night + timedelta(days=1)
    progress("snapshot", 0, 0)
    started = time.perf_counter()
    snapshot = store.read(lambda graph: graph.snapshots.read(area, day), scope=EVERYTHING)
    took = time.perf_counter() - started
    outcome = plan_night(snapshot, day=day, at=_hour_of(night), stage=lambda name: progress(name, 0, 0))
    return outcome, {"snapshot": took, **outcome.seconds}


def _hour_of(night: date) -> datetime:
    """Return 02:00 of the night: waiting and deadlines count from there, whenever it is run."""
    return datetime.combine(night, HOUR, CITY_TIME)


def _record(outcome: NightPlan, seconds: dict[str, float], area: str, night: date, number: int, clock: Clock) -> Plan:
    return Plan(
        id=natural_id("plan", area, night.isoformat(), number),
        area=area,
        night=night,
        number=number,
        state=PlanState.DRAFT,
        status=outcome.status,
        objective=outcome.objective,
        bound=outcome.bound,
        method=outcome.method,
        made_at=clock.now(),
        figures=outcome.figures,
        seconds={name: round(value, 4) for name, value in seconds.items()},
        pairs=len(outcome.pairs),
        unmet=len(outcome.unmet),
        digest=outcome.digest,
        findings=outcome.findings,
    )


def _store(store: Store, plan: Plan, outcome: NightPlan, holder: str, *, clock: Clock) -> None:
    """Store the plan with all its pages, so that a killed night can go on without planning anew."""

    def begin(graph: Graph) -> None:
        _hold(graph, holder, clock)
        there = graph.plans.of_night(plan.area, plan.night)[plan.number - 1 :]
        if there and there[0].made_at != plan.made_at:  # equal where our own reply was lost
            raise WrongState("another run of this night has just planned; run it again to see what is left")
        graph.plans.abandon_others(plan.id, plan.area)
        graph.plans.create(plan)

    def add(kind: str, number: int, rows: list[object]) -> None:
        def work(graph: Graph) -> None:
            _hold(graph, holder, clock)
            graph.plans.add_page(plan.id, number, rows, kind)  # type: ignore[arg-type]

        store.write(work, scope=EVERYTHING)

    def ready(graph: Graph) -> None:
        _hold(graph, holder, clock)
        graph.plans.set_state(plan.id, PlanState.PUBLISHING)

    store.write(begin, scope=EVERYTHING)
    for kind, rows in (("pairs", outcome.pairs), ("unmet", outcome.unmet), ("bottlenecks", outcome.bottlenecks)):
        for number, page in enumerate(paged(rows)):
            add(kind, number, page)
    store.write(ready, scope=EVERYTHING)


def _hold(graph: Graph, holder: str, clock: Clock) -> None:
    now = clock.now()
    graph.leases.take(LEASE, holder, now=now, until=now + timedelta(seconds=LEASE_SECONDS))


def _publish(
    store: Store,
    plan: Plan,
    holder: str,
    *,
    by: Actor,
    clock: Clock,
    progress: Progress,
    stop: Callable[[], bool],
) -> bool:
    """Write the plan's pages one by one, each valid by itself; return whether it was told to stop."""

    def take_over(graph: Graph) -> tuple[int, int, int]:
        _hold(graph, holder, clock)
        return *graph.plans.raise_fence(plan.id), graph.plans.pages(plan.id)

    fence, page, pages = store.write(take_over, scope=EVERYTHING)
    started = time.perf_counter()
    progress("publish", page, pages)
    while page < pages and not stop():
        work = partial(_publish_page, plan=plan, page=page, fence=fence, holder=holder, by=by, clock=clock)
        page = store.write(work, scope=EVERYTHING)
        progress("publish", page, pages)
    stopped = page < pages

    def finish(graph: Graph) -> None:
        graph.plans.require_fence(plan.id, fence)
        if not stopped:
            graph.plans.finish(plan.id, seconds={**plan.seconds, "publish": round(time.perf_counter() - started, 4)})
        graph.leases.release(LEASE, holder)

    store.write(finish, scope=EVERYTHING)
    return stopped


def _publish_page(graph: Graph, plan: Plan, page: int, fence: int, holder: str, by: Actor, clock: Clock) -> int:
    """Offer one page of pairs; return the next page to write."""
    next_page = graph.plans.require_fence(plan.id, fence)
    if next_page > page:  # it was written, and the reply was lost
        return next_page
    _hold(graph, holder, clock)

    def name(pair: PlannedPair) -> str:
        return natural_id(plan.id, pair.need, bucket_id(pair.resource, pair.period))

    pairs = graph.plans.pairs(plan.id, page)
    offered = offer_pairs(graph, pairs, name=name, waiting_for=_BOTH, plan=plan.id, by=by, at=clock.now())
    graph.plans.advance(plan.id, next_page=page + 1, written=len(offered.written), skipped=len(offered.skipped))
    return page + 1


def _mendable(rows: Iterable[Bottleneck]) -> list[Bottleneck]:
    return list(islice((row for row in rows if row.changes), SHOWN))


def _named(store: Store, report: NightReport) -> NightReport:
    def names(graph: Graph) -> dict[str, str]:
        return names_in(graph, report.plan.findings, report.bottlenecks)

    return replace(report, names=store.read(names, scope=EVERYTHING))


def _report(store: Store, plan: str, *, resumed: bool = False, stopped: bool = False, expired: int = 0) -> NightReport:
    def work(graph: Graph) -> NightReport:
        reasons = Counter[str]()
        for left in graph.plans.unmet(plan):
            reasons[left.reason] += left.quantity
        return NightReport(
            graph.plans.get(plan),
            dict(reasons.most_common()),
            resumed=resumed,
            stopped=stopped,
            expired=expired,
            bottlenecks=_mendable(graph.plans.bottlenecks(plan)),
        )

    return store.read(work, scope=EVERYTHING)
