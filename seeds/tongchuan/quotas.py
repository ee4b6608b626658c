"""Monthly quotas: what a unit gives in a month over all it lists, and what a street does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from graph.model.areas import Area, AreaKind
from graph.model.people import Organisation
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Period
from seeds.tongchuan.land import Land

_OF_A_UNIT = 0.7  # ours, of what its resources by the month could give together
_OF_A_STREET = 0.9  # ours, of what its units' quotas come to


def set_quotas(
    land: Land, areas: Sequence[Area], organisations: Sequence[Organisation], resources: Sequence[Resource]
) -> tuple[tuple[Area, ...], tuple[Organisation, ...]]:
    """Return areas and organisations with quotas, wherever several resources by the month come together."""
    units, listed = Counter[str](), Counter[str]()
    for resource in resources:
        if resource.period is Period.MONTH and resource.provider_kind is ProviderKind.ORGANISATION:
            units[resource.provider] += resource.capacity
            listed[resource.provider] += 1
    quota_of = {unit: round(_OF_A_UNIT * total) for unit, total in units.items() if listed[unit] > 1}
    with_quotas = tuple(replace(unit, quota=quota_of.get(unit.id)) for unit in organisations)
    streets = Counter[str]()
    for unit in with_quotas:
        street = land.above(unit.located_in, AreaKind.STREET).id
        streets[street] += units[unit.id] if unit.quota is None else unit.quota
    return (
        tuple(replace(area, quota=round(_OF_A_STREET * streets[area.id]) or None) for area in areas),
        with_quotas,
    )
