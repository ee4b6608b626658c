"""The four-level party organisation of the inhabited communities, and who is a member of it.

社区党组织 → 网格党支部 → 楼栋党小组 → 党员中心户: the levels of the city's own text (2020). A building has a
group where members live. Where there are two of them or more, some open their door to the neighbours: member
households, which lead the building's households between them, their own first. A member belongs to the member
household where they live in one, else to the building's group.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from graph.model.areas import Area, AreaKind
from graph.model.ids import natural_id
from graph.model.people import FocusKind, PartyOrganisation, PartyOrganisationKind, Person
from seeds.chance import stream
from seeds.tongchuan.divisions import CITY, short_name
from seeds.tongchuan.homes import ADULT, Homes
from seeds.tongchuan.land import Land

_SHARE_OF_ADULTS = 0.25  # at most
_FEWEST_FOR_A_MEMBER_HOUSEHOLD = 2
_HOUSEHOLDS_OF_EACH = 8  # that a member household leads, about


def organise(
    land: Land, homes: Homes, *, count: int, seed: int, year: int
) -> tuple[tuple[PartyOrganisation, ...], tuple[Person, ...]]:
    """Return the party organisations, parents first, and the people, some of them members.

    Parameters
    ----------
    count
        How many members there are; at most a quarter of the adults.
    """
    chance = stream(CITY, seed, "party")
    members = _members(chance, homes, count, year)
    groups, belongs = _in_buildings(chance, land, homes, members)
    kinds = PartyOrganisationKind
    organisations = [
        PartyOrganisation(_id(kinds.COMMUNITY, area.id), kinds.COMMUNITY, f"{short_name(area)}党总支", area.id)
        for area in land.communities
    ]
    for grid in land.grids:
        above = _id(kinds.COMMUNITY, land.above(grid.id, AreaKind.COMMUNITY).id)
        organisations.append(
            PartyOrganisation(_id(kinds.GRID_BRANCH, grid.id), kinds.GRID_BRANCH, f"{grid.name}党支部", grid.id, above)
        )
    joined = tuple(
        replace(
            person,
            member_of=belongs.get(person.household or "") or _id(kinds.BUILDING_GROUP, person.lives_in or ""),
        )
        if person.id in members
        else person
        for person in homes.people
    )
    return (*organisations, *groups), joined


def _members(chance: Random, homes: Homes, count: int, year: int) -> set[str]:
    adults = [person for person in homes.people if year - (person.birth_year or year) >= ADULT]
    most = min(count, round(_SHARE_OF_ADULTS * len(adults)))
    in_need = {home.id for home in homes.households if FocusKind.PARTY_MEMBER_IN_NEED in home.focus}
    chance.shuffle(adults)
    adults.sort(key=lambda person: person.household not in in_need)  # who is kept in view as a member is one
    return {person.id for person in adults[:most]}


def _in_buildings(
    chance: Random, land: Land, homes: Homes, members: set[str]
) -> tuple[list[PartyOrganisation], dict[str, str]]:
    """Return building groups and then member households, and of each household that is one, its id."""
    number = Counter(person.lives_in for person in homes.people if person.id in members)
    with_members = {person.household for person in homes.people if person.id in members}
    neighbours: dict[str, list[str]] = {building.id: [] for building in land.buildings}
    for household in homes.households:
        neighbours[household.building].append(household.id)
    kinds = PartyOrganisationKind
    groups: list[PartyOrganisation] = []
    doors: list[PartyOrganisation] = []
    for building in land.buildings:
        if not number[building.id]:
            continue
        group = _id(kinds.BUILDING_GROUP, building.id)
        above = _id(kinds.GRID_BRANCH, building.parent or "")
        groups.append(PartyOrganisation(group, kinds.BUILDING_GROUP, f"{building.name}党小组", building.id, above))
        if number[building.id] >= _FEWEST_FOR_A_MEMBER_HOUSEHOLD:
            hosts = [household for household in neighbours[building.id] if household in with_members]
            wanted = max(1, round(len(neighbours[building.id]) / _HOUSEHOLDS_OF_EACH))
            hosts = chance.sample(hosts, min(wanted, len(hosts)))
            doors += _member_households(building, group, hosts, neighbours[building.id])
    return groups + doors, {door.households[0]: door.id for door in doors}


def _member_households(building: Area, group: str, hosts: list[str], all_: list[str]) -> list[PartyOrganisation]:
    """Return the member households of a building, which lead its households between them."""
    others = [household for household in all_ if household not in hosts]
    return [
        PartyOrganisation(
            id=_id(PartyOrganisationKind.MEMBER_HOUSEHOLD, host),
            kind=PartyOrganisationKind.MEMBER_HOUSEHOLD,
            name=f"{building.name}党员中心户" + (f"({place + 1})" if len(hosts) > 1 else ""),
            under=group,
            households=(host, *others[place :: len(hosts)]),
        )
        for place, host in enumerate(hosts)
    ]


def _id(kind: PartyOrganisationKind, leads: str) -> str:
    """Return the id of a party organisation that leads an area, or a household and its neighbours."""
    return natural_id(CITY, "party", kind, leads)
