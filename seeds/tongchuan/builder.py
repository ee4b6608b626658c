"""Building a city like Tongchuan: the real divisions with made-up people, helpers and needs."""

from __future__ import annotations

from datetime import UTC, datetime

from graph.model.times import city_date
from seeds.city import City
from seeds.tongchuan.appointments import appoint
from seeds.tongchuan.askers import Residents
from seeds.tongchuan.bonds import bind
from seeds.tongchuan.capabilities import vocabulary
from seeds.tongchuan.homes import count_people, settle_people
from seeds.tongchuan.land import settle
from seeds.tongchuan.needs import raise_needs
from seeds.tongchuan.organisations import establish
from seeds.tongchuan.party import organise
from seeds.tongchuan.quotas import set_floors, set_quotas
from seeds.tongchuan.teams import form_teams
from seeds.tongchuan.volunteers import volunteer
from seeds.tongchuan.work import employ

_PEOPLE = 72_000  # ours: a thousand a community, so that the party members are a quarter of the adults
_CROWDING = 1.34  # the demo's 150 people are enough for one street: grids fill as the city grows
_TAKING_PART = 15_000  # party members who took up posts in the whole city (its own text, 2020)
_NEEDS = 6_000  # ours
_FEWEST_PEOPLE = 20


def build(*, scale: float = 0.01, seed: int = 1, needs: int | None = None, now: datetime) -> City:
    """Return a made-up city on the real divisions of Tongchuan.

    Parameters
    ----------
    scale
        Above 0 and at most 1. The tree of divisions is always whole; the scale sets how many of its streets
        are inhabited and by how many. 0.01 is the demo: one street, some 150 people, 60 needs.
    seed
        Names the city: the same seed, scale, count of needs and `now` give an equal one, and ids depend on
        the seed alone (those of areas not even on it).
    needs
        How many open needs; None is 6,000 × scale.
    now
        The present instant, with a time zone: needs were raised in the twenty days before, and certificates
        run out before or after it. Kept to the minute.

    Raises
    ------
    ValueError
        The scale is not above 0 and at most 1, `needs` is below 0, or `now` has no time zone.

    Examples
    --------
    >>> city = build(now=datetime(2026, 11, 20, 2, tzinfo=UTC))
    >>> city.areas[0].name, len(city.people), len(city.needs)
    ('铜川市', 150, 60)
    """
    if not 0 < scale <= 1:
        raise ValueError(f"scale must be above 0 and at most 1, not {scale}")
    if needs is not None and needs < 0:
        raise ValueError(f"needs must be 0 or more, not {needs}")
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    now = now.astimezone(UTC).replace(second=0, microsecond=0)
    today = city_date(now)

    land = settle(scale)
    homes = settle_people(land, count=max(_FEWEST_PEOPLE, round(_PEOPLE * scale**_CROWDING)), seed=seed, today=today)
    taking_part = max(1, round(_TAKING_PART * scale))
    party, people = organise(land, homes, count=taking_part, seed=seed, year=today.year)
    organisations, assets = establish(land, scale=scale, seed=seed, today=today)
    people = employ(land, people, organisations, seed=seed, today=today)
    in_view = {household.id for household in homes.households if household.focus}
    people, times = volunteer(people, in_view, count=taking_part, seed=seed, today=today)
    listing = {resource.provider for resource in times}
    free = {person.id for person in people if person.id not in listing and person.household not in in_view}
    teams, people, together = form_teams(land, people, free, scale=scale, seed=seed, today=today)
    residents = Residents(
        people,
        {household.id: household for household in homes.households},
        organisations,
        frozenset(listing.union(*(team.members for team in teams))),
    )
    count = max(1, round(_NEEDS * scale)) if needs is None else needs
    areas, organisations = set_quotas(land, count_people(land, homes), organisations, assets)
    asked = appoint(raise_needs(land, residents, count=count, seed=seed, now=now), seed=seed, now=now)
    bonds = bind(land, people, times, asked, seed=seed, now=now)
    return City(
        name="tongchuan",
        settings=f"scale {scale}, seed {seed}" + ("" if needs is None else f", {needs} needs"),
        areas=set_floors(land, areas, asked),
        borders=land.borders,
        households=homes.households,
        party_organisations=party,
        organisations=organisations,
        people=people,
        teams=teams,
        capabilities=tuple(vocabulary().capabilities.values()),
        resources=times + together + assets,
        needs=asked,
        served=bonds.served,
        ruled_out=bonds.ruled_out,
        apart=bonds.apart,
    )
