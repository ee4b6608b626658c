"""What a method found for one part of a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matching.plan import PlanStatus
from matching.problem import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Units on each candidate and, of timed needs, the starts by candidate; the bound is on any plan's objective.

    Where the status is INFEASIBLE or UNKNOWN there is no objective, and the units are zeros.
    """

    status: PlanStatus
    units: Ints
    objective: int | None
    bound: int | None
    method: str
    starts: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    prices: Ints | None = None
