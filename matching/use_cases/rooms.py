"""What resources have left for one more need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.model.resources import bucket_id
from graph.snapshot import Ints
from graph.store import Graph
from graph.store.limits import QuotaCounters
from matching.use_cases.explaining import Sight


@dataclass(frozen=True, slots=True, eq=False)
class Rooms:
    """Units that are left of each of some resources.

    Attributes
    ----------
    keys
        Resource and period of each.
    free, promised : shape (keys,)
        Units of its bucket that nobody reserves or takes, and the others.
    quotas
        Those that count any of them.
    """

    keys: Sequence[tuple[str, str]]
    free: Ints
    promised: Ints
    quotas: Sequence[QuotaCounters]

    def short(self, row: int, quantity: int) -> list[tuple[QuotaCounters, int]]:
        """Return the quotas that leave fewer units than a quantity, and how many are missing."""
        mine = [quota for quota in self.quotas if bucket_id(*self.keys[row]) in quota.buckets]
        return [(quota, missing) for quota in mine if (missing := quantity + quota.used - quota.units) > 0]

    @property
    def room(self) -> Ints:
        """What the month's quotas leave of what is free; shape (keys,)."""
        room = self.free.copy()
        for quota in self.quotas:
            counted = np.array([bucket_id(*key) in quota.buckets for key in self.keys], dtype=np.bool_)
            room[counted] = np.minimum(room[counted], quota.units - quota.used)
        return room


def rooms_of(graph: Graph, sight: Sight) -> Rooms:
    """Return what is left of the resource of each candidate."""
    candidates, resources = sight.candidates, sight.snapshot.resources
    ids = resources.id[candidates.resource]
    keys = [(str(i), sight.period(r)) for i, r in zip(ids, candidates.resource, strict=True)]
    buckets = graph.resources.buckets(keys)
    free, promised = [], []
    for key, r in zip(keys, candidates.resource.tolist(), strict=True):
        bucket = buckets.get(bucket_id(*key))
        free.append(int(resources.capacity[r]) if bucket is None else bucket.free)
        promised.append(0 if bucket is None else bucket.reserved + bucket.taken)
    return Rooms(keys, np.array(free, dtype=np.int64), np.array(promised, dtype=np.int64), graph.limits.used(keys))
