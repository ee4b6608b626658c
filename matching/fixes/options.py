"""What could be changed so that a need of a problem is served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.fixes.changes import KINDS, Change
from matching.optimizer.starts import horizon
from matching.problem import LARGEST, Bools, Problem


@dataclass(frozen=True, slots=True)
class Option:
    """A change that could be made, of a size from 1 to `most`; `own`: it is of the need or of what may serve it.

    A window's size is not chosen but found: at most, all minutes before `most` are added.
    """

    kind: str
    names: Mapping[str, Any]
    most: int = 1
    own: bool = True

    def sized(self, size: int) -> Change:
        """Return the change of a size, at most its own."""
        if self.kind == "window":
            return {"change": self.kind, **self.names, "add": [0, self.most]}
        sizes = {"by": min(size, self.most)} if self.kind in ("limit", "capacity", "pool") else {}
        return {"change": self.kind, **self.names, **sizes}


def options_of(problem: Problem, need: int) -> list[Option]:
    """Return the changes of a part that could serve a need, by kind, those first that are of the need itself."""
    together, servers = reach(problem, need)
    mine = together[problem.need]
    options = [
        *_splits(problem, need),
        *_windows(problem, together, servers),
        *_limits(problem, mine),
        *_capacities(problem, servers),
        *_pools(problem, servers),
        *_conflicts(problem, together),
        *_new_pairs(problem, need, servers),
    ]
    return sorted(options, key=lambda option: (KINDS.index(option.kind), not option.own))


def reach(problem: Problem, need: int) -> tuple[Bools, Bools]:
    """Return the needs that are served with a need or not at all, itself too, and the resources that could serve them.

    Returns
    -------
    shape (needs,), shape (resources,)
    """
    together = np.zeros(len(problem.need_quantity), dtype=bool)
    together[[need, *(other for group in problem.groups if need in group.needs for other in group.needs)]] = True
    servers = np.zeros(len(problem.resource_capacity), dtype=bool)
    servers[problem.resource[together[problem.need]]] = True
    return together, servers


def _splits(problem: Problem, need: int) -> Iterator[Option]:
    grouped = any(need in group.needs for group in problem.groups)
    if problem.need_whole[need] and problem.need_quantity[need] > 1 and not grouped:
        yield Option("split", {"need": problem.need_ids[need]})


def _windows(problem: Problem, together: Bools, servers: Bools) -> Iterator[Option]:
    timed = np.flatnonzero(problem.need_duration[problem.need])
    if not len(timed):
        return
    most = problem.need_quantity[problem.need[timed]]
    end = min(LARGEST, horizon(problem, zip(timed.tolist(), most.tolist(), strict=True)))
    for need in np.unique(problem.need[timed]).tolist():
        if not problem.need_windows.always[need]:
            yield Option("window", {"need": problem.need_ids[need]}, end, bool(together[need]))
    for resource in np.unique(problem.resource[timed]).tolist():
        if not problem.resource_windows.always[resource]:
            yield Option("window", {"resource": problem.resource_ids[resource]}, end, bool(servers[resource]))


def _limits(problem: Problem, mine: Bools) -> Iterator[Option]:
    short = problem.need_quantity[problem.need] - problem.limit
    for row in np.flatnonzero(short > 0).tolist():
        names = {
            "need": problem.need_ids[int(problem.need[row])],
            "resource": problem.resource_ids[int(problem.resource[row])],
        }
        yield Option("limit", names, int(short[row]), bool(mine[row]))


def _capacities(problem: Problem, servers: Bools) -> Iterator[Option]:
    for resource, most in enumerate(_wanted(problem)):
        short = most - int(problem.resource_capacity[resource])
        if short > 0:
            yield Option("capacity", {"resource": problem.resource_ids[resource]}, short, bool(servers[resource]))


def _pools(problem: Problem, servers: Bools) -> Iterator[Option]:
    wanted = _wanted(problem)
    for pool in problem.pools:
        short = sum(wanted[resource] for resource in pool.resources.tolist()) - pool.capacity
        if short > 0:
            yield Option("pool", {"pool": pool.id}, short, bool(servers[pool.resources].any()))


def _wanted(problem: Problem) -> list[int]:
    """Return the use that each resource would have if its pairs got all that they could; about, where it is vast."""
    use = problem.need_quantity[problem.need].astype(float) * problem.use
    wanted = np.bincount(problem.resource, weights=use, minlength=len(problem.resource_capacity))
    return [min(LARGEST, int(each)) for each in wanted.tolist()]


def _conflicts(problem: Problem, together: Bools) -> Iterator[Option]:
    once = {frozenset(pair): pair for pair in problem.conflicts}  # a pair may be listed twice
    for a, b in once.values():
        names = {"needs": [problem.need_ids[a], problem.need_ids[b]]}
        yield Option("conflict", names, 1, bool(together[a] or together[b]))


def _new_pairs(problem: Problem, need: int, servers: Bools) -> Iterator[Option]:
    """Yield pairs with resources that serve whom the need's own resources serve too: what they can do is alike."""
    neighbours = np.unique(problem.need[servers[problem.resource]])
    alike = np.zeros(len(servers), dtype=bool)
    alike[problem.resource[np.isin(problem.need, neighbours)]] = True
    alike[problem.resource[problem.need == need]] = False
    for resource in np.flatnonzero(alike).tolist():
        _, *names = new_pair(problem, need, resource).items()
        yield Option("candidate", dict(names))


def new_pair(problem: Problem, need: int, resource: int) -> Change:
    """Return a new candidate: worth as little as the need's other pairs, with as much use; the defaults where none."""
    rows = np.flatnonzero(problem.need == need)
    return {
        "change": "candidate",
        "need": problem.need_ids[need],
        "resource": problem.resource_ids[resource],
        "value": int(problem.value[rows].min()) if len(rows) else 0,
        "use": int(problem.use[rows].max(initial=1)),
    }
