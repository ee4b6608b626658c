"""A flow kept at its optimum while one need after another changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index

import numpy as np

from matching.optimizer.shape import is_flow
from matching.optimizer.unmet import unmet_needs
from matching.plan import Plan, PlanStatus
from matching.problem import LARGEST, Problem, Windows
from matching.solvers.standing_flow import Effect, StandingFlow
from matching.verify import verify

METHOD = "minimum-cost flow, need by need"


@dataclass(frozen=True, slots=True)
class Change:
    """What one change comes to.

    Attributes
    ----------
    need
        Its row.
    objective
        The optimum after it.
    units
        Candidates (rows) whose units may be others than before, and how many each has.
    """

    need: int
    objective: int
    units: Mapping[int, int]


class Increments:
    """An optimal plan of a flow, made optimal again whenever a need is changed, added or dropped.

    A change takes a few shortest ways in what the plan leaves open, not a solve. Importing this module loads compiled
    loops; to make one takes about as long as `prices` do.

    Parameters
    ----------
    problem
        A flow (docs/problem-format.md) without floors.
    plan
        An optimal plan of it.

    Raises
    ------
    ValueError
        The problem is no flow or has floors, the plan is not optimal, or the values are too large.

    Examples
    --------
    >>> kept = Increments(problem, solve(problem))
    >>> change = kept.change(need=4, quantity=2)
    >>> change.objective, change.units
    >>> kept.plan()  # whole, and verified
    """

    def __init__(self, problem: Problem, plan: Plan) -> None:
        if not is_flow(problem):
            raise ValueError("problem: it is no flow; solve it anew after each change")
        if any(floor.minimum for floor in problem.floors):
            raise ValueError("problem: it has floors; solve it anew after each change")
        if plan.status is not PlanStatus.OPTIMAL or plan.objective is None:
            raise ValueError("plan: it is not optimal; solve the problem first")
        self._problem = problem
        self._flow = StandingFlow(problem, plan.units)
        self._objective = plan.objective
        self._quantity: list[int] = problem.need_quantity.tolist()
        self._value: list[int] = problem.need_value.tolist()
        self._added: list[tuple[int, int, int]] = []  # need, resource and value of each candidate added
        self._pinned = np.zeros(len(problem.need_quantity), dtype=np.int64)
        np.add.at(self._pinned, problem.need, problem.pinned)
        single = problem.need_whole & ~problem.need_required
        single[[need for group in problem.groups for need in group.needs]] = True
        self._single = set(np.flatnonzero(single).tolist())  # needs by which more units would make it no flow

    @property
    def objective(self) -> int:
        """The optimum of the problem as it stands."""
        return self._objective

    def change(self, need: int, *, quantity: int | None = None, value: int | None = None) -> Change:
        """Give a need (row) another quantity, another value of each unit, or both.

        Raises
        ------
        ValueError
            There is no such need; the quantity is below what is fixed, would make the problem no flow, or is required
            and can't be met; or it or the value is too large. Nothing has changed then.
        """
        need = index(need)
        if not 0 <= need < len(self._quantity):
            raise ValueError(f"need: there is no row {need}")
        quantity = self._quantity[need] if quantity is None else index(quantity)
        value = self._value[need] if value is None else index(value)
        least = int(self._pinned[need]) if need < len(self._pinned) else 0
        if quantity < least:
            raise ValueError(f"quantity: {quantity} for need {need}, of which {least} units are fixed")
        if need in self._single and quantity > 1:
            raise ValueError(f"quantity: {quantity} for need {need}, by which the problem is no flow; solve it anew")
        self._flow.check_value(value)
        self._flow.check_worth(quantity, value)
        wanted = self._flow.change_quantity(need, quantity - self._quantity[need])
        if wanted is None:
            raise ValueError(f"quantity: {quantity} for need {need}, which is required, can't be met")
        valued = self._flow.change_value(need, value - self._value[need], quantity)
        self._quantity[need], self._value[need] = quantity, value
        return self._changed(need, wanted, valued)

    def drop(self, need: int) -> Change:
        """Want nothing of a need any more; its row stays, with a quantity of 0."""
        return self.change(need, quantity=0)

    def add(self, quantity: int, value: int, candidates: Sequence[tuple[int, int]]) -> Change:
        """Add a need; its row comes last.

        Parameters
        ----------
        candidates
            A resource (row) and the value of each unit on it beside the need's own.

        Raises
        ------
        ValueError
            The quantity is below 0, a resource does not exist or comes twice, or a number is too large. Nothing has
            changed then.
        """
        quantity, value = index(quantity), index(value)
        candidates = [(index(resource), index(worth)) for resource, worth in candidates]
        resources = [resource for resource, _ in candidates]
        rows = range(len(self._problem.resource_capacity))
        if len(set(resources)) < len(resources) or not all(resource in rows for resource in resources):
            raise ValueError("candidates: each names a resource that exists, and none comes twice")
        if quantity < 0:
            raise ValueError(f"quantity: {quantity} is below 0")
        self._flow.check_value(value, *(worth for _, worth in candidates))
        self._flow.check_worth(quantity, value)
        need = len(self._quantity)
        self._flow.add_need(value, candidates, len(self._problem.need) + len(self._added))
        self._quantity.append(0)
        self._value.append(value)
        self._added += [(need, resource, worth) for resource, worth in candidates]
        return self.change(need, quantity=quantity)

    def problem(self) -> Problem:
        """Return the problem as it stands."""
        was, added = self._problem, np.array(self._added, dtype=np.int64).reshape(-1, 3)
        more = len(self._quantity) - len(was.need_quantity)
        no, windows = np.zeros(more, dtype=bool), was.need_windows
        nothing, quantity = np.zeros(more, dtype=np.int64), np.array(self._quantity, dtype=np.int64)
        names = [str(row) for row in range(len(was.need_quantity), len(quantity))]
        return replace(
            was,
            need_quantity=quantity,
            need_value=np.array(self._value, dtype=np.int64),
            need=np.concatenate([was.need, added[:, 0]]),
            resource=np.concatenate([was.resource, added[:, 1]]),
            value=np.concatenate([was.value, added[:, 2]]),
            limit=np.concatenate([was.limit, np.full(len(added), LARGEST)]),
            use=np.concatenate([was.use, np.ones(len(added), dtype=np.int64)]),
            need_whole=np.concatenate([was.need_whole, no]),
            need_required=np.concatenate([was.need_required, no]),
            need_duration=np.concatenate([was.need_duration, nothing]),
            need_windows=Windows(
                np.concatenate([windows.first, windows.first[-1] + nothing]),
                windows.start,
                windows.end,
                np.concatenate([windows.always, ~no]),
            ),
            need_ids=[*was.need_ids, *names],
        )

    def plan(self) -> Plan:
        """Return the optimal plan of the problem as it stands, with its reasons, verified.

        Raises
        ------
        RuntimeError
            The verifier refuses it: a bug here.
        """
        problem, status = self.problem(), PlanStatus.OPTIMAL
        units = self._flow.all_units()
        plan = Plan(
            status,
            units,
            self._objective,
            self._objective,
            unmet=unmet_needs(problem, units, {}, status),
            solver=METHOD,
        )
        wrong = verify(problem, plan)
        if wrong:
            raise RuntimeError(f"the verifier refuses the plan: {'; '.join(wrong[:5])}")
        return plan

    def _changed(self, need: int, *effects: Effect) -> Change:
        self._objective += sum(effect.worth for effect in effects)
        touched = sorted(frozenset[int]().union(*(effect.candidates for effect in effects)))
        return Change(need, self._objective, {row: self._flow.units(row) for row in touched})
