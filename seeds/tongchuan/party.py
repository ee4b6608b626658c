"""The four-level party organisation of the inhabited communities, and who is a member of it.

社区党组织 → 网格党支部 → 楼栋党小组 → 党员中心户: the levels of the city's own text (2020). A building has a
group where members live, and a member household where at least two do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from graph.model.areas import AreaKind
from graph.model.ids import natural_id
from graph.model.people import FocusKind, Household, PartyOrganisation, PartyOrganisationKind, Person
from seeds.chance import stream
from seeds.tongchuan.homes import ADULT
from seeds.tongchuan.land import CITY, Land, short_name

_SHARE_OF_ADULTS = 0.24
_FEWEST_FOR_A_MEMBER_HOUSEHOLD = 2


def organise(
    land: Land, people: Sequence[Person], households: Sequence[Household], *, seed: int, year: int
) -> tuple[tuple[PartyOrganisation, ...], tuple[Person, ...]]:
    """Return the party organisations, parents first, and the people with their membership."""
    chance = stream(CITY, seed, "party")
    adults = [person for person in people if year - (person.birth_year or year) >= ADULT]
    members = {person.id for person in adults if chance.random() < _SHARE_OF_ADULTS}
    in_need = {home.id for home in households if FocusKind.PARTY_MEMBER_IN_NEED in home.focus}
    members |= {person.id for person in adults if person.household in in_need}
    in_building = Counter(person.lives_in for person in people if person.id in members)
    kinds = PartyOrganisationKind
    organisations = []
    for community in land.communities:
        name = f"{short_name(community)}党总支"
        organisations.append(PartyOrganisation(_id(kinds.COMMUNITY, community.id), kinds.COMMUNITY, name, community.id))
    for grid in land.grids:
        above = _id(kinds.COMMUNITY, land.above(grid.id, AreaKind.COMMUNITY).id)
        organisations.append(
            PartyOrganisation(_id(kinds.GRID_BRANCH, grid.id), kinds.GRID_BRANCH, f"{grid.name}党支部", grid.id, above)
        )
    for building in land.buildings:
        if building.id in in_building:
            above = _id(kinds.GRID_BRANCH, building.parent or "")
            group = _id(kinds.BUILDING_GROUP, building.id)
            organisations.append(
                PartyOrganisation(group, kinds.BUILDING_GROUP, f"{building.name}党小组", building.id, above)
            )
    for building in land.buildings:
        if in_building[building.id] >= _FEWEST_FOR_A_MEMBER_HOUSEHOLD:
            organisations.append(
                PartyOrganisation(
                    _id(kinds.MEMBER_HOUSEHOLD, building.id),
                    kinds.MEMBER_HOUSEHOLD,
                    f"{building.name}党员中心户",
                    building.id,
                    _id(kinds.BUILDING_GROUP, building.id),
                )
            )
    joined = tuple(
        replace(person, member_of=_id(kinds.BUILDING_GROUP, person.lives_in)) if person.id in members else person
        for person in people
    )
    return tuple(organisations), joined


def _id(kind: PartyOrganisationKind, area: str) -> str:
    return natural_id(CITY, "party", kind, area)
