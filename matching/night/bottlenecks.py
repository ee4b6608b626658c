"""Needs that are left, grouped by what they lack, and for each group the cheapest change that could serve one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from graph.model.plans import Bottleneck, UnmetNeed
from matching.deadline import Deadline
from matching.night.fixes import Fix, NightFixes
from matching.night.problem import NightProblem, community_of
from matching.optimizer.shape import components
from matching.plan import Plan
from matching.scoring import Weights

_AT_A_TIME = 500  # needs whose far providers are looked up together; bounds the memory
_BESIDE = 0.7  # of the time, for fixes beside the plan
_SHARE = 0.1  # of what is left then, for moving others about for one need


def bottlenecks(
    table: NightProblem, plan: Plan, unmet: Sequence[UnmetNeed], weights: Weights, *, day: date, time_limit: float
) -> list[Bottleneck]:
    """Return the groups of needs that are left, those of the most units first, each with a fix of its first need.

    A fix is looked for beside the plan, which keeps all else as it is. Where that takes more than one unit of one
    resource, others are then moved about, if their part of the city is small enough. Either way a plan proves it in
    which nobody else gets less than now. Where it takes several changes, or the part is too large, there may be a
    cheaper one that was not found.

    Parameters
    ----------
    unmet
        What the plan leaves, with reasons.
    day
        The day planned for.
    time_limit
        Seconds; after some of them no more groups are looked at, and then no more others moved about.
    """
    deadline = Deadline(time_limit)
    first = deadline.share(_BESIDE)
    groups = _groups(table, unmet)
    if not groups or first.over():
        return []
    parts = components(table.problem)
    found: list[tuple[Bottleneck, Fix | None]] = []
    harder: list[tuple[int, int, NightFixes]] = []
    for start in range(0, len(groups), _AT_A_TIME):
        some = groups[start : start + _AT_A_TIME]
        fixes = NightFixes(table, plan, {need for need, _ in some}, parts=parts, weights=weights, day=day)
        for need, group in some:
            fix = fixes.beside(need, first)
            if first.over():
                break  # what was cut off says nothing
            if fix is None or len(fix) > 1 or any((c["change"], c["by"]) != ("capacity", 1) for c in fix):
                harder.append((len(found), need, fixes))
            found.append((replace(group, changes=fixes.told(fix)), fix))
        if first.over():
            break
    for row, need, fixes in harder:
        if deadline.over():
            break
        group, fix = found[row]
        fix = fixes.moved(need, fix, deadline.share(_SHARE))
        found[row] = replace(group, changes=fixes.told(fix)), fix
    return [group for group, _ in found]


def _groups(table: NightProblem, unmet: Sequence[UnmetNeed]) -> list[tuple[int, Bottleneck]]:
    """Return what is left by reason and by who could serve it, where nobody could by what is asked for, and where.

    Each with the row of its first need, that of the highest urgency.
    """
    problem, snapshot = table.problem, table.snapshot
    rows = {need: row for row, need in enumerate(table.need_ids)}
    left = {rows[one.need]: one for one in unmet}
    is_left = np.zeros(len(table.wanted), dtype=np.bool_)
    is_left[list(left)] = True
    could: dict[int, list[int]] = {need: [] for need in left}
    for row in np.flatnonzero(is_left[problem.need]).tolist():
        could[int(problem.need[row])].append(int(problem.resource[row]))
    asked: dict[int, list[tuple[int, int]]] = {need: [] for need in left}
    links = snapshot.requires
    for row in np.flatnonzero(is_left[links.left]).tolist():
        asked[int(links.left[row])].append((int(links.right[row]), int(links.value[row])))
    community = community_of(table).tolist()
    members: dict[tuple[object, ...], list[int]] = {}
    for need in sorted(left):
        resources = tuple(sorted(could[need]))
        alike: tuple[object, ...] = resources or (*sorted(asked[need]), community[need])
        members.setdefault((left[need].reason, bool(resources), alike), []).append(need)
    groups = []
    for needs in members.values():
        first = max(needs, key=lambda need: int(table.first[need]))
        capabilities = {tuple(sorted(capability for capability, _ in asked[need])) for need in needs}
        only = [one[0] for one in capabilities if len(one) == 1]
        areas = {community[need] for need in needs}
        group = Bottleneck(
            reason=left[first].reason,
            capability=str(snapshot.capabilities[only[0]]) if len(only) == len(capabilities) == 1 else None,
            area=str(snapshot.areas.id[community[first]]) if len(areas) == 1 else None,
            needs=len(needs),
            units=sum(left[need].quantity for need in needs),
            resources=len(could[first]),
            need=table.need_ids[first],
            changes=None,
        )
        groups.append((first, group))
    return sorted(groups, key=lambda one: (-one[1].units, one[0]))
