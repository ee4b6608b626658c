"""Why the night leaves a need, and which assignments hold the capacity that it would take."""

from __future__ import annotations

import numpy as np

from graph.model.needs import Urgency
from graph.model.plans import UnmetNeed
from graph.snapshot import Ints
from matching.night.problem import NightProblem, sums
from matching.plan import Plan
from matching.sentences import OTHER

_HOLDERS = (*map(str, Urgency), OTHER)
_OF_THE_SOLVER = ("pool", "conflict", "group", "undecided")
_TAKEN = ("outbid", "capacity")  # reasons of which is told what holds the capacity


def unmet_needs(table: NightProblem, plan: Plan) -> list[UnmetNeed]:
    """Return what is left, with why, by the needs' ids."""
    problem = table.problem
    left = table.wanted - sums(problem.need, plan.units, len(table.wanted))
    free = table.capacity - sums(problem.resource, plan.units, len(table.capacity))
    lowest = _lowest_served(table, plan)
    held = _holders(table, plan)
    told = {unmet.need: unmet.reason for unmet in plan.unmet}
    by_need: dict[int, list[int]] = {}
    for row in np.flatnonzero(left[problem.need] > 0).tolist():
        by_need.setdefault(int(problem.need[row]), []).append(int(problem.resource[row]))
    urgencies = list(Urgency)
    unmet = []
    for need in np.flatnonzero(left).tolist():
        urgency = str(urgencies[int(table.snapshot.needs.urgency[need])])
        reason = _reason(table, need, by_need.get(need, []), free, lowest, told[need])
        holders = dict(zip(_HOLDERS, held[need].tolist(), strict=True)) if reason in _TAKEN else {}
        held_by = {name: count for name, count in holders.items() if count}
        unmet.append(UnmetNeed(table.need_ids[need], urgency, int(left[need]), reason, held_by))
    return sorted(unmet, key=lambda u: u.need)


def _reason(table: NightProblem, need: int, resources: list[int], free: Ints, lowest: Ints, told: str) -> str:
    """Return why: the rule at which the last pair fell, else what stands in the way of those that there are.

    Pairs held already count too, so that a plan gives the same reasons before and after it is written.

    Parameters
    ----------
    told
        What the optimizer says.
    """
    if not resources:
        return str(table.candidates.reason(need))
    if told in _OF_THE_SOLVER:
        return told
    if any(free[r] > 0 for r in resources):
        return "limit"  # they have room, but in this period the pair has its offer already
    if any(table.snapshot.resources.capacity[r] > table.capacity[r] for r in resources):
        return "kept_back"
    if any(table.floored[r] < table.first[need] for r in resources):
        return "floor"
    return "outbid" if all(lowest[r] > table.first[need] for r in resources) else "capacity"


def _lowest_served(table: NightProblem, plan: Plan) -> Ints:
    """Return of each resource the lowest first-tier weight that it serves; 0 where it has no capacity."""
    lowest = np.full(len(table.capacity), np.iinfo(np.int64).max, dtype=np.int64)
    weight = np.concatenate([table.first, np.zeros(len(table.wanted) - len(table.first), dtype=np.int64)])
    used = np.flatnonzero(plan.units)
    np.minimum.at(lowest, table.problem.resource[used], weight[table.problem.need[used]])
    lowest[table.capacity == 0] = 0
    return lowest


def _holders(table: NightProblem, plan: Plan) -> Ints:
    """Return of each need how many assignments of others hold the resources that could serve it, by urgency."""
    problem, needs = table.problem, len(table.wanted)
    kind = np.full(needs, len(Urgency), dtype=np.int64)
    kind[: len(table.first)] = table.snapshot.needs.urgency
    used = np.flatnonzero(plan.units)
    on_resource = np.zeros((len(table.capacity), len(_HOLDERS)), dtype=np.int64)
    np.add.at(on_resource, (problem.resource[used], kind[problem.need[used]]), 1)
    held = np.zeros((needs, len(_HOLDERS)), dtype=np.int64)
    np.add.at(held, problem.need, on_resource[problem.resource])
    np.subtract.at(held, (problem.need[used], kind[problem.need[used]]), 1)  # its own
    return held
