"""Compiles the loops of the solvers by using them once, so that no user waits for it: `make env` does this."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching import Problem, solve
from matching.deadline import Deadline
from matching.increments import Increments
from matching.solvers.core import solve_by_core
from matching.solvers.exchange import solve_by_exchanges
from matching.solvers.flow import solve_flow
from matching.solvers.flow_greedy import solve_flow_greedily
from matching.solvers.search import solve_by_search


def main() -> None:
    """Use every compiled function."""
    one = np.array([1], dtype=np.int64)
    problem = Problem(one, one, one, one - 1, one - 1, one)
    kept = Increments(problem, solve(problem, prices=True))
    kept.change(0, quantity=2)
    kept.drop(0)
    solve_flow_greedily(problem, Deadline())
    row = np.arange(4)
    timed = Problem(row + 1, row + 1, row + 1, row, row, row, need_duration=row)
    found = solve_by_search(timed, Deadline(), relaxation=solve_flow(timed, Deadline(), prices=True), effort=0.001)
    used = Problem(row // 4 + 1, row, row + 1, row, row, row, use=row)
    exchanged = solve_by_exchanges(used, replace(found, bound=None), Deadline(), threads=1, seed=0, steps=1)
    solve_by_core(used, exchanged, Deadline(), threads=1, seed=0)


if __name__ == "__main__":
    main()
