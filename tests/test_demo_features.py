"""The demo city's night has everything that the optimizer's form knows of a city, and each of it changes the plan."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.plans import PlanStatus
from graph.model.times import CITY_TIME
from graph.snapshot import NO_LINKS, Snapshot
from matching.candidates import find_candidates
from matching.night.plan import NightPlan, plan_night
from matching.night.problem import NightProblem
from matching.optimizer.solving import solve
from matching.scoring import DEFAULT, Weights, urgency_weights, value_parts
from matching.use_cases.nightly import HOUR
from seeds.load import load
from seeds.tongchuan import build
from tests.worlds import NIGHT, NOON, broken, fresh_store

DAY, AT = NIGHT + timedelta(days=1), datetime.combine(NIGHT, HOUR, CITY_TIME)


@pytest.fixture(scope="module")
def demo(embedded_engine: Engine) -> Snapshot:
    """What the night reads of the demo city."""
    store, city = fresh_store(embedded_engine), build(now=NOON)
    load(store, city)
    assert broken(store) == []
    return store.read(lambda graph: graph.snapshots.read(city.areas[0].id, DAY), scope=EVERYTHING)


@pytest.fixture(scope="module")
def planned(demo: Snapshot) -> NightPlan:
    return night(demo)


def night(snapshot: Snapshot, weights: Weights = DEFAULT) -> NightPlan:
    return plan_night(snapshot, day=DAY, at=AT, weights=weights, worth_seconds=0.0)


def outcome(plan: NightPlan) -> tuple[set[tuple[str, str, int]], object]:
    return {(pair.need, pair.resource, pair.quantity) for pair in plan.pairs}, plan.figures


def table(snapshot: Snapshot) -> NightProblem:
    candidates = find_candidates(snapshot, DAY)
    return NightProblem(snapshot, candidates, value_parts(candidates), urgency_weights(snapshot, AT), DEFAULT)


def needs(snapshot: Snapshot, **columns: int) -> Snapshot:
    changed = {name: np.full(len(snapshot.needs.id), value, dtype=np.int64) for name, value in columns.items()}
    return replace(snapshot, needs=replace(snapshot.needs, **changed))


WITHOUT: dict[str, Callable[[Snapshot], NightPlan]] = {
    "groups": lambda demo: night(needs(demo, group=-1)),
    "hours and windows": lambda demo: night(needs(demo, windows=-1)),
    "nested quotas": lambda demo: night(replace(demo, quotas=())),
    "conflicts": lambda demo: night(replace(demo, apart=NO_LINKS)),
    "continuity": lambda demo: night(demo, replace(DEFAULT, continuity=0)),
    "balance": lambda demo: night(demo, replace(DEFAULT, balance=0)),
    "floors": lambda demo: night(replace(demo, floors=())),
}


@pytest.mark.parametrize("feature", WITHOUT)
def test_the_demo_s_night_would_be_another_without_it(demo: Snapshot, planned: NightPlan, feature: str) -> None:
    assert outcome(WITHOUT[feature](demo)) != outcome(planned)


def test_the_demo_s_night_serves_by_urgency_first_and_by_fit_second(demo: Snapshot) -> None:
    made = table(demo)
    strict = solve(made.problem)
    fit = solve(replace(made.problem, need_value=np.zeros_like(made.problem.need_value)))
    urgency = made.problem.need_value[made.problem.need] // made.step
    assert int((strict.units * urgency).sum()) > int((fit.units * urgency).sum())


def test_the_demo_s_night_has_all_of_it_and_is_proved_optimal(demo: Snapshot, planned: NightPlan) -> None:
    problem = table(demo).problem
    assert planned.status is PlanStatus.OPTIMAL
    assert problem.groups and problem.conflicts and problem.balance and problem.resource_load.any()
    assert (demo.needs.windows >= 0).any() and (demo.needs.appointed >= 0).any()
    inner, outer = (
        min(problem.pools, key=lambda p: len(p.resources)),
        max(problem.pools, key=lambda p: len(p.resources)),
    )
    assert inner is not outer and set(inner.resources.tolist()) < set(outer.resources.tolist())
    floors = planned.findings.floors
    assert any(floor.before < floor.after for floor in floors) and any(f.reachable < f.least for f in floors)
    assert len({f.depth for f in demo.floors}) >= 3


def test_the_demo_s_residents_rule_somebody_out(demo: Snapshot) -> None:
    ruled_out, all_of_them = (len(find_candidates(s, DAY).need) for s in (demo, replace(demo, ruled_out=NO_LINKS)))
    assert ruled_out < all_of_them
