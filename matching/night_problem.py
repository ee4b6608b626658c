"""The night's problem: from a snapshot to the optimizer's arrays, and the way back from its rows to ids."""

from __future__ import annotations

import numpy as np

from graph.snapshot import Ints, Snapshot
from matching.candidates import Candidates
from matching.problem import Pin, Problem
from matching.scoring import Parts, Weights, step

KEPT_BACK = 0.1
"""Share of each capacity, rounded down, that the night leaves for what is raised at once by day."""


class NightProblem:
    """The problem of a night and the way back from its rows to ids.

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
        self.step = step(int(self.wanted.sum()), int(self.capacity.sum()), weights) * (2 if apart else 1)
        worth = first * self.step
        fresh_need = candidates.need[self.fresh]
        self.problem = Problem(
            need_quantity=self.wanted,
            need_value=np.concatenate([worth, np.zeros(len(wanted) - len(worth), dtype=np.int64)]),
            resource_capacity=self.capacity,
            need=np.concatenate([fresh_need, held_needs]),
            resource=np.concatenate([candidates.resource[self.fresh], held_resources]),
            value=np.concatenate([parts.total[self.fresh], np.zeros(len(fixed), dtype=np.int64)]),
            limit=np.concatenate([self.wanted[fresh_need], fixed]),
            fixed=[Pin(len(self.fresh) + row, units) for row, units in enumerate(held.values())],
        )


def sums(rows: Ints, numbers: Ints, length: int) -> Ints:
    """Return for each row the sum of its numbers."""
    total = np.zeros(length, dtype=np.int64)
    np.add.at(total, rows, numbers)
    return total
