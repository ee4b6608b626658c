"""Why a plan leaves something of a need: one reason each, and each of them true of the plan as it stands.

Every pair of a need is tried against the plan: what stands in the way of one more unit? The rules are asked in the
order of `_RANK`, and the need gets the one at which the pair that came furthest fell. So `capacity` says: on some pair
nothing but capacity stands in the way, and on none nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matching.optimizer.ledger import Ledger
from matching.optimizer.shape import hard_needs
from matching.plan import PlanStatus, Reason, Unmet
from matching.problem import Bools, Ints, Problem

_RANK = (
    Reason.NO_CANDIDATE,  # nobody at all
    Reason.NOT_WORTH,  # one more unit would lower the objective, or leave it
    Reason.LIMIT,
    Reason.CONFLICT,
    Reason.TIME,
    Reason.OUTBID,  # no capacity, and all that the resource serves instead is worth more
    Reason.CAPACITY,
    Reason.POOL,
    Reason.UNDECIDED,  # nothing: a better plan would serve it
)
_REASONS = (*_RANK, Reason.WHOLE, Reason.GROUP)
_LAST = np.iinfo(np.int64).max


def unmet_needs(
    problem: Problem, units: Ints, starts: Mapping[int, tuple[int, ...]], status: PlanStatus
) -> list[Unmet]:
    """Return what a plan leaves, with why, in the order of needs.

    `outbid` is a `capacity` where every such resource could serve the need and each unit that it serves instead is
    worth more for what it uses. `whole` and `group`, of a proved optimum, say that a unit could be served, but no way
    to serve all of the need, or of the group, beside the rest would add to the objective; of a plan that is not proved
    this is not known, and the reason is `undecided`.
    """
    left = problem.need_quantity.copy()
    given = np.flatnonzero(units)
    np.subtract.at(left, problem.need[given], units[given])
    short = np.flatnonzero(left)
    if not len(short):
        return []
    reasons = _one_more_unit(problem, units, left)
    hard = np.flatnonzero((left > 0) & _joined(problem))
    if len(hard):
        tried = _Trials(problem, units, starts).reasons(hard.tolist(), status)
        reasons[hard] = [_REASONS.index(tried[need]) for need in hard.tolist()]
    names = [str(reason) for reason in _REASONS]
    columns = (short.tolist(), left[short].tolist(), reasons[short].tolist())
    return [Unmet(need, quantity, names[reason]) for need, quantity, reason in zip(*columns, strict=True)]


def _joined(problem: Problem) -> Bools:
    """Return the needs that a look at each pair by itself does not do justice."""
    hard = hard_needs(problem)  # a need that is required is never left
    hard |= problem.need_whole & (problem.need_quantity > 1)
    for group in problem.groups:
        hard[list(group.needs)] = True
    return hard


def _one_more_unit(problem: Problem, units: Ints, left: Ints) -> Ints:
    """Return the number in `_REASONS` for each need with something left, looking at limit, capacity and pools alone."""
    rows = np.flatnonzero((left > 0)[problem.need])
    need, resource, use = problem.need[rows], problem.resource[rows], problem.use[rows]
    worth = problem.need_value[need] + problem.value[rows]
    given = np.flatnonzero(units)
    used = np.zeros(len(problem.resource_capacity), dtype=np.int64)
    np.add.at(used, problem.resource[given], units[given] * problem.use[given])
    rank = np.full(len(rows), _RANK.index(Reason.UNDECIDED), dtype=np.int8)
    if problem.pools:
        pool_free = np.full(len(used), _LAST, dtype=np.int64)
        for pool in problem.pools:
            free = pool.capacity - int(used[pool.resources].sum())
            pool_free[pool.resources] = np.minimum(pool_free[pool.resources], free)
        rank[use > pool_free[resource]] = _RANK.index(Reason.POOL)
    full = use > (problem.resource_capacity - used)[resource]
    rank[full] = _RANK.index(Reason.CAPACITY)
    rank[full & _serves_more(problem, units, resource, use, worth)] = _RANK.index(Reason.OUTBID)
    rank[units[rows] >= problem.limit[rows]] = _RANK.index(Reason.LIMIT)
    rank[worth + _beside(problem, units, rows) <= 0] = _RANK.index(Reason.NOT_WORTH)
    furthest = np.zeros(len(left), dtype=np.int8)
    np.maximum.at(furthest, need, rank)
    return furthest.astype(np.int64)


def _beside(problem: Problem, units: Ints, rows: Ints) -> Ints | int:
    """Return what one more unit on each pair adds to the objective beside its worth."""
    gain: Ints | int = 0
    if problem.change_cost and problem.current:
        gain = gain + problem.change_cost * (units[rows] < problem.kept[rows])
    if problem.balance:
        carried = problem.resource_load.copy()
        np.add.at(carried, problem.resource, units)
        gain = gain - problem.balance * (2 * carried[problem.resource[rows]] + 1)
    return gain


def _serves_more(problem: Problem, units: Ints, resource: Ints, use: Ints, worth: Ints) -> Bools:
    """Return of pairs whether their resource could serve them, and serves only what is worth more by its use.

    Parameters
    ----------
    resource, use, worth : shape (pairs,)
        Of each pair that is asked about.
    """
    serving = np.flatnonzero(units)
    serving = serving[problem.use[serving] > 0]
    lowest = np.full(len(problem.resource_capacity), _LAST, dtype=np.int64)
    worth_there = problem.need_value[problem.need[serving]] + problem.value[serving]
    np.minimum.at(lowest, problem.resource[serving], _a_use(worth_there, problem.use[serving]))
    more: Bools = (use <= problem.resource_capacity[resource]) & (_a_use(worth, use) < lowest[resource])
    return more


def _a_use(worth: Ints, use: Ints) -> Ints:
    """Return the worth of each unit of use, rounded down, so that "more" is never said wrongly."""
    return worth if use.max(initial=1) <= 1 else worth // np.maximum(1, use)


class _Trials:
    """Needs that are timed, whole, grouped or in conflict, tried beside the plan one pair after another."""

    def __init__(self, problem: Problem, units: Ints, starts: Mapping[int, tuple[int, ...]]) -> None:
        self.problem = problem
        self.ledger = Ledger(problem)
        for row in np.flatnonzero(units).tolist():
            self.ledger.book(row, int(units[row]), tuple(starts.get(row, ())))
        worth = problem.need_value[problem.need] + problem.value
        self.outbid = _serves_more(problem, units, problem.resource, problem.use, worth).tolist()
        self.group = {need: group for group in problem.groups for need in group.needs}

    def reasons(self, needs: list[int], status: PlanStatus) -> dict[int, Reason]:
        wanted = set(needs)
        rows: dict[int, list[int]] = {need: [] for need in needs}
        for row, need in enumerate(self.ledger.need):
            if need in wanted:
                rows[need].append(row)
        return {need: self._reason(need, mine, status) for need, mine in rows.items()}

    def _reason(self, need: int, rows: list[int], status: PlanStatus) -> Reason:
        group = self.group.get(need)
        others = group is not None and len(group.needs) > 1
        furthest = 0
        for row in rows:
            # A need that is worth nothing by itself may be worth it for those it is served with.
            worth = others or self.ledger.gain(row) > 0
            obstacle = (self.ledger.obstacle(row) or Reason.UNDECIDED) if worth else Reason.NOT_WORTH
            if obstacle is Reason.CAPACITY and self.outbid[row]:
                obstacle = Reason.OUTBID
            furthest = max(furthest, _RANK.index(obstacle))
        reason = _RANK[furthest]
        if reason is not Reason.UNDECIDED or status is not PlanStatus.OPTIMAL:
            return reason
        if others:
            return Reason.GROUP
        return Reason.WHOLE if group is not None or self.problem.need_whole[need] else Reason.UNDECIDED
