"""The land: the real divisions of Tongchuan, and made-up grids and buildings in some of its streets.

The divisions down to communities and villages are real (`divisions.csv`, see README.md). Everything below
them, and **every position, is synthetic**: the codes come with no surveyed points, so streets are strewn
around a rough centre of their district, communities around their street, grids around their community and
buildings around their grid, at distances that people walk. Nothing here may be used to find a real place.
Areas outside the inhabited streets, and villages, have no position at all.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from random import Random

from graph.model.areas import Area, AreaKind
from graph.model.ids import natural_id
from seeds.chance import stream
from seeds.tongchuan.names import COMPOUNDS

CITY = "tongchuan"

_FIRST_STREET = "610202003"  # 桃园街道: urban, four communities
_GRIDS_A_COMMUNITY = 1206 / 72  # the city's own count (2019-2020); the codes name 76 communities
_FEWEST_GRIDS = 2
_METRES_A_DEGREE = 111_320

# Rough places of the district seats, to a tenth of a degree or so: enough to keep districts apart.
_DISTRICT_CENTRES = {
    "610202": (35.07, 109.07),
    "610203": (35.12, 109.10),
    "610204": (34.91, 108.97),
    "610222": (35.40, 109.12),
}


@dataclass(frozen=True, slots=True)
class Land:
    """The areas, and those in which people live.

    Parameters
    ----------
    areas
        Parents first.
    communities, grids, buildings
        The inhabited ones, in a fixed order.
    """

    areas: tuple[Area, ...]
    communities: tuple[Area, ...]
    grids: tuple[Area, ...]
    buildings: tuple[Area, ...]
    by_id: Mapping[str, Area]

    def above(self, area: str, kind: AreaKind) -> Area:
        """Return the area of a kind that an area lies in, or is."""
        found = self.by_id[area]
        while found.kind is not kind:
            if found.parent is None:
                raise ValueError(f"{area} lies in no {kind}")
            found = self.by_id[found.parent]
        return found


@cache
def divisions() -> tuple[Area, ...]:
    """Return the real tree: the city, its districts, streets, communities and villages; parents first."""
    areas = []
    with files(__package__).joinpath("divisions.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            areas.append(
                Area(
                    id=area_id(row["code"]),
                    kind=AreaKind(row["kind"]),
                    name=row["name"],
                    parent=area_id(row["parent"]) if row["parent"] else None,
                    code=row["code"],
                )
            )
    order = list(AreaKind)
    return tuple(sorted(areas, key=lambda area: order.index(area.kind)))


def area_id(*path: object) -> str:
    """Return an area's id: of its code, or of its community's code and the path below it."""
    return natural_id(CITY, "area", *path)


def short_name(community: Area) -> str:
    """Return a community's name as people say it: 光明社区居委会 → 光明社区.

    Examples
    --------
    >>> short_name(Area("1", AreaKind.COMMUNITY, "光明社区居委会"))
    '光明社区'
    """
    return community.name.removesuffix("居委会").removesuffix("居民委员会")


def streets_in_order() -> list[Area]:
    """Return the streets that hold communities, in the order in which a growing city takes them in."""
    urban = {area.parent for area in divisions() if area.kind is AreaKind.COMMUNITY}
    streets = [area for area in divisions() if area.kind is AreaKind.STREET and area.id in urban]
    return sorted(streets, key=lambda street: (street.code != _FIRST_STREET, street.name[-2:] != "街道", street.code))


def settle(scale: float) -> Land:
    """Return the whole tree with grids and buildings in as many streets as the scale asks for.

    Parameters
    ----------
    scale
        Above 0 and at most 1. What a scale holds, every larger one holds too.
    """
    streets = streets_in_order()
    inhabited = {street.id for street in streets[: math.ceil(scale * len(streets))]}
    # The square root, because streets grow in number too: a grid keeps some ten to twenty people.
    grids_a_community = _FEWEST_GRIDS + (_GRIDS_A_COMMUNITY - _FEWEST_GRIDS) * math.sqrt(scale)
    areas, communities, grids, buildings = [], [], [], []
    for area in _with_positions(divisions(), inhabited):
        areas.append(area)
        if area.kind is AreaKind.COMMUNITY and area.parent in inhabited:
            communities.append(area)
            grids += _grids(area, grids_a_community)
    for grid in grids:
        buildings += _buildings(grid)
    areas += grids + buildings
    return Land(tuple(areas), tuple(communities), tuple(grids), tuple(buildings), {area.id: area for area in areas})


def _with_positions(tree: Sequence[Area], inhabited: set[str]) -> list[Area]:
    placed: dict[str, Area] = {}
    for area in tree:
        chance = stream(CITY, "place", area.code)
        if area.id in inhabited and area.code is not None:
            spread = (200, 2500) if area.name.endswith("街道") else (5000, 12_000)  # towns lie outside
            placed[area.id] = _near(chance, area, _DISTRICT_CENTRES[area.code[:6]], spread)
        elif area.kind is AreaKind.COMMUNITY and area.parent in inhabited:
            placed[area.id] = _near(chance, area, _position(placed[area.parent]), (250, 800))
        else:
            placed[area.id] = area
    return list(placed.values())


def _grids(community: Area, average: float) -> list[Area]:
    chance = stream(CITY, "grids", community.code)
    most = max(_FEWEST_GRIDS, round(average * chance.uniform(0.85, 1.15)))
    return [
        _around(
            community,
            Area(
                id=area_id(community.code, number),
                kind=AreaKind.GRID,
                name=f"{short_name(community)}第{number}网格",
                parent=community.id,
            ),
            (60, 330),
        )
        for number in range(1, most + 1)
    ]


def _buildings(grid: Area) -> list[Area]:
    chance = stream(CITY, "buildings", grid.id)
    compound = compound_name(grid)
    return [
        _around(
            grid,
            Area(
                id=area_id(grid.id, number),
                kind=AreaKind.BUILDING,
                name=f"{compound}{number}号楼",
                parent=grid.id,
            ),
            (20, 110),
        )
        for number in range(1, chance.randint(2, 4) + 1)
    ]


def compound_name(grid: Area) -> str:
    """Return the made-up name of the compound (小区) that a grid's buildings belong to.

    The grids of one community have different ones: they count on from a start of its own.
    """
    community, _, number = grid.name.removesuffix("网格").partition("第")
    start = stream(CITY, "compounds", community, grid.parent).randrange(len(COMPOUNDS))
    return COMPOUNDS[(start + int(number)) % len(COMPOUNDS)]


def _around(centre: Area, area: Area, spread: tuple[int, int]) -> Area:
    return _near(stream(CITY, "place", area.id), area, _position(centre), spread)


def _position(area: Area) -> tuple[float, float]:
    if area.lat is None or area.lon is None:
        raise ValueError(f"{area.name} is not inhabited, so it has no position")
    return area.lat, area.lon


def _near(chance: Random, area: Area, centre: tuple[float, float], spread: tuple[int, int]) -> Area:
    """Return the area placed some metres from a point, in any direction."""
    lat, lon = centre
    angle = chance.uniform(0, 2 * math.pi)
    metres = chance.uniform(*spread)
    north = metres * math.sin(angle) / _METRES_A_DEGREE
    east = metres * math.cos(angle) / (_METRES_A_DEGREE * math.cos(math.radians(lat)))
    return replace(area, lat=round(lat + north, 6), lon=round(lon + east, 6))
