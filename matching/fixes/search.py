"""The cheapest fix of an unmet need: fewest changes, then the least kind, then the smallest; each is proved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from matching.deadline import Deadline
from matching.errors import TooLarge
from matching.fixes.changes import KINDS, Change, union
from matching.fixes.options import Option, new_pair, options_of
from matching.fixes.proofs import Case
from matching.optimizer.parts import cut_out
from matching.optimizer.requirements import enough_of
from matching.optimizer.shape import components
from matching.plan import Plan
from matching.problem import LARGEST, Ints, Problem

_PAIRED = 24  # options of which every pair is tried
LOOKS, SEARCHES = 2_000, 100  # proofs beside the plan, and by solving anew, that are tried for one need
_TRIED = 50  # resources that are tried for a need that has no pair
_MOST_UNITS = 2.0**60  # wanted in all, that sums of 64 bits hold

Found = tuple[int, list[Change]]
"""A fix, and the size of its change where it is but one."""


def with_fixes(problem: Problem, plan: Plan, count: int, deadline: Deadline, *, threads: int, seed: int) -> Plan:
    """Return a plan with fixes of its first unmet needs: by their own value a unit, ties in the order of needs.

    A fix is looked for among what is connected with the need: first one that serves it beside the plan as it stands,
    then, as long as the need's share of the time lasts, a cheaper one. Where nothing was found it is None.
    """
    order = sorted(range(len(plan.unmet)), key=lambda i: -int(problem.need_value[plan.unmet[i].need]))[:count]
    wanted = float(problem.need_quantity[problem.need].astype(float).sum())
    if not order or wanted > _MOST_UNITS:
        return plan
    finder = _Finder(problem, plan, *components(problem), threads, seed)
    unmet = list(plan.unmet)
    for done, number in enumerate(order):
        share = deadline.share(1 / (len(order) - done))
        unmet[number] = replace(unmet[number], fix=finder.fix(unmet[number].need, share))
    return replace(plan, unmet=unmet)


@dataclass(frozen=True, slots=True, eq=False)
class _Finder:
    """Puts a need's case, and looks where its fix may lie."""

    problem: Problem
    plan: Plan
    of_need: Ints
    of_resource: Ints
    threads: int
    seed: int

    def fix(self, need: int, deadline: Deadline) -> list[Change] | None:
        if deadline.over():
            return None
        if (self.problem.need == need).any():
            return self._cheapest(self._case(need, self.of_need[[need]]), deadline)
        used = np.zeros(len(self.of_resource), dtype=np.int64)
        np.add.at(used, self.problem.resource, self.plan.units * self.problem.use)
        room = np.minimum(self.problem.resource_capacity - used, self.problem.need_quantity[need])
        best = None
        for resource in np.argsort(-room, kind="stable")[:_TRIED].tolist():
            if deadline.over():
                break
            pair = new_pair(self.problem, need, resource)
            case = self._case(need, np.array([self.of_need[need], self.of_resource[resource]]))
            try:
                case = case.given(pair)
            except TooLarge:
                return None
            if case.fits([]) or self._proved(case, deadline)([]):
                return [pair]
            best = best or (case, pair)
        if best is None:
            return None
        found = self._cheapest(best[0], deadline)
        return None if found is None else [*found, best[1]]

    def _case(self, need: int, parts: Ints) -> Case:
        part = cut_out(self.problem, np.isin(self.of_need, parts), np.isin(self.of_resource, parts))
        return Case.of_part(part, self.plan.units, self.plan.starts, need)

    def _cheapest(self, case: Case, deadline: Deadline) -> list[Change] | None:
        near = case.around()
        own = [option for option in options_of(near.problem, near.need) if option.own]
        first = FixSearch(near.problem, near.fits, deadline, LOOKS).fix(own)
        if first is not None and not case.fits(first[1]):
            first = None
        everything = FixSearch(case.problem, self._proved(case, deadline), deadline, SEARCHES)
        found = everything.fix(options_of(case.problem, case.need), first)
        return None if found is None else found[1]

    def _proved(self, case: Case, deadline: Deadline) -> Callable[[Sequence[Change]], bool]:
        def proved(fix: Sequence[Change]) -> bool:
            return case.has_plan(fix, deadline, threads=self.threads, seed=self.seed)

        return proved


