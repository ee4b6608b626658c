"""The night's plan: from a snapshot to pairs to offer and needs left, with reasons. Pure: it has no store."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import numpy as np

from graph.model.needs import Urgency
from graph.model.plans import Bottleneck, Findings, KeptFloor, PlannedPair, PlanStatus, UnmetNeed
from graph.model.resources import bucket_id
from graph.snapshot import Snapshot
from matching.candidates import find_candidates
from matching.night.bottlenecks import bottlenecks
from matching.night.findings import backups, changes, held_and_served, load, served_shares, units_of
from matching.night.floors import with_floors
from matching.night.problem import NightProblem
from matching.night.reasons import unmet_needs
from matching.night.shortages import shortages, sole_providers
from matching.night.worth import worth_of_more
from matching.optimizer.shape import is_flow
from matching.optimizer.solving import solve
from matching.plan import Plan
from matching.problem import Problem
from matching.scoring import DEFAULT, Weights, urgency_weights, value_parts
from matching.verify import verify

SOLVE_SECONDS = 90.0
"""For a night that is no flow; twice where a floor changes it."""
FLOOR_SECONDS = 20.0
"""For what the floors of one depth of the tree can have, where that is no flow."""
WORTH_SECONDS = 10.0
FIX_SECONDS = 20.0
"""For the fixes of bottlenecks."""


@dataclass(frozen=True, slots=True)
class NightPlan:
    """What the optimizer wants done.

    Attributes
    ----------
    pairs
        To be offered, in the order of the needs' and resources' ids.
    unmet
        Needs with something left, each with one reason.
    figures
        Units by urgency: asked, held already, served by this plan, unmet; `more` is how many of them could be served
        at most beside all that is.
    seconds
        By stage.
    digest
        Names who is served how much by whom and who is not; equal for equal outcomes.
    findings
        What it changes, how evenly it serves, what more would be worth.
    bottlenecks
        What the needs lack that are left, those of the most units first.
    """

    status: PlanStatus
    objective: int
    bound: int
    method: str
    pairs: list[PlannedPair]
    unmet: list[UnmetNeed]
    figures: dict[str, dict[str, int]]
    seconds: dict[str, float]
    digest: str
    findings: Findings
    bottlenecks: list[Bottleneck]


def plan_night(
    snapshot: Snapshot,
    *,
    day: date,
    at: datetime,
    weights: Weights = DEFAULT,
    worth_seconds: float = WORTH_SECONDS,
    fix_seconds: float = FIX_SECONDS,
    stage: Callable[[str], None] = lambda _: None,
) -> NightPlan:
    """Match everything open in a snapshot, exactly where the time suffices.

    Parameters
    ----------
    day
        The day planned for; certificates must be valid on it.
    at
        The moment from which waiting and deadlines count.
    worth_seconds
        For proving what more people would be worth.
    fix_seconds
        For proving what would serve those that are left.
    stage
        Told the name of each stage as it begins.

    Raises
    ------
    RuntimeError
        The verifier found a plan wrong: a bug; nothing may be written back.
    """
    seconds: dict[str, float] = {}

    def begin(name: str) -> float:
        stage(name)
        return time.perf_counter()

    started = begin("candidates")
    candidates = find_candidates(snapshot, day)
    seconds["candidates"] = time.perf_counter() - started
    started = begin("values")
    parts = value_parts(candidates, weights)
    first = urgency_weights(snapshot, at, weights)
    table = NightProblem(snapshot, candidates, parts, first, weights)
    seconds["values"] = time.perf_counter() - started
    started = begin("solve")
    solution = _solve(table.problem)
    seconds["solve"] = time.perf_counter() - started
    floors: tuple[KeptFloor, ...] = ()
    if snapshot.floors and solution.objective is not None:
        started = begin("floors")
        solution, floors = with_floors(table, solution, _solve, partial(_solve, seconds=FLOOR_SECONDS))
        seconds["floors"] = time.perf_counter() - started
    started = begin("verify")
    wrong = verify(table.problem, solution)
    if wrong or solution.objective is None or solution.bound is None:
        raise RuntimeError(f"the verifier refuses the plan; nothing was written: {wrong[:5] or solution.status}")
    seconds["verify"] = time.perf_counter() - started
    started = begin("reasons")
    pairs = _pairs(table, solution)
    unmet = unmet_needs(table, solution)
    seconds["reasons"] = time.perf_counter() - started
    started = begin("worth")
    people, more = worth_of_more(table, solution, weights, time_limit=worth_seconds)
    findings = Findings(
        changes=changes(_held(snapshot), units_of(table, solution)),
        served=served_shares(table, solution),
        load=load(table, solution),
        people=people,
        resources=more,
        floors=floors,
        shortages=shortages(table),
        sole=sole_providers(table),
    )
    seconds["worth"] = time.perf_counter() - started
    started = begin("fixes")
    held_back = bottlenecks(table, solution, unmet, weights, day=day, time_limit=fix_seconds)
    seconds["fixes"] = time.perf_counter() - started
    return NightPlan(
        status=solution.status,
        objective=solution.objective,
        bound=solution.bound,
        method=solution.solver,
        pairs=pairs,
        unmet=unmet,
        figures=_figures(table, solution),
        seconds=seconds,
        digest=_digest(table, solution, unmet),
        findings=findings,
        bottlenecks=held_back,
    )


def _solve(problem: Problem, seconds: float = SOLVE_SECONDS) -> Plan:
    # A flow is exact and takes what it takes; anything else gets better with time.
    return solve(problem, time_limit=None if is_flow(problem) else seconds)


def _pairs(table: NightProblem, solution: Plan) -> list[PlannedPair]:
    """Return the pairs to offer."""
    snapshot = table.snapshot
    pairs = []
    next_best = backups(table, solution)
    # A group goes by its first need's name, so that its pairs stand together.
    group_of = {need: table.need_ids[group.needs[0]] for group in table.problem.groups for need in group.needs}
    for row in np.flatnonzero(solution.units[: len(table.fresh)]):
        need, resource = int(table.problem.need[row]), int(table.problem.resource[row])
        pairs.append(
            PlannedPair(
                need=table.need_ids[need],
                need_terms=int(snapshot.needs.terms[need]),
                resource=table.resource_ids[resource],
                resource_terms=int(snapshot.resources.terms[resource]),
                period=snapshot.periods[int(snapshot.resources.period[resource])],
                quantity=int(solution.units[row]),
                parts=table.parts.of(int(table.fresh[row])),
                backups=next_best.get(need, ()),
                group=group_of.get(need),
            )
        )
    return sorted(pairs, key=lambda pair: (pair.group or pair.need, pair.need, pair.resource))


def _figures(table: NightProblem, solution: Plan) -> dict[str, dict[str, int]]:
    """Return units by urgency.

    Whoever served one more unit beside all that is would gain its first-tier weight, and lose less than a step of the
    second tier: so the gap says how many more there can be.
    """
    count = len(table.snapshot.needs.id)
    held, served = held_and_served(table, solution)
    left = table.wanted[:count] > held[:count] + served[:count]
    gap = (solution.bound or 0) - (solution.objective or 0)
    figures = {}
    for row, urgency in enumerate(Urgency):
        mine = np.flatnonzero(table.snapshot.needs.urgency == row)
        asked = int(table.wanted[:count][mine].sum())
        unmet = asked - int(held[mine].sum()) - int(served[mine].sum())
        weights = table.first[mine[left[mine]]]
        lightest = int(weights.min()) if len(weights) else 1
        figures[str(urgency)] = {
            "needs": len(mine),
            "asked": asked,
            "held": int(held[mine].sum()),
            "served": int(served[mine].sum()),
            "unmet": unmet,
            "more": min(unmet, (gap + table.step - 1) // (lightest * table.step)),
        }
    return figures


def _held(snapshot: Snapshot) -> dict[tuple[str, str], int]:
    held: dict[tuple[str, str], int] = {}
    for need, resource, units in snapshot.held:
        held[need, resource] = held.get((need, resource), 0) + units
    return held


def _digest(table: NightProblem, solution: Plan, unmet: list[UnmetNeed]) -> str:
    """Return the name of the outcome."""
    rows = [
        (
            table.need_ids[int(table.problem.need[row])],
            bucket_id(
                table.resource_ids[int(table.problem.resource[row])],
                table.snapshot.periods[int(table.snapshot.resources.period[int(table.problem.resource[row])])],
            ),
            int(solution.units[row]),
        )
        for row in np.flatnonzero(solution.units)
    ]
    left = [(u.need, u.quantity, u.reason) for u in unmet]
    return hashlib.sha256(json.dumps([sorted(rows), left]).encode()).hexdigest()
