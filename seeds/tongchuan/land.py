"""The land: the real divisions of Tongchuan, and made-up grids, compounds and buildings in some of its streets.

The divisions down to communities and villages are real (`divisions.csv`, see README.md). Everything below
them, and **every position and outline, is synthetic**: the codes come with no surveyed points, so streets are
strewn around a rough centre of their district and their ground is cut into communities and grids, with
buildings in them, at distances that people walk (`streets.py`). Nothing here may be used to find a real place.
Areas outside the inhabited streets, and villages, have no position at all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from graph.model.areas import Area, AreaKind
from seeds.chance import stream
from seeds.tongchuan.divisions import CITY, area_id, communities_in_order, divisions, short_name
from seeds.tongchuan.names import COMPOUNDS
from seeds.tongchuan.plots import Point, centre, on_the_way_round
from seeds.tongchuan.streets import StreetGround, grounds

_FEWEST_GRIDS = 2
_SHARE_OF_SHARED_COMPOUNDS = 0.25
_SHARE_OF_MIXED_GRIDS = 0.15


@dataclass(frozen=True, slots=True)
class Land:
    """The areas, and those in which people live.

    Parameters
    ----------
    areas
        Parents first.
    borders
        Pairs of ids of grids, or of communities, with a stretch of border in common; the lower id first.
    communities, grids, buildings
        The inhabited ones, in a fixed order.
    compounds
        Of each grid's id, the compound in which it, or some of its buildings, lies.
    """

    areas: tuple[Area, ...]
    borders: tuple[tuple[str, str], ...]
    communities: tuple[Area, ...]
    grids: tuple[Area, ...]
    buildings: tuple[Area, ...]
    compounds: Mapping[str, Area]
    by_id: Mapping[str, Area]

    def above(self, area: str, kind: AreaKind) -> Area:
        """Return the area of a kind that an area lies in, or is."""
        found = self.by_id[area]
        while found.kind is not kind:
            if found.parent is None:
                raise ValueError(f"{area} lies in no {kind}")
            found = self.by_id[found.parent]
        return found


@dataclass(slots=True)
class _Inhabited:
    """What the inhabited streets hold, gathered street by street."""

    placed: dict[str, Area]  # what the tree of divisions names
    communities: list[Area] = field(default_factory=list)
    grids: list[Area] = field(default_factory=list)
    buildings: list[Area] = field(default_factory=list)
    compounds: dict[str, Area] = field(default_factory=dict)  # by grid
    borders: set[tuple[str, str]] = field(default_factory=set)

    def add(self, street_id: str, communities: Sequence[Area], street: StreetGround, scale: float) -> None:
        """Add a street with its communities."""
        inside: dict[int, tuple[str, str]] = {}  # of each plot, its grid and its community
        for community, plots in zip(communities, street.plots, strict=True):
            # The square root, because streets and people grow in number too.
            shown = max(_FEWEST_GRIDS, round(_FEWEST_GRIDS + (len(plots) - _FEWEST_GRIDS) * math.sqrt(scale)))
            owner = street.shared_out(plots, shown)
            grids = self._grids(community, street, owner)
            inside |= {plot: (grids[first], community.id) for plot, first in owner.items()}
            self.placed[community.id] = street.placed(community, owner.keys())
            self.communities.append(self.placed[community.id])
        self.placed[street_id] = street.placed(self.placed[street_id], inside.keys())
        self.borders |= {
            (one, other)
            for plots in street.ground.touching()
            for one, other in zip(*(inside[plot] for plot in plots), strict=True)
            if one < other  # each comes both ways round
        }

    def _grids(self, community: Area, street: StreetGround, owner: Mapping[int, int]) -> dict[int, str]:
        """Add a community's grids, with their buildings and compounds; return their ids by plot."""
        ids: dict[int, str] = {}
        numbers: Counter[str] = Counter()  # of each compound, the buildings so far
        for number, plot in enumerate(dict.fromkeys(owner.values()), 1):
            chance = stream(CITY, "grid", community.code, number)
            shared = number > _FEWEST_GRIDS and chance.random() < _SHARE_OF_SHARED_COMPOUNDS
            mixed = not shared and chance.random() < _SHARE_OF_MIXED_GRIDS
            middle = street.at(centre(street.ground.corners(plot)))
            compound = self.compounds[ids[street.cut_from[plot]]] if shared else _compound(community, number, middle)
            grid = Area(
                id=area_id(community.code, number),
                kind=AreaKind.GRID,
                name=f"{short_name(community)}第{number}网格",
                parent=community.id,
                compound=None if mixed else compound.id,
            )
            ids[plot] = grid.id
            plots = {part for part, first in owner.items() if first == plot}
            self.grids.append(street.placed(grid, plots, centre(street.ground.corners(plot))))
            self.compounds[grid.id] = compound
            count = chance.randint(2, 4)
            for door in range(1, count + 1):
                outside = mixed and door == count
                numbers[compound.id] += not outside
                yard = f"{short_name(community).removesuffix('社区')}{number}号院"
                lat, lon = street.at(
                    _in_plot(chance, street.ground.corners(plot), (door - chance.random() / 2) / count)
                )
                self.buildings.append(
                    Area(
                        id=area_id(grid.id, door),
                        kind=AreaKind.BUILDING,
                        name=f"{yard}1号楼" if outside else f"{compound.name}{numbers[compound.id]}号楼",
                        parent=grid.id,
                        lat=lat,
                        lon=lon,
                        compound=compound.id if mixed and not outside else None,
                    )
                )
        return ids


def settle(scale: float) -> Land:
    """Return the whole tree with grids, compounds and buildings in as many streets as the scale asks for.

    Parameters
    ----------
    scale
        Above 0 and at most 1. What a scale holds, every larger one holds too, at the same place; only the
        outlines of grids are wider in a smaller one, where fewer share the ground.
    """
    inhabited = _Inhabited({area.id: area for area in divisions()})
    streets = communities_in_order()
    for street in list(streets)[: math.ceil(scale * len(streets))]:
        inhabited.add(street, streets[street], grounds()[street], scale)
    compounds = dict.fromkeys(inhabited.compounds.values())
    areas = (*inhabited.placed.values(), *compounds, *inhabited.grids, *inhabited.buildings)
    return Land(
        areas,
        tuple(sorted(inhabited.borders)),
        tuple(inhabited.communities),
        tuple(inhabited.grids),
        tuple(inhabited.buildings),
        inhabited.compounds,
        {area.id: area for area in areas},
    )


def _compound(community: Area, number: int, middle: tuple[float, float]) -> Area:
    """Return the compound (小区) that begins with a grid of a community.

    Those of one community have different names: they count on from a start of its own.
    """
    start = stream(CITY, "compounds", community.code).randrange(len(COMPOUNDS))
    return Area(
        id=area_id(community.code, "compound", number),
        kind=AreaKind.COMPOUND,
        name=COMPOUNDS[(start + number) % len(COMPOUNDS)],
        parent=community.id,
        lat=middle[0],
        lon=middle[1],
    )


def _in_plot(chance: Random, corners: Sequence[Point], part: float) -> Point:
    """Return a point well inside a plot, in the direction of a part of the way round it."""
    middle, edge = centre(corners), on_the_way_round(corners, part)
    out = chance.uniform(0.35, 0.75)
    return middle[0] + out * (edge[0] - middle[0]), middle[1] + out * (edge[1] - middle[1])
