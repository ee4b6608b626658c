"""Problems with side constraints: our solver beside CP-SAT on the whole problem, with the same time."""

from __future__ import annotations

import sys
import time

from benchmarks.assignment import generalised_assignment
from benchmarks.cities import rich_city
from matching import Problem, solve, verify
from matching.deadline import Deadline
from matching.solvers.constraint import solve_by_constraints
from matching.solvers.constraint_model import TooMuch

CITIES = {"S": (1.0, 3), "M": (1.0, 10), "L": (1.0, 10), "X": (0.05, 60)}
"""Share of needs with side constraints, and seconds."""

ASSIGNMENTS = {"a": (20, 200), "b": (20, 200), "c": (20, 200), "d": (20, 200), "e": (20, 200)}
"""Agents and jobs of each type."""

SECONDS = 10
THREADS = 2


def run(sizes: str = "SML") -> None:
    """Print a table."""
    heads = ("problem", "candidates", "limit, s", "ours, s", "ours", "from our bound", "CP-SAT", "below ours", "method")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for size in sizes:
        share, seconds = CITIES[size]
        name = f"{size}, {share:.0%} of the needs" if share < 1 else size
        _line(name, rich_city(size, 1, share), seconds)
    for kind, (agents, jobs) in ASSIGNMENTS.items():
        _line(f"assignment {kind}, {agents} × {jobs}", generalised_assignment(kind, agents, jobs, 1), SECONDS)


def _line(name: str, problem: Problem, seconds: float) -> None:
    began = time.perf_counter()
    plan = solve(problem, time_limit=seconds, threads=THREADS)
    took = time.perf_counter() - began
    assert verify(problem, plan) == []
    other = _whole(problem, seconds)
    if plan.objective is None or plan.bound is None:
        ours, gap, below = "none", "", ""
    else:
        ours = f"{plan.objective:,}"
        gap = "proved" if plan.bound == plan.objective else f"{_percent(plan.bound, plan.objective)} %"
        below = "" if other is None else f"{_percent(plan.objective, other)} %"
    told = "nothing" if other is None else f"{other:,}"
    cells = (name, f"{len(problem.need):,}", str(seconds), f"{took:.1f}", ours, gap, told, below, plan.solver)
    print(f"| {' | '.join(cells)} |", flush=True)


def _percent(upper: int, lower: int) -> str:
    return f"{100 * (upper - lower) / max(1, abs(upper)):.3f}"


def _whole(problem: Problem, seconds: float) -> int | None:
    """Return what CP-SAT finds by itself, the making of its model included in its time; None for nothing."""
    try:
        return solve_by_constraints(problem, Deadline(seconds), threads=THREADS).objective
    except TooMuch:
        return None


if __name__ == "__main__":
    run(sys.argv[1] if len(sys.argv) > 1 else "SML")
