"""Volunteer teams (志愿服务队): residents who give their hours together.

Who is in a team lists nothing alone, so no hour counts twice: the team lists the hours that its members give.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from graph.model.areas import Area, AreaKind
from graph.model.ids import natural_id
from graph.model.needs import Field
from graph.model.people import Person, Team
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Period
from seeds.chance import deal, stream, weighted_order
from seeds.tongchuan.capabilities import Skilled, vocabulary
from seeds.tongchuan.divisions import CITY, short_name
from seeds.tongchuan.homes import ADULT
from seeds.tongchuan.hours import HOURS
from seeds.tongchuan.land import Land

_TEAMS = 216  # of the whole city: no figure in the texts, ours is three a community
_FEWEST = 2
_MEMBERS = (4, 10)
_FEWEST_MEMBERS = 2
_OLDEST = 75
_PARTY_MEMBER_WEIGHT = 3
_SHARE_VERIFIED = 0.8
_SHARE_WIDE = 0.5  # of teams, that serve the whole street


@dataclass(frozen=True, slots=True)
class TeamType:
    """A type of team, as in `teams.toml`."""

    name: str
    field: Field
    weight: float
    skills: tuple[Skilled, ...]
    hours: tuple[str, ...]

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> TeamType:
        """Return the type of one table of the file."""
        return cls(
            name=row["name"],
            field=Field(row["field"]),
            weight=row["weight"],
            skills=tuple(Skilled.parse(text, (2, 4)) for text in row["skills"]),
            hours=tuple(row["hours"]),
        )


@cache
def team_types() -> tuple[TeamType, ...]:
    """Return the types of team."""
    text = files(__package__).joinpath("teams.toml").read_text(encoding="utf-8")
    return tuple(TeamType.parse(row) for row in tomllib.loads(text)["team"])


def form_teams(
    land: Land, people: Sequence[Person], free: set[str], *, scale: float, seed: int, today: date
) -> tuple[tuple[Team, ...], tuple[Person, ...], tuple[Resource, ...]]:
    """Return the teams, the people, those of trusted teams verified, and what the teams list.

    Parameters
    ----------
    free
        Ids of people whom a team may take: they list nothing, and their household is not in view.
    """
    chance = stream(CITY, seed, "teams")
    able = [p for p in people if p.id in free and ADULT <= today.year - (p.birth_year or today.year) <= _OLDEST]
    order = weighted_order(chance, able, [_PARTY_MEMBER_WEIGHT if p.member_of else 1 for p in able])
    waiting: dict[str, list[str]] = {community.id: [] for community in land.communities}
    for person in order:
        waiting[land.above(person.lives_in or "", AreaKind.COMMUNITY).id].append(person.id)

    count = max(_FEWEST, round(_TEAMS * scale))
    at = deal(chance, land.communities, [1.0] * len(land.communities), count)
    teams: list[Team] = []
    resources: list[Resource] = []
    for community, type_ in _types(chance, at):
        size = chance.randint(*_MEMBERS)
        members, waiting[community.id] = waiting[community.id][:size], waiting[community.id][size:]
        if len(members) < _FEWEST_MEMBERS:
            continue
        team = Team(
            id=natural_id(CITY, "team", seed, community.id, type_.name),
            name=type_.name.format(place=short_name(community).removesuffix("社区")),
            field=type_.field,
            located_in=community.id,
            members=tuple(members),
            verified=chance.random() < _SHARE_VERIFIED,
        )
        teams.append(team)
        hours = HOURS[chance.choice(type_.hours)]
        resources.append(
            Resource(
                id=natural_id(CITY, "team time", team.id),
                provider=team.id,
                provider_kind=ProviderKind.TEAM,
                title="、".join(vocabulary().name(skill.capability) for skill in type_.skills) + f"({hours.words})",
                provides=tuple(skill.provided(chance, today) for skill in type_.skills),
                capacity=len(members) + chance.randint(0, len(members) // 2),  # a visit a week, some two
                period=Period.WEEK,
                windows=hours.windows,
                reaches=(land.above(community.id, AreaKind.STREET).id,) if chance.random() < _SHARE_WIDE else (),
            )
        )
    trusted = {member for team in teams if team.verified for member in team.members}
    return (
        tuple(teams),
        tuple(replace(person, verified=True) if person.id in trusted else person for person in people),
        tuple(resources),
    )


def _types(chance: Random, at: Sequence[Area]) -> list[tuple[Area, TeamType]]:
    """Return a type for each of the communities, which may come more than once, but never twice the same there."""
    often = Counter(community.id for community in at)
    return [
        (community, type_)
        for community in dict.fromkeys(at)
        for type_ in weighted_order(chance, team_types(), [type_.weight for type_ in team_types()])[
            : often[community.id]
        ]
    ]
