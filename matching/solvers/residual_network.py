"""What a flow leaves open, as adjacency lists that compiled loops walk: shortest ways, and units sent along them.

Each arc is two halves, one at either end: one along which its flow may grow, one along which it may shrink. Needs and
arcs can be added. All costs are integers, so that all of it is exact.

References
----------
R. K. Ahuja, T. L. Magnanti, J. B. Orlin, "Network flows" (1993), chapter 9: reduced costs, successive shortest paths.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from matching.problem import Ints
from matching.solvers.compiled import compiled
from matching.solvers.network import Nodes
from matching.solvers.residual import FAR

Arcs = tuple[Nodes, Nodes, Ints, Ints, Ints]
"""Tail, head, capacity, cost and flow."""


class Ways(NamedTuple):
    """Open arcs alone: those out of each node lie from `first[node]` to `first[node + 1]`."""

    first: Ints
    head: Nodes
    cost: Ints


@compiled
def open_ways(nodes: int, tail: Nodes, head: Nodes, capacity: Ints, cost: Ints, flow: Ints) -> Ways:
    """Return the arcs on which a flow could be changed by a unit; with tail and head exchanged, turned round."""
    first = np.zeros(nodes + 2, dtype=np.int64)
    for arc in range(len(tail)):
        first[tail[arc] + 2] += flow[arc] < capacity[arc]
        first[head[arc] + 2] += flow[arc] > 0
    for node in range(nodes):
        first[node + 2] += first[node + 1]
    to = np.empty(first[nodes + 1], dtype=np.int32)
    price = np.empty(first[nodes + 1], dtype=np.int64)
    for arc in range(len(tail)):
        if flow[arc] < capacity[arc]:
            place = first[tail[arc] + 1]
            first[tail[arc] + 1] += 1
            to[place], price[place] = head[arc], cost[arc]
        if flow[arc] > 0:
            place = first[head[arc] + 1]
            first[head[arc] + 1] += 1
            to[place], price[place] = tail[arc], -cost[arc]
    return Ways(first[: nodes + 1], to, price)


def distances_along(ways: Ways, source: int) -> Ints:
    """Return the least cost from a node to each, shape (nodes,); FAR to those that can't be reached.

    Raises
    ------
    ArithmeticError
        A cycle costs less than 0: the flow is not optimal.
    """
    distance = np.full(len(ways.first) - 1, FAR, dtype=np.int64)
    distance[source] = 0
    if not spread(ways, distance, np.array([source], dtype=np.int32)):
        raise ArithmeticError("a cycle of negative cost: the flow is not optimal")
    return distance


@compiled
def spread(ways: Ways, distance: Ints, queue: Nodes) -> bool:
    """Lower distances along open ways until none can be; False where a cycle costs less than 0.

    Bellman and Ford's method, each round only from nodes whose distance has changed.

    Parameters
    ----------
    distance : shape (nodes,)
        Changed in place.
    queue : shape (at most nodes,)
        Nodes from which to begin, each once.
    """
    nodes = len(distance)
    ring = np.empty(nodes + 1, dtype=np.int32)
    ring[: len(queue)] = queue
    waits = np.zeros(nodes, dtype=np.bool_)
    waits[queue] = True
    begin, end = 0, len(queue)
    for _ in range(nodes + 1):
        if begin == end:
            return True
        round_end = end
        while begin != round_end:
            node = ring[begin]
            begin = 0 if begin == nodes else begin + 1
            waits[node] = False
            for way in range(ways.first[node], ways.first[node + 1]):
                there, length = ways.head[way], distance[node] + ways.cost[way]
                if length < distance[there]:
                    distance[there] = length
                    if not waits[there]:
                        waits[there] = True
                        ring[end] = there
                        end = 0 if end == nodes else end + 1
    return False


class Residual(NamedTuple):
    """Halves of arcs, in a list for each node, with space for more at the end.

    Attributes
    ----------
    first : shape (nodes,)
        The first half at each node; −1 where there is none.
    after, mate : shape (halves,)
        The next half at the same node, −1 after the last; the other half of the same arc.
    head, cost, room : shape (halves,)
        Where it leads, what a unit costs that way, and how many more units can be sent.
    """

    first: Nodes
    after: Nodes
    mate: Nodes
    head: Nodes
    cost: Ints
    room: Ints


def lay_out(network: Arcs, nodes: int, spare_halves: int) -> tuple[Residual, Nodes]:
    """Return what a flow leaves open, and the forward half of each arc; tail, head, capacity, cost, flow come in."""
    halves = 2 * len(network[0]) + spare_halves
    after, mate, head = (np.full(halves, -1, dtype=np.int32) for _ in range(3))
    cost, room = (np.zeros(halves, dtype=np.int64) for _ in range(2))
    residual = Residual(np.full(nodes, -1, dtype=np.int32), after, mate, head, cost, room)
    return residual, _fill(residual, *network)


@compiled
def _fill(residual: Residual, tail: Nodes, head: Nodes, capacity: Ints, cost: Ints, flow: Ints) -> Nodes:
    nodes = len(residual.first)
    place = np.zeros(nodes + 1, dtype=np.int64)
    for arc in range(len(tail)):
        place[tail[arc] + 1] += 1
        place[head[arc] + 1] += 1
    for node in range(nodes):
        place[node + 1] += place[node]
        if place[node + 1] > place[node]:
            residual.first[node] = place[node]
    forward = np.empty(len(tail), dtype=np.int32)
    for arc in range(len(tail)):
        one, other = place[tail[arc]], place[head[arc]]
        place[tail[arc]] += 1
        place[head[arc]] += 1
        forward[arc] = one
        residual.mate[one], residual.mate[other] = other, one
        residual.head[one], residual.head[other] = head[arc], tail[arc]
        residual.cost[one], residual.cost[other] = cost[arc], -cost[arc]
        residual.room[one], residual.room[other] = capacity[arc] - flow[arc], flow[arc]
        residual.after[one], residual.after[other] = one + 1, other + 1
    for node in range(nodes):
        if residual.first[node] >= 0:
            residual.after[place[node] - 1] = -1  # by now the end of its list
    return forward


@compiled
def send(
    residual: Residual, potential: Ints, start: int, sink: int, units: int, backward: bool
) -> tuple[int, int, list[int]]:
    """Send units from a node to the sink, or (`backward`) from the sink to it, along shortest ways, one after another.

    Parameters
    ----------
    potential : shape (nodes,)
        Such that no open half has a reduced cost (cost − potential of its tail + potential of its head) below 0; it is
        kept so, in place.

    Returns
    -------
    sent, cost
        Units for which there was a way, and what all of them cost.
    touched
        Halves along which units were sent.
    """
    touched = [0 for _ in range(0)]
    sent, cost = 0, 0
    while sent < units:
        came_by = _shortest_way(residual, potential, start, sink, backward)
        if came_by[sink] < 0:
            break
        most, node = units - sent, sink
        while node != start:
            half = int(came_by[node])
            most = min(most, int(residual.room[residual.mate[half] if backward else half]))
            node = int(residual.head[residual.mate[half]])
        node = sink
        while node != start:
            half = int(came_by[node])
            node = int(residual.head[residual.mate[half]])
            way = int(residual.mate[half]) if backward else half
            residual.room[way] -= most
            residual.room[residual.mate[way]] += most
            cost += most * int(residual.cost[way])
            touched.append(way)
        sent += most
    return sent, cost, touched


@compiled
def _shortest_way(residual: Residual, potential: Ints, start: int, sink: int, backward: bool) -> Nodes:
    """Return the half by which each node was come to, and keep the potentials right for what is then sent.

    Dijkstra's method on reduced costs; it ends at the sink.
    """
    sign = -1 if backward else 1
    distance = np.full(len(residual.first), FAR, dtype=np.int64)
    came_by = np.full(len(residual.first), -1, dtype=np.int32)
    distance[start] = 0
    heap = [(np.int64(0), np.int64(start))]
    seen = [np.int64(start)]
    while heap:
        length, node = heapq.heappop(heap)
        if length >= distance[sink]:  # nothing shorter can come
            break
        if length > distance[node]:
            continue
        half = int(residual.first[node])
        while half >= 0:
            there = np.int64(residual.head[half])
            if residual.room[residual.mate[half] if backward else half] > 0:
                further = length + sign * (residual.cost[half] - potential[node] + potential[there])
                if further < distance[there]:
                    if distance[there] == FAR:
                        seen.append(there)
                    distance[there] = further
                    came_by[there] = half
                    heapq.heappush(heap, (further, there))
            half = int(residual.after[half])
    if distance[sink] < FAR:
        for node in seen:
            if distance[node] < distance[sink]:
                potential[node] += sign * (distance[sink] - distance[node])
    return came_by
