"""Needs that are left by what they lack, and for each such group the cheapest change that is proved to serve one.

What protects people is never given up: levels, certificates, verification, hours, a no, and what was ruled out or is
kept apart stay as they are. What may change is how many units a resource or a quota has, and how far somebody goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from math import ceil, isnan
from typing import Any

import numpy as np

from graph.model.plans import Bottleneck, Change, UnmetNeed
from graph.snapshot import Ints
from matching.candidates import find_candidates
from matching.deadline import Deadline
from matching.fixes.options import Option, options_of
from matching.fixes.proofs import Case
from matching.fixes.search import LOOKS, SEARCHES, FixSearch
from matching.night.problem import KEPT_BACK, NightProblem, capability_asked, community_of, conflicts_of
from matching.optimizer.parts import Part, cut_out
from matching.optimizer.shape import components
from matching.plan import Plan
from matching.problem import Problem
from matching.scoring import Weights, value_parts

_Fix = list[Mapping[str, Any]]
_KINDS = ("capacity", "pool", "limit")  # the last stands for a wider reach: of whoever is too far away it is 0
_LEAST = ("capacity", 1)
_TOLD = ("capacity", "pool", "candidate")
_NEAREST = 24  # of those who are too far away, for each need
_AT_A_TIME = 200  # needs whose far providers are looked up together; bounds the memory
_LARGEST_PART = 20_000  # candidates of a part in which others are moved about
_SHARE = 0.1  # of the time that is left, for moving them for one need


def bottlenecks(
    table: NightProblem, plan: Plan, unmet: Sequence[UnmetNeed], weights: Weights, *, day: date, time_limit: float
) -> list[Bottleneck]:
    """Return the groups of needs that are left, those of the most units first, each with a fix of its first need.

    A fix is looked for beside the plan, which keeps all else as it is. Where that takes several changes or none is
    found, others are moved about if their part of the city is small enough. Either way a plan proves it in which nobody
    else gets less than now. A group whose first need could be served as things are, by a better plan than this one,
    lacks nothing and is left out.

    Parameters
    ----------
    unmet
        What the plan leaves, with reasons.
    day
        The day planned for.
    time_limit
        Seconds after which no more groups are looked at, and then no more others moved about.
    """
    deadline = Deadline(time_limit)
    groups = _groups(table, unmet)
    found: list[tuple[Bottleneck, _Fix | None]] = []
    harder: list[tuple[int, int, _Search]] = []
    for start in range(0, len(groups), _AT_A_TIME):
        if deadline.over():
            break
        some = groups[start : start + _AT_A_TIME]
        search = _Search(table, plan, _wider(table, {need for need, _ in some}, weights, day))
        for need, group in some:
            fix = search.beside(need, deadline)
            if deadline.over():
                break  # what was cut off says nothing
            if fix is None or [(change["change"], change.get("by")) for change in fix] != [_LEAST]:
                harder.append((len(found), need, search))
            found.append((replace(group, changes=search.told(fix)), fix))
    for row, need, search in harder:
        if deadline.over():
            break
        group, fix = found[row]
        fix = search.moved(need, fix, deadline.share(_SHARE))
        found[row] = replace(group, changes=search.told(fix)), fix
    return [group for group, _ in found if group.changes != ()]


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
    asked, community = capability_asked(table).tolist(), community_of(table).tolist()
    members: dict[tuple[object, ...], list[int]] = {}
    for need in sorted(left):
        resources = tuple(sorted(could[need]))
        alike = resources or (asked[need], community[need])
        members.setdefault((left[need].reason, bool(resources), alike), []).append(need)
    groups = []
    for needs in members.values():
        first = max(needs, key=lambda need: int(table.first[need]))
        capabilities, areas = ({numbers[need] for need in needs} for numbers in (asked, community))
        group = Bottleneck(
            reason=left[first].reason,
            capability=str(snapshot.capabilities[asked[first]]) if len(capabilities) == 1 else None,
            area=str(snapshot.areas.id[community[first]]) if len(areas) == 1 else None,
            needs=len(needs),
            units=sum(left[need].quantity for need in needs),
            resources=len(could[first]),
            need=table.need_ids[first],
            changes=None,
        )
        groups.append((first, group))
    return sorted(groups, key=lambda one: (-one[1].units, one[0]))


# ── somebody further away ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, eq=False)
class _Wider:
    """The night's problem, and behind its candidates those who are only out of reach of some needs, of limit 0.

    Attributes
    ----------
    minutes
        On foot, by need and resource (rows) of those; nan where it is not known.
    """

    problem: Problem
    minutes: Mapping[tuple[int, int], float]


def _wider(table: NightProblem, chosen: set[int], weights: Weights, day: date) -> _Wider:
    problem = table.problem
    together = (group.needs for group in problem.groups if not chosen.isdisjoint(group.needs))
    needs = np.array(sorted(chosen.union(*together)), dtype=np.int64)
    found = find_candidates(table.snapshot.of_needs(needs), day, anywhere=True)
    values = value_parts(found, weights).total
    width = max(1, len(table.capacity))
    there = problem.need * width + problem.resource  # one who was chosen before, wherever they are
    far = np.flatnonzero(~found.within_reach & ~np.isin(needs[found.need] * width + found.resource, there))
    far = far[np.lexsort((found.resource[far], found.minutes[far], found.need[far]))]  # an unknown way comes last
    far = far[_rank(found.need[far]) < _NEAREST]
    need, resource, fresh = needs[found.need[far]], found.resource[far], len(table.fresh)
    none = np.zeros(len(far), dtype=np.int64)
    wider = replace(
        problem,
        need=np.append(problem.need, need),
        resource=np.append(problem.resource, resource),
        value=np.append(problem.value, values[far]),
        use=np.append(problem.use, none + 1),
        limit=np.append(problem.limit, none),
        conflicts=conflicts_of(
            table.snapshot,
            np.insert(problem.need, fresh, need),
            np.insert(problem.resource, fresh, resource),
            fresh + len(far),
        ),
    )
    pairs = zip(need.tolist(), resource.tolist(), strict=True)
    return _Wider(wider, dict(zip(pairs, found.minutes[far].tolist(), strict=True)))


def _rank(owners: Ints) -> Ints:
    """Return of each row the number of rows before it that have the same owner; rows of one stand together."""
    start = np.flatnonzero(np.append(True, owners[1:] != owners[:-1])) if len(owners) else owners
    return np.arange(len(owners)) - np.repeat(start, np.diff(np.append(start, len(owners))))


# ── the cheapest fix ────────────────────────────────────────────────────────────────────────────────────────────────


class _Search:
    """Looks for the cheapest fixes of needs, of whom the wider problem has those who are too far away."""

    def __init__(self, table: NightProblem, plan: Plan, wider: _Wider) -> None:
        self._table, self._wider, self._problem = table, wider, wider.problem
        self._units = np.append(plan.units, np.zeros(len(wider.minutes), dtype=np.int64))
        self._community = community_of(table)

    def beside(self, need: int, deadline: Deadline) -> _Fix | None:
        """Return the cheapest fix with which all else stays as it is."""
        near = Case(self._problem, self._units, {}, need, kept=True).around()
        found = FixSearch(near.problem, near.fits, deadline, LOOKS, _KINDS).fix(self._options(near))
        return None if found is None else found[1]

    def moved(self, need: int, known: _Fix | None, deadline: Deadline) -> _Fix | None:
        """Return a cheaper fix, with which others are served otherwise; else the one that is known."""
        part = self._part(need)
        if part is None:
            return known
        case = Case.of_part(part, self._units, {}, need, kept=True)

        def proved(fix: Sequence[Mapping[str, Any]]) -> bool:
            return case.has_plan(fix, deadline, threads=1, seed=0)

        search = FixSearch(part.problem, proved, deadline, SEARCHES, _KINDS)
        size = known[0].get("by", 1) if known is not None and len(known) == 1 else 0
        found = search.fix(self._options(case), None if known is None else (size, known))
        return None if found is None else found[1]

    @cached_property
    def _parts(self) -> tuple[Ints, Ints]:
        return components(self._problem)

    def _part(self, need: int) -> Part | None:
        """Return the part of the city in which a need lies; None where it is too large, or nobody could serve it."""
        of_need, of_resource = self._parts
        mine = of_need == of_need[need]
        if not 0 < int(mine[self._problem.need].sum()) <= _LARGEST_PART:
            return None
        return cut_out(self._problem, mine, of_resource == of_need[need])

    def _options(self, case: Case) -> list[Option]:
        """Return what may change; of limits only those of whoever is too far away from this need, the nearest first."""
        appointed = self._table.snapshot.needs.appointed
        options = []
        for option in options_of(case.problem, case.need):
            if option.kind != "limit":
                options += [option] if option.kind in _KINDS else []
            elif option.own and (pair := _pair(option.names)) in self._wider.minutes:
                # Of an appointed need nobody serves two units.
                options.append(replace(option, most=1) if appointed[pair[0]] >= 0 else option)
        return options

    def told(self, fix: _Fix | None) -> tuple[Change, ...] | None:
        """Return a fix of the problem as changes of the graph."""
        if fix is None:
            return None
        # For needs that go together the same resource may go to the same community.
        once = {(change.kind, change.subject, change.area): change for change in map(self._told, fix)}
        return tuple(once[key] for key in sorted(once, key=lambda key: (_TOLD.index(key[0]), *key)))

    def _told(self, change: Mapping[str, Any]) -> Change:
        table, snapshot = self._table, self._table.snapshot
        if change["change"] == "capacity":
            row = int(change["resource"])
            listed = _listed(int(table.capacity[row]) + change["by"])
            return Change("capacity", table.resource_ids[row], listed - int(snapshot.resources.capacity[row]))
        if change["change"] == "pool":
            quota = next(quota for quota in snapshot.quotas if quota.id == change["pool"])
            planned = max(quota.units, int(table.held_units[quota.resources].sum()))
            return Change("pool", quota.id, planned + change["by"] - quota.units)
        need, row = _pair(change)
        minutes = self._wider.minutes[need, row]
        area = str(snapshot.areas.id[self._community[need]])
        return Change(
            "candidate", table.resource_ids[row], area=area, minutes=None if isnan(minutes) else ceil(minutes)
        )


def _pair(names: Mapping[str, Any]) -> tuple[int, int]:
    """Return the rows of a need and a resource of the night's problem, whose ids they are."""
    return int(names["need"]), int(names["resource"])


def _listed(planned: int) -> int:
    """Return the capacity of which so much is planned with, when some is kept back."""
    listed = planned
    while listed - int(listed * KEPT_BACK) < planned:
        listed += 1
    return listed
