"""Least shares of areas: cut down to what can be had, so that no wish makes the city infeasible.

Areas lie in each other or apart, so floors are taken a depth of the tree at a time, the deepest first: the best plan
that keeps those below, and of this depth as much as can be. What it has is what is kept to: that plan proves that all
hold together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

import numpy as np

from graph.model.plans import KeptFloor, PlanStatus
from graph.snapshot import Ints
from matching.night.problem import NightProblem, sums
from matching.plan import Plan
from matching.problem import Floor, Problem

Solve = Callable[[Problem], Plan]


def with_floors(table: NightProblem, plain: Plan, solve: Solve) -> tuple[Plan, tuple[KeptFloor, ...]]:
    """Return the best plan that keeps the floors, as far as they can be kept, and what came of each.

    The table's problem gets the floors; where the best plan without them keeps them all, it is the best with them.

    Parameters
    ----------
    plain
        The best plan without floors.
    solve
        Called once for each depth whose floors do not hold by themselves, and once for the plan.
    """
    floors = _asked(table)
    kept: list[Floor] = []
    proved: dict[str, bool] = {}
    witness = plain.units
    for _, level in groupby(zip(table.snapshot.floors, floors, strict=True), key=lambda pair: pair[0].depth):
        mine = [floor for _, floor in level]
        proof = True
        if not all(_holds(table.problem, floor, witness) for floor in (*kept, *mine)):
            wider = _short_of(table.problem, kept, mine)
            nearest = solve(wider)
            if nearest.objective is not None:
                witness = nearest.units[: len(table.problem.need)]
            proof = nearest.status is PlanStatus.OPTIMAL
        for floor in mine:
            kept.append(replace(floor, minimum=min(floor.minimum, _met(table.problem, floor, witness))))
            proved[floor.id] = proof
    plan = plain
    if not all(_holds(table.problem, floor, plain.units) for floor in kept):
        bound = replace(table.problem, floors=kept)
        found = solve(bound)
        if found.objective is not None:
            plan, table.problem = found, bound
    binding = [floor.needs for floor in kept if _met(table.problem, floor, plan.units) == floor.minimum]
    inside = np.zeros(len(table.wanted), dtype=np.bool_)
    inside[[need for needs in binding for need in needs.tolist()]] = True
    used = np.flatnonzero((plan.units > 0) & inside[table.problem.need])
    np.minimum.at(table.floored, table.problem.resource[used], table.first[table.problem.need[used]])
    told = tuple(
        KeptFloor(
            floor.id,
            asked.share,
            int(table.wanted[asked.needs].sum()),
            least.minimum,
            floor.minimum,
            proved[floor.id],
            _met(table.problem, floor, plain.units),
            _met(table.problem, floor, plan.units),
        )
        for asked, least, floor in zip(table.snapshot.floors, floors, kept, strict=True)
    )
    return plan, told


def _asked(table: NightProblem) -> list[Floor]:
    """Return the floors as the areas want them: a share of what is asked for, rounded up."""
    return [
        Floor(floor.id, -(-floor.share * int(table.wanted[floor.needs].sum()) // 100), floor.needs)
        for floor in table.snapshot.floors
    ]


def _met(problem: Problem, floor: Floor, units: Ints) -> int:
    return int(sums(problem.need, units, len(problem.need_quantity))[floor.needs].sum())


def _holds(problem: Problem, floor: Floor, units: Ints) -> bool:
    return _met(problem, floor, units) >= floor.minimum


def _short_of(problem: Problem, kept: list[Floor], level: list[Floor]) -> Problem:
    """Return the problem of keeping the floors of one depth as far as can be, those below it kept.

    Each gets a need and a resource of its own that make up what is missing, at a cost of 1 a unit. All else is worth
    nothing.
    """
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    missing = np.array([floor.minimum for floor in level], dtype=np.int64)
    own = np.arange(len(level), dtype=np.int64)
    return Problem(
        need_quantity=np.concatenate([problem.need_quantity, missing]),
        need_value=np.zeros(needs + len(level), dtype=np.int64),
        resource_capacity=np.concatenate([problem.resource_capacity, missing]),
        need=np.concatenate([problem.need, needs + own]),
        resource=np.concatenate([problem.resource, resources + own]),
        value=np.concatenate([np.zeros(len(problem.need), dtype=np.int64), np.full(len(level), -1)]),
        limit=np.concatenate([problem.limit, missing]),
        pools=problem.pools,
        floors=[*kept, *(replace(f, needs=np.append(f.needs, needs + row)) for row, f in enumerate(level))],
        groups=problem.groups,
        conflicts=problem.conflicts,
        fixed=problem.fixed,
    )
