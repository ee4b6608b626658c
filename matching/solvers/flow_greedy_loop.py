"""The loop of flow_greedy.py."""

from __future__ import annotations

from matching.problem import Ints
from matching.solvers.compiled import compiled


@compiled
def give(
    order: Ints,
    pairs: tuple[Ints, Ints, Ints, Ints],
    room: tuple[Ints, Ints, Ints],
    pools: tuple[Ints, Ints],
    balance: int,
    load: Ints,
    units: Ints,
) -> None:
    """Give each pair in turn as many units as fit and add to the objective; `room`, `load` and `units` are changed.

    Parameters
    ----------
    pairs
        Need, resource, worth of a unit and units at most of each pair.
    room
        Units left of each need, of each resource and of each pool.
    pools
        The pools of resource r are those in the second from first[r] to first[r + 1].
    """
    need, resource, worth, spare = pairs
    left, free, pool_free = room
    first, pool = pools
    for row in order:
        n, r = need[row], resource[row]
        most = min(left[n], free[r], spare[row])
        for at in range(first[r], first[r + 1]):
            most = min(most, pool_free[pool[at]])
        if balance > 0:  # the last unit must be worth more than it costs: balance × (2 × load before it + 1)
            most = min(most, ((worth[row] - 1) // balance + 1) // 2 - load[r])
        if most <= 0:
            continue
        units[row] += most
        left[n] -= most
        free[r] -= most
        load[r] += most
        for at in range(first[r], first[r + 1]):
            pool_free[pool[at]] -= most
