"""Least shares of areas: cut down to what can be had, so that no wish makes the city infeasible.

Areas lie in each other or apart, so floors are taken a depth of the tree at a time, the deepest first: the best plan
that keeps those below, and of this depth as much as can be. What it has is what is kept to: that plan proves that all
hold together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from graph.model.plans import KeptFloor, PlanStatus
from graph.snapshot import Bools, Ints
from matching.night.problem import NightProblem, sums
from matching.plan import Plan
from matching.problem import Floor, Problem

Solve = Callable[[Problem], Plan]


def with_floors(table: NightProblem, plain: Plan, solve: Solve, reach: Solve) -> tuple[Plan, tuple[KeptFloor, ...]]:
    """Return the best plan that keeps the floors, as far as they can be kept, and what came of each.

    The table's problem gets the floors; where the best plan without them keeps them all, it is the best with them.

    Parameters
    ----------
    plain
        The best plan without floors.
    solve, reach
        The one finds the plan; the other what can be had, for each depth whose floors do not hold by themselves, of a
        problem of their needs only.
    """
    floors = _asked(table)
    kept: list[Floor] = []
    proved: dict[str, bool] = {}
    witness = plain.units
    for _, level in groupby(zip(table.snapshot.floors, floors, strict=True), key=lambda pair: pair[0].depth):
        mine = [floor for _, floor in level]
        proof = True
        if not all(_holds(table.problem, floor, witness) for floor in (*kept, *mine)):
            inside = _inside(table.problem, [*kept, *mine])
            rows = np.flatnonzero(inside[table.problem.need] | (table.problem.pinned > 0))
            nearest = reach(_short_of(table.problem, kept, mine, rows))
            if nearest.objective is not None:
                found = np.zeros_like(witness)
                found[rows] = nearest.units[: len(rows)]
                witness = _filled_up(table.problem, found, witness, inside)
            proof = nearest.status is PlanStatus.OPTIMAL
        for floor in mine:
            kept.append(replace(floor, minimum=min(floor.minimum, _met(table.problem, floor, witness))))
            proved[floor.id] = proof
    plan = plain
    if not all(_holds(table.problem, floor, plain.units) for floor in kept):
        bound = replace(table.problem, floors=kept)
        best = solve(bound)
        if best.objective is not None:
            plan, table.problem = best, bound
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


def _inside(problem: Problem, floors: Sequence[Floor]) -> Bools:
    """Return the needs of some floors, and those that go together with them."""
    inside = np.zeros(len(problem.need_quantity), dtype=np.bool_)
    for floor in floors:
        inside[floor.needs] = True
    for group in problem.groups:
        inside[list(group.needs)] |= inside[list(group.needs)].any()
    return inside


def _short_of(problem: Problem, kept: list[Floor], level: list[Floor], rows: Ints) -> Problem:
    """Return the problem of keeping the floors of one depth as far as can be, those below it kept.

    Each gets a need and a resource of its own that make up what is missing, at a cost of 1 a unit. All else is worth
    nothing, and of the candidates there are only `rows`.
    """
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    missing = np.array([floor.minimum for floor in level], dtype=np.int64)
    own = np.arange(len(level), dtype=np.int64)
    row_of = np.full(len(problem.need), -1, dtype=np.int64)
    row_of[rows] = np.arange(len(rows))
    return Problem(
        need_quantity=np.concatenate([problem.need_quantity, missing]),
        need_value=np.zeros(needs + len(level), dtype=np.int64),
        resource_capacity=np.concatenate([problem.resource_capacity, missing]),
        need=np.concatenate([problem.need[rows], needs + own]),
        resource=np.concatenate([problem.resource[rows], resources + own]),
        value=np.concatenate([np.zeros(len(rows), dtype=np.int64), np.full(len(level), -1)]),
        limit=np.concatenate([problem.limit[rows], missing]),
        pools=problem.pools,
        floors=[*kept, *(replace(f, needs=np.append(f.needs, needs + row)) for row, f in enumerate(level))],
        groups=problem.groups,
        conflicts=problem.conflicts,
        fixed=[replace(pin, candidate=int(row_of[pin.candidate])) for pin in problem.fixed],
    )


def _filled_up(problem: Problem, units: Ints, other: Ints, inside: Bools) -> Ints:
    """Return a plan for the needs inside with what it leaves room for of another plan, where nothing can clash.

    So the floors of larger areas, of which only a part was looked at, hold in it where they held before.
    """
    filled = units.copy()
    free = problem.resource_capacity - sums(problem.resource, units, len(problem.resource_capacity))
    room = [pool.capacity - int((problem.resource_capacity - free)[pool.resources].sum()) for pool in problem.pools]
    pools_of: dict[int, list[int]] = {}
    for number, pool in enumerate(problem.pools):
        for resource in pool.resources.tolist():
            pools_of.setdefault(resource, []).append(number)
    plain = ~inside
    for bundle in (*(group.needs for group in problem.groups), *problem.conflicts):
        plain[list(bundle)] = False
    for row in np.flatnonzero((other > units) & plain[problem.need]).tolist():
        resource = int(problem.resource[row])
        mine = pools_of.get(resource, [])
        more = min(int(other[row] - units[row]), int(free[resource]), *(room[number] for number in mine))
        filled[row] += more
        free[resource] -= more
        for number in mine:
            room[number] -= more
    return filled
