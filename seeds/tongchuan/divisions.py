"""The real divisions of Tongchuan, read from `divisions.csv`, and the order in which a growing city takes them in."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from graph.model.areas import Area, AreaKind
from graph.model.ids import natural_id

CITY = "tongchuan"
COMMUNITIES = 72  # the city's own count (2020); the codes of 2023 name 76

_FIRST_STREET = "610202003"  # 桃园街道: urban, four communities


@cache
def divisions() -> tuple[Area, ...]:
    """Return the tree: the city, its districts, streets, communities and villages; parents first.

    Of the 76 communities that the codes name it holds the 72 that a growing city takes in first
    (`communities_in_order`). That leaves out 窑洞社区, and 孝义, 陈家山 and 下石节社区, each the only one of
    its town.
    """
    kept = {area.id for communities in communities_in_order().values() for area in communities}
    order = list(AreaKind)
    tree = [area for area in _coded() if area.kind is not AreaKind.COMMUNITY or area.id in kept]
    return tuple(sorted(tree, key=lambda area: order.index(area.kind)))


@cache
def communities_in_order() -> dict[str, tuple[Area, ...]]:
    """Return the 72 communities of each street's id, in the order in which a growing city takes in the streets.

    First the demo's street, then those called 街道, then the towns, each by its code. Streets without
    communities, which hold villages only, are not among them.
    """
    streets = [area for area in _coded() if area.kind is AreaKind.STREET]
    streets.sort(key=lambda street: (street.code != _FIRST_STREET, street.name[-2:] != "街道", street.code))
    left = COMMUNITIES
    taken: dict[str, tuple[Area, ...]] = {}
    for street in streets:
        inside = [area for area in _coded() if area.kind is AreaKind.COMMUNITY and area.parent == street.id]
        if inside and left:
            taken[street.id] = tuple(sorted(inside, key=lambda area: area.code or "")[:left])
            left -= len(taken[street.id])
    return taken


@cache
def _coded() -> tuple[Area, ...]:
    with files(__package__).joinpath("divisions.csv").open(encoding="utf-8") as lines:
        return tuple(
            Area(
                id=area_id(row["code"]),
                kind=AreaKind(row["kind"]),
                name=row["name"],
                parent=area_id(row["parent"]) if row["parent"] else None,
                code=row["code"],
            )
            for row in csv.DictReader(lines)
        )


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
