"""Problems with side constraints: our solver beside CP-SAT and HiGHS on the whole problem, each by itself.

`python -m benchmarks.sides` prints the tables; with `--write` they also go into docs/optimizer.md. About a quarter of
an hour; sizes (`python -m benchmarks.sides SM`) and `none` for no assignments make it shorter.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

from benchmarks import page
from benchmarks.assignment import generalised_assignment
from benchmarks.cities import SIZES, rich_city
from benchmarks.mixed_integer import solve_by_highs
from matching import Plan, Problem, solve, verify
from matching.deadline import Deadline
from matching.solvers import warm_up
from matching.solvers.constraint import solve_by_constraints
from matching.solvers.constraint_model import TooMuch

CITIES = {"S": (1.0, 3), "M": (1.0, 10), "L": (1.0, 10), "X": (0.05, 60)}
"""Share of needs with side constraints, and our seconds."""

WITH_OTHERS, OTHERS = "SM", 60
"""Cities that the others are given too, and their seconds: of larger ones they have no usable plan by then."""

ASSIGNMENTS = ((5, 100), (10, 100), (20, 200))
"""Agents and jobs of the instances of each type."""

SECONDS = 10
THREADS = 2


def cities(sizes: str) -> Iterator[str]:
    """Yield the rows of the table of cities."""
    yield from _head(
        "city",
        "candidates",
        "limit, s",
        "ours took, s",
        "the plan after a stop, s",
        "ours",
        "from our bound",
        f"CP-SAT alone, {OTHERS} s",
        f"HiGHS alone, {OTHERS} s",
        "method",
    )
    for size in sizes:
        share, seconds = CITIES[size]
        problem = rich_city(size, 1, share)
        plan, took = _ours(problem, seconds)
        stopped = _stopped(problem, seconds)
        by_others = ["–", "–"]
        if size in WITH_OTHERS:
            by_others = [_beside(plan, worth) for worth in _by_others(problem, OTHERS)]
        needs = f"{size}: {SIZES[size][0]:,} needs" + (f", {share:.0%} with side constraints" if share < 1 else "")
        cells = (needs, f"{len(problem.need):,}", str(seconds), f"{took:.1f}", f"{stopped:.2f}", *_told(plan))
        yield _row(*cells, *by_others, plan.solver)


def assignments() -> Iterator[str]:
    """Yield the rows of the table of generalised assignments, whose worth is their negative cost."""
    limit = f"{SECONDS} s"
    yield from _head(
        "type",
        "agents × jobs",
        "ours took, s",
        f"ours, {limit}",
        "from our bound",
        f"CP-SAT alone, {limit}",
        f"HiGHS alone, {limit}",
        "method",
    )
    for kind in "abcde":
        for agents, jobs in ASSIGNMENTS:
            problem = generalised_assignment(kind, agents, jobs, 1)
            plan, took = _ours(problem, SECONDS)
            by_others = [_beside(plan, worth) for worth in _by_others(problem, SECONDS)]
            yield _row(kind, f"{agents} × {jobs}", f"{took:.1f}", *_told(plan), *by_others, plan.solver)


def _head(*columns: str) -> tuple[str, str]:
    return _row(*columns), "|---" * len(columns) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _ours(problem: Problem, seconds: float) -> tuple[Plan, float]:
    began = time.perf_counter()
    plan = solve(problem, time_limit=seconds, threads=THREADS)
    took = time.perf_counter() - began
    assert verify(problem, plan) == []
    return plan, took


def _stopped(problem: Problem, seconds: float) -> float:
    """Return how long after somebody wants it to stop, a third of its time in, the plan is there."""
    when = time.monotonic() + seconds / 3
    plan = solve(problem, time_limit=seconds, threads=THREADS, stop=lambda: time.monotonic() > when)
    took = time.monotonic() - when
    assert verify(problem, plan) == []
    return max(0.0, took)


def _by_others(problem: Problem, seconds: float) -> Iterator[int | None]:
    """Yield what CP-SAT and HiGHS find by themselves; None for nothing."""
    try:
        yield solve_by_constraints(problem, Deadline(seconds), threads=THREADS).objective
    except TooMuch:
        yield None
    yield solve_by_highs(problem, seconds).objective


def _told(plan: Plan) -> tuple[str, str]:
    if plan.objective is None or plan.bound is None:
        return ("none", "")
    proved = plan.objective == plan.bound
    return f"{plan.objective:,}", "proved" if proved else f"{_percent(plan.bound, plan.objective)} %"


def _beside(plan: Plan, worth: int | None) -> str:
    if worth is None:
        return "nothing"
    if plan.objective is None:
        return f"{worth:,}"
    if worth == plan.objective:
        return "the same"
    higher, lower = max(worth, plan.objective), min(worth, plan.objective)
    return f"{_percent(higher, lower)} % {'better' if worth == higher else 'worse'}"


def _percent(upper: int, lower: int) -> str:
    return f"{100 * (upper - lower) / max(1, abs(upper)):.3f}"


def run(sizes: str = "SMLX", *, assigned: bool = True, write: bool = False) -> None:
    """Print the tables."""
    warm_up.main()
    where = page.machine()
    tables = []
    for table in [cities(sizes), *([assignments()] if assigned else [])]:
        rows = []
        for row in table:
            print(row, flush=True)
            rows.append(row)
        tables.append("\n".join(rows))
        print()
    load = f"At the end {os.getloadavg()[0]:.1f} programs wanted them."
    figures = "\n\n".join([f"{where} {load}", *tables])
    print(where, load)
    if write:
        page.write("sides", figures)


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if not word.startswith("-")]
    run(*[word for word in named if word != "none"], assigned="none" not in named, write="--write" in sys.argv[1:])
