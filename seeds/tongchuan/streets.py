"""Where the streets lie and how their ground is cut: made up, for no surveyed points are to be had.

Streets are strewn around a rough centre of their district, clear of each other. Each is a convex piece of
ground, cut into its communities and these into as many grids as they have in the whole city.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from graph.model.areas import Area
from seeds.chance import stream
from seeds.tongchuan.divisions import CITY, communities_in_order, divisions
from seeds.tongchuan.plots import Ground, Point, area, centre

GRIDS = 1206  # of the whole city, by its own count (2020)

_GRID_AREA = 40_000  # square metres
_METRES_A_DEGREE = 111_320
_BETWEEN_STREETS = 150  # metres

# Rough places of the district seats, to a tenth of a degree or so: enough to keep districts apart.
_DISTRICT_CENTRES = {
    "610202": (35.07, 109.07),
    "610203": (35.12, 109.10),
    "610204": (34.91, 108.97),
    "610222": (35.40, 109.12),
}


@dataclass(frozen=True, slots=True)
class StreetGround:
    """A street's ground, cut as finely as in the whole city.

    Parameters
    ----------
    lat, lon
        Where the ground has its origin.
    plots
        Of each community in order, its grids' plots.
    cut_from
        Of each plot, but a community's first, the one that it was cut from.
    """

    lat: float
    lon: float
    ground: Ground
    plots: tuple[tuple[int, ...], ...]
    cut_from: Mapping[int, int]

    def at(self, point: Point) -> tuple[float, float]:
        """Return the latitude and longitude of a point of the ground, to about a tenth of a metre."""
        east = _METRES_A_DEGREE * math.cos(math.radians(self.lat))
        return round(self.lat + point[1] / _METRES_A_DEGREE, 6), round(self.lon + point[0] / east, 6)

    def placed(self, area: Area, plots: Collection[int], point: Point | None = None) -> Area:
        """Return the area with the outline of its plots and its position, by default in their midst."""
        outline = self.ground.outline(plots)
        lat, lon = self.at(point or centre(outline))
        return replace(area, lat=lat, lon=lon, outline=tuple(self.at(corner) for corner in outline))

    def shared_out(self, plots: Sequence[int], among: int) -> dict[int, int]:
        """Return for each of a community's plots which of the first ones it still is part of."""
        owner: dict[int, int] = {}
        for place, plot in enumerate(plots):
            owner[plot] = plot if place < among else owner[self.cut_from[plot]]
        return owner


def grids_of_communities() -> dict[str, int]:
    """Return how many grids each community has in the whole city, 1,206 together."""
    weights = {
        area.id: stream(CITY, "grids", area.code).uniform(0.85, 1.15)
        for communities in communities_in_order().values()
        for area in communities
    }
    step = GRIDS / sum(weights.values())
    counts, reached = {}, 0.0
    for community, weight in weights.items():  # rounded so that the sum stays
        counts[community] = round(reached + weight * step) - round(reached)
        reached += weight * step
    return counts


@cache
def grounds() -> dict[str, StreetGround]:
    """Return the ground of every street, no two of them overlapping."""
    counts = grids_of_communities()
    streets: dict[str, StreetGround] = {}
    taken: list[tuple[float, float, float]] = []  # of each, where and how far it reaches, in metres
    for street, communities in communities_in_order().items():
        chance = stream(CITY, "ground", street)
        outline = _outline(chance, _GRID_AREA * sum(counts[area.id] for area in communities))
        reach = max(math.hypot(*corner) for corner in outline)
        lat, lon = _free_place(chance, next(area for area in divisions() if area.id == street), reach, taken)
        ground = Ground(outline)
        cut_from: dict[int, int] = {}
        plots = tuple(
            _cut_into_grids(chance, ground, plot, counts[area.id], cut_from)
            for area, plot in zip(communities, ground.divide(0, [counts[area.id] for area in communities]), strict=True)
        )
        streets[street] = StreetGround(lat, lon, ground, plots, cut_from)
    return streets


def _outline(chance: Random, size: float) -> list[Point]:
    """Return the corners of a convex piece of ground of some square metres."""
    corners = chance.randint(8, 12)
    lean, stretch = chance.uniform(0, math.pi), chance.uniform(1, 1.4)
    ring = []
    for corner in range(corners):
        angle = 2 * math.pi * (corner + chance.uniform(-0.3, 0.3)) / corners
        x, y = stretch * math.cos(angle), math.sin(angle) / stretch
        ring.append((x * math.cos(lean) - y * math.sin(lean), x * math.sin(lean) + y * math.cos(lean)))
    grow = math.sqrt(size / area(ring))
    return [(x * grow, y * grow) for x, y in ring]


def _free_place(
    chance: Random, street: Area, reach: float, taken: list[tuple[float, float, float]]
) -> tuple[float, float]:
    """Return where a street's ground lies: about its district's centre, clear of those there are."""
    lat, lon = _DISTRICT_CENTRES[(street.code or "")[:6]]
    near, far = (200.0, 1500.0) if street.name.endswith("街道") else (5000.0, 9000.0)  # towns lie outside
    east = _METRES_A_DEGREE * math.cos(math.radians(35))  # one plane for the whole city is near enough
    while True:
        angle, metres = chance.uniform(0, 2 * math.pi), chance.uniform(near, far)
        x, y = lon * east + metres * math.cos(angle), lat * _METRES_A_DEGREE + metres * math.sin(angle)
        if all(math.hypot(x - a, y - b) > reach + other + _BETWEEN_STREETS for a, b, other in taken):
            taken.append((x, y, reach))
            return y / _METRES_A_DEGREE, x / east
        far *= 1.02


def _cut_into_grids(chance: Random, ground: Ground, plot: int, count: int, cut_from: dict[int, int]) -> tuple[int, ...]:
    """Cut a community's plot into as many as it has grids, always the largest next."""
    plots = [plot]
    while len(plots) < count:
        largest = max(plots, key=lambda plot: area(ground.corners(plot)))
        new = ground.cut(largest, chance.uniform(0.42, 0.58), chance.uniform(-0.12, 0.12))
        cut_from[new] = largest
        plots.append(new)
    return tuple(plots)
