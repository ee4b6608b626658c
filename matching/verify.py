"""Checks a solution against its problem, apart from every solver: nothing is shared but the definition."""

from __future__ import annotations

from graph.model.plans import PlanStatus
from matching.problem import Problem, Solution


def verify(problem: Problem, solution: Solution) -> list[str]:
    """Return a sentence for each rule that a solution breaks; empty where it keeps them all.

    It proves limits, quantities and the objective, not the bound.
    """
    if solution.objective is None:
        return [] if not solution.units.any() else ["units: there are some, but no objective"]
    broken = []
    if len(solution.units) != len(problem.need):
        return [f"units: {len(solution.units)} numbers for {len(problem.need)} candidates"]
    met = [0] * len(problem.need_quantity)
    used = [0] * len(problem.resource_capacity)
    worth = 0
    rows = zip(
        problem.need.tolist(),
        problem.resource.tolist(),
        problem.value.tolist(),
        problem.limit.tolist(),
        problem.fixed.tolist(),
        solution.units.tolist(),
        strict=True,
    )
    need_value = problem.need_value.tolist()
    for row, (need, resource, value, limit, fixed, units) in enumerate(rows):
        if units == 0 and fixed == 0:
            continue
        if units < 0:
            broken.append(f"candidate {row}: {units} units")
        if units > limit:
            broken.append(f"candidate {row}: {units} units, its limit is {limit}")
        if units < fixed:
            broken.append(f"candidate {row}: {units} units, {fixed} are fixed")
        met[need] += units
        used[resource] += units
        worth += units * (need_value[need] + value)
    for need, (units, quantity) in enumerate(zip(met, problem.need_quantity.tolist(), strict=True)):
        if units > quantity:
            broken.append(f"need {need}: {units} units, {quantity} are wanted")
    for resource, (units, capacity) in enumerate(zip(used, problem.resource_capacity.tolist(), strict=True)):
        if units > capacity:
            broken.append(f"resource {resource}: {units} units used, its capacity is {capacity}")
    if worth != solution.objective:
        broken.append(f"objective: {solution.objective} is claimed, the units are worth {worth}")
    if solution.bound is not None and solution.bound < worth:
        broken.append(f"bound: {solution.bound} is below the objective {worth}")
    if solution.status is PlanStatus.OPTIMAL and solution.bound != worth:
        broken.append("status: optimal, but the bound is not the objective")
    return broken
