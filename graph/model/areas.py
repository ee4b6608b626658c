"""Areas (区域): one tree from the city to the building."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AreaKind(StrEnum):
    """A level of the tree: city → district → street → community or village → grid → building.

    A compound (小区) stands beside grids and buildings, in its community, and groups some of them.
    """

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    VILLAGE = "village"
    COMPOUND = "compound"
    GRID = "grid"
    BUILDING = "building"


PARENTS = {
    AreaKind.DISTRICT: (AreaKind.CITY,),
    AreaKind.STREET: (AreaKind.DISTRICT,),
    AreaKind.COMMUNITY: (AreaKind.STREET,),
    AreaKind.VILLAGE: (AreaKind.STREET,),
    AreaKind.COMPOUND: (AreaKind.COMMUNITY, AreaKind.VILLAGE),
    AreaKind.GRID: (AreaKind.COMMUNITY, AreaKind.VILLAGE),
    AreaKind.BUILDING: (AreaKind.GRID,),
}
"""Kind of an area → the kinds of which it may be a part; a city is part of nothing."""


@dataclass(frozen=True, slots=True)
class Area:
    """One node of the area tree.

    Parameters
    ----------
    code
        The official division code, down to the community; it may change over the years, the id does not.
    lat, lon
        Degrees; None where no position is known.
    outline
        The border's corners as (lat, lon), the last one not repeated; None where none is known.
    compound
        The compound that a grid or building lies in.
    quota
        Units a month that all resources by the month below it give together (a street's budget); None is no limit.
    floor
        Least share, in per cent, of the units that the open needs below it ask for, that a night sees to; None is none.
    rev
        How often quota and floor were set.
    """

    id: str
    kind: AreaKind
    name: str
    parent: str | None = None
    code: str | None = None
    lat: float | None = None
    lon: float | None = None
    population: int | None = None
    households: int | None = None
    outline: tuple[tuple[float, float], ...] | None = None
    compound: str | None = None
    quota: int | None = None
    floor: int | None = None
    rev: int = 0
