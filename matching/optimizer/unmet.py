"""Why a plan leaves something of a need: one reason each, and each of them true of the plan as it stands.

Every pair of a need is tried against the plan: what stands in the way of one more unit? The rules are asked in the
order of `_RANK`, and the need gets the one at which the pair that came furthest fell. So `capacity` says: on some pair
nothing but capacity stands in the way, and on none nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matching.optimizer.starts import ranges_of
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
_SLICE = 200_000  # pairs whose pauses are looked at in one go


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
    group = _group_sizes(problem)
    reasons = _one_more_unit(problem, units, starts, left, group > 1)
    if status is PlanStatus.OPTIMAL:
        open_ = reasons == _RANK.index(Reason.UNDECIDED)
        reasons[open_ & (problem.need_whole | (group > 0))] = _REASONS.index(Reason.WHOLE)
        reasons[open_ & (group > 1)] = _REASONS.index(Reason.GROUP)
    names = [str(reason) for reason in _REASONS]
    columns = (short.tolist(), left[short].tolist(), reasons[short].tolist())
    return [Unmet(need, quantity, names[reason]) for need, quantity, reason in zip(*columns, strict=True)]


def _group_sizes(problem: Problem) -> Ints:
    """Return with how many needs, itself among them, each is grouped; 0 where it is in no group."""
    sizes = np.zeros(len(problem.need_quantity), dtype=np.int64)
    for group in problem.groups:
        sizes[list(group.needs)] = len(group.needs)
    return sizes


def _one_more_unit(
    problem: Problem, units: Ints, starts: Mapping[int, tuple[int, ...]], left: Ints, with_others: Bools
) -> Ints:
    """Return the number in `_REASONS` for each need with something left.

    A need that is worth nothing by itself may be worth it for those that it is served with.
    """
    rows = np.flatnonzero((left > 0)[problem.need])
    need, resource, use = problem.need[rows], problem.resource[rows], problem.use[rows]
    worth = problem.need_value[need] + problem.value[rows]
    given = np.flatnonzero(units)
    used = np.zeros(len(problem.resource_capacity), dtype=np.int64)
    np.add.at(used, problem.resource[given], units[given] * problem.use[given])
    # What is asked first is written last.
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
    never, busy = _no_time(problem, starts, rows)
    rank[busy] = _RANK.index(Reason.TIME)
    rank[_in_conflict(problem, given, rows)] = _RANK.index(Reason.CONFLICT)
    rank[never] = _RANK.index(Reason.TIME)
    rank[units[rows] >= problem.limit[rows]] = _RANK.index(Reason.LIMIT)
    rank[(worth + _beside(problem, units, rows) <= 0) & ~with_others[need]] = _RANK.index(Reason.NOT_WORTH)
    furthest = np.zeros(len(left), dtype=np.int8)
    np.maximum.at(furthest, need, rank)
    return furthest.astype(np.int64)


def _in_conflict(problem: Problem, given: Ints, rows: Ints) -> Bools:
    """Return which rows' resource serves (`given`, rows of the plan) a need that must not be served beside theirs."""
    found = np.zeros(len(rows), dtype=bool)
    if not problem.conflicts:
        return found
    pairs = np.array(list(problem.conflicts), dtype=np.int64)
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    first = np.searchsorted(pairs[:, 0], np.arange(len(problem.need_quantity) + 1))
    at, enemy = _each_with(rows, first, problem.need)
    width = len(problem.resource_capacity)
    served = problem.need[given] * width + problem.resource[given]
    found[at[np.isin(pairs[enemy, 1] * width + problem.resource[rows[at]], served)]] = True
    return found


def _no_time(problem: Problem, starts: Mapping[int, tuple[int, ...]], rows: Ints) -> tuple[Bools, Bools]:
    """Return which timed rows no start suits as far as windows go, and for which their resource is at work then."""
    minutes = problem.need_duration[problem.need]
    never = minutes[rows] > 0
    if not never.any():
        return never, never
    busy = never.copy()
    work = [(row, start) for row, mine in starts.items() for start in mine]
    row, start = np.array(work, dtype=np.int64).reshape(-1, 2).T
    order = np.lexsort((start, problem.resource[row]))
    row, start = row[order], start[order]
    resources = len(problem.resource_capacity)
    first = np.searchsorted(problem.resource[row], np.arange(resources + 1))
    # The pauses of a resource lie before, between and after its work.
    begins = np.insert(start + minutes[row], first[:-1], 0)
    ends = np.insert(start, first[1:], _LAST)
    first = first + np.arange(resources + 1)

    for begin in range(0, len(rows), _SLICE):
        nth, low, high = ranges_of(problem, rows[begin : begin + _SLICE])
        never[begin + nth] = False
        of_range = rows[begin + nth]
        at, pause = _each_with(of_range, first, problem.resource)
        fits = np.maximum(low[at], begins[pause]) <= np.minimum(high[at], ends[pause] - minutes[of_range[at]])
        busy[begin + nth[at[fits]]] = False
    return never, busy


def _each_with(rows: Ints, first: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """Return every pair of a place in `rows` and one of its owner's `first[o]` to `first[o + 1]`."""
    mine = owner[rows]
    counts = first[mine + 1] - first[mine]
    at = np.repeat(np.arange(len(rows)), counts)
    return at, np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts - first[mine], counts)


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
