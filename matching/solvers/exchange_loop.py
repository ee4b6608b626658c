"""The loop of `exchange`: needs move to other resources, or change places, at a falling temperature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.problem import Ints
from matching.solvers.compiled import compiled, inner
from matching.solvers.dice import Dice, dice_of, roll

Floats = npt.NDArray[np.float64]

_PATIENCE = 10  # times as many steps as needs between two looks at what is too full
_DEARER, _CHEAPER, _CHEAPEST = 1.05, 0.99, 0.3
WORTH, OVER, BEST = range(3)  # of the tally
_SWAPS = 0.7  # of the steps where there is somebody to change places with


class Choices(NamedTuple):
    """What each need may choose from; the last resource stands for being served by none.

    Attributes
    ----------
    first : shape (needs + 1,)
        Where each need's choices begin.
    row : shape (choices,)
        The instance's, those of a need side by side, the best by its price first; −1 for none.
    resource, use, worth : shape (choices,)
    capacity : shape (resources + 1,)
    place : shape (resources + 2,)
        Where the list of needs that are on each resource begins.
    fine : shape (resources + 1,)
        What a unit of use beyond the capacity costs at first, in units of worth.
    """

    first: Ints
    row: Ints
    resource: Ints
    use: Floats
    worth: Floats
    capacity: Floats
    place: Ints
    fine: Floats


class State(NamedTuple):
    """A plan that may be too full, changed in place, and the best so far that was not.

    Attributes
    ----------
    choice, best : shape (needs,)
        The choice of each need now, and in the best plan.
    at, on, members
        The place of each need in its resource's list, the lists, and how long each is.
    load, fine : shape (resources + 1,)
    tally : shape (3,)
        The worth now, the use beyond capacities now, the worth of the best (−inf while there is none).
    dice
        Random numbers; `roll` changes them.
    """

    choice: Ints
    best: Ints
    at: Ints
    on: Ints
    members: Ints
    load: Floats
    fine: Floats
    tally: Floats
    dice: Dice


def first_state(c: Choices, seed: int) -> State:
    """Return the plan in which each need has its first choice."""
    needs, resources = len(c.first) - 1, len(c.capacity)
    state = State(
        choice=c.first[:-1].copy(),
        best=c.first[:-1].copy(),
        at=np.zeros(needs, dtype=np.int64),
        on=np.zeros(len(c.resource), dtype=np.int64),
        members=np.zeros(resources, dtype=np.int64),
        load=np.zeros(resources),
        fine=c.fine.copy(),
        tally=np.array([0.0, 0.0, -np.inf]),
        dice=dice_of(seed),
    )
    _put_in(c, state)
    return state


@compiled
def _put_in(c: Choices, s: State) -> None:
    for need in range(len(s.choice)):
        row = s.choice[need]
        resource = c.resource[row]
        s.at[need] = s.members[resource]
        s.on[c.place[resource] + s.members[resource]] = need
        s.members[resource] += 1
        s.load[resource] += c.use[row]
        s.tally[WORTH] += c.worth[row]
    for resource in range(len(s.load)):
        s.tally[OVER] += max(0.0, s.load[resource] - c.capacity[resource])
    if s.tally[OVER] == 0:
        s.tally[BEST] = s.tally[WORTH]


@compiled
def exchange(c: Choices, s: State, begin: int, end: int, steps: int, warm: float, cold: float) -> None:
    """Take the steps from `begin` to `end` of so many, at a temperature that falls from `warm` to `cold`."""
    needs = len(s.choice)
    for step in range(begin, end):
        if step % (_PATIENCE * needs) == 0:
            _set_fines(c, s)
        need = min(needs - 1, int(roll(s.dice) * needs))
        first = c.first[need]
        choices = c.first[need + 1] - first
        row = first + min(choices - 1, int(roll(s.dice) * choices))
        old = s.choice[need]
        here, there = c.resource[old], c.resource[row]
        if here == there:
            continue
        other, back = -1, -1
        if s.members[there] and roll(s.dice) < _SWAPS:
            other = s.on[c.place[there] + min(s.members[there] - 1, int(roll(s.dice) * s.members[there]))]
            back = _choice_of(c, other, here)
            if back < 0:
                continue
        load_here, load_there = s.load[here] - c.use[old], s.load[there] + c.use[row]
        gained = c.worth[row] - c.worth[old]
        if other >= 0:
            load_here += c.use[back]
            load_there -= c.use[s.choice[other]]
            gained += c.worth[back] - c.worth[s.choice[other]]
        fuller_here = max(0.0, load_here - c.capacity[here]) - max(0.0, s.load[here] - c.capacity[here])
        fuller_there = max(0.0, load_there - c.capacity[there]) - max(0.0, s.load[there] - c.capacity[there])
        better = gained - s.fine[here] * fuller_here - s.fine[there] * fuller_there
        if better < 0 and roll(s.dice) >= np.exp(better / (warm * (cold / warm) ** (step / steps))):
            continue
        if other >= 0:
            s.at[need], s.at[other] = s.at[other], s.at[need]
            s.on[c.place[here] + s.at[other]] = other
            s.on[c.place[there] + s.at[need]] = need
            s.choice[other] = back
        else:
            s.members[here] -= 1
            last = s.on[c.place[here] + s.members[here]]
            s.on[c.place[here] + s.at[need]] = last
            s.at[last] = s.at[need]
            s.on[c.place[there] + s.members[there]] = need
            s.at[need] = s.members[there]
            s.members[there] += 1
        s.choice[need] = row
        s.load[here], s.load[there] = load_here, load_there
        s.tally[WORTH] += gained
        s.tally[OVER] += fuller_here + fuller_there
        if s.tally[OVER] == 0 and s.tally[WORTH] > s.tally[BEST]:
            s.tally[BEST] = s.tally[WORTH]
            s.best[:] = s.choice


@inner
def _choice_of(c: Choices, need: int, resource: int) -> int:
    for row in range(c.first[need], c.first[need + 1]):
        if c.resource[row] == resource:
            return row
    return -1


@inner
def _set_fines(c: Choices, s: State) -> None:
    """Make it dearer to be too full where something is, and cheaper elsewhere."""
    for resource in range(len(s.load)):
        if s.load[resource] > c.capacity[resource]:
            s.fine[resource] *= _DEARER
        else:
            s.fine[resource] = max(_CHEAPEST * c.fine[resource], _CHEAPER * s.fine[resource])
