"""The night's problem: from a snapshot to the optimizer's arrays, and the way back from its rows to ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from graph.snapshot import Ints, NeedColumns, Snapshot
from matching.candidates import Candidates
from matching.problem import Group, Pin, Pool, Problem
from matching.scoring import Parts, Weights, step

KEPT_BACK = 0.1
"""Share of each capacity, rounded down, that the night leaves for what is raised at once by day."""

_MINUTE = 60_000  # milliseconds


class NightProblem:
    """The problem of a night and the way back from its rows to ids; `floors.with_floors` adds those.

    Needs are the snapshot's, then those that only hold units. Candidates are those found, then the pairs
    already held: each a candidate whose limit and fixed units are what it holds.

    Parameters
    ----------
    first
        Weight of a unit of each of the snapshot's needs in the first tier.
    kept_back
        Share of each capacity that is not planned with.
    apart
        Make the first tier's step so large that the difference of two plans tells both tiers (`scoring.tiers`).

    Attributes
    ----------
    floored : shape (resources,)
        The lowest first-tier weight that each serves for a floor that binds; the largest number where none.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        candidates: Candidates,
        parts: Parts,
        first: Ints,
        weights: Weights,
        *,
        kept_back: float = KEPT_BACK,
        apart: bool = False,
    ) -> None:
        self.snapshot, self.parts, self.candidates, self.first = snapshot, parts, candidates, first
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
        spared = np.floor(resources.capacity * kept_back).astype(np.int64)
        # A capacity cut below what is held does not make the city infeasible.
        self.capacity = np.maximum(resources.capacity - spared, self.held_units)

        keys = candidates.need * max(1, len(resources.id)) + candidates.resource
        held_keys = np.array([n * max(1, len(resources.id)) + r for n, r in held], dtype=np.int64)
        self.fresh = np.flatnonzero(~np.isin(keys, held_keys))  # a pair held already is not offered again
        held_needs = np.array([n for n, _ in held], dtype=np.int64)
        held_resources = np.array([r for _, r in held], dtype=np.int64)
        fixed = np.array(list(held.values()), dtype=np.int64)
        self.wanted[held_needs] = np.maximum(self.wanted[held_needs], sums(held_needs, fixed, len(wanted))[held_needs])
        self.floored = np.full(len(self.capacity), np.iinfo(np.int64).max, dtype=np.int64)
        self.step = step(int(self.wanted.sum()), self.capacity, resources.load, weights) * (2 if apart else 1)
        worth = first * self.step
        fresh_need = candidates.need[self.fresh]
        self.problem = Problem(
            need_quantity=self.wanted,
            need_value=np.concatenate([worth, np.zeros(len(wanted) - len(worth), dtype=np.int64)]),
            resource_capacity=self.capacity,
            resource_load=resources.load,
            balance=weights.balance,
            need=np.concatenate([fresh_need, held_needs]),
            resource=np.concatenate([candidates.resource[self.fresh], held_resources]),
            value=np.concatenate([parts.total[self.fresh], np.zeros(len(fixed), dtype=np.int64)]),
            # Of an appointed need nobody serves two units: they begin at once.
            limit=np.concatenate([np.where(needs.appointed[fresh_need] >= 0, 1, self.wanted[fresh_need]), fixed]),
            # Like a capacity, a quota cut below what is held does not make the city infeasible.
            pools=[
                Pool(quota.id, max(quota.units, int(self.held_units[quota.resources].sum())), quota.resources)
                for quota in snapshot.quotas
            ],
            groups=_groups(needs.group, held_needs),
            conflicts=conflicts_of(
                snapshot,
                np.concatenate([fresh_need, held_needs]),
                np.concatenate([candidates.resource[self.fresh], held_resources]),
                len(self.fresh),
            ),
            fixed=[Pin(len(self.fresh) + row, units) for row, units in enumerate(held.values())],
        )


def conflicts_of(snapshot: Snapshot, need: Ints, resource: Ints, fresh: int) -> list[tuple[int, int]]:
    """Return pairs of needs that no resource may both serve, of those that one could.

    They are kept apart, or appointed and overlap: nobody is in two places. Where one holds both already, that was
    decided by people, and stands.
    """
    needs = snapshot.needs
    foes: dict[int, list[int]] = {}
    for one, other in zip(snapshot.apart.left.tolist(), snapshot.apart.right.tolist(), strict=True):
        foes.setdefault(one, []).append(other)
    matter = np.append(needs.appointed >= 0, False)  # of a need that only holds units nothing is known
    matter[np.concatenate([snapshot.apart.left, snapshot.apart.right])] = True
    of_resource: dict[int, list[tuple[int, bool]]] = {}
    for row in np.flatnonzero(matter[np.minimum(need, len(needs.id))]).tolist():
        of_resource.setdefault(int(resource[row]), []).append((int(need[row]), row >= fresh))
    found: set[tuple[int, int]] = set()
    decided: set[tuple[int, int]] = set()
    for mine in of_resource.values():
        held = {one for one, is_held in mine if is_held}
        rows = {one for one, _ in mine}
        pairs = set(_at_once(needs, rows)) | {(one, foe) for one in rows for foe in foes.get(one, ()) if foe in rows}
        decided |= {pair for pair in pairs if held.issuperset(pair)}
        found |= pairs
    return sorted(found - decided)


def _at_once(needs: NeedColumns, rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of these needs that are appointed for times that overlap."""
    visits = sorted(
        (begins, begins + max(1, int(needs.duration[one])) * _MINUTE, one)
        for one in rows
        if (begins := int(needs.appointed[one])) >= 0
    )
    for i, (_, ends, one) in enumerate(visits):
        for begins, _, other in visits[i + 1 :]:
            if begins >= ends:
                break
            yield min(one, other), max(one, other)


def _groups(group: Ints, held: Ints) -> list[Group]:
    """Return the needs that are still to be served together: what is held of a group is on its way already."""
    under_way = np.unique(group[held[held < len(group)]])
    rows = np.flatnonzero((group >= 0) & ~np.isin(group, under_way))
    members: dict[int, list[int]] = {}
    for row in rows.tolist():
        members.setdefault(int(group[row]), []).append(row)
    return [Group(str(number), tuple(needs)) for number, needs in sorted(members.items()) if len(needs) > 1]


def community_of(table: NightProblem) -> Ints:
    """Return of each need the row of its community, above the communities of its own area.

    Of those that only hold units nothing is known; theirs is 0.
    """
    place = np.zeros(len(table.wanted), dtype=np.int64)
    place[: len(table.first)] = table.snapshot.needs.area
    community = table.snapshot.areas.community[place]
    return np.where(community >= 0, community, place)


def sums(rows: Ints, numbers: Ints, length: int) -> Ints:
    """Return for each row the sum of its numbers."""
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, rows, numbers)
    return total