class FixSearch:
    """Looks for a fix among some changes.

    Parameters
    ----------
    problem
        What the changes change.
    proved
        Whether changes are proved to serve the need; where some are, more of them or larger ones are too.
    tries
        How often that may be asked.
    kinds
        Of change, the least first.
    """

    def __init__(
        self,
        problem: Problem,
        proved: Callable[[Sequence[Change]], bool],
        deadline: Deadline,
        tries: int,
        kinds: Sequence[str] = KINDS,
    ) -> None:
        self._problem, self._proved, self._deadline, self._tries = problem, proved, deadline, tries
        self._kinds = kinds

    def fix(self, options: Sequence[Option], known: Found | None = None) -> Found | None:
        """Return the cheapest fix that was found.

        Parameters
        ----------
        known
            A fix, which is returned where nothing cheaper is found.
        """
        if self._serves([]):
            return 0, []
        single = known if known is not None and len(known[1]) == 1 else None
        for kind in self._kinds:
            mine = [option for option in options if option.kind == kind]
            best = single if single is not None and single[1][0]["change"] == kind else None
            for own in (True, False):  # of equals, one of the need's own
                best = self._smallest([option for option in mine if option.own is own], best)
            if best is not None:
                return best
        if known is not None and len(known[1]) == 2:
            return self._sizes(_options_of(known[1], options)) or known
        return self._several(options) or known

    def _serves(self, changes: Sequence[Change]) -> bool:
        if self._over():
            return False
        self._tries -= 1
        return self._proved(changes)

    def _over(self) -> bool:
        return self._tries <= 0 or self._deadline.over()

    # ── one change ──────────────────────────────────────────────────────────────────────────────────────────────

    def _smallest(self, options: Sequence[Option], best: Found | None) -> Found | None:
        """Return a change that is enough and smaller than the best so far; else the best so far.

        Where all of them together are not enough, none is.
        """
        below = LARGEST if best is None else best[0] - 1
        if not options or below < 1:
            return best
        if len(options) == 1:
            return self._sized(options[0], below, []) or best
        if not self._serves([option.sized(below) for option in options]):
            return best
        half = len(options) // 2
        return self._smallest(options[half:], self._smallest(options[:half], best))

    def _sized(self, option: Option, most: int, beside: Sequence[Change]) -> Found | None:
        """Return the least size of a change, up to `most`, that is enough beside others; None where none is."""
        if option.kind == "window":
            return self._window(option, most, beside)
        most = min(most, option.most)
        low, high = 0, 1
        while not self._serves([option.sized(high), *beside]):
            if high >= most or self._over():
                return None
            low, high = high, min(most, 2 * high)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._serves([option.sized(middle), *beside]) else (middle, high)
        return None if high > 1 and self._over() else (high, [option.sized(high)])

    # ── windows ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _window(self, option: Option, most: int, beside: Sequence[Change]) -> Found | None:
        """Return the window of fewest new minutes that was found to be enough: in one gap, or over several."""
        problem = self._problem
        (side, name), *_ = option.names.items()
        ids, windows = (
            (problem.need_ids, problem.need_windows)
            if side == "need"
            else (problem.resource_ids, problem.resource_windows)
        )
        there = sorted(windows.list(list(ids).index(name)) or [])
        edges = [0, *(edge for window in there for edge in window), option.most]
        gaps = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i] < edges[i + 1]]
        if side == "need":  # its windows that only touch stay apart; one that goes on must overlap
            gaps = [(max(0, start - 1), min(end + 1, option.most)) for start, end in gaps]
        whole = [(0, option.most)] if len(gaps) > 1 else []
        best: tuple[int, tuple[int, int]] | None = None
        for gap in gaps + whole:
            if gap == (0, option.most) and best is not None:
                break
            for end_first in (True, False):
                add = self._trimmed(option, gap, beside, end_first=end_first)
                if add is None:
                    break
                new = add[1] - add[0] - sum(max(0, min(e, add[1]) - max(s, add[0])) for s, e in there)
                if new <= most and (best is None or new < best[0]):
                    best = (new, add)
        if best is None or self._over():
            return None
        add = best[1]
        if side == "need":  # told as the whole window that comes of it
            add = next(window for window in union(there, add) if window[0] <= add[0] < window[1])
        return best[0], [{"change": "window", **option.names, "add": list(add)}]

    def _trimmed(
        self, option: Option, gap: tuple[int, int], beside: Sequence[Change], *, end_first: bool
    ) -> tuple[int, int] | None:
        """Return what is needed of a gap: no shorter part of it is enough."""

        def enough(start: int, end: int) -> bool:
            return self._serves([{"change": "window", **option.names, "add": [start, end]}, *beside])

        if not enough(*gap):
            return None
        start, end = gap
        for trim_end in (end_first, not end_first):
            low, high = start, end  # of an end: low is too early; of a start: high is too late
            while high - low > 1:
                middle = (low + high) // 2
                if trim_end:
                    low, high = (low, middle) if enough(start, middle) else (middle, high)
                else:
                    low, high = (middle, high) if enough(middle, end) else (low, middle)
            start, end = (start, high) if trim_end else (low, end)
        return start, end

    # ── several changes ─────────────────────────────────────────────────────────────────────────────────────────

    def _several(self, options: Sequence[Option]) -> Found | None:
        """Return changes that are enough together: none could be dropped, and where it was seen, no two would do."""
        own = [option for option in options if option.own]
        for among in (own, options):
            if len(among) > 1 and self._enough(among):
                chosen = enough_of(among, self._enough)
                break
        else:
            return None
        if len(chosen) > 2:
            chosen = next((list(pair) for pair in combinations(self._some(own), 2) if self._enough(pair)), chosen)
        return self._sizes(chosen)

    def _some(self, options: Sequence[Option]) -> list[Option]:
        """Return so many that every pair can be tried: of each kind the first."""
        each = _PAIRED // len({option.kind for option in options})
        return [o for kind in self._kinds for o in [o for o in options if o.kind == kind][:each]]

    def _sizes(self, chosen: Sequence[Option]) -> Found | None:
        """Return changes that are enough together, none of which could be smaller; None where they are not."""
        changes = [option.sized(LARGEST) for option in chosen]
        if not self._serves(changes):
            return None
        for number, option in reversed(list(enumerate(chosen))):
            found = self._sized(option, LARGEST, changes[:number] + changes[number + 1 :])
            if found is None:
                return None
            changes[number] = found[1][0]
        return None if self._over() else (0, changes)

    def _enough(self, options: Sequence[Option]) -> bool:
        return self._serves([option.sized(LARGEST) for option in options])


def _options_of(fix: Sequence[Change], options: Sequence[Option]) -> list[Option]:
    """Return the options of which a fix was made."""
    made = [(change["change"], change) for change in fix]
    return [
        next(o for o in options if o.kind == kind and all(change.get(name) == o.names[name] for name in o.names))
        for kind, change in made
    ]
