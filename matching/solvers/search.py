"""Problems of any kind and any size: prices for a bound, a plan made in their order, and that plan made better."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from matching.deadline import Deadline
from matching.plan import PlanStatus, plan_value
from matching.problem import Ints, Problem
from matching.solvers.instance import Instance, instance_of
from matching.solvers.placing import (
    SHORT,
    SPARE,
    VALUE,
    WORK,
    Board,
    empty_board,
    timed_units,
)
from matching.solvers.prices import Pricing
from matching.solvers.ruin_and_recreate import construct, follow, improve
from matching.solvers.serving import Guide, guide_of, pin
from matching.solvers.solution import Solution

METHOD = "prices, ruin and recreate"

_IMPOSSIBLE = -2  # what `pin` returns where it can't
_MOST_TIMED = 50_000_000  # timed units for which there is memory
_ROUNDS, _MOST_ROUNDS = 60, 1_000  # of prices before the search, more where there are few rows
_ROUNDS_OF_ROWS, _FROM_NOTHING = 4_000_000, 25  # times as many where no prices are there to start from
_CHUNK = 30_000  # steps of work between two looks at the clock
_STEPS, _STEPS_A_ROW = 40_000_000, 4_000  # steps of work where no time limit ends it


class TooMany(Exception):
    """The timed units of a problem don't fit into memory."""


def solve_by_search(
    problem: Problem,
    deadline: Deadline,
    *,
    threads: int = 1,
    seed: int = 0,
    relaxation: Solution | None = None,
    effort: float = 1.0,
) -> Solution:
    """Look for a good plan, and prove a bound, until the time is over or enough work is done.

    Parameters
    ----------
    threads
        With two or more, prices go on getting better beside the search.
    relaxation
        The optimum, with prices, of the flow that allows more.
    effort
        Multiplies the work after which it ends by itself.

    Returns
    -------
    Solution
        FEASIBLE, or UNKNOWN where what is required could not all be served; the bound is proved, and None where
        numbers are too large.

    Raises
    ------
    TooMany
        It does not fit into memory.
    """
    instance = instance_of(problem)
    if timed_units(instance) > _MOST_TIMED:
        raise TooMany
    return _Search(problem, instance, deadline, seed, relaxation, effort).run(threads)


