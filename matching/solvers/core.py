"""Generalised assignment by its core: the few candidates that can be part of a very good plan, exactly.

Each need gets a multiplier in place of the rule that it is served once; what then remains is a knapsack for each
resource. By good multipliers (the volume algorithm) these come very near to the optimum from above, and forcing a
candidate into its knapsack says how much nearer no plan with it can come. So candidates are left out: at first all but
the most promising, then fewer, at last only those with which nothing better than the best plan is possible. The rest is
solved by constraint programming; what is left out limits what that proves.

References
----------
M. Posta, J. A. Ferland, P. Michelon, "An exact method with variable fixing for solving the generalized assignment
problem", Computational Optimization and Applications 52 (2012), for the relaxation and for leaving candidates out;
E. Balas, E. Zemel, "An algorithm for large zero-one knapsack problems", Operations Research 28 (1980), for cores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isinf

import numpy as np

from matching.deadline import Deadline
from matching.plan import PlanStatus
from matching.problem import Ints, Problem
from matching.solvers.constraint import solve_by_constraints
from matching.solvers.exchange import costs, likely_worth, takes_exchanges
from matching.solvers.instance import Instance, instance_of
from matching.solvers.knapsacks import Knapsacks, fill_all, force_each, knapsacks_of
from matching.solvers.solution import Solution
from matching.solvers.volume import Volume

METHOD = "core by constraint programming"

_CELLS = 1e7  # of all knapsacks' tables: about 15 ms a round
_ROUNDS = 400
_FIRST, _MORE = 1.5, 0.25  # candidates in a core, times the needs
_LARGEST = 2.0**60
_FINEST = 20  # bits by which multipliers are finer than the objective


def takes_core(problem: Problem) -> bool:
    """Return whether the problem is one for exchanges, with capacities small enough for knapsacks by table."""
    if not takes_exchanges(problem):
        return False
    able = problem.ceiling > 0
    resources = len(problem.resource_capacity)
    rows = np.bincount(problem.resource[able], minlength=resources)
    used = np.bincount(problem.resource[able], weights=problem.use[able], minlength=resources)
    return float((rows * (np.minimum(used, problem.resource_capacity) + 1)).sum()) <= _CELLS


def solve_by_core(problem: Problem, start: Solution, deadline: Deadline, *, threads: int, seed: int) -> Solution:
    """Look for a better plan than one that is there (or, with status UNKNOWN, for any), and for a proof.

    Returns
    -------
    Solution
        The better of the two, with the better bound. Without a time limit it is OPTIMAL or INFEASIBLE.

    Raises
    ------
    TooMuch
        It is beyond what can be stated to constraint programming.
    """
    relaxation = _relaxation(problem, start, deadline.share(0.2))
    if relaxation is None:
        return replace(start, method=METHOD)
    best, bound = start, relaxation.bound if start.bound is None else min(start.bound, relaxation.bound)
    size, least = _FIRST, deadline.left() / 10
    while not (deadline.over() or best.objective == bound):
        whole = relaxation.core(best.objective)
        core = whole if isinf(deadline.left()) else relaxation.core(best.objective, size)
        last = len(core) == len(whole)
        watch = deadline if last or 0.4 * deadline.left() < least else deadline.share(0.4)
        found = _solved(problem, best, core, watch, threads, seed)
        if found.status is PlanStatus.INFEASIBLE and last and best.objective is None:
            return replace(start, status=PlanStatus.INFEASIBLE, bound=None, method=METHOD)
        if found.objective is not None and (best.objective is None or found.objective > best.objective):
            units = np.zeros_like(start.units)
            units[core] = found.units
            best = replace(best, status=PlanStatus.FEASIBLE, units=units, objective=found.objective)
        if found.status is PlanStatus.INFEASIBLE or found.bound is not None:
            values = (relaxation.without(core), found.bound, best.objective)
            bound = min(bound, max(value for value in values if value is not None))
        if last:
            break
        size += _MORE
    status = PlanStatus.OPTIMAL if best.objective == bound else best.status
    return replace(best, status=status, bound=bound, method=METHOD)


def _solved(problem: Problem, best: Solution, core: Ints, deadline: Deadline, threads: int, seed: int) -> Solution:
    columns = ("need", "resource", "value", "limit", "use")
    smaller = replace(problem, **{name: getattr(problem, name)[core] for name in columns})
    hint = replace(best, units=best.units[core])
    return solve_by_constraints(smaller, deadline, threads=threads, seed=seed, hint=hint)


@dataclass(frozen=True, slots=True, eq=False)
class _Relaxation:
    """What is known by multipliers, in integers that are `scale` times as large as the objective.

    Attributes
    ----------
    total
        What any plan is worth at most, but for `constant`.
    cost, candidate, need : shape (items,)
        By how much less it is with a candidate.
    """

    needs: int
    total: int
    scale: int
    constant: int
    cost: Ints
    candidate: Ints
    need: Ints

    @property
    def bound(self) -> int:
        return self.total // self.scale + self.constant

    def core(self, worth: int | None, size: float = inf) -> Ints:
        """Return the likeliest candidates, `size` times the needs, and each need's likeliest.

        Those are left out with which a plan can't be worth more than `worth`.
        """
        chosen = np.argsort(self.cost, kind="stable")
        of_need = np.argsort(self.need[chosen], kind="stable")
        likeliest = chosen[of_need[np.diff(self.need[chosen[of_need]], prepend=-1) > 0]]
        chosen = np.union1d(chosen[: int(min(size * self.needs, len(chosen)))], likeliest)
        if worth is not None:
            chosen = chosen[self.total - self.cost[chosen] >= (worth + 1 - self.constant) * self.scale]
        return np.sort(self.candidate[chosen])

    def without(self, core: Ints) -> int | None:
        """Return what any plan with another candidate is worth at most; None where there is no other."""
        cost = self.cost[np.isin(self.candidate, core, invert=True)]
        return (self.total - int(cost.min())) // self.scale + self.constant if len(cost) else None


def _relaxation(problem: Problem, start: Solution, deadline: Deadline) -> _Relaxation | None:
    """Return it by good multipliers; None where the integers would be too large."""
    a = instance_of(problem)
    k = knapsacks_of(a)
    need = a.need[k.row]
    constant = -a.change_cost * sum(held.quantity for held in problem.current)
    worth = a.worth[k.row] + a.change_cost * (a.kept[k.row] > 0)
    first = np.full(len(a.quantity), -np.inf)
    np.maximum.at(first, need, worth - costs(problem, a, start, deadline.share(0.3))[k.row])
    least = np.where(a.required, -np.inf, 0.0)
    volume = Volume(
        np.maximum(least, np.where(np.isinf(first), 0.0, first)),
        least,
        np.ones(len(first)),
        likely_worth(start) - constant,
    )
    _improve(volume, a, k, worth, deadline)
    largest = np.abs(volume.best).max(initial=1.0) + np.abs(worth.astype(float)).max(initial=0.0)
    bits = min(_FINEST, int(np.floor(np.log2(_LARGEST / (largest * (len(need) + len(first)))))))
    if bits < 0:
        return None
    scale = 1 << bits
    multipliers = np.rint(volume.best * scale).astype(np.int64)
    cost = np.zeros(len(need), dtype=np.int64)
    total = int(force_each(k, worth * scale - multipliers[need], cost)) + int((multipliers * a.quantity).sum())
    return _Relaxation(len(first), total, scale, constant, cost, a.candidate[k.row], need)


def _improve(volume: Volume, a: Instance, k: Knapsacks, worth: Ints, deadline: Deadline) -> None:
    need, taken = a.need[k.row], np.zeros(len(k.row), dtype=np.int64)
    for _ in range(_ROUNDS):
        multipliers = None if deadline.over() else volume.next()
        if multipliers is None:
            return
        gained = fill_all(k, worth - multipliers[need], taken)
        left = a.quantity - np.bincount(need, weights=taken, minlength=len(multipliers))
        volume.take_in(multipliers, gained + float((multipliers * a.quantity).sum()), left.astype(np.float64))
