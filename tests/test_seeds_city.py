"""The whole city: the sizes it promises, ground that fits together, the party's tree, numbers nobody can have."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from graph.model.areas import Area, AreaKind
from graph.model.needs import Field, NeedKind
from graph.model.people import OrganisationKind, PartyOrganisationKind
from graph.model.resources import ProviderKind
from matching.identity import normal_phone
from seeds.city import City
from seeds.tongchuan import build

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
MICRODEGREES = 1_000_000


@pytest.fixture(scope="module")
def whole() -> City:
    return build(scale=1.0, now=NOW)


@pytest.fixture(scope="module", params=[0.01, 0.1, 1.0])
def any_size(request) -> City:
    if request.param == 1.0:
        return request.getfixturevalue("whole")
    return build(scale=request.param, now=NOW)


def of_kind(built: City, kind: AreaKind) -> list[Area]:
    return [area for area in built.areas if area.kind is kind]


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_whole_city_has_the_sizes_of_its_own_text(whole):
    assert len(of_kind(whole, AreaKind.COMMUNITY)) == 72
    grids = Counter(grid.parent for grid in of_kind(whole, AreaKind.GRID))
    assert sum(grids.values()) == 1206
    assert len(grids) == 72
    kinds = Counter(organisation.kind for organisation in whole.organisations)
    assert kinds[OrganisationKind.UNIT] == 716
    assert kinds[OrganisationKind.SOCIAL_ORGANISATION] == 340
    party = {organisation.id for organisation in whole.party_organisations}
    assert sum(person.member_of in party for person in whole.people) == 15_000
    assert len(whole.people) == 72_000
    assert len(whole.needs) == 6000
    assert len(whole.teams) == 216
    assert {need.field for need in whole.needs} == set(Field)
    assert {NeedKind.NEED, NeedKind.WISH} <= {need.kind for need in whole.needs}


def test_every_unit_reports_to_its_community_with_an_agreement_and_most_list_something(whole):
    by_id = {area.id: area for area in whole.areas}
    units = [o for o in whole.organisations if o.kind is OrganisationKind.UNIT]
    for unit in units:
        assert unit.reports_to == by_id[unit.located_in].parent
        assert unit.agreement
    listing = {resource.provider for resource in whole.resources}
    assert sum(unit.id in listing for unit in units) > 0.9 * len(units)


def test_members_who_work_for_a_unit_report_to_the_community_they_live_in(whole):
    by_id = {area.id: area for area in whole.areas}
    reporting = [person for person in whole.people if person.reports_to]
    assert len(reporting) > 5000
    for person in reporting:
        assert person.member_of
        assert person.works_for
        assert by_id[by_id[person.lives_in].parent].parent == person.reports_to


def test_areas_say_how_many_people_and_households_live_in_them(any_size):
    by_id = {area.id: area for area in any_size.areas}
    home = {household.id: household.building for household in any_size.households}
    people, households = Counter(), Counter()
    for counts, buildings in ((people, [p.lives_in for p in any_size.people]), (households, home.values())):
        for building in buildings:
            area = building
            while area:
                counts[area] += 1
                area = by_id[area].parent
            counts[by_id[building].compound or by_id[by_id[building].parent].compound] += 1
    inhabited = [area for area in any_size.areas if area.population is not None]
    assert len(inhabited) >= sum(area.lat is not None for area in any_size.areas)
    for area in inhabited:
        assert (area.population, area.households) == (people[area.id], households[area.id])


def test_more_needs_than_people_are_raised_when_asked_for():
    built = build(scale=0.01, needs=3000, now=NOW)
    assert len({need.id for need in built.needs}) == 3000
    asking = Counter(need.person for need in built.needs if need.person)
    assert max(asking.values()) < 200  # shared out, not heaped on the first


# ── the ground ───────────────────────────────────────────────────────────────────────────────────────────────


def corners(area: Area) -> list[tuple[int, int]]:
    """Return the outline as (east, north) in whole microdegrees, so that sums are exact."""
    return [(round(lon * MICRODEGREES), round(lat * MICRODEGREES)) for lat, lon in area.outline]


def edges(area: Area) -> list[tuple]:
    return list(pairwise((*corners(area), corners(area)[0])))


def twice_the_size(area: Area) -> int:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(area))


def inside(area: Area, lat: float, lon: float) -> bool:
    """Tell whether a point lies in a convex outline, to within rounding."""
    x, y = round(lon * MICRODEGREES), round(lat * MICRODEGREES)
    return all((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) >= -math.dist(a, b) for a, b in edges(area))


@pytest.mark.parametrize(("kind", "parts"), [("street", "community"), ("community", "grid")])
def test_parts_tile_their_whole_without_gap_or_overlap(any_size, kind, parts):
    """Edges inside come once each way, the others make the outline, and the sizes add up."""
    wholes = [area for area in of_kind(any_size, AreaKind(kind)) if area.outline]
    assert wholes
    for area in wholes:
        tiles = [part for part in of_kind(any_size, AreaKind(parts)) if part.parent == area.id and part.outline]
        sizes = [twice_the_size(tile) for tile in tiles]
        assert min(sizes) > 0  # counter-clockwise
        assert sum(sizes) == twice_the_size(area)
        seen = Counter(edge for tile in tiles for edge in edges(tile))
        assert set(seen.values()) == {1}
        assert {(a, b) for a, b in seen if (b, a) not in seen} == set(edges(area))


def test_a_point_of_a_community_lies_in_one_grid(any_size):
    chance = np.random.default_rng(1)
    for community in of_kind(any_size, AreaKind.COMMUNITY)[:10]:
        grids = [grid for grid in of_kind(any_size, AreaKind.GRID) if grid.parent == community.id]
        for _ in range(20 if grids else 0):
            shares = chance.dirichlet(np.ones(len(community.outline)))
            lat, lon = shares @ np.array(community.outline)
            assert 1 <= sum(inside(grid, lat, lon) for grid in grids) <= 2  # two on their border


def test_streets_lie_apart(whole):
    streets = [area for area in of_kind(whole, AreaKind.STREET) if area.outline]
    assert len(streets) == 21
    east = math.cos(math.radians(35))
    rings = [np.array([(lon * east, lat) for lat, lon in street.outline]) for street in streets]
    for i, one in enumerate(rings):
        for other in rings[:i]:
            assert any(  # convex, so a line between them runs along an edge of one or crosses between the middles
                (one @ normal).max() < (other @ normal).min() for normal in [other.mean(axis=0) - one.mean(axis=0)]
            )


def test_every_area_and_what_stands_in_it_lie_inside_its_outline(any_size):
    by_id = {area.id: area for area in any_size.areas}
    for area in any_size.areas:
        if area.lat is None:
            continue
        above = by_id[area.parent]
        for around in (area, above, by_id[above.parent]):
            if around.outline:
                assert inside(around, area.lat, area.lon)
    for person in any_size.people:
        building = by_id[person.lives_in]
        assert max(abs(person.home[0] - building.lat), abs(person.home[1] - building.lon)) <= 0.00051


def test_buildings_stand_apart_two_to_four_in_a_grid(any_size):
    grids: dict[str, list[Area]] = {}
    for building in of_kind(any_size, AreaKind.BUILDING):
        grids.setdefault(building.parent, []).append(building)
    assert grids.keys() == {grid.id for grid in of_kind(any_size, AreaKind.GRID)}
    for buildings in grids.values():
        assert 2 <= len(buildings) <= 4
        assert len({(b.lat, b.lon) for b in buildings}) == len(buildings)


def test_borders_are_the_edges_in_common_each_pair_once(any_size):
    expected = set()
    for kind in (AreaKind.GRID, AreaKind.COMMUNITY):
        beside = {edge: area.id for area in of_kind(any_size, kind) if area.outline for edge in edges(area)}
        expected |= {tuple(sorted((area, beside[b, a]))) for (a, b), area in beside.items() if (b, a) in beside}
    assert len(set(any_size.borders)) == len(any_size.borders)
    assert set(any_size.borders) == expected
    by_id = {area.id: area for area in any_size.areas}
    across = [pair for pair in any_size.borders if by_id[pair[0]].parent != by_id[pair[1]].parent]
    assert any(by_id[pair[0]].kind is AreaKind.GRID for pair in across)


def test_the_grids_of_a_community_hang_together(any_size):
    neighbours = nx.Graph(any_size.borders)
    for community in {grid.parent for grid in of_kind(any_size, AreaKind.GRID)}:
        grids = [grid.id for grid in of_kind(any_size, AreaKind.GRID) if grid.parent == community]
        assert nx.is_connected(neighbours.subgraph(grids))


def test_compounds_group_grids_or_buildings_of_their_community(any_size):
    by_id = {area.id: area for area in any_size.areas}
    grouped: dict[str, list[Area]] = {}
    for area in any_size.areas:
        if area.compound:
            grouped.setdefault(area.compound, []).append(area)
    assert grouped.keys() == {compound.id for compound in of_kind(any_size, AreaKind.COMPOUND)}
    for compound, members in grouped.items():
        for member in members:
            grid = member if member.kind is AreaKind.GRID else by_id[member.parent]
            assert grid.parent == by_id[compound].parent
            assert member is grid or grid.compound is None
    doors = Counter((by_id[b.parent].parent, b.name) for b in of_kind(any_size, AreaKind.BUILDING))
    assert set(doors.values()) == {1}


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_party_s_tree_has_four_whole_levels(any_size):
    kinds = list(PartyOrganisationKind)
    levels = dict(
        zip(
            (
                PartyOrganisationKind.GRID_BRANCH,
                PartyOrganisationKind.BUILDING_GROUP,
                PartyOrganisationKind.MEMBER_HOUSEHOLD,
            ),
            (
                PartyOrganisationKind.COMMUNITY,
                PartyOrganisationKind.GRID_BRANCH,
                PartyOrganisationKind.BUILDING_GROUP,
            ),
            strict=True,
        )
    )
    by_id = {organisation.id: organisation for organisation in any_size.party_organisations}
    areas = {area.id: area for area in any_size.areas}
    home = {household.id: household.building for household in any_size.households}
    assert {organisation.kind for organisation in by_id.values()} == set(kinds)
    for organisation in by_id.values():
        if organisation.kind is PartyOrganisationKind.COMMUNITY:
            assert organisation.under is None
            continue
        above = by_id[organisation.under]
        assert above.kind is levels[organisation.kind]
        if organisation.kind is PartyOrganisationKind.MEMBER_HOUSEHOLD:
            assert organisation.leads is None
            assert {home[household] for household in organisation.households} == {above.leads}
        else:
            assert not organisation.households
            assert areas[organisation.leads].parent == above.leads
    led = Counter(household for organisation in by_id.values() for household in organisation.households)
    assert set(led.values()) == {1}
    for person in any_size.people:
        if person.member_of:
            joined = by_id[person.member_of]
            assert person.household in joined.households or person.lives_in == joined.leads


def check_digit(digits: str) -> str:
    """Return the eighteenth digit by the weights that GB 11643-1999 tabulates."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11]


