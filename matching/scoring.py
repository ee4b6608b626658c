"""What a pair is worth, in two tiers, each part kept by name.

First come urgency-weighted units served; only among plans that serve as much do fit and nearness count. The
first tier's step is an integer above the largest sum that the second can reach, so the order is strict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from graph.model.times import to_milliseconds
from graph.snapshot import Ints, Snapshot
from matching.candidates import Candidates

_DAY = 24 * 60 * 60 * 1000  # milliseconds
_FIRST_SCALE = 12  # thirds, quarters and twelfths of a weight stay whole when it is spread over units


@dataclass(frozen=True, slots=True)
class Weights:
    """How much counts how much; one table, to be set as a whole.

    Attributes
    ----------
    at_once, by_date_near, by_date, long_term
        First tier, a need (not a unit), in thousandths. `by_date_near` within `near_days` of the
        deadline and past it: an overdue need still waits for help.
    waiting, vulnerable
        Shares of the need's own weight added for having waited `waiting_days`, and for a vulnerable
        resident; together below 1, so that they stay within a step.
    level, near, same_community, continuity
        Second tier, the most that each part of a unit's value can be.
    balance
        Second tier, what the square of each resource's load costs, in units of this period and the one before: the
        n-th unit of a resource costs `balance` × (2n − 1).
    near_minutes
        On foot, at which `near` has fallen to 1/e.
    """

    at_once: int = 8000
    by_date_near: int = 4000
    by_date: int = 2000
    long_term: int = 1000
    near_days: float = 2.0
    waiting: float = 0.3
    waiting_days: float = 30.0
    vulnerable: float = 0.4
    level: int = 200
    near: int = 500
    same_community: int = 200
    continuity: int = 150
    balance: int = 20
    near_minutes: float = 20.0

    @property
    def most(self) -> int:
        """The largest second-tier value of one unit."""
        return self.level + self.near + self.same_community + self.continuity


DEFAULT = Weights()
NEED_BY_DATE = DEFAULT.by_date * _FIRST_SCALE
"""What a need by date weighs in the first tier on the day it is raised, for comparison."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The second tier of each candidate's value, by part; shape (candidates,) each."""

    level: Ints
    near: Ints
    same_community: Ints
    continuity: Ints

    @property
    def total(self) -> Ints:
        """The sum of the parts, 0 to `Weights.most`."""
        return self.level + self.near + self.same_community + self.continuity

    def of(self, row: int) -> dict[str, int]:
        """Return one candidate's parts by name."""
        return {
            "level": int(self.level[row]),
            "near": int(self.near[row]),
            "same_community": int(self.same_community[row]),
            "continuity": int(self.continuity[row]),
        }


def value_parts(candidates: Candidates, weights: Weights = DEFAULT) -> Parts:
    """Return the second tier of each candidate."""
    near = np.exp(-candidates.minutes / weights.near_minutes) * weights.near
    return Parts(
        level=candidates.level * weights.level // 5,
        near=np.where(np.isnan(near), 0, near).astype(np.int64),  # of an unknown distance nothing is claimed
        same_community=np.where(candidates.same_community, weights.same_community, 0).astype(np.int64),
        continuity=np.where(candidates.served_before, weights.continuity, 0).astype(np.int64),
    )


def urgency_weights(snapshot: Snapshot, at: datetime, weights: Weights = DEFAULT) -> Ints:
    """Return the first tier of each unit of each need, ≥ 1; a need's weight is spread over its units.

    Parameters
    ----------
    at
        The moment from which waiting and deadlines are counted; a whole night uses one.
    """
    needs = snapshot.needs
    now = to_milliseconds(at)
    near_deadline = (needs.due >= 0) & (needs.due - now <= weights.near_days * _DAY)
    base = np.choose(
        needs.urgency,
        [
            np.full(len(needs.id), weights.at_once),
            np.where(near_deadline, weights.by_date_near, weights.by_date),
            np.full(len(needs.id), weights.long_term),
        ],
    )
    days = np.clip((now - needs.raised_at) // _DAY, 0, weights.waiting_days)
    share = 1 + weights.waiting * days / weights.waiting_days + weights.vulnerable * needs.vulnerable
    spread: Ints = (base * share * _FIRST_SCALE).astype(np.int64) // np.maximum(1, needs.wanted)
    return np.maximum(1, spread)


def step(wanted: int, capacity: Ints, load: Ints, weights: Weights = DEFAULT) -> int:
    """Return what one point of the first tier is worth in points of the second.

    Parameters
    ----------
    wanted
        Units asked for in all; no plan serves more, nor more than there are.
    capacity, load : shape (resources,)
        Units that each has in this period, and that it gave in the one before.
    """
    units = min(wanted, int(capacity.sum()))
    # Of balance no plan costs more than one that fills the resources on which a unit costs most on average.
    slope = 2 * load + capacity
    order = np.argsort(-slope)
    filled = np.diff(np.minimum(np.cumsum(capacity[order]), units), prepend=0)
    return weights.most * units + weights.balance * int((filled * slope[order]).sum()) + 1


def tiers(difference: int, step: int) -> tuple[int, int]:
    """Return what two plans differ by in the first tier and in the second.

    Parameters
    ----------
    step
        More than twice the largest sum of the second tier, so that the difference has one reading.
    """
    first = (difference + step // 2) // step
    return first, difference - first * step
