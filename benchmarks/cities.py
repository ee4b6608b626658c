"""Made-up cities of four sizes, as problems: a flow, and the same with times, teams, groups and conflicts.

Places, skills and demand are skewed as a city's are: communities around a few centres, grids within them, skills by
Zipf's law and differently in demand than in supply, capacity short. A candidate is one of the 30 nearest resources that
have the capability, within 8 km. What a unit is worth is the weight of its urgency (1, 2, 4, 8) × 10,000, and a fit
below 1,000.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching import Problem
from matching.problem import Bools, Group, Ints, Windows

SIZES = {"S": (200, 250), "M": (2_000, 1_000), "L": (10_000, 3_000), "X": (100_000, 15_716)}
"""Needs and resources; X is a city of 72 communities, 15,000 volunteers and 716 organisations."""

NEAREST, REACH_KM = 30, 8.0
SKILLS, GOODS = 24, 16  # capabilities of volunteers, and of organisations
_BLOCK = 4_000_000  # distances that are held at a time

Points = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Shares = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """The problem, and what of its needs and resources the richer form is made from."""

    problem: Problem
    need_grid: Ints
    need_capability: Ints
    volunteer: Bools


def flow_city(size: str, seed: int) -> Problem:
    """Return a city that is a flow: at X about 2.9 million candidates."""
    return _city(size, seed).problem


def rich_city(size: str, seed: int, share: float = 1.0) -> Problem:
    """Return the same city with side constraints on a share (0 to 1) of its needs.

    Each of these needs is timed, or whole with at least two units. Times are minutes of a day of 14 hours: appointed
    with up to an hour to spare, in a half of the day, or any. A long visit takes two units of a volunteer. A team (a
    skill in two units or more) is whole, of different people. One need in ten is served only with a neighbour's, half
    of these at the same minute, and one in ten must not be served by whoever serves a neighbour's.
    """
    city = _city(size, seed)
    rng = np.random.default_rng([seed, 1])
    problem = city.problem
    needs, resources = len(problem.need_quantity), len(problem.resource_capacity)
    chosen = rng.random(needs) < share
    skill = city.need_capability < SKILLS
    timed = chosen & skill & (rng.random(needs) < 0.75)
    quantity = np.where(chosen & ~timed, np.maximum(2, problem.need_quantity), problem.need_quantity)
    whole = chosen & (quantity > 1)
    duration = np.where(timed, rng.choice([30, 60, 90, 120, 180, 240], needs, p=[0.2, 0.3, 0.2, 0.15, 0.1, 0.05]), 0)
    opens, closes, always = _need_windows(rng, duration)

    by_grid = np.flatnonzero(chosen)[np.lexsort((rng.random(chosen.sum()), city.need_grid[chosen]))]
    groups: list[Group] = []
    for a, b in _some_pairs(rng, by_grid, 0.1):
        together = bool(timed[a] and timed[b] and rng.random() < 0.5)
        if together:
            opens[b], closes[b], always[b] = opens[a], max(closes[a], opens[a] + duration[b]), always[a]
        groups.append(Group(f"group {len(groups)}", (a, b), together))
    alike = np.flatnonzero(chosen)[np.lexsort((city.need_grid[chosen], city.need_capability[chosen]))]

    long_visit = (duration >= 180)[problem.need] & city.volunteer[problem.resource]
    return replace(
        problem,
        need_quantity=quantity,
        limit=np.where((whole & skill)[problem.need], 1, quantity[problem.need]),
        use=np.where(long_visit, 2, 1),
        need_whole=whole,
        need_duration=duration,
        need_windows=_one_window_each(opens, closes, always | ~timed),
        resource_windows=_shifts(rng, city.volunteer, resources),
        groups=groups,
        conflicts=_some_pairs(rng, alike, 0.1),
    )


def _city(size: str, seed: int) -> City:
    needs, resources = SIZES[size]
    rng = np.random.default_rng(seed)
    organisations = max(4, round(resources * 716 / 15_716))
    volunteers = resources - organisations
    grid_place, grid_share = _grids(rng, max(1, round(72 * resources / 15_716)))

    resource_place = _near(rng, grid_place[rng.choice(len(grid_place), resources, p=grid_share)])
    capacity = np.concatenate(
        [
            rng.choice([1, 2, 3, 4, 5], volunteers, p=[0.3, 0.3, 0.2, 0.12, 0.08]),
            np.clip(rng.lognormal(3.6, 0.9, organisations), 5, 600).astype(np.int64),
        ]
    )
    rating = rng.beta(6, 2, resources)
    skill_supply, goods_share = _zipf(SKILLS, 0.9), _zipf(GOODS, 0.7)
    skill_demand = 0.6 * skill_supply + 0.4 * rng.permutation(skill_supply)
    skills = np.repeat(np.arange(volunteers), rng.choice([1, 2, 3, 4], volunteers, p=[0.45, 0.33, 0.16, 0.06]))
    goods = np.repeat(
        np.arange(volunteers, resources), rng.choice([1, 2, 3, 4, 5], organisations, p=[0.2, 0.3, 0.25, 0.15, 0.1])
    )
    provided = np.concatenate(
        [rng.choice(SKILLS, len(skills), p=skill_supply), SKILLS + rng.choice(GOODS, len(goods), p=goods_share)]
    )
    provides = np.unique(np.concatenate([skills, goods]) * (SKILLS + GOODS) + provided)
    provider, provided = np.divmod(provides, SKILLS + GOODS)
    level = rng.integers(1, 6, len(provides))

    capability = np.where(
        rng.random(needs) < 0.3,
        SKILLS + rng.choice(GOODS, needs, p=goods_share),
        rng.choice(SKILLS, needs, p=skill_demand),
    )
    demand = grid_share * rng.lognormal(0, 0.5, len(grid_share))
    need_grid = rng.choice(len(grid_place), needs, p=demand / demand.sum())
    need_place = _near(rng, grid_place[need_grid])
    quantity = rng.choice([1, 2, 3, 4, 5], needs, p=[0.72, 0.16, 0.07, 0.03, 0.02])
    weight = rng.choice([1, 2, 4, 8], needs, p=[0.45, 0.3, 0.17, 0.08])

    found = []
    for wanted in range(SKILLS + GOODS):
        mine, those = np.flatnonzero(capability == wanted), np.flatnonzero(provided == wanted)
        if len(mine) and len(those):
            row, at, km = _nearest(need_place[mine], resource_place[provider[those]])
            found.append((mine[row], those[at], km))
    need, at, km = (np.concatenate([columns[i] for columns in found]) for i in range(3))
    order = np.lexsort((provider[at], need))
    need, at, km = need[order], at[order], km[order]
    claimed = rng.random(len(need)) < 0.02
    fit = 80 * level[at] + 350 * np.exp(-km / 1.5) + 150 * rating[provider[at]] + 99 * claimed
    problem = Problem(
        need_quantity=quantity,
        need_value=weight * 10_000,
        resource_capacity=capacity,
        need=need,
        resource=provider[at],
        value=np.clip(fit, 0, 999).astype(np.int64),
    )
    return City(problem, need_grid, capability, np.arange(resources) < volunteers)


def _grids(rng: np.random.Generator, communities: int) -> tuple[Points, Shares]:
    """Return the place in km of each grid, and its share of the people; as dense whatever the size."""
    side = 20.0 * np.sqrt(communities / 72)
    centres = rng.uniform(0, side, (max(1, communities // 12), 2))
    place = np.clip(
        centres[rng.integers(0, len(centres), communities)] + rng.normal(0, side / 7, (communities, 2)), 0, side
    )
    people = rng.lognormal(0, 0.5, communities)
    community = np.repeat(np.arange(communities), np.maximum(3, rng.poisson(1206 / 72, communities)))
    share = people[community] * rng.lognormal(0, 0.4, len(community))
    return place[community] + rng.normal(0, 0.45, (len(community), 2)), share / share.sum()


def _near(rng: np.random.Generator, place: Points) -> Points:
    return place + rng.normal(0, 0.1, place.shape)


def _zipf(count: int, exponent: float) -> Shares:
    share = 1 / np.arange(1, count + 1) ** exponent
    return np.asarray(share / share.sum())


def _nearest(place: Points, others: Points) -> tuple[Ints, Ints, Shares]:
    """Return the pairs of each place with the others nearest to it, and their distance in km."""
    most = min(NEAREST, len(others))
    found = []
    for first in range(0, len(place), max(1, _BLOCK // len(others))):
        mine = place[first : first + max(1, _BLOCK // len(others))]
        squares = (mine[:, None, 0] - others[None, :, 0]) ** 2 + (mine[:, None, 1] - others[None, :, 1]) ** 2
        at = np.argpartition(squares, most - 1, axis=1)[:, :most]
        km = np.sqrt(np.take_along_axis(squares, at, axis=1))
        row, column = np.nonzero(km < REACH_KM)
        found.append((first + row, at[row, column], km[row, column]))
    rows, at, km = (np.concatenate([columns[i] for columns in found]) for i in range(3))
    return rows, at, km


def _need_windows(rng: np.random.Generator, duration: Ints) -> tuple[Ints, Ints, Bools]:
    """Return when each window opens and closes, and whether there is none."""
    needs, day = len(duration), 14 * 60
    kind = rng.choice(["appointed", "half", "any"], needs, p=[0.4, 0.4, 0.2])
    start = 15 * rng.integers(0, day // 15, needs)
    start = np.minimum(start, day - duration)
    afternoon = rng.random(needs) < 0.5
    opens = np.where(kind == "appointed", start, np.where(afternoon, day // 2, 0))
    spare = 15 * rng.integers(0, 5, needs)
    closes = np.where(kind == "appointed", start + duration + spare, opens + day // 2)
    return opens, closes, kind == "any"


def _one_window_each(opens: Ints, closes: Ints, always: Bools) -> Windows:
    owned = np.flatnonzero(~always)
    return Windows(np.concatenate([[0], np.cumsum(~always)]), opens[owned], closes[owned], always)


def _shifts(rng: np.random.Generator, volunteer: Bools, resources: int) -> Windows:
    """Return when resources work: half of the volunteers, morning, afternoon or both with a pause between."""
    shifts = {"morning": [(0, 300)], "afternoon": [(360, 840)], "both": [(0, 300), (360, 840)]}
    mine = rng.choice([*shifts, "always"], resources, p=[0.15, 0.2, 0.15, 0.5])
    return Windows.of([shifts.get(name) if person else None for name, person in zip(mine, volunteer, strict=True)])


def _some_pairs(rng: np.random.Generator, rows: Ints, share: float) -> list[tuple[int, int]]:
    """Return neighbours in a row of needs as pairs that have none in common; a share of the needs is in one."""
    pairs = rows[: len(rows) // 2 * 2].reshape(-1, 2)
    pairs = pairs[rng.random(len(pairs)) < share]
    return list(zip(pairs[:, 0].tolist(), pairs[:, 1].tolist(), strict=True))