def test_id_numbers_are_well_formed_and_of_no_place(whole):
    assert check_digit("11010519491231002") == "X"  # the standard's own example
    numbers = {person.id: person.id_number for person in whole.people if person.id_number}
    assert len(set(numbers.values())) == len(numbers) > 10_000
    born = {person.id: person.birth_year for person in whole.people}
    for person, number in numbers.items():
        assert re.fullmatch(r"99\d{15}[\dX]", number)
        assert date(int(number[6:10]), int(number[10:12]), int(number[12:14])).year == born[person]
        assert number[17] == check_digit(number[:17])


def test_nobody_can_have_a_phone_number_of_these(whole):
    phones = [person.phone for person in whole.people if person.phone]
    phones += [organisation.contact for organisation in whole.organisations]
    assert len(set(phones)) == len(phones)
    assert all(re.fullmatch(r"\+869190\d{6}", phone) for phone in phones)
    assert all(normal_phone(phone) == phone for phone in phones[::1000]), "what is exported can be imported again"


def test_neighbours_have_different_addresses(whole):
    at = {(person.household, person.address) for person in whole.people}
    assert len(at) == len(whole.households)
    assert len({address for _, address in at}) > 0.9 * len(at)
    doors = {person.household: person.lives_in for person in whole.people}
    per_building = Counter(doors.values())
    roomy = {building for building, count in per_building.items() if count <= 36}
    flats = [(doors[household], address) for household, address in at if doors[household] in roomy]
    assert len(set(flats)) == len(flats)


