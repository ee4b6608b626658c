"""Shortest ways in what a flow leaves open, in integers."""

from __future__ import annotations

import numpy as np

from matching.deadline import Deadline
from matching.problem import Ints
from matching.solvers.network import Nodes

Arcs = tuple[Nodes, Nodes, Ints]
"""Tail, head and cost of each."""

FAR = 2**62
"""The distance of what can't be reached."""


def residual(tail: Nodes, head: Nodes, capacity: Ints, cost: Ints, flow: Ints) -> Arcs:
    """Return the arcs on which a flow could be changed by a unit, with what that costs."""
    more, less = np.flatnonzero(flow < capacity), np.flatnonzero(flow > 0)
    return (
        np.concatenate([tail[more], head[less]]),
        np.concatenate([head[more], tail[less]]),
        np.concatenate([cost[more], -cost[less]]),
    )


def distances(arcs: Arcs, nodes: int, source: int | None, deadline: Deadline | None = None) -> Ints:
    """Return the least cost from a node to each, or from anywhere (None) where that makes potentials.

    Costs may be below 0, but no cycle's sum: an optimal flow's residual has none. Bellman and Ford's method, on whole
    arrays, each round only along arcs out of what has changed.

    Raises
    ------
    TimeoutError
        The deadline came first.
    """
    tail, head, cost = arcs
    order = np.argsort(tail, kind="stable")
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.searchsorted(tail, np.arange(nodes + 1))
    distance = np.full(nodes, FAR if source is not None else 0, dtype=np.int64)
    if source is not None:
        distance[source] = 0
    changed = np.arange(nodes) if source is None else np.array([source])
    for _ in range(nodes + 1):
        if not len(changed):
            return distance
        if deadline is not None and deadline.over():
            raise TimeoutError
        counts = first[changed + 1] - first[changed]
        out = np.repeat(first[changed] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        before = distance.copy()
        np.minimum.at(distance, head[out], distance[tail[out]] + cost[out])
        changed = np.flatnonzero(distance < before)
    raise ArithmeticError("a cycle of negative cost: the flow is not optimal")
