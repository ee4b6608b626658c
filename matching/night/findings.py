"""What a night's plan changes, how evenly it serves, and who would come next."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from graph.model.plans import Served
from graph.snapshot import Ints
from matching.night.problem import NightProblem, sums
from matching.plan import Plan

BACKUPS = 2
"""So many next best a pair."""

Units = Mapping[tuple[str, str], int]
"""Units by need and resource."""


def changes(before: Units, after: Units) -> dict[str, int]:
    """Return units against the plan in force: kept on their pair, moved to another resource, new, dropped.

    Examples
    --------
    >>> changes({("a", "r"): 2, ("b", "r"): 1}, {("a", "r"): 1, ("a", "s"): 2})
    {'kept': 1, 'moved': 1, 'new': 1, 'dropped': 1}
    """
    kept = {pair: min(units, after.get(pair, 0)) for pair, units in before.items()}
    lost, gained = _by_need(before, kept), _by_need(after, kept)
    moved = sum(min(units, gained.get(need, 0)) for need, units in lost.items())
    return {
        "kept": sum(kept.values()),
        "moved": moved,
        "new": sum(gained.values()) - moved,
        "dropped": sum(lost.values()) - moved,
    }


def _by_need(units: Units, less: Units) -> dict[str, int]:
    total: dict[str, int] = {}
    for pair, count in units.items():
        total[pair[0]] = total.get(pair[0], 0) + count - less.get(pair, 0)
    return total


def units_of(table: NightProblem, plan: Plan) -> dict[tuple[str, str], int]:
    """Return a plan's units by need and resource."""
    problem = table.problem
    return {
        (table.need_ids[int(problem.need[row])], table.resource_ids[int(problem.resource[row])]): int(plan.units[row])
        for row in np.flatnonzero(plan.units)
    }


def served_shares(table: NightProblem, plan: Plan) -> tuple[Served, ...]:
    """Return what each community and each group of residents asks for and gets."""
    snapshot, needs = table.snapshot, len(table.first)
    held, served = held_and_served(table, plan)
    place = snapshot.needs.area
    community = snapshot.areas.community[place]
    area = np.where(community >= 0, community, place)
    figures = (np.ones(needs, dtype=np.int64), table.wanted[:needs], held[:needs], served[:needs])
    by_area = [sums(area, numbers, len(snapshot.areas.id)).tolist() for numbers in figures]
    group = snapshot.needs.vulnerable.astype(np.int64)
    by_group = [sums(group, numbers, 2).tolist() for numbers in figures]
    rows = [("area", str(snapshot.areas.id[row]), row, by_area) for row in np.unique(area).tolist()]
    rows += [("group", ("others", "vulnerable")[row], row, by_group) for row in np.unique(group).tolist()]
    return tuple(Served(kind, id_, *(column[row] for column in columns)) for kind, id_, row, columns in rows)


def held_and_served(table: NightProblem, plan: Plan) -> tuple[Ints, Ints]:
    """Return of each need the units in hand before, and those given by this plan."""
    fresh, count = len(table.fresh), len(table.wanted)
    held = sums(table.problem.need[fresh:], plan.units[fresh:], count)
    return held, sums(table.problem.need[:fresh], plan.units[:fresh], count)


def load(table: NightProblem, plan: Plan) -> dict[str, int]:
    """Return how many resources are used how far; those without capacity are left out."""
    listed = np.maximum(table.snapshot.resources.capacity, table.held_units)
    used = sums(table.problem.resource, plan.units, len(listed))[listed > 0]
    listed = listed[listed > 0]
    half, full = 2 * used <= listed, used >= listed
    return {
        "none": int((used == 0).sum()),
        "half": int((half & (used > 0)).sum()),
        "more": int((~half & ~full).sum()),
        "full": int((full & ~half).sum()),
    }


def backups(table: NightProblem, plan: Plan) -> dict[int, tuple[str, ...]]:
    """Return of each need with new units the next best resources that have room left and do not serve it yet."""
    problem, fresh = table.problem, len(table.fresh)
    units = plan.units[:fresh]
    offered = np.zeros(len(table.wanted), dtype=np.bool_)
    offered[problem.need[:fresh][units > 0]] = True
    free = table.capacity - sums(problem.resource, plan.units, len(table.capacity))
    rows = np.flatnonzero((units == 0) & offered[problem.need[:fresh]] & (free[problem.resource[:fresh]] > 0))
    order = np.lexsort((problem.resource[rows], -problem.value[rows], problem.need[rows]))
    found: dict[int, tuple[str, ...]] = {}
    for row in rows[order].tolist():
        mine = found.get(int(problem.need[row]), ())
        if len(mine) < BACKUPS:
            found[int(problem.need[row])] = (*mine, table.resource_ids[int(problem.resource[row])])
    return found
