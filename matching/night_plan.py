"""The night's plan: from a snapshot to pairs to offer and needs left, with reasons. Pure: it has no store."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from graph.model.needs import Urgency
from graph.model.plans import PlannedPair, PlanStatus, UnmetNeed
from graph.model.resources import bucket_id
from graph.snapshot import Ints, Snapshot
from matching.candidates import Candidates, find_candidates
from matching.optimizer import solve
from matching.plan import Plan
from matching.problem import Pin, Problem
from matching.scoring import DEFAULT, Parts, Weights, step, urgency_weights, value_parts
from matching.verify import verify

KEPT_BACK = 0.1
"""Share of each capacity, rounded down, that the night leaves for what is raised at once by day."""


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
        Units by urgency: asked, held already, served by this plan, unmet.
    seconds
        By stage.
    digest
        Names who is served how much by whom and who is not; equal for equal outcomes.
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


def plan_night(
    snapshot: Snapshot,
    *,
    day: date,
    at: datetime,
    weights: Weights = DEFAULT,
    stage: Callable[[str], None] = lambda _: None,
) -> NightPlan:
    """Match everything open in a snapshot, exactly.

    Parameters
    ----------
    day
        The day planned for; certificates must be valid on it.
    at
        The moment from which waiting and deadlines count.
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
    table = _Table(snapshot, candidates, parts, first, weights)
    seconds["values"] = time.perf_counter() - started
    started = begin("solve")
    solution = solve(table.problem)
    seconds["solve"] = time.perf_counter() - started
    started = begin("verify")
    wrong = verify(table.problem, solution)
    if wrong or solution.objective is None or solution.bound is None:
        raise RuntimeError(f"the verifier refuses the plan; nothing was written: {wrong[:5] or solution.status}")
    seconds["verify"] = time.perf_counter() - started
    started = begin("reasons")
    pairs = table.pairs(solution)
    unmet = table.unmet(solution, first)
    seconds["reasons"] = time.perf_counter() - started
    return NightPlan(
        status=solution.status,
        objective=solution.objective,
        bound=solution.bound,
        method=solution.solver,
        pairs=pairs,
        unmet=unmet,
        figures=table.figures(solution),
        seconds=seconds,
        digest=table.digest(solution, unmet),
    )


