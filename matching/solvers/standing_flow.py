"""An optimal flow that stands ready: one need changes, and a few shortest ways make it optimal again.

A need's own value is drawn where its units go past the resources, not on each of its candidates: to serve nothing costs
what it would have been worth. So a change of it is a change of one arc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.optimizer.shape import nesting
from matching.problem import LARGEST, Ints, Problem
from matching.solvers.network import UNIT_STEPS, carriers, nested_arcs, sums
from matching.solvers.residual import FAR
from matching.solvers.residual_network import Arcs, lay_out, open_ways, send, spread

_MOST = 2**60  # what a way may cost
_WORTH = 2**62  # what all units of a need may be worth
_SPARE = 1024  # nodes, and halves beside one in eight, for needs to come


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change adds to the objective, and the candidates whose units may be others now."""

    worth: int
    candidates: frozenset[int] = frozenset()


class StandingFlow:
    """The residual network of an optimal flow without floors, with potentials that prove it optimal.

    Parameters
    ----------
    units : shape (candidates,)
        Those of an optimal plan.

    Raises
    ------
    ValueError
        The values are too large, or `balance` is over too many units.
    ArithmeticError
        The units are not optimal.
    """

    def __init__(self, problem: Problem, units: Ints) -> None:
        needs, resources, pairs = len(problem.need_quantity), len(problem.resource_capacity), len(problem.need)
        self._pinned = problem.pinned
        self._required = set(np.flatnonzero(problem.need_required).tolist())
        self._needs, self._first_resource = needs, needs
        self._sink = needs + resources + len(problem.pools)
        arcs, again = _arcs(problem, units, self._sink)
        self._largest = int(np.abs(arcs[3][: len(arcs[3]) - needs]).max(initial=0))
        self._nodes = self._sink + 1
        self.check_value(int(problem.need_value.max(initial=0)))
        self.check_value(int(problem.need_value.min(initial=0)))
        self._potential = np.zeros(self._nodes + _SPARE, dtype=np.int64)
        self._potential[: self._nodes] = _potentials(self._nodes, arcs)
        self._residual, forward = lay_out(arcs, self._nodes + _SPARE, len(arcs[0]) // 4 + _SPARE)
        self._halves = 2 * len(forward)
        self._past = forward[len(forward) - needs :].tolist()
        # Of each half that gives units to a need: the candidate. One that keeps the plan in force has two.
        self._candidate = np.full(len(self._residual.head), -1, dtype=np.int64)
        self._candidate[forward[:pairs]] = np.arange(pairs)
        self._candidate[forward[pairs : pairs + len(again)]] = again
        self._gives = forward[:pairs]
        self._keeps = dict(zip(again.tolist(), forward[pairs : pairs + len(again)].tolist(), strict=True))
        self._added: list[int] = []  # halves that give, of candidates added

    def check_value(self, need_value: int, *candidate_values: int) -> None:
        """Raise ValueError where a shortest way's cost might not fit: it leaves the resources once at most."""
        most = max([self._largest, *(abs(value) for value in candidate_values)])
        if (self._sink + 1) * most + 4 * abs(need_value) >= _MOST:
            raise ValueError("the values are too large to be changed one by one; solve the problem anew")
        self._largest = most

    def check_worth(self, quantity: int, value: int) -> None:
        """Raise ValueError where what a need's units are worth in all might not fit."""
        if quantity * (abs(value) + self._largest + 1) >= _WORTH:
            raise ValueError(f"quantity: {quantity} units of a need are worth too much; scale the values down")

    def units(self, candidate: int) -> int:
        """Return the units that a candidate has."""
        if candidate >= len(self._pinned):
            return self._given(self._added[candidate - len(self._pinned)])
        kept = self._given(self._keeps[candidate]) if candidate in self._keeps else 0
        return int(self._pinned[candidate]) + self._given(int(self._gives[candidate])) + kept

    def left(self, need: int) -> int:
        """Return the units of a need that go past the resources."""
        return int(self._residual.room[self._residual.mate[self._past[need]]])

    def close(self, candidate: int) -> None:
        """Give a candidate of the problem, which has no units but those that are fixed, none from now on."""
        room = self._residual.room
        room[self._gives[candidate]] = 0
        if candidate in self._keeps:
            room[self._keeps[candidate]] = 0

    def all_units(self) -> Ints:
        """Return the units of every candidate, those added last."""
        room, mate = self._residual.room, self._residual.mate
        units = np.concatenate([self._pinned + room[mate[self._gives]], room[mate[self._added]]])
        again = list(self._keeps)
        units[again] += room[mate[list(self._keeps.values())]]
        return units

    def change_quantity(self, need: int, by: int) -> Effect | None:
        """Want so many more units, or fewer where below 0; None, with nothing changed, where a need can't have them."""
        room, past = self._residual.room, self._past[need]
        value = int(self._residual.cost[past])
        if by <= 0:
            _, cost, touched = self._send(need, -by, backward=True)
            if need not in self._required:
                room[past] += by
            return Effect(by * value - cost, touched)
        if need not in self._required:
            if self._reduced_cost(need) < 0:  # nobody is worth taking in place of nothing
                room[self._residual.mate[past]] += by
                return Effect(0)
            room[past] += by
        sent, cost, touched = self._send(need, by, backward=False)
        if sent < by:
            self._send(need, sent, backward=True)
            return None
        return Effect(by * value - cost, touched)

    def change_value(self, need: int, by: int, quantity: int) -> Effect:
        """Make each unit worth so much more, or less where below 0; the quantity is the need's."""
        room, past, back = self._residual.room, self._past[need], int(self._residual.mate[self._past[need]])
        self._residual.cost[past] += by
        self._residual.cost[back] -= by
        left = int(room[back])
        worth = by * (quantity - left)
        value, touched, cost = int(self._residual.cost[past]), frozenset[int](), 0
        if self._reduced_cost(need) > 0 and left:
            room[past] += left
            room[back] = 0
            _, cost, touched = self._send(need, left, backward=False)
            cost -= left * value
        elif self._reduced_cost(need) < 0 and room[past]:
            served = int(room[past])
            room[past] = 0
            room[back] += served
            _, cost, touched = self._send(need, served, backward=True)
            cost += served * value
        return Effect(worth - cost, touched)

    def add_need(self, value: int, candidates: Sequence[tuple[int, int]], row: int) -> None:
        """Add a need of no units yet; its candidates are resources with the value of a unit, numbered from `row` on."""
        self._grow(2 * (len(candidates) + 1))
        node = self._node(len(self._past))
        self._nodes += 1
        for number, (resource, worth) in enumerate(candidates):
            half = self._add_arc(node, self._first_resource + resource, LARGEST, -worth)
            self._candidate[half] = row + number
            self._added.append(half)
        self._past.append(self._add_arc(node, self._sink, 0, value))
        ways = [int(self._potential[self._first_resource + resource]) - worth for resource, worth in candidates]
        self._potential[node] = min([value + int(self._potential[self._sink]), *ways])

    def _given(self, half: int) -> int:
        return int(self._residual.room[self._residual.mate[half]])

    def _node(self, need: int) -> int:
        return need if need < self._needs else self._sink + 1 + need - self._needs

    def _reduced_cost(self, need: int) -> int:
        """Return that of going past."""
        cost = int(self._residual.cost[self._past[need]])
        return cost - int(self._potential[self._node(need)]) + int(self._potential[self._sink])

    def _send(self, need: int, units: int, *, backward: bool) -> tuple[int, int, frozenset[int]]:
        """Send units from a need to the sink, or back; return how many, their cost, and the candidates touched."""
        sent, cost, halves = send(self._residual, self._potential, self._node(need), self._sink, units, backward)
        candidates = (int(max(self._candidate[half], self._candidate[self._residual.mate[half]])) for half in halves)
        return sent, cost, frozenset(row for row in candidates if row >= 0)

    def _add_arc(self, tail: int, head: int, capacity: int, cost: int) -> int:
        residual, half = self._residual, self._halves
        self._halves += 2
        for mine, node, other, price, room in ((half, tail, head, cost, capacity), (half + 1, head, tail, -cost, 0)):
            residual.mate[mine] = half + half + 1 - mine
            residual.head[mine], residual.cost[mine], residual.room[mine] = other, price, room
            residual.after[mine] = residual.first[node]
            residual.first[node] = mine
        return half

    def _grow(self, halves: int) -> None:
        """Make space for one more node and so many halves, by doubling."""
        residual = self._residual
        if self._nodes == len(residual.first):
            self._potential = np.concatenate([self._potential, np.zeros_like(self._potential)])
            residual = residual._replace(first=np.concatenate([residual.first, np.full_like(residual.first, -1)]))
        if self._halves + halves > len(residual.head):
            more = max(halves, len(residual.head))
            wider = {
                name: np.concatenate([column, np.full(more, -1, dtype=column.dtype)])
                for name, column in residual._asdict().items()
                if name != "first"
            }
            residual = residual._replace(**wider)
            self._candidate = np.concatenate([self._candidate, np.full(more, -1, dtype=np.int64)])
        self._residual = residual


def _arcs(problem: Problem, units: Ints, sink: int) -> tuple[Arcs, Ints]:
    """Return the arcs with an optimal plan's flow, and the candidates that have a second one, for what they keep.

    In this order: candidates, what they keep, resources, pools, past the resources.
    """
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    pinned, pools = problem.pinned, list(problem.pools)
    pinned_on = sums(problem.resource, pinned, resources)
    free = units - pinned
    keep = np.zeros(len(units), dtype=np.int64)
    if problem.change_cost and problem.current:
        keep = np.minimum(problem.limit - pinned, np.maximum(0, problem.kept - pinned))
    again = np.flatnonzero(keep)
    kept = np.minimum(free, keep)
    worth = problem.value[again] + problem.change_cost

    tree = nesting([pool.resources for pool in pools], resources)
    below = np.where(tree.innermost >= 0, needs + resources + tree.innermost, sink)
    pool_room = [pool.capacity - int(pinned_on[pool.resources].sum()) for pool in pools]
    room = problem.resource_capacity - pinned_on
    if problem.balance and float(room.sum()) > UNIT_STEPS:
        raise ValueError(f"balance: over more than {UNIT_STEPS} units; solve the problem anew")
    steps = [np.arange(most + 1, dtype=np.int64) for most in room.tolist()] if problem.balance else None
    carrier, before, width, rise = carriers(problem, room, pinned_on, steps)
    carried = sums(problem.resource, free, resources)
    in_pools = np.array([int(carried[pool.resources].sum()) for pool in pools], dtype=np.int64)

    left = np.where(problem.need_required, 0, problem.need_quantity - sums(problem.need, units, needs))
    past = np.where(problem.need_required, 0, problem.need_quantity - sums(problem.need, pinned, needs))
    rows = np.arange(needs, dtype=np.int64)
    arcs = [
        (problem.need, needs + problem.resource, problem.limit - pinned - keep, -problem.value, free - kept),
        (problem.need[again], needs + problem.resource[again], keep[again], -worth, kept[again]),
        (needs + carrier, below[carrier], width, rise, np.clip(carried[carrier] - before, 0, width)),
        (*nested_arcs(needs + resources, tree.parent, sink, pool_room, LARGEST), in_pools),
        (rows, np.full(needs, sink), past, problem.need_value, left),
    ]
    tail, head = (np.concatenate([arc[i] for arc in arcs], dtype=np.int32, casting="same_kind") for i in (0, 1))
    capacity, cost, flow = (np.concatenate([arc[i] for arc in arcs]) for i in (2, 3, 4))
    return (tail, head, capacity, cost, flow), again


def _potentials(nodes: int, arcs: Arcs) -> Ints:
    """Return the cost of the shortest way from each node to the last; of those without one, something that fits."""
    tail, head, capacity, cost, flow = arcs
    ways = open_ways(nodes, head, tail, capacity, cost, flow)
    distance = np.full(nodes, FAR, dtype=np.int64)
    distance[-1] = 0
    fits = spread(ways, distance, np.array([nodes - 1], dtype=np.int32))
    cut_off = np.flatnonzero(distance == FAR).astype(np.int32)
    distance[cut_off] = 2 * _MOST
    if not (fits and spread(ways, distance, cut_off)):
        raise ArithmeticError("a cycle of negative cost: the plan is not optimal")
    return distance
