"""The optimizer's problem and its solution: arrays, with no graph behind them.

The names are those of the file format `renling-problem/1`; this is the part of it that a night needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.model.plans import PlanStatus
from matching.errors import TooLarge

Ints = npt.NDArray[np.int64]

_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class Problem:
    """Which units of which resource to give to which need.

    Maximise Σ units × (need value + candidate value), with at most `quantity` units a need, `capacity` a
    resource, `limit` a pair, and at least `fixed` on a pair. Serving nothing beyond `fixed` is always allowed.

    Attributes
    ----------
    need_quantity, need_value : shape (needs,)
        Units wanted, ≥ 0; worth of each unit met, any sign.
    resource_capacity : shape (resources,)
        Units of use, ≥ 0.
    need, resource : shape (candidates,)
        Rows of a pair that may be matched; each pair at most once.
    value, limit, fixed : shape (candidates,)
        Worth of each unit on this pair beside the need's own, any sign; at most and at least so many units,
        0 ≤ fixed, 0 ≤ limit.

    Raises
    ------
    ValueError
        An array has the wrong length, a row that does not exist, a pair listed twice, or a number below 0.
    TooLarge
        A plan's value might not fit into 62 bits.
    """

    need_quantity: Ints
    need_value: Ints
    resource_capacity: Ints
    need: Ints
    resource: Ints
    value: Ints
    limit: Ints
    fixed: Ints

    def __post_init__(self) -> None:
        needs, resources, pairs = len(self.need_quantity), len(self.resource_capacity), len(self.need)
        if len(self.need_value) != needs:
            raise ValueError("need_value: one number a need")
        for name in ("resource", "value", "limit", "fixed"):
            if len(getattr(self, name)) != pairs:
                raise ValueError(f"{name}: one number a candidate")
        for name, rows in (("need", needs), ("resource", resources)):
            column = getattr(self, name)
            if pairs and not (column.min() >= 0 and column.max() < rows):
                raise ValueError(f"{name}: a candidate names a row that does not exist")
        for name in ("need_quantity", "resource_capacity", "limit", "fixed"):
            column = getattr(self, name)
            if len(column) and column.min() < 0:
                raise ValueError(f"{name}: below 0 at {int(column.argmin())}")
        keys = self.need * max(1, resources) + self.resource
        if len(np.unique(keys)) != pairs:
            raise ValueError("a pair of need and resource is listed twice")
        worth = np.zeros(needs)
        np.maximum.at(worth, self.need, np.abs(self.need_value[self.need] + self.value).astype(float))
        if float((self.need_quantity * worth).sum()) >= _LARGEST:
            raise TooLarge("the values are too large: a plan's worth might not fit into 62 bits; scale them down")


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solver found.

    Attributes
    ----------
    status
        OPTIMAL only where the bound equals the objective, in integers.
    units : shape (candidates,)
        Units on each pair; zeros where there is nothing to show.
    objective, bound
        None where there is none.
    method
        The solver that ran.
    """

    status: PlanStatus
    units: Ints
    objective: int | None
    bound: int | None
    method: str
