"""The optimizer's problem: flat arrays, with no graph and no file behind them.

The names are those of the file format `renling-problem/1` (docs/problem-format.md); a row number stands where the
file has an id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from matching.errors import TooLarge
from matching.well_formed import check, check_unique, is_worth_too_much

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LARGEST = 2**63 - 1
"""The largest number of the format; as a limit it means none."""

_DEFAULT: Any = None  # stands for the format's default until __post_init__ fills it in


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


class RowNumbers(Sequence[str]):
    """Ids of what has none in any file: its row numbers, written when they are asked for."""

    def __init__(self, rows: int) -> None:
        self._rows = range(rows)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        found = self._rows[row]
        return str(found) if isinstance(found, int) else [str(each) for each in found]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows of many owners, `[start, end)` in minutes; those of owner `i` are rows `first[i]` to `first[i + 1]`.

    Attributes
    ----------
    first : shape (owners + 1,)
    start, end : shape (windows,)
        0 ≤ start < end, not overlapping within one owner, in any order.
    always : shape (owners,)
        True where the owner has no list at all and may do everything in [0, ∞).
    """

    first: Ints
    start: Ints
    end: Ints
    always: Bools

    @classmethod
    def none(cls, owners: int) -> Windows:
        """Return those of owners without lists."""
        return cls(np.zeros(owners + 1, dtype=np.int64), _none(), _none(), np.ones(owners, dtype=bool))

    @classmethod
    def of(cls, lists: Sequence[Sequence[Sequence[int]] | None]) -> Windows:
        """Return those of lists as the file has them."""
        counts = [0 if mine is None else len(mine) for mine in lists]
        pairs = [pair for mine in lists if mine for pair in mine]
        return cls(
            np.concatenate([[0], np.cumsum(np.array(counts, dtype=np.int64))]).astype(np.int64),
            np.array([pair[0] for pair in pairs], dtype=np.int64),
            np.array([pair[1] for pair in pairs], dtype=np.int64),
            np.array([mine is None for mine in lists], dtype=bool),
        )

    def list(self, owner: int) -> list[tuple[int, int]] | None:
        """Return one owner's windows as they were given; None where it has no list."""
        if self.always[owner]:
            return None
        rows = slice(int(self.first[owner]), int(self.first[owner + 1]))
        return list(zip(self.start[rows].tolist(), self.end[rows].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Pool:
    """The summed use of some resources (rows) is at most `capacity`."""

    id: str
    capacity: int
    resources: Ints = field(default_factory=_none, compare=False)


@dataclass(frozen=True, slots=True)
class Floor:
    """Over some needs (rows) at least `minimum` units are met."""

    id: str
    minimum: int
    needs: Ints = field(default_factory=_none, compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """Every need (row) is met in full, or none gets anything; `together`: all timed units start in one minute."""

    id: str
    needs: tuple[int, ...]
    together: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """At least `quantity` units on a candidate (row); one with a `start` is one unit, at that minute."""

    candidate: int
    quantity: int = 1
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What the plan in force has on a pair (rows of need and resource); the pair need not be a candidate."""

    need: int
    resource: int
    quantity: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Which units of which resource to give to which need.

    Maximise Σ units × (need value + candidate value) − balance × Σ ((load + x)² − load²) − change_cost × units of
    `current` not kept, where x are a resource's units. Arrays may be left out; they then hold the format's defaults.

    Attributes
    ----------
    need_quantity, need_value : shape (needs,)
        Units wanted, ≥ 0; worth of each unit met, any sign.
    resource_capacity : shape (resources,)
        Units of use, ≥ 0.
    need, resource : shape (candidates,)
        Rows of a pair that may be matched; each pair at most once.
    value, limit, use : shape (candidates,)
        Worth of each unit on this pair beside the need's own, any sign; at most so many units, ≥ 0, `LARGEST` for no
        more than the need's quantity; the capacity that each unit takes, ≥ 0.
    need_whole, need_required : shape (needs,)
        All of the quantity or nothing; to be met in full.
    need_duration : shape (needs,)
        Minutes a unit takes; 0 is untimed, and the need's windows are then ignored.
    need_windows, resource_windows
        Those of a need stay apart where they touch, those of a resource are one.
    resource_load : shape (resources,)
        Units it carries already; counts in `balance` only.
    pools, floors, groups, conflicts, fixed, current
        As in the format; conflicts are pairs of rows of needs that no resource serves both.
    change_cost, balance
        ≥ 0.
    need_ids, resource_ids
        What the file calls them; row numbers by default.

    Raises
    ------
    ValueError
        An array is of another kind than int64 (bool for `need_whole` and `need_required`), has the wrong length, a
        row that does not exist, a pair listed twice, or a number below 0; an id is there twice.
    TooLarge
        A plan's value might not fit into 62 bits.
    """

    need_quantity: Ints
    need_value: Ints
    resource_capacity: Ints
    need: Ints
    resource: Ints
    value: Ints
    limit: Ints = _DEFAULT
    use: Ints = _DEFAULT
    need_whole: Bools = _DEFAULT
    need_required: Bools = _DEFAULT
    need_duration: Ints = _DEFAULT
    need_windows: Windows = _DEFAULT
    resource_windows: Windows = _DEFAULT
    resource_load: Ints = _DEFAULT
    pools: Sequence[Pool] = ()
    floors: Sequence[Floor] = ()
    groups: Sequence[Group] = ()
    conflicts: Sequence[tuple[int, int]] = ()
    fixed: Sequence[Pin] = ()
    current: Sequence[Held] = ()
    change_cost: int = 0
    balance: int = 0
    need_ids: Sequence[str] = _DEFAULT
    resource_ids: Sequence[str] = _DEFAULT

    def __post_init__(self) -> None:
        needs, resources, pairs = len(self.need_quantity), len(self.resource_capacity), len(self.need)
        defaults: dict[str, Callable[[], Any]] = {
            "limit": lambda: np.full(pairs, LARGEST, dtype=np.int64),
            "use": lambda: np.ones(pairs, dtype=np.int64),
            "need_whole": lambda: np.zeros(needs, dtype=bool),
            "need_required": lambda: np.zeros(needs, dtype=bool),
            "need_duration": lambda: np.zeros(needs, dtype=np.int64),
            "need_windows": lambda: Windows.none(needs),
            "resource_windows": lambda: Windows.none(resources),
            "resource_load": lambda: np.zeros(resources, dtype=np.int64),
            "need_ids": lambda: RowNumbers(needs),
            "resource_ids": lambda: RowNumbers(resources),
        }
        for name, make in defaults.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, make())
        check(self)
        for name in ("need_ids", "resource_ids"):
            if not isinstance(ids := getattr(self, name), RowNumbers):
                check_unique(name, ids)
        for name in ("change_cost", "balance"):
            object.__setattr__(self, name, int(getattr(self, name)))  # numpy's would wrap round
        if is_worth_too_much(self):
            raise TooLarge("the values are too large: a plan's worth might not fit into 62 bits; scale them down")

    @property
    def ceiling(self) -> Ints:
        """The most units that each candidate could ever get: by its limit, the need's quantity and the capacity."""
        most = np.minimum(self.limit, self.need_quantity[self.need])
        fits = self.resource_capacity[self.resource]
        if (self.use == 1).all():
            return np.minimum(most, fits)
        return np.where(self.use > 0, np.minimum(most, fits // np.maximum(1, self.use)), most)

    @property
    def pinned(self) -> Ints:
        """Units that are fixed on each candidate."""
        units = np.zeros(len(self.need), dtype=np.int64)
        for pin in self.fixed:
            units[pin.candidate] = min(LARGEST, int(units[pin.candidate]) + pin.quantity)
        return units

    @property
    def in_force(self) -> dict[tuple[int, int], int]:
        """Units of the plan in force by (need, resource)."""
        units: dict[tuple[int, int], int] = {}
        for held in self.current:
            pair = (held.need, held.resource)
            units[pair] = units.get(pair, 0) + held.quantity
        return units

    @property
    def kept(self) -> Ints:
        """Units of the plan in force on each candidate; those on pairs that are no candidates are left out."""
        units = np.zeros(len(self.need), dtype=np.int64)
        in_force = self.in_force
        if in_force:
            width = max(1, len(self.resource_capacity))
            keys = np.array([need * width + resource for need, resource in in_force], dtype=np.int64)
            order = np.argsort(keys)
            mine = self.need * width + self.resource
            at = np.minimum(np.searchsorted(keys[order], mine), len(keys) - 1)
            found = np.flatnonzero(keys[order][at] == mine)
            held = np.array([min(LARGEST, mine) for mine in in_force.values()], dtype=np.int64)
            units[found] = held[order][at[found]]
        return units