class _Search:
    def __init__(
        self,
        problem: Problem,
        instance: Instance,
        deadline: Deadline,
        seed: int,
        relaxation: Solution | None,
        effort: float,
    ) -> None:
        self._problem, self._instance, self._deadline = problem, instance, deadline
        self._seed, self._effort = seed, effort
        self._relaxation = relaxation
        self._best: Board | None = None

    def run(self, threads: int) -> Solution:
        a = self._instance
        start = None if self._relaxation is None else self._relaxation.prices
        cost = np.zeros(len(a.need)) if start is None else a.use * start[a.resource].astype(float)
        guide = guide_of(a, cost)
        wider = self._relaxation
        like = None if wider is None or wider.objective is None else wider.units[a.candidate]
        first = self._made(guide, like, Deadline())  # something is there, however little time there was
        if self._deadline.over():
            self._keep(first)
            return self._solution(None)
        lower = int(first.tally[VALUE]) - int(guide.penalty) * int(first.tally[SHORT]) // 4
        pricing = Pricing(self._problem, a, lower=lower, carried=first.carried, prices=start)
        times = 1 if cost.any() else _FROM_NOTHING
        rounds = max(_ROUNDS, min(_MOST_ROUNDS, times * _ROUNDS_OF_ROWS // max(1, len(a.need))))
        pricing.improve(rounds, self._deadline.share(0.25))
        guide = guide_of(a, pricing.cost())
        board = max(first, self._made(guide, None, self._deadline), key=_rank)
        if like is not None:
            board = max(board, self._made(guide, like, self._deadline), key=_rank)
        self._keep(board)
        watch, enough = self._deadline.before(2 * pricing.slowest), threading.Event()
        beside = threading.Thread(
            target=pricing.improve, args=(10_000, Deadline(watch.left(), lambda: enough.is_set() or watch.over()))
        )
        if threads > 1:
            beside.start()
        try:
            self._improve(board, guide, watch)
        finally:
            enough.set()
        if threads > 1:
            beside.join()
        return self._solution(pricing.bound())

    def _made(self, guide: Guide, units: Ints | None, deadline: Deadline) -> Board:
        """Return a plan made in the order of prices, what is pinned and required first; `units` are given before."""
        a = self._instance
        board = empty_board(a, self._seed)
        self._pin(board, guide)
        rows = np.bincount(a.block[a.need], minlength=len(a.wanted))
        urgency = np.where(a.wanted, rows - len(a.need) - 1, 0)
        order = np.lexsort((guide.late, urgency))
        any_start = np.full(len(order), -1)
        step = max(1, 20_000 * len(order) // max(1, len(a.need)))
        for again in range(1 if units is None else 2):
            for first in range(0, len(order), step):
                last = min(len(order), first + step)
                if deadline.over():
                    break
                if units is not None and not again:
                    follow(a, board, guide, units, order, first, last)
                else:
                    construct(a, board, guide, order, any_start, first, last, False)
        return board

    def _pin(self, board: Board, guide: Guide) -> None:
        """Give what is fixed, with starts first, and the rest of what must be served with it."""
        a, fixed = self._instance, self._problem.fixed
        row_of = np.empty(len(a.candidate), dtype=np.int64)
        row_of[a.candidate] = np.arange(len(row_of))
        starts: dict[int, int] = {}
        for one in sorted(fixed, key=lambda one: one.start is None):
            row = int(row_of[one.candidate])
            block, timed = int(a.block[a.need[row]]), bool(a.duration[a.need[row]])
            for _ in range(one.quantity if timed else 1):
                wanted = one.start if one.start is not None else starts.get(block, -1)
                at = pin(a, board, row, 1 if timed else one.quantity, wanted)
                if at == _IMPOSSIBLE:
                    board.tally[SHORT] += 1  # never to be met
                    return
                if a.together[block] and timed:
                    starts[block] = at
        blocks = sorted({int(block) for block in a.block[a.need[a.pinned > 0]] if a.all_or_none[block]})
        at_minute = np.array([starts.get(block, -1) for block in blocks], dtype=np.int64)
        construct(a, board, guide, np.array(blocks, dtype=np.int64), at_minute, 0, len(blocks), True)
        for block in blocks:
            needs = a.block_need[a.block_first[block] : a.block_first[block + 1]]
            board.tally[SHORT] += int(board.left[needs].sum())

    def _improve(self, board: Board, guide: Guide, deadline: Deadline) -> None:
        a = self._instance
        units = np.bincount(a.need, weights=a.most, minlength=len(a.quantity))
        possible = np.ones(len(a.wanted), dtype=bool)
        possible[a.block[units < a.quantity]] &= ~a.all_or_none[a.block[units < a.quantity]]
        possible[a.block[units == 0]] = False
        blocks = np.flatnonzero(possible & guide.movable)
        if not len(blocks):
            return
        mark = np.zeros(len(a.wanted) + 1, dtype=np.int64)
        warm, cold = self._temperatures(guide, blocks)
        began, work = time.monotonic(), int(board.tally[WORK])
        budget = self._effort * (_STEPS + _STEPS_A_ROW * len(a.need))
        whole, kept_at = deadline.left(), work
        limited = False
        while not deadline.over():
            done = int(board.tally[WORK]) - work
            passed = time.monotonic() - began
            if done and not limited:
                limited = passed / done * budget > whole
            if not limited and done >= budget:
                break
            progress = passed / whole if limited else done / budget
            a_step = passed / done / whole if limited else 1 / budget
            improve(a, board, guide, blocks, mark, work + done + _CHUNK, progress, a_step, warm, cold)
            if int(board.tally[WORK]) - kept_at > len(a.need) // 4:
                self._keep(board)
                kept_at = int(board.tally[WORK])
        self._keep(board)

    def _temperatures(self, guide: Guide, blocks: Ints) -> tuple[float, float]:
        a = self._instance
        head = a.need_first[np.flatnonzero(np.diff(a.need_first))]
        top = np.maximum.reduceat(a.worth, head)
        mean = np.add.reduceat(a.worth, head) / np.diff(np.append(head, len(a.worth)))
        spread = float((top - mean).mean())
        lost = float(np.where(a.wanted[blocks], 0, np.maximum(0, guide.reward[blocks])).mean())
        warm = max(1e-3, 0.15 * spread + 0.1 * lost)
        return warm, warm / 100

    def _keep(self, board: Board) -> None:
        """Copy what the best plan so far consists of."""
        if self._best is None or _rank(board) > _rank(self._best):
            self._best = board._replace(
                **{name: getattr(board, name).copy() for name in ("units", "busy_start", "busy_row", "spare", "tally")}
            )

    def _solution(self, bound: int | None) -> Solution:
        a, best = self._instance, self._best
        assert best is not None  # noqa: S101  # it is kept before the search
        units = np.zeros(len(a.candidate), dtype=np.int64)
        if best.tally[SHORT] > 0:
            return Solution(PlanStatus.UNKNOWN, units, None, bound, METHOD)
        units[a.candidate] = best.units
        found = Solution(PlanStatus.FEASIBLE, units, plan_value(self._problem, units), bound, METHOD)
        return replace(found, starts=_starts(a, best))


def _rank(board: Board) -> tuple[int, int]:
    return -int(board.tally[SHORT]), int(board.tally[VALUE])


def _starts(a: Instance, board: Board) -> Mapping[int, tuple[int, ...]]:
    taken = np.ones(len(board.busy_row), dtype=bool)
    taken[board.spare[: int(board.tally[SPARE])]] = False
    row, start = a.candidate[board.busy_row[taken]], board.busy_start[taken]
    order = np.lexsort((start, row))
    starts: dict[int, list[int]] = {}
    for one, minute in zip(row[order].tolist(), start[order].tolist(), strict=True):
        starts.setdefault(one, []).append(minute)
    return {one: tuple(minutes) for one, minutes in starts.items()}
