"""What comes out of the optimizer; docs/problem-format.md shows it as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from graph.model.plans import PlanStatus
from matching.problem import Ints, Problem

__all__ = ["Plan", "PlanStatus", "Reason", "Unmet", "plan_value"]


class Reason(StrEnum):
    """Why a need has something left; `matching/optimizer/unmet.py` says how each is decided."""

    NO_CANDIDATE = "no_candidate"
    CAPACITY = "capacity"
    POOL = "pool"
    LIMIT = "limit"
    TIME = "time"
    CONFLICT = "conflict"
    WHOLE = "whole"
    GROUP = "group"
    OUTBID = "outbid"
    NOT_WORTH = "not_worth"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Unmet:
    """A need (row) with `quantity` units left, and why; `fix` is the smallest change that would serve it."""

    need: int
    quantity: int
    reason: str
    fix: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Who gets what, and what is proved of it.

    Attributes
    ----------
    status
        OPTIMAL only where the bound equals the objective, in integers; INFEASIBLE only where proved.
    units : shape (candidates,)
        Units on each candidate of the problem; zeros where there is nothing to show.
    starts
        Of each candidate (row) of a timed need with units: the minute at which each starts, ascending.
    objective, bound
        The plan's value and a proved upper bound on any plan's; None where there is none.
    unmet
        Each need with something left, in the order of needs.
    infeasible_because
        Where infeasible, an irreducible set of `{"required": id}`, `{"floor": id}`, `{"fixed": index}`; else None.
    prices : shape (resources,) or None
        What one more unit of each capacity would add to the optimum; of a flow solved to the optimum only.
    solver, seconds, seed
        The method that ran, its wall time, its seed.
    """

    status: PlanStatus
    units: Ints
    objective: int | None
    bound: int | None
    starts: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    unmet: Sequence[Unmet] = ()
    infeasible_because: Sequence[Mapping[str, Any]] | None = None
    prices: Ints | None = None
    solver: str = ""
    seconds: float = 0.0
    seed: int = 0

    @property
    def gap(self) -> dict[str, int] | None:
        """How far the plan may be from the optimum."""
        return None if self.objective is None or self.bound is None else {"objective": self.bound - self.objective}


def plan_value(problem: Problem, units: Ints) -> int:
    """Return the objective of some units on the candidates."""
    rows = np.flatnonzero(units)
    worth = problem.need_value[problem.need[rows]] + problem.value[rows]
    total = int((units[rows] * worth).sum())
    if problem.balance:
        carried = np.zeros(len(problem.resource_capacity), dtype=np.int64)
        np.add.at(carried, problem.resource[rows], units[rows])
        total -= problem.balance * int((carried * (2 * problem.resource_load + carried)).sum())
    if problem.change_cost:
        kept = int(np.minimum(units, problem.kept).sum())
        total -= problem.change_cost * (sum(held.quantity for held in problem.current) - kept)
    return total
