"""Generalised assignment by the published recipes: jobs to agents of limited capacity, at the least cost.

Types a to d: P. C. Chu, J. E. Beasley, "A genetic algorithm for the generalised assignment problem", Computers &
Operations Research 24 (1997); type e: M. Laguna et al., European J. of Operational Research 82 (1995).
"""

from __future__ import annotations

import numpy as np

from matching import Problem


def generalised_assignment(kind: str, agents: int, jobs: int, seed: int) -> Problem:
    """Return an instance of type a to e; every need is required, and a candidate's value is its negative cost."""
    rng = np.random.default_rng([seed, ord(kind)])
    shape = (agents, jobs)
    if kind in "abc":
        use, cost = rng.integers(5, 26, shape), rng.integers(10, 51, shape)
    elif kind == "d":
        use = rng.integers(1, 101, shape)
        cost = 111 - use + rng.integers(-10, 11, shape)
    else:
        drawn = 1 - 10 * np.log(1 - rng.random(shape))
        cost = np.rint(1000 / drawn - 10 * rng.random(shape)).astype(np.int64)
        use = np.rint(drawn).astype(np.int64)
    if kind in "ab":
        cheapest = np.zeros(agents)
        np.add.at(cheapest, cost.argmin(axis=0), use[cost.argmin(axis=0), np.arange(jobs)])
        capacity = np.full(agents, 9 * jobs / agents + 0.4 * cheapest.max())
        capacity = 0.7 * capacity if kind == "b" else capacity
    else:
        capacity = 0.8 * use.sum(axis=1) / agents
    job, agent = np.divmod(np.arange(agents * jobs), agents)
    return Problem(
        need_quantity=np.ones(jobs, dtype=np.int64),
        need_value=np.zeros(jobs, dtype=np.int64),
        resource_capacity=capacity.astype(np.int64),
        need=job,
        resource=agent,
        value=-cost[agent, job],
        use=use[agent, job],
        need_required=np.ones(jobs, dtype=bool),
    )
