"""Any problem, by constraint programming: for parts that are no flow."""

from __future__ import annotations

import threading
from math import isinf
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from matching.deadline import Deadline
from matching.plan import PlanStatus, plan_value
from matching.problem import Problem
from matching.solvers.child import OutOfTime
from matching.solvers.constraint_model import Model, TooMuch
from matching.solvers.solution import Solution

METHOD = "constraint programming"

_LARGE = 5_000  # candidates
_STRATEGIES = {1: ["pseudo_costs"], 2: ["pseudo_costs", "max_lp"]}
"""Of CP-SAT, by threads: these prove optima that its own choice for so few does not; with more it has them too."""

_PATIENCE = 0.25  # seconds that a search is given to end once it is told to


def solve_by_constraints(
    problem: Problem,
    deadline: Deadline,
    *,
    threads: int = 1,
    seed: int = 0,
    hint: Solution | None = None,
    only_feasible: bool = False,
    at_least: int | None = None,
) -> Solution:
    """Solve a problem of any kind, within the time.

    Parameters
    ----------
    hint
        A plan to start from.
    only_feasible
        Only find out whether there is any plan.
    at_least
        The same, of plans that are worth at least this.

    Returns
    -------
    Solution
        OPTIMAL where the bound meets the objective, in integers.

    Raises
    ------
    TooMuch
        It is beyond what can be stated.

    References
    ----------
    OR-Tools' CP-SAT.
    """
    nothing = np.zeros(len(problem.need), dtype=np.int64)
    try:
        model = Model(problem, deadline)
    except OutOfTime:
        return Solution(PlanStatus.UNKNOWN, nothing, None, None, METHOD)
    if at_least is not None:
        model.be_worth(at_least)
    elif not only_feasible:
        model.maximise()
        if hint is not None and hint.objective is not None:
            model.hint(hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = threads
    if at_least is None and not only_feasible:
        solver.parameters.subsolvers.extend(_STRATEGIES.get(threads, ()))
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.catch_sigint_signal = False
    if len(problem.need) > _LARGE:  # these take longer there than most searches are given
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
    left = deadline.left()
    if not isinf(left):
        solver.parameters.max_time_in_seconds = left
    status = _run(solver, model.model, deadline)
    if status == cp_model.MODEL_INVALID:
        raise TooMuch
    if status == cp_model.INFEASIBLE:
        return Solution(PlanStatus.INFEASIBLE, nothing, None, None, METHOD)
    bound = None
    if at_least is None and not only_feasible and status != cp_model.UNKNOWN:
        # The bound as an integer; the one as a float is not exact beyond 2^53. The model minimises the negative.
        bound = -int(solver.response_proto.inner_objective_lower_bound) + model.constant
    if status == cp_model.UNKNOWN:
        return Solution(PlanStatus.UNKNOWN, nothing, None, None, METHOD)
    units, starts = model.outcome(solver)
    objective = plan_value(problem, units)
    proved = status == cp_model.OPTIMAL and bound == objective
    return Solution(PlanStatus.OPTIMAL if proved else PlanStatus.FEASIBLE, units, objective, bound, METHOD, starts)


def _run(solver: cp_model.CpSolver, model: cp_model.CpModel, deadline: Deadline) -> Any:
    """Solve in a thread, so that whoever wants it to stop is heard."""
    answer: list[Any] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            answer.append(solver.solve(model))
        except BaseException as error:  # told to whoever waits
            failure.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive() and not deadline.over():
        thread.join(0.02)
    if thread.is_alive():
        solver.stop_search()
        thread.join(_PATIENCE)
    if failure:
        raise failure[0]
    return answer[0] if answer else cp_model.UNKNOWN  # it ends by itself, unheard
