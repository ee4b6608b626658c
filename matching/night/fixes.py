"""What would serve a need that the night leaves: the cheapest change, proved by a plan in which nobody else gets less.

What protects people is never given up: levels, certificates, verification, hours, a no, and what was ruled out or is
kept apart stay as they are. What may change is how many units a resource or a quota has, and how far somebody goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil, isnan
from typing import Any

import numpy as np

from graph.model.plans import Change
from graph.snapshot import Ints
from matching.candidates import find_candidates
from matching.deadline import Deadline
from matching.fixes.options import Option, options_of
from matching.fixes.proofs import Case
from matching.fixes.search import LOOKS, SEARCHES, FixSearch, Found
from matching.night.problem import KEPT_BACK, NightProblem, community_of, conflicts_of, sums
from matching.optimizer.parts import Part, cut_out
from matching.plan import Plan
from matching.problem import Problem
from matching.scoring import Weights, value_parts

Fix = list[Mapping[str, Any]]
"""Changes of the night's problem."""
_KINDS = ("capacity", "pool", "limit")  # the last stands for a wider reach: of whoever is too far away it is 0
_TOLD = ("capacity", "pool", "candidate")
_NEAREST = 12  # of those who are too far away, and as many of those who have room
_LARGEST_PART = 20_000  # candidates of a part in which others are moved about


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


class NightFixes:
    """Looks for the cheapest fixes of some needs.

    Parameters
    ----------
    needs
        Rows.
    parts
        The part of the city in which each need and each resource lies (`optimizer.shape.components`).
    day
        The day planned for.
    """

    def __init__(
        self,
        table: NightProblem,
        plan: Plan,
        needs: set[int],
        *,
        parts: tuple[Ints, Ints],
        weights: Weights,
        day: date,
    ) -> None:
        self._table, self._parts = table, parts
        free = table.capacity - sums(table.problem.resource, plan.units, len(table.capacity))
        self._wider = _wider(table, needs, free, weights, day)
        self._problem = self._wider.problem
        self._units = np.append(plan.units, np.zeros(len(self._wider.minutes), dtype=np.int64))
        self._community = community_of(table)
        # Beside the plan nothing else matters than what it gives, and who could serve these needs.
        together = (group.needs for group in self._problem.groups if not needs.isdisjoint(group.needs))
        mine = np.isin(self._problem.need, list(needs.union(*together)))
        rows = np.flatnonzero((self._units > 0) | mine)
        columns = {name: getattr(self._problem, name)[rows] for name in ("need", "resource", "value", "use", "limit")}
        self._near, self._near_units = replace(self._problem, fixed=(), **columns), self._units[rows]

    def beside(self, need: int, deadline: Deadline) -> Fix | None:
        """Return the cheapest fix with which all else stays as it is; none of its changes where there is room as is."""
        case = Case(self._near, self._near_units, {}, need, kept=True).around()
        found = self._by_one(case)
        if found is not None and not case.fits(found[1]):
            found = None
        if found is None or len(found[1]) > 1:
            found = FixSearch(case.problem, case.fits, deadline, LOOKS, _KINDS).fix(self._options(case), found)
        return None if found is None else found[1]

    def moved(self, need: int, known: Fix | None, deadline: Deadline) -> Fix | None:
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

    def _by_one(self, case: Case) -> Found | None:
        """Return the cheapest changes with which one resource serves all that is left of a need."""
        problem, need = case.problem, case.need
        if any(need in group.needs for group in problem.groups):
            return None
        rows = np.flatnonzero(problem.need == need)
        left = int(problem.need_quantity[need] - case.units[rows].sum())
        used = sums(problem.resource, case.units, len(problem.resource_capacity))
        foes = {one for pair in problem.conflicts if need in pair for one in pair} - {need}
        of_foes = np.isin(problem.need, list(foes)) & (case.units > 0)
        busy = set(problem.resource[of_foes].tolist())
        best: tuple[tuple[int, list[int], list[int]], Fix] | None = None
        for row in rows.tolist():
            resource = int(problem.resource[row])
            names = {"need": problem.need_ids[need], "resource": problem.resource_ids[resource]}
            far = _pair(names) in self._wider.minutes
            most = self._most(names) if far else int(problem.limit[row] - case.units[row])
            if resource in busy or (most is not None and most < left):
                continue
            fix: Fix = []
            if (short := left + int(used[resource] - problem.resource_capacity[resource])) > 0:
                fix.append({"change": "capacity", "resource": names["resource"], "by": short})
            for pool in problem.pools:
                if resource in pool.resources and (short := left + int(used[pool.resources].sum()) - pool.capacity) > 0:
                    fix.append({"change": "pool", "pool": pool.id, "by": short})
            if far:
                fix.append({"change": "limit", **names, "by": left})
            cost = len(fix), [_KINDS.index(change["change"]) for change in fix], [change["by"] for change in fix]
            if best is None or cost < best[0]:
                best = cost, fix
        if best is None:
            return None
        return (best[1][0]["by"] if len(best[1]) == 1 else 0), best[1]

    def _most(self, names: Mapping[str, Any]) -> int | None:
        """Return how many units a pair may have that is out of reach: of an appointed need nobody serves two."""
        return 1 if self._table.snapshot.needs.appointed[_pair(names)[0]] >= 0 else None

    def _options(self, case: Case) -> list[Option]:
        """Return what may change, the least kind first; the nearest first of those too far away from this need."""
        options = []
        for option in options_of(case.problem, case.need):
            if option.kind != "limit":
                options += [option] if option.kind in _KINDS else []
            elif option.own and _pair(option.names) in self._wider.minutes:
                options.append(replace(option, most=self._most(option.names) or option.most))
        return sorted(options, key=lambda option: (_KINDS.index(option.kind), not option.own))

    def _part(self, need: int) -> Part | None:
        """Return the part of the city in which a need and all who could serve it lie, also those too far away.

        None where it is too large, or nobody could.
        """
        problem, (of_need, of_resource) = self._problem, self._parts
        together = next((group.needs for group in problem.groups if need in group.needs), (need,))
        far = [resource for one, resource in self._wider.minutes if one in together]
        labels = np.union1d(of_need[[need]], of_resource[far])
        needs, resources = np.isin(of_need, labels), np.isin(of_resource, labels)
        if not 0 < int((needs[problem.need] & (problem.limit > 0)).sum()) + len(far) <= _LARGEST_PART:
            return None
        inside = [pair for pair in problem.conflicts if needs[list(pair)].all()]  # others, far from one another
        if len(inside) < len(problem.conflicts):
            problem = replace(problem, conflicts=inside)
        return cut_out(problem, needs, resources)

    def told(self, fix: Fix | None) -> tuple[Change, ...] | None:
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