class _Table:
    """The problem of a night and the way back from its rows to ids.

    Needs are the snapshot's, then those that only hold units. Candidates are those found, then the pairs
    already held: each a candidate whose limit and fixed units are what it holds.
    """

    def __init__(self, snapshot: Snapshot, candidates: Candidates, parts: Parts, first: Ints, weights: Weights) -> None:
        self.snapshot, self.parts, self.candidates = snapshot, parts, candidates
        needs, resources = snapshot.needs, snapshot.resources
        need_row = {str(i): row for row, i in enumerate(needs.id)}
        resource_row = {str(i): row for row, i in enumerate(resources.id)}
        wanted = needs.wanted.tolist()
        held: dict[tuple[int, int], int] = {}
        for need, resource, units in snapshot.held:
            if resource not in resource_row:  # withdrawn since: it serves no one else
                if need in need_row:
                    wanted[need_row[need]] -= units
                continue
            if need not in need_row:  # closed, or of another scope: it only takes up capacity
                need_row[need] = len(wanted)
                wanted.append(0)
            row = need_row[need]
            if row >= len(needs.id):
                wanted[row] += units
            key = (row, resource_row[resource])
            held[key] = held.get(key, 0) + units
        self.need_ids = list(need_row)
        self.resource_ids = list(resource_row)
        self.wanted = np.maximum(0, np.array(wanted, dtype=np.int64))
        self.held_units = np.zeros(len(resources.id), dtype=np.int64)
        for (_, row), units in held.items():
            self.held_units[row] += units
        kept_back = np.floor(resources.capacity * KEPT_BACK).astype(np.int64)
        # A capacity cut below what is held does not make the city infeasible.
        self.capacity = np.maximum(resources.capacity - kept_back, self.held_units)

        keys = candidates.need * max(1, len(resources.id)) + candidates.resource
        held_keys = np.array([n * max(1, len(resources.id)) + r for n, r in held], dtype=np.int64)
        self.fresh = np.flatnonzero(~np.isin(keys, held_keys))  # a pair held already is not offered again
        held_needs = np.array([n for n, _ in held], dtype=np.int64)
        held_resources = np.array([r for _, r in held], dtype=np.int64)
        fixed = np.array(list(held.values()), dtype=np.int64)
        self.wanted[held_needs] = np.maximum(self.wanted[held_needs], _sums(held_needs, fixed, len(wanted))[held_needs])
        worth = first * step(int(self.wanted.sum()), int(self.capacity.sum()), weights)
        fresh_need = candidates.need[self.fresh]
        self.problem = Problem(
            need_quantity=self.wanted,
            need_value=np.concatenate([worth, np.zeros(len(wanted) - len(worth), dtype=np.int64)]),
            resource_capacity=self.capacity,
            need=np.concatenate([fresh_need, held_needs]),
            resource=np.concatenate([candidates.resource[self.fresh], held_resources]),
            value=np.concatenate([parts.total[self.fresh], np.zeros(len(fixed), dtype=np.int64)]),
            limit=np.concatenate([self.wanted[fresh_need], fixed]),
            fixed=[Pin(len(self.fresh) + row, units) for row, units in enumerate(held.values())],
        )

    def pairs(self, solution: Plan) -> list[PlannedPair]:
        """Return the pairs to offer."""
        snapshot = self.snapshot
        pairs = []
        for row in np.flatnonzero(solution.units[: len(self.fresh)]):
            need, resource = int(self.problem.need[row]), int(self.problem.resource[row])
            pairs.append(
                PlannedPair(
                    need=self.need_ids[need],
                    need_terms=int(snapshot.needs.terms[need]),
                    resource=self.resource_ids[resource],
                    resource_terms=int(snapshot.resources.terms[resource]),
                    period=snapshot.periods[int(snapshot.resources.period[resource])],
                    quantity=int(solution.units[row]),
                    parts=self.parts.of(int(self.fresh[row])),
                )
            )
        return sorted(pairs, key=lambda pair: (pair.need, pair.resource))

    def unmet(self, solution: Plan, first: Ints) -> list[UnmetNeed]:
        """Return what is left, with why."""
        problem = self.problem
        left = self.wanted - _sums(problem.need, solution.units, len(self.wanted))
        free = self.capacity - _sums(problem.resource, solution.units, len(self.capacity))
        lowest = self._lowest_served(solution, first)
        by_need: dict[int, list[int]] = {}
        for row, need in enumerate(problem.need.tolist()):
            if left[need] > 0:
                by_need.setdefault(need, []).append(row)
        urgencies = list(Urgency)
        unmet = []
        for need in np.flatnonzero(left).tolist():
            resources = [int(problem.resource[row]) for row in by_need.get(need, [])]
            urgency = str(urgencies[int(self.snapshot.needs.urgency[need])])
            reason = self._reason(need, resources, free, lowest, int(first[need]))
            unmet.append(UnmetNeed(self.need_ids[need], urgency, int(left[need]), reason))
        return sorted(unmet, key=lambda u: u.need)

    def _reason(self, need: int, resources: list[int], free: Ints, lowest: Ints, weight: int) -> str:
        """Return why: the rule at which the last pair fell, else what stands in the way of those that there are.

        Pairs held already count too, so that a plan gives the same reasons before and after it is written.
        """
        if not resources:
            return str(self.candidates.reason(need))
        if any(free[r] > 0 for r in resources):
            return "limit"  # they have room, but in this period the pair has its offer already
        if any(self.snapshot.resources.capacity[r] > self.capacity[r] for r in resources):
            return "kept_back"
        return "outbid" if all(lowest[r] > weight for r in resources) else "capacity"

    def _lowest_served(self, solution: Plan, first: Ints) -> Ints:
        """Return of each resource the lowest first-tier weight that it serves; 0 where it has no capacity."""
        lowest = np.full(len(self.capacity), np.iinfo(np.int64).max, dtype=np.int64)
        weight = np.concatenate([first, np.zeros(len(self.wanted) - len(first), dtype=np.int64)])
        used = np.flatnonzero(solution.units)
        np.minimum.at(lowest, self.problem.resource[used], weight[self.problem.need[used]])
        lowest[self.capacity == 0] = 0
        return lowest

    def figures(self, solution: Plan) -> dict[str, dict[str, int]]:
        """Return units by urgency."""
        count = len(self.snapshot.needs.id)
        fresh = len(self.fresh)
        served = _sums(self.problem.need[:fresh], solution.units[:fresh], len(self.wanted))
        held = _sums(self.problem.need[fresh:], solution.units[fresh:], len(self.wanted))
        figures = {}
        for row, urgency in enumerate(Urgency):
            mine = np.flatnonzero(self.snapshot.needs.urgency == row)
            asked = int(self.wanted[:count][mine].sum())
            figures[str(urgency)] = {
                "needs": len(mine),
                "asked": asked,
                "held": int(held[mine].sum()),
                "served": int(served[mine].sum()),
                "unmet": asked - int(held[mine].sum()) - int(served[mine].sum()),
            }
        return figures

    def digest(self, solution: Plan, unmet: list[UnmetNeed]) -> str:
        """Return the name of the outcome."""
        rows = [
            (
                self.need_ids[int(self.problem.need[row])],
                bucket_id(
                    self.resource_ids[int(self.problem.resource[row])],
                    self.snapshot.periods[int(self.snapshot.resources.period[int(self.problem.resource[row])])],
                ),
                int(solution.units[row]),
            )
            for row in np.flatnonzero(solution.units)
        ]
        left = [(u.need, u.quantity, u.reason) for u in unmet]
        return hashlib.sha256(json.dumps([sorted(rows), left]).encode()).hexdigest()


def _sums(rows: Ints, numbers: Ints, length: int) -> Ints:
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, rows, numbers)
    return total
