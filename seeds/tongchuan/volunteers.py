"""Residents who offer their time: who they are, what they can do, when and how far."""

from __future__ import annotations

import math
import tomllib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from graph.model.ids import natural_id
from graph.model.people import Person
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Period
from seeds.chance import between, deal, stream, weighted_order
from seeds.tongchuan.capabilities import Skilled, vocabulary
from seeds.tongchuan.divisions import CITY
from seeds.tongchuan.homes import ADULT, RETIRED
from seeds.tongchuan.hours import HOURS

_SHARE_LISTING = 0.43  # of all people, at most
_SHARE_VERIFIED = 0.8  # of those who list
_OLDEST = 78
_MEMBER_WEIGHT = 4  # 双报到: a member is that much likelier to list
_FOCUS_WEIGHT = 0.15  # and somebody of a household in view that much less
_HOURS_AT_WORK = ("evenings", "weekend", "weekend", "evenings_weekend", "evenings_weekend", "saturday", "any")
_HOURS_RETIRED = ("weekday_mornings", "weekday_afternoons", "weekdays", "daytime", "daytime", "any")
_REACH_MINUTES = (10, 20, 20, 30, 30, 30, 45, 45)
_RETIRED_WEIGHT = 1.8  # they have the time
_MOST_SKILLS = 4


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of volunteer, as in `volunteers.toml`."""

    weight: float
    skills: tuple[Skilled, ...]
    also: tuple[Skilled, ...]
    hours: tuple[str, ...]
    ages: tuple[int, int]
    capacity: tuple[int, int]

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Profile:
        """Return the profile of one table of the file."""
        low, high = row.get("ages", (ADULT, _OLDEST))
        least, most = row.get("capacity", (1, 5))
        return cls(
            weight=row["weight"],
            skills=tuple(Skilled.parse(text, (2, 4)) for text in row["skills"]),
            also=tuple(Skilled.parse(text, (2, 4)) for text in row.get("also", ())),
            hours=tuple(row.get("hours", ())),
            ages=(low, high),
            capacity=(least, most),
        )


@cache
def profiles() -> tuple[Profile, ...]:
    """Return the kinds of volunteer."""
    text = files(__package__).joinpath("volunteers.toml").read_text(encoding="utf-8")
    return tuple(Profile.parse(row) for row in tomllib.loads(text)["profile"])


def volunteer(
    people: Sequence[Person], in_view: set[str], *, count: int, seed: int, today: date
) -> tuple[tuple[Person, ...], tuple[Resource, ...]]:
    """Return the people, most volunteers among them verified, and what the volunteers list.

    Parameters
    ----------
    in_view
        Households with a focus kind.
    count
        How many list their time; at most 43 in a hundred people.
    """
    chance = stream(CITY, seed, "volunteers")
    adults = [person for person in people if ADULT <= _age(person, today) <= _OLDEST]
    weights = [
        (_MEMBER_WEIGHT if person.member_of else 1)
        * (_RETIRED_WEIGHT if _age(person, today) >= RETIRED else 1)
        * (_FOCUS_WEIGHT if person.household in in_view else 1)
        for person in adults
    ]
    listing = weighted_order(chance, adults, weights)[: min(count, round(_SHARE_LISTING * len(people)))]
    kinds = deal(chance, profiles(), [profile.weight for profile in profiles()], len(listing))
    resources = [
        _resource(chance, person, profile, seed=seed, today=today)
        for person, profile in _suited(chance, listing, kinds, today)
    ]
    flags = deal(chance, (True, False), (_SHARE_VERIFIED, 1 - _SHARE_VERIFIED), len(resources))
    verified = {resource.provider for resource, flag in zip(resources, flags, strict=True) if flag}
    return (
        tuple(replace(person, verified=True) if person.id in verified else person for person in people),
        _with_expired(chance, resources, today),
    )


def _age(person: Person, today: date) -> int:
    return today.year - (person.birth_year or today.year)


def _suited(
    chance: Random, people: Sequence[Person], kinds: Sequence[Profile], today: date
) -> list[tuple[Person, Profile]]:
    """Return pairs of people and profiles that suit their age as far as there are any."""
    order = list(people)
    chance.shuffle(order)
    of_age: dict[int, deque[int]] = {}  # places in that order
    for place, person in enumerate(order):
        of_age.setdefault(_age(person, today), deque()).append(place)
    pairs = []
    # The hardest to fill go first; whoever is left over at the end takes what is left.
    for kind in sorted(kinds, key=lambda kind: kind.ages[1] - kind.ages[0]):
        suited = [age for age in range(kind.ages[0], kind.ages[1] + 1) if of_age.get(age)]
        age = min(suited or filter(of_age.get, of_age), key=lambda age: of_age[age][0])
        pairs.append((order[of_age[age].popleft()], kind))
    return pairs


def _resource(chance: Random, person: Person, profile: Profile, *, seed: int, today: date) -> Resource:
    more = chance.sample(profile.also, min(chance.choice((0, 1, 1, 2)), len(profile.also)))
    skills = (*profile.skills, *more)[:_MOST_SKILLS]
    usual = _HOURS_RETIRED if _age(person, today) >= RETIRED else _HOURS_AT_WORK
    hours = HOURS[chance.choice(profile.hours or usual)]
    names = "、".join(vocabulary().name(skill.capability) for skill in skills)
    return Resource(
        id=natural_id(CITY, "time", seed, person.id),
        provider=person.id,
        provider_kind=ProviderKind.PERSON,
        title=f"{names}({hours.words})" if hours.words else names,
        provides=tuple(skill.provided(chance, today) for skill in skills),
        capacity=between(chance, profile.capacity),
        period=Period.WEEK,
        windows=hours.windows,
        reach_minutes=chance.choice(_REACH_MINUTES),
    )


def _with_expired(chance: Random, resources: Sequence[Resource], today: date) -> tuple[Resource, ...]:
    """Return the resources, some certificates run out: of each kind its share, rounded up.

    Rounded up, so that already the smallest city shows somebody who could help but may not.
    """
    changed = {resource.id: resource for resource in resources}
    for capability, share in vocabulary().expired.items():
        holders = [
            resource.id
            for resource in resources
            if any(provided.capability == capability for provided in resource.provides)
        ]
        for holder in chance.sample(holders, math.ceil(share * len(holders))):
            over = today - timedelta(days=chance.randint(5, 400))
            resource = changed[holder]
            changed[holder] = replace(
                resource,
                provides=tuple(
                    replace(provided, certificate_until=over) if provided.capability == capability else provided
                    for provided in resource.provides
                ),
            )
    return tuple(changed.values())
