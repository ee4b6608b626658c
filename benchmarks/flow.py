"""Our exact solver beside OR-Tools fed by hand: what do checks, verifier and reasons cost, what prices, what a change?

`python -m benchmarks.flow` prints the table; with `--write` it also goes into docs/optimizer.md.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow

from benchmarks import page
from benchmarks.cities import flow_city
from matching import Problem, solve
from matching.deadline import Deadline
from matching.increments import Increments
from matching.solvers import warm_up
from matching.solvers.flow import prices_of
from matching.solvers.minimum_cost import minimum_cost
from matching.solvers.network import build

ROUNDS = {"S": 21, "M": 15, "L": 9, "X": 3}
CHANGES = 100

Columns = dict[str, Any]


def by_hand(c: Columns) -> int:
    """Return the objective, by the shortest way from arrays to OR-Tools and nothing else."""
    n, r = len(c["need_quantity"]), len(c["resource_capacity"])
    worth = c["need_value"][c["need"]] + c["value"]
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([c["need"], n + np.arange(r), np.arange(n)]).astype(np.int32),
        np.concatenate([n + c["resource"], np.full(r + n, n + r)]).astype(np.int32),
        np.concatenate([c["need_quantity"][c["need"]], c["resource_capacity"], c["need_quantity"]]),
        np.concatenate([-worth, np.zeros(r + n, dtype=np.int64)]),
    )
    supply = np.concatenate([c["need_quantity"], np.zeros(r, dtype=np.int64), [-c["need_quantity"].sum()]])
    flow.set_nodes_supplies(np.arange(n + r + 1, dtype=np.int32), supply)
    assert flow.solve() == flow.OPTIMAL
    return int((flow.flows(arcs[: len(worth)]) * worth).sum())


def ours(c: Columns) -> int:
    """Return the objective of a checked problem's verified plan, with its reasons."""
    objective = solve(Problem(**c)).objective
    assert objective is not None
    return objective


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def of_the_processor() -> float:
    """Return the seconds of the processor that this process and its children have had: other programs do not count."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def side_by_side(c: Columns, rounds: int) -> list[float]:
    """Return the medians of seconds and of seconds of the processor, of ours and by hand, in turn."""
    found = []
    for _ in range(rounds):
        row, results = [], []
        for work in (ours, by_hand):
            started, had = time.perf_counter(), of_the_processor()
            results.append(work(c))
            row += [time.perf_counter() - started]
            time.sleep(0.02 + row[-1] / 20)  # until a child is all gone
            row += [of_the_processor() - had]
        assert results[0] == results[1], "both must find the optimum"
        found.append(row)
    return [median(column) for column in zip(*found, strict=True)]


def price_seconds(problem: Problem) -> float:
    """Return how long the prices of every resource take once the flow is there."""
    network, forever = build(problem), Deadline()
    assert network is not None
    flow = minimum_cost(network, forever)
    assert flow is not None
    rounds = [seconds(lambda: prices_of(problem, network, flow, forever)) for _ in range(5)]
    return median(rounds)


def change_seconds(problem: Problem) -> list[float]:
    """Return how long each of many changes takes: units more, needs dropped and added, values up and down, in turn."""
    kept, rng = Increments(problem, solve(problem)), np.random.default_rng(1)
    columns = (problem.resource.tolist(), problem.value.tolist())
    first = np.searchsorted(problem.need, np.arange(len(problem.need_quantity) + 1)).tolist()
    found = []
    for number, need in enumerate(rng.integers(0, len(problem.need_quantity), CHANGES).tolist()):
        like = slice(first[need], first[need + 1])
        pairs = list(zip(columns[0][like], columns[1][like], strict=True))
        quantity = int(problem.need_quantity[need])
        kinds: list[Callable[[], object]] = [
            lambda: kept.change(need, quantity=quantity + 1),  # noqa: B023  # called at once
            lambda: kept.drop(need),  # noqa: B023
            lambda: kept.add(quantity, 40_000, pairs),  # noqa: B023
            lambda: kept.change(need, value=80_000),  # noqa: B023
            lambda: kept.change(need, value=10_000),  # noqa: B023
        ]
        found.append(seconds(kinds[number % len(kinds)]))
    assert kept.objective == solve(kept.problem()).objective, "the changes must come to what a whole solve finds"
    return found


def table() -> str:
    """Return the figures of every size."""
    columns = (
        "size",
        "candidates",
        "ours, verified, with reasons: s",
        "OR-Tools by hand: s",
        "ours / by hand (in the processor's time)",
        "prices of all resources, share of the solve",
        f"one need changed: ms, median (worst of {CHANGES})",
        "a whole solve / a change",
    )
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for size, rounds in ROUNDS.items():
        problem = flow_city(size, 1)
        c = {
            name: getattr(problem, name)
            for name in ("need_quantity", "need_value", "resource_capacity", "need", "resource", "value")
        }
        a, a_processor, b, b_processor = side_by_side(c, rounds)
        prices, changes = price_seconds(problem), change_seconds(problem)
        rows.append(
            f"| {size}: {len(problem.need_quantity):,} needs, {len(problem.resource_capacity):,} resources "
            f"| {len(problem.need):,} | {a:.4f} | {b:.4f} | {a / b:.2f} ({a_processor / b_processor:.2f}) "
            f"| {prices / a:.1%} | {1000 * median(changes):.2f} ({1000 * max(changes):.1f}) "
            f"| {a / median(changes):,.0f} |"
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return "\n".join(rows)


def run(*, write: bool = False) -> None:
    """Print the table."""
    warm_up.main()
    figures = f"{page.machine()}\n\n{table()}"
    print(figures)
    if write:
        page.write("flow", figures)


if __name__ == "__main__":
    run(write="--write" in sys.argv[1:])
