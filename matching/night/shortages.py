"""Where less can be given than is asked for, whatever the plan, and who is the only one for something.

References
----------
P. Hall, "On representatives of subsets", J. London Math. Soc. 10 (1935): needs that reach too little capacity together
can't all be served.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from graph.model.plans import Shortage, Sole
from matching.night.problem import NightProblem, community_of, sums
from matching.problem import Ints

SHOWN = 20


def shortages(table: NightProblem) -> tuple[Shortage, ...]:
    """Return capabilities of which more is asked for than all who could serve it have, the most missing first.

    Needs are taken by what they ask for, in their community and in the whole plan; those that nobody could serve are
    left out, as their reasons say why. A sum that suffices is no promise: others may ask for the same units.
    """
    snapshot, width = table.snapshot, max(1, len(table.snapshot.areas.id))
    asks = _asked(table)
    of_areas = np.where(asks >= 0, asks * width + community_of(table), -1)
    found = []
    for group, *figures in _missing(table, of_areas):
        area = str(snapshot.areas.id[group % width])
        found.append(Shortage(str(snapshot.capabilities[group // width]), area, *figures))
    told = {(one.capability, one.needs) for one in found}
    for group, *figures in _missing(table, asks):
        one = Shortage(str(snapshot.capabilities[group]), None, *figures)
        if (one.capability, one.needs) not in told:  # else only one community asks for it
            found.append(one)
    found.sort(key=lambda one: (-one.missing, one.capability, one.area or ""))
    return tuple(found[:SHOWN])


def _asked(table: NightProblem) -> Ints:
    """Return of each need the row of what it asks for, of several always the same; −1 of those that only hold units."""
    snapshot = table.snapshot
    asked = np.full(len(table.wanted), len(snapshot.capabilities), dtype=np.int64)
    np.minimum.at(asked, snapshot.requires.left, snapshot.requires.right)
    asked[asked == len(snapshot.capabilities)] = -1
    return asked


def _missing(table: NightProblem, group: Ints) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Yield groups of needs that reach too little, with their needs, units asked for, resources, units, units missing.

    Parameters
    ----------
    group : shape (needs,)
        −1 for needs that are in none.
    """
    problem, width = table.problem, max(1, len(table.capacity))
    could = (group[problem.need] >= 0) & (problem.limit > 0)
    own_held = np.where(np.arange(len(problem.need)) >= len(table.fresh), problem.limit, 0)
    keys, key = np.unique((group[problem.need] * width + problem.resource)[could], return_inverse=True)
    resource = keys % width
    # What needs of other groups hold there stays theirs.
    room = table.capacity[resource] - table.held_units[resource] + sums(key, own_held[could], len(keys))
    most = sums(key, np.minimum(problem.limit, table.wanted[problem.need])[could], len(keys))
    reached = np.zeros(len(group), dtype=np.bool_)
    reached[problem.need[could]] = True
    groups, mine = np.unique(group[reached], return_inverse=True)
    needs = sums(mine, np.ones(len(mine), dtype=np.int64), len(groups))
    asked = sums(mine, table.wanted[reached], len(groups))
    owner = np.searchsorted(groups, keys // width)
    resources = sums(owner, np.ones(len(keys), dtype=np.int64), len(groups))
    units = sums(owner, np.minimum(room, most), len(groups))
    for row in np.flatnonzero(asked > units).tolist():
        missing = int(asked[row] - units[row])
        yield int(groups[row]), int(needs[row]), int(asked[row]), int(resources[row]), int(units[row]), missing


def sole_providers(table: NightProblem) -> tuple[Sole, ...]:
    """Return resources that are the only one for some needs, those for the most units first."""
    problem = table.problem
    could = problem.limit > 0
    first = np.full(len(table.wanted), len(table.capacity), dtype=np.int64)
    last = np.full(len(table.wanted), -1, dtype=np.int64)
    np.minimum.at(first, problem.need[could], problem.resource[could])
    np.maximum.at(last, problem.need[could], problem.resource[could])
    alone = np.flatnonzero((first == last) & (table.wanted > 0))
    needs = sums(first[alone], np.ones(len(alone), dtype=np.int64), len(table.capacity))
    asked = sums(first[alone], table.wanted[alone], len(table.capacity))
    best = [row for row in np.argsort(-asked, kind="stable")[:SHOWN].tolist() if asked[row] > 0]
    return tuple(Sole(table.resource_ids[row], int(needs[row]), int(asked[row])) for row in best)