def test_the_hours_of_a_team_s_members_count_once(any_size):
    members = [member for team in any_size.teams for member in team.members]
    alone = {r.provider for r in any_size.resources if r.provider_kind is ProviderKind.PERSON}
    assert len(set(members)) == len(members)
    assert not alone & set(members)
    capacity = {r.provider: r.capacity for r in any_size.resources if r.provider_kind is ProviderKind.TEAM}
    assert capacity.keys() == {team.id for team in any_size.teams}
    for team in any_size.teams:
        assert 2 <= len(team.members) <= capacity[team.id] <= 2 * len(team.members)


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_asks_twice_while_others_have_not_asked(whole):
    asking = Counter(need.person for need in whole.needs if need.person and not need.group)
    assert max(asking.values()) == 1


def test_needs_of_a_group_are_two_at_one_door_asking_for_different_things(whole):
    groups: dict[str, list] = {}
    for need in whole.needs:
        if need.group:
            groups.setdefault(need.group, []).append(need)
    assert len(groups) == 60
    for needs in groups.values():
        assert len(needs) == 2
        assert needs[0].area == needs[1].area
        asked = [{required.capability for required in need.requires} for need in needs]
        assert not asked[0] & asked[1]


def test_a_few_things_are_asked_by_many_and_not_those_that_most_offer(whole):
    asked = Counter(need.requires[0].capability for need in whole.needs)
    offered = Counter(
        provided.capability
        for resource in whole.resources
        if resource.provider_kind is ProviderKind.PERSON
        for provided in resource.provides
    )
    counts = np.array(sorted(asked.values(), reverse=True)[:40])
    steepness = -np.polyfit(np.log(np.arange(1, len(counts) + 1)), np.log(counts), 1)[0]
    assert 0.6 <= steepness <= 1.1
    both = [capability for capability in asked if capability in offered]
    ranks = [np.argsort(np.argsort([-counts[c] for c in both])) for counts in (asked, offered)]
    assert -0.3 <= np.corrcoef(*ranks)[0, 1] <= 0.8


def test_communities_differ_in_people_and_need(whole):
    people = np.log([area.population for area in of_kind(whole, AreaKind.COMMUNITY)])
    assert 0.3 <= people.std() <= 0.8
    by_id = {area.id: area for area in whole.areas}

    def grid(area: str) -> str:
        return area if by_id[area].kind is AreaKind.GRID else by_id[area].parent

    needs = Counter(grid(need.area) for need in whole.needs)
    a_head = [needs[area.id] / area.population for area in of_kind(whole, AreaKind.GRID) if area.population >= 40]
    assert np.quantile(a_head, 0.9) > 2 * np.quantile(a_head, 0.1)
