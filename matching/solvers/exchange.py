"""Needs of one unit that take unlike shares of a resource: they move and change places (generalised assignment).

Each need looks only at the few resources that are best for it by the prices of the Lagrangian relaxation. A plan may be
too full on the way: what is beyond a capacity costs a fine, which rises where a resource stays too full (simulated
annealing with a penalty that adapts). One annealing follows another, from the same start, with more or fewer choices.

References
----------
S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing", Science 220 (1983); M. Yagiura,
T. Ibaraki, F. Glover, "An ejection chain approach for the generalized assignment problem", INFORMS J. on Computing 16
(2004), for the fines and for moving and changing places.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from math import inf, isinf

import numpy as np

from matching.deadline import Deadline
from matching.optimizer.starts import ends
from matching.plan import PlanStatus, plan_value
from matching.problem import Problem
from matching.solvers.exchange_loop import BEST, Choices, Floats, State, exchange, first_state
from matching.solvers.instance import Instance, instance_of
from matching.solvers.prices import Pricing
from matching.solvers.solution import Solution

METHOD = "prices, exchanges"

_CHOICES = (3, 5)  # of a need, by turns
_UNTIMED = 6  # annealings where no time limit ends them
_ROUNDS = 1_000  # of prices
_MOST_STEPS = 50_000_000  # of an annealing
_CHUNK = 200_000  # steps between two looks at the clock
_WARM, _COLD = 0.4, 0.05  # temperatures at the beginning and the end, of what the second choice of a need is worse
_SPEED = 2e6  # steps a second, until it was measured
_LEAST = 1e-3  # by which two choices differ
_PROHIBITIVE = 1e6  # a fine, of the largest worth
_EXACT = 2.0**53  # up to which doubles are whole numbers


def takes_exchanges(problem: Problem) -> bool:
    """Return whether the problem is one of needs of one unit and of resources' capacities, and of nothing else."""
    most = np.zeros(len(problem.need_quantity))
    np.maximum.at(most, problem.need, problem.use.astype(float))
    return (
        len(problem.need) > 0
        and bool((problem.use != 1).any())
        and bool((problem.need_quantity <= 1).all())
        and not problem.need_duration.any()
        and not (problem.pools or problem.floors or problem.groups or problem.conflicts or problem.fixed)
        and not problem.balance
        and float(most.sum()) < _EXACT
    )


def solve_by_exchanges(
    problem: Problem, start: Solution, deadline: Deadline, *, threads: int, seed: int, steps: int = 20_000
) -> Solution:
    """Look for a better plan than one that is there (or, with status UNKNOWN, for any).

    Without a time limit it ends after a few annealings.

    Parameters
    ----------
    threads
        So many annealings at a time.
    steps
        Of each annealing, times the needs; many short ones come to more than a few long ones.

    Returns
    -------
    Solution
        The better of the two, with the bound of `start`.
    """
    a = instance_of(problem)
    able = np.bincount(a.need[a.most > 0], minlength=len(a.quantity))
    if (a.required & (able < a.quantity)).any():
        return start
    cost = costs(problem, a, start, deadline.share(0.1))
    best, steps, speed, number = start, min(_MOST_STEPS, steps * len(a.quantity)), _SPEED, 0
    enough = threading.Event()
    watch = Deadline(deadline.left(), lambda: enough.is_set() or deadline.over())
    with ThreadPoolExecutor(threads) as pool, ExitStack() as at_the_end:
        at_the_end.callback(enough.set)  # so that threads end where the caller is interrupted
        while not (watch.over() or _is_proved(best) or (number == _UNTIMED and isinf(watch.left()))):
            if speed * watch.left() < steps:  # the last one ends with the time
                steps = max(1, int(speed * watch.left()))
            choices, apart = _choices(a, cost, _CHOICES[number % len(_CHOICES)])
            began = time.monotonic()
            runs = [
                pool.submit(_anneal, choices, apart, steps, (seed * threads + thread) * 1_000 + number, watch)
                for thread in range(threads)
            ]
            for run in runs:
                best = _better(problem, a, choices, run.result(), best)
            speed = steps / (time.monotonic() - began)
            number += 1
    return best


