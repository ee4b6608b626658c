"""Monthly quotas of units and streets, and the least shares of the areas with the most needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from graph.model.areas import Area, AreaKind
from graph.model.needs import Need
from graph.model.people import Organisation
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Period
from seeds.tongchuan.land import Land

_OF_A_UNIT = 0.1  # ours, of what its resources by the month could give together
_OF_A_STREET = 0.9  # ours, of what its units' quotas come to

_WITH_FLOORS = 3  # ours: of so many communities the one with the most needs, and its grid with the most
_OF_A_STREET_S_NEEDS = 30
_OF_A_COMMUNITY_S = 50
_OF_A_GRID_S = 90


def set_floors(land: Land, areas: Sequence[Area], needs: Sequence[Need]) -> tuple[Area, ...]:
    """Return areas of which those with the most needs have a floor, one inside the other."""
    asked = Counter[str]()
    for need in needs:
        area: str | None = need.area
        while area is not None:
            asked[area] += need.quantity
            area = land.by_id[area].parent
    floors: dict[str, int] = {}
    most = sorted(land.communities, key=lambda community: (-asked[community.id], community.id))
    for community in most[: -(-len(most) // _WITH_FLOORS)]:
        floors[land.above(community.id, AreaKind.STREET).id] = _OF_A_STREET_S_NEEDS
        floors[community.id] = _OF_A_COMMUNITY_S
        grids = [grid for grid in land.grids if grid.parent == community.id]
        if grids:
            floors[max(grids, key=lambda grid: (asked[grid.id], grid.id)).id] = _OF_A_GRID_S
    return tuple(replace(area, floor=floors.get(area.id)) for area in areas)


def set_quotas(
    land: Land, areas: Sequence[Area], organisations: Sequence[Organisation], resources: Sequence[Resource]
) -> tuple[tuple[Area, ...], tuple[Organisation, ...]]:
    """Return areas and organisations with quotas, wherever several resources by the month come together."""
    units, listed = Counter[str](), Counter[str]()
    for resource in resources:
        if resource.period is Period.MONTH and resource.provider_kind is ProviderKind.ORGANISATION:
            units[resource.provider] += resource.capacity
            listed[resource.provider] += 1
    quota_of = {unit: max(1, round(_OF_A_UNIT * total)) for unit, total in units.items() if listed[unit] > 1}
    with_quotas = tuple(replace(unit, quota=quota_of.get(unit.id)) for unit in organisations)
    streets = Counter[str]()
    for unit in with_quotas:
        street = land.above(unit.located_in, AreaKind.STREET).id
        streets[street] += units[unit.id] if unit.quota is None else unit.quota
    return (
        tuple(replace(area, quota=round(_OF_A_STREET * streets[area.id]) or None) for area in areas),
        with_quotas,
    )
