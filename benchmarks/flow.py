"""Our exact solver beside OR-Tools fed by hand: what do the checks and the verifier cost?"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
from ortools.graph.python import min_cost_flow

from matching import Problem, solve, verify

SIZES = {"S": (200, 250, 20), "M": (2_000, 1_000, 30), "L": (10_000, 3_000, 28)}
ROUNDS = 7


def city(needs: int, resources: int, degree: int) -> Problem:
    """Return a made-up flow: skewed demand, short capacity, weights of four urgencies above a small fit."""
    rng = np.random.default_rng(1)
    quantity = rng.choice([1, 2, 3, 4, 5], needs, p=[0.72, 0.16, 0.07, 0.03, 0.02])
    capacity = rng.choice([1, 2, 3, 4, 5], resources, p=[0.3, 0.3, 0.2, 0.12, 0.08])
    popular = rng.zipf(1.6, needs * degree) % resources
    keys = np.unique(np.repeat(np.arange(needs), degree) * resources + popular)
    need, resource = keys // resources, keys % resources
    return Problem(
        need_quantity=quantity,
        need_value=rng.choice([1, 2, 4, 8], needs, p=[0.45, 0.3, 0.17, 0.08]) * 10_000,
        resource_capacity=capacity,
        need=need,
        resource=resource,
        value=rng.integers(0, 1000, len(keys)),
        limit=quantity[need],
    )


def by_hand(p: Problem) -> int:
    """Return the objective, by the shortest way to OR-Tools and nothing else."""
    n, r = len(p.need_quantity), len(p.resource_capacity)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([p.need, n + np.arange(r), np.arange(n)]).astype(np.int32),
        np.concatenate([n + p.resource, np.full(r + n, n + r)]).astype(np.int32),
        np.concatenate([p.limit, p.resource_capacity, p.need_quantity]),
        np.concatenate([-(p.need_value[p.need] + p.value), np.zeros(r + n, dtype=np.int64)]),
    )
    supply = np.concatenate([p.need_quantity, np.zeros(r, dtype=np.int64), [-p.need_quantity.sum()]])
    flow.set_nodes_supplies(np.arange(n + r + 1, dtype=np.int32), supply)
    assert flow.solve() == flow.OPTIMAL
    units = flow.flows(arcs[: len(p.need)])
    return int((units * (p.need_value[p.need] + p.value)).sum())


def ours(p: Problem) -> int:
    """Return the objective of a verified plan."""
    solution = solve(p)
    assert verify(p, solution) == []
    assert solution.objective is not None
    return solution.objective


def seconds(work: Callable[[Problem], int], p: Problem) -> tuple[float, int]:
    """Return how long the work took, and its result."""
    started = time.perf_counter()
    result = work(p)
    return time.perf_counter() - started, result


def run() -> None:
    """Print a table."""
    print("| size | candidates | ours, verified: s | OR-Tools by hand: s | ratio |\n|---|---|---|---|---|")
    for name, size in SIZES.items():
        p = city(*size)
        pairs = []
        for _ in range(ROUNDS):
            (a, x), (b, y) = seconds(ours, p), seconds(by_hand, p)
            assert x == y, "both must find the optimum"
            pairs.append((a, b))
        a, b = median(a for a, _ in pairs), median(b for _, b in pairs)
        ratio = median(a / b for a, b in pairs)
        print(f"| {name} | {len(p.need):,} | {a:.4f} | {b:.4f} | {ratio:.2f} |", flush=True)