def costs(problem: Problem, a: Instance, start: Solution, deadline: Deadline) -> Floats:
    """Return what each row pays at good prices of capacities, in units of worth."""
    lower = likely_worth(start)
    pricing = Pricing(problem, a, lower=lower, carried=np.zeros(len(a.capacity), dtype=np.int64))
    pricing.improve(_ROUNDS, deadline)
    return pricing.cost()


def likely_worth(start: Solution) -> int:
    """Return about what a good plan is worth, from one that is there or from a bound."""
    if start.objective is not None:
        return start.objective
    return 0 if start.bound is None else start.bound - abs(start.bound) // 20


def _is_proved(solution: Solution) -> bool:
    return solution.objective is not None and solution.objective == solution.bound


def _choices(a: Instance, cost: Floats, most: int) -> tuple[Choices, float]:
    """Return each need's best rows by price, and what the second of a need is worse than the first."""
    resources = len(a.capacity)
    able, alone = np.flatnonzero(a.most > 0), np.flatnonzero(~a.required | (a.quantity == 0))
    none = np.zeros(len(alone), dtype=np.int64)
    row = np.concatenate([able, none - 1])
    need = np.concatenate([a.need[able], alone])
    resource = np.concatenate([a.resource[able], none + resources])
    use = np.concatenate([a.use[able], none]).astype(float)
    worth = np.concatenate([a.worth[able] + a.change_cost * (a.kept[able] > 0), none]).astype(float)
    paid = np.concatenate([cost[able], none])
    order = np.lexsort((paid - worth, need))
    rank = np.arange(len(need)) - np.searchsorted(need[order], need[order])
    second = order[rank == 1]
    behind = (worth - paid)[order[np.flatnonzero(rank == 1) - 1]] - (worth - paid)[second]
    apart = max(float(np.median(behind)), float(behind.mean()) / 10, _LEAST) if len(second) else _LEAST
    chosen = order[rank < most]
    price = np.zeros(resources + 1)
    np.maximum.at(price, resource, paid / np.maximum(1, use))
    choices = Choices(
        first=ends(np.bincount(need[chosen], minlength=len(a.quantity))),
        row=row[chosen],
        resource=resource[chosen],
        use=use[chosen],
        worth=worth[chosen],
        capacity=np.append(a.capacity.astype(float), np.inf),
        place=ends(np.bincount(resource[chosen], minlength=resources + 1)),
        fine=price + apart / max(1.0, float(use[chosen].mean())),
    )
    return choices, apart


def _anneal(choices: Choices, apart: float, steps: int, seed: int, deadline: Deadline) -> State:
    state = first_state(choices, seed)
    _go_on(choices, state, steps, _WARM * apart, _COLD * apart, deadline)
    # of many resources some are too full at any moment
    state.fine[:] = _PROHIBITIVE * (1 + np.abs(choices.worth).max())
    _go_on(choices, state, steps // 4, _COLD * apart, _COLD * apart, deadline)
    return state


def _go_on(choices: Choices, state: State, steps: int, warm: float, cold: float, deadline: Deadline) -> None:
    for begin in range(0, steps, _CHUNK):
        if deadline.over():
            return
        exchange(choices, state, begin, min(steps, begin + _CHUNK), steps, warm, cold)


def _better(problem: Problem, a: Instance, choices: Choices, state: State, best: Solution) -> Solution:
    if state.tally[BEST] == -inf:
        return best
    row = choices.row[state.best]
    units = np.zeros(len(problem.need), dtype=np.int64)
    units[a.candidate[row[row >= 0]]] = 1
    objective = plan_value(problem, units)
    if best.objective is not None and best.objective >= objective:
        return best
    return Solution(PlanStatus.FEASIBLE, units, objective, best.bound, METHOD)
