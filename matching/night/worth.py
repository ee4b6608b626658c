"""What one more unit of a resource, and one more person with a skill in a community, would add to a night's plan.

The profile of that person: two units of capacity, at any time, the median level of those who have the skill, for needs
of their own community. The even spread of load is left out: it changes nobody's being served. Values are of the whole
city, each for itself: two of them together add less than their sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from graph.model.plans import PlanStatus, Worth
from graph.snapshot import Ints
from matching.candidates import Candidates, generals_of, minutes_between
from matching.deadline import Deadline
from matching.night.problem import NightProblem, sums
from matching.optimizer.shape import hard_needs, is_flow
from matching.optimizer.solving import solve
from matching.plan import Plan
from matching.problem import Problem
from matching.scoring import Weights, tiers, value_parts

CAPACITY = 2
"""Units of the person whose worth is told."""
SHOWN = 20
"""Rows of each table."""
_MEDIAN = 3  # the level where nobody has the skill


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """One more person: the needs (rows) that they could serve, and what a unit is worth on each."""

    capability: int
    area: int
    needs: Ints
    value: Ints


def worth_of_more(
    table: NightProblem, plan: Plan, weights: Weights, *, time_limit: float
) -> tuple[tuple[Worth, ...], tuple[Worth, ...]]:
    """Return what more people and more units would be worth, the most first.

    Where the city is a flow every figure is exact, as far as the time went; elsewhere what is no flow keeps what the
    plan gives it, and a figure says how much more there would be at least.

    Parameters
    ----------
    time_limit
        Seconds after which nothing more is proved of persons (a large city's flow alone takes longer); those left over
        are told by their first unit, as a least value.
    """
    deadline = Deadline(time_limit)
    # A step of more than twice what the second tier can reach with that person, so that each value tells both tiers.
    step = 2 * (table.step + CAPACITY * weights.most)
    problem = replace(table.problem, need_value=table.problem.need_value // table.step * step, balance=0)
    exact = is_flow(problem)
    free = problem if is_flow(problem) else _beside_what_is_no_flow(problem, plan)
    # OR-Tools is not loaded before it is needed.
    from matching.solvers.margins import margins

    found = margins(free, Deadline())
    if found is None:
        return (), ()
    left = table.wanted - sums(table.problem.need, plan.units, len(table.wanted))
    people: list[tuple[int, _Person]] = []
    for person in _people(table, weights):
        gain = int((free.need_value[person.needs] + person.value - found.to_serve[person.needs]).max(initial=0))
        if gain > 0:
            people.append((gain, person))
    people.sort(key=lambda one: (-one[0], one[1].capability, one[1].area))
    before = None if deadline.over() else solve(free).objective
    shown = []
    for gain, person in people[:SHOWN]:
        after = None if deadline.over() else solve(_with(free, person), time_limit=max(0.001, deadline.left()))
        proved = after is not None and after.status is PlanStatus.OPTIMAL and before is not None
        value = (after.objective or 0) - (before or 0) if proved and after is not None else gain
        snapshot = table.snapshot
        shown.append(
            Worth(
                None,
                str(snapshot.capabilities[person.capability]),
                str(snapshot.areas.id[person.area]),
                *tiers(value, step),
                needs=int((left[person.needs] > 0).sum()),
                exact=exact and proved,
            )
        )
    shown.sort(key=lambda worth: (-worth.urgency, -worth.rest, worth.capability, worth.area))
    return tuple(shown), tuple(_resources(table, found.unit, left, step, exact=exact))


def _resources(table: NightProblem, unit: Ints, left: Ints, step: int, *, exact: bool) -> Iterator[Worth]:
    problem = table.problem
    behind = sums(problem.resource, (left[problem.need] > 0).astype(np.int64), len(unit))
    best = [row for row in np.argsort(-unit, kind="stable")[:SHOWN].tolist() if unit[row] > 0]
    for row in best:
        yield Worth(
            table.resource_ids[row], None, None, *tiers(int(unit[row]), step), needs=int(behind[row]), exact=exact
        )


def _people(table: NightProblem, weights: Weights) -> Iterator[_Person]:
    """Yield a person for each capability that is asked for and each community where it is."""
    snapshot = table.snapshot
    generals = generals_of(len(snapshot.capabilities), snapshot.is_a)
    required: dict[int, list[tuple[int, int]]] = {}
    links = snapshot.requires
    for need, capability, least in zip(links.left.tolist(), links.right.tolist(), links.value.tolist(), strict=True):
        required.setdefault(need, []).append((capability, least))
    by_capability: dict[int, list[int]] = {}
    for need, asked in required.items():
        by_capability.setdefault(asked[0][0], []).append(need)
    community = snapshot.areas.community[snapshot.needs.area]
    for capability in sorted({c for asked in required.values() for c, _ in asked}):
        kinds = set(generals[capability])
        level = _median_level(table, capability)
        fits = [
            need
            for kind in sorted(kinds)
            for need in by_capability.get(kind, [])
            if community[need] >= 0 and all(c in kinds and least <= level for c, least in required[need])
        ]
        rows = np.array(sorted(fits), dtype=np.int64)
        for area in np.unique(community[rows]).tolist():
            needs = rows[community[rows] == area]
            home = np.full(len(needs), area, dtype=np.int64)
            pairs = Candidates(
                need=needs,
                resource=np.zeros(len(needs), dtype=np.int64),
                level=np.full(len(needs), level, dtype=np.int64),
                minutes=minutes_between(snapshot.areas, home, snapshot.needs.area[needs]),
                same_community=np.ones(len(needs), dtype=np.bool_),
                served_before=np.zeros(len(needs), dtype=np.bool_),
                within_reach=np.ones(len(needs), dtype=np.bool_),
                left=np.zeros((0, 0), dtype=np.int64),
            )
            yield _Person(capability, area, needs, value_parts(pairs, weights).total)


def _median_level(table: NightProblem, capability: int) -> int:
    provides = table.snapshot.provides
    levels = np.sort(provides.value[provides.right == capability])
    return int(levels[(len(levels) - 1) // 2]) if len(levels) else _MEDIAN


def _with(problem: Problem, person: _Person) -> Problem:
    """Return the problem with one more person."""
    new = np.full(len(person.needs), len(problem.resource_capacity), dtype=np.int64)
    return Problem(
        need_quantity=problem.need_quantity,
        need_value=problem.need_value,
        resource_capacity=np.append(problem.resource_capacity, CAPACITY),
        need=np.concatenate([problem.need, person.needs]),
        resource=np.concatenate([problem.resource, new]),
        value=np.concatenate([problem.value, person.value]),
        limit=np.concatenate([problem.limit, np.full(len(new), CAPACITY, dtype=np.int64)]),
        pools=problem.pools,
        floors=problem.floors,
        fixed=problem.fixed,
    )


def _beside_what_is_no_flow(problem: Problem, plan: Plan) -> Problem:
    """Return the flow that is left where needs that are no flow keep what the plan gives them."""
    hard = hard_needs(problem)
    mine = hard[problem.need]
    taken = sums(problem.resource[mine], (plan.units * problem.use)[mine], len(problem.resource_capacity))
    keep = np.flatnonzero(~mine)
    row_of = np.full(len(problem.need), -1, dtype=np.int64)
    row_of[keep] = np.arange(len(keep))
    given = sums(problem.need[mine], plan.units[mine], len(problem.need_quantity))
    floors = [
        replace(f, minimum=max(0, f.minimum - int(given[f.needs].sum())), needs=f.needs[~hard[f.needs]])
        for f in problem.floors
    ]
    pools = [replace(pool, capacity=pool.capacity - int(taken[pool.resources].sum())) for pool in problem.pools]
    return Problem(
        need_quantity=np.where(hard, 0, problem.need_quantity),
        need_value=problem.need_value,
        resource_capacity=problem.resource_capacity - taken,
        need=problem.need[keep],
        resource=problem.resource[keep],
        value=problem.value[keep],
        limit=problem.limit[keep],
        pools=pools,
        floors=floors,
        fixed=[replace(pin, candidate=int(row_of[pin.candidate])) for pin in problem.fixed if not mine[pin.candidate]],
    )