def _wider(table: NightProblem, chosen: set[int], free: Ints, weights: Weights, day: date) -> _Wider:
    problem = table.problem
    together = (group.needs for group in problem.groups if not chosen.isdisjoint(group.needs))
    needs = np.array(sorted(chosen.union(*together)), dtype=np.int64)
    found = find_candidates(table.snapshot.of_needs(needs), day, anywhere=True)
    values = value_parts(found, weights).total
    width = max(1, len(table.capacity))
    there = problem.need * width + problem.resource  # one who was chosen before, wherever they are
    far = np.flatnonzero(~found.within_reach & ~np.isin(needs[found.need] * width + found.resource, there))
    far = far[np.lexsort((found.resource[far], found.minutes[far], found.need[far]))]  # an unknown way comes last
    idle = free[found.resource[far]] > 0
    near = _rank(found.need[far]) < _NEAREST
    near[np.flatnonzero(idle)[_rank(found.need[far[idle]]) < _NEAREST]] = True
    far = far[near]
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


def _pair(names: Mapping[str, Any]) -> tuple[int, int]:
    """Return the rows of a need and a resource of the night's problem, whose ids they are."""
    return int(names["need"]), int(names["resource"])


def _listed(planned: int) -> int:
    """Return the capacity of which so much is planned with, when some is kept back."""
    listed = planned
    while listed - int(listed * KEPT_BACK) < planned:
        listed += 1
    return listed
