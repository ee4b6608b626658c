"""A part of a problem, cut out, and the way back from its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.problem import Bools, Floor, Group, Held, Ints, Pin, Pool, Problem, Windows


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some connected parts of a problem as a problem of their own.

    Attributes
    ----------
    needs, resources, candidates
        The rows of the whole that it has, ascending.
    pins
        Numbers of the whole's `fixed` that it has.
    """

    problem: Problem
    needs: Ints
    resources: Ints
    candidates: Ints
    pins: Sequence[int]


def cut_out(problem: Problem, in_needs: Bools, in_resources: Bools) -> Part:
    """Return the part with these needs and resources, which nothing joins to the others.

    What the plan in force has on pairs that are no candidates stays out: it costs the same in every plan.
    """
    if in_needs.all() and in_resources.all() and sum(held.quantity for held in problem.current) == problem.kept.sum():
        everything = [np.arange(len(rows)) for rows in (in_needs, in_resources, problem.need)]
        return Part(problem, everything[0], everything[1], everything[2], range(len(problem.fixed)))
    needs, resources = np.flatnonzero(in_needs), np.flatnonzero(in_resources)
    candidates = np.flatnonzero(in_needs[problem.need] & in_resources[problem.resource])
    need_row, resource_row, candidate_row = (
        _rows(rows, count)
        for rows, count in (
            (needs, len(problem.need_quantity)),
            (resources, len(problem.resource_capacity)),
            (candidates, len(problem.need)),
        )
    )
    pins = [i for i, pin in enumerate(problem.fixed) if candidate_row[pin.candidate] >= 0]
    kept = problem.kept[candidates]
    part = Problem(
        need_quantity=problem.need_quantity[needs],
        need_value=problem.need_value[needs],
        resource_capacity=problem.resource_capacity[resources],
        need=need_row[problem.need[candidates]],
        resource=resource_row[problem.resource[candidates]],
        value=problem.value[candidates],
        limit=problem.limit[candidates],
        use=problem.use[candidates],
        need_whole=problem.need_whole[needs],
        need_required=problem.need_required[needs],
        need_duration=problem.need_duration[needs],
        need_windows=_windows(problem.need_windows, needs),
        resource_windows=_windows(problem.resource_windows, resources),
        resource_load=problem.resource_load[resources],
        pools=[
            Pool(p.id, p.capacity, resource_row[p.resources])
            for p in problem.pools
            if len(p.resources) and in_resources[p.resources[0]]
        ],
        floors=[
            Floor(f.id, f.minimum, need_row[f.needs]) for f in problem.floors if len(f.needs) and in_needs[f.needs[0]]
        ],
        groups=[
            Group(g.id, tuple(need_row[list(g.needs)].tolist()), g.together)
            for g in problem.groups
            if g.needs and in_needs[g.needs[0]]
        ],
        conflicts=[(int(need_row[a]), int(need_row[b])) for a, b in problem.conflicts if in_needs[a]],
        fixed=[
            Pin(int(candidate_row[pin.candidate]), pin.quantity, pin.start) for pin in (problem.fixed[i] for i in pins)
        ],
        current=[
            Held(int(need_row[problem.need[row]]), int(resource_row[problem.resource[row]]), int(units))
            for row, units in zip(candidates.tolist(), kept.tolist(), strict=True)
            if units
        ],
        change_cost=problem.change_cost,
        balance=problem.balance,
        need_ids=[problem.need_ids[row] for row in needs.tolist()],
        resource_ids=[problem.resource_ids[row] for row in resources.tolist()],
    )
    return Part(part, needs, resources, candidates, pins)


def _rows(chosen: Ints, count: int) -> Ints:
    rows = np.full(count, -1, dtype=np.int64)
    rows[chosen] = np.arange(len(chosen))
    return rows


def _windows(windows: Windows, owners: Ints) -> Windows:
    return Windows.of([windows.list(owner) for owner in owners.tolist()])
