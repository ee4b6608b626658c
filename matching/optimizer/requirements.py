"""Which requirements can't hold together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from matching.problem import Problem

_Item = TypeVar("_Item")
Requirement = tuple[str, int]
"""What is required: ("required", need row), ("floor", number) or ("fixed", number)."""


def requirements(problem: Problem) -> list[Requirement]:
    """Return everything that a plan must have; without it, serving nothing is a plan."""
    required: list[int] = np.flatnonzero(problem.need_required).tolist()
    return [
        *(("required", need) for need in required),
        *(("floor", number) for number, floor in enumerate(problem.floors) if floor.minimum),
        *(("fixed", number) for number in range(len(problem.fixed))),
    ]


def with_only(problem: Problem, chosen: Sequence[Requirement]) -> Problem:
    """Return the problem with only some of its requirements."""
    keep = set(chosen)
    required = np.array([("required", need) in keep for need in range(len(problem.need_quantity))], dtype=bool)
    return replace(
        problem,
        need_required=required,
        floors=[floor for number, floor in enumerate(problem.floors) if ("floor", number) in keep],
        fixed=[pin for number, pin in enumerate(problem.fixed) if ("fixed", number) in keep],
    )


def irreducible(problem: Problem, is_feasible: Callable[[Problem], bool]) -> list[Requirement]:
    """Return requirements of an infeasible problem that can't hold together, none of which could be dropped.

    Parameters
    ----------
    is_feasible
        Whether a problem has any plan; what it raises goes through.
    """
    everything = requirements(problem)
    found = enough_of(everything, lambda chosen: not is_feasible(with_only(problem, chosen)))
    return sorted(found, key=everything.index)


def enough_of(items: Sequence[_Item], enough: Callable[[Sequence[_Item]], bool]) -> list[_Item]:
    """Return items that are enough, none of which could be dropped; where there is a choice, earlier ones.

    Parameters
    ----------
    enough
        Whether some of them are; where some are, so are more. All of them are.

    References
    ----------
    U. Junker, "QuickXplain: preferred explanations and relaxations for over-constrained problems", AAAI (2004).
    """

    def needed(held: list[_Item], new: list[_Item], open_: list[_Item]) -> list[_Item]:
        """Return what of `open_` is needed beside `held`; `new` was the last added to `held`."""
        if new and enough(held):
            return []
        if len(open_) <= 1:
            return open_
        half = len(open_) // 2
        first, second = open_[:half], open_[half:]
        of_second = needed(held + first, first, second)
        of_first = needed(held + of_second, of_second, first)
        return of_first + of_second

    return needed([], [], list(items))


def as_named(problem: Problem, found: Sequence[Requirement]) -> list[dict[str, Any]]:
    """Return requirements as the plan has them."""
    name: dict[str, Callable[[int], Any]] = {
        "required": lambda need: problem.need_ids[need],
        "floor": lambda number: problem.floors[number].id,
        "fixed": lambda number: number,
    }
    return [{kind: name[kind](number)} for kind, number in found]
