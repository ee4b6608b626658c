"""Who lives where: households of a few kinds, their people, and which of them are kept in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from graph.model.areas import Area
from graph.model.ids import natural_id
from graph.model.people import FocusKind, Household, Person
from seeds.chance import between, deal, stream
from seeds.tongchuan.land import CITY
from seeds.tongchuan.names import family_name, given_name

ADULT = 18
RETIRED = 60
ELDER = 65
_OLDEST_ALIVE = 96
_SHARE_WITH_PHONE = 0.7  # of adults; of all people about 60 %
_OTHER_FOCUS = (FocusKind.LOW_INCOME, FocusKind.PARTY_MEMBER_IN_NEED, FocusKind.BEDRIDDEN)
_OTHER_FOCUS_WEIGHTS = (5, 1, 2)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of household.

    Parameters
    ----------
    first
        The first member's age.
    others
        How much older (or, below zero, younger) each of the others is.
    focus
        Why it may be kept in view, and in which share of such households that is so.
    """

    weight: float
    first: tuple[int, int]
    others: tuple[tuple[int, int], ...] = ()
    focus: FocusKind | None = None
    share: float = 0.04


_KINDS = (
    _Kind(0.18, (23, 62)),
    _Kind(0.28, (27, 63), ((-4, 4),)),
    _Kind(0.22, (33, 45), ((-4, 4), (-30, -25))),
    _Kind(0.14, (65, 84), ((-5, 3),)),
    _Kind(0.10, (67, 92), focus=FocusKind.ALONE, share=0.6),
    _Kind(0.04, (32, 46), ((-30, -25),), FocusKind.SINGLE_PARENT, 0.8),
    _Kind(0.04, (62, 72), ((-58, -54),), FocusKind.LEFT_BEHIND, 0.8),
)
_ONE_PERSON = _KINDS[0]


@dataclass(frozen=True, slots=True)
class Homes:
    """Households and their people, as yet with no role."""

    households: tuple[Household, ...]
    people: tuple[Person, ...]


def person_id(seed: int, number: int) -> str:
    """Return the id of a person by number."""
    return natural_id(CITY, "person", seed, number)


def settle_people(buildings: Sequence[Area], *, count: int, seed: int, year: int) -> Homes:
    """Return `count` people in households over the buildings.

    Parameters
    ----------
    year
        The present year, from which ages become birth years.
    """
    chance = stream(CITY, seed, "homes")
    grids = sorted({building.parent for building in buildings if building.parent})
    crowded = {grid: chance.lognormvariate(0, 0.4) for grid in grids}
    weights = [crowded[building.parent or ""] for building in buildings]
    households: list[Household] = []
    people: list[Person] = []
    for kind in _kinds(chance, count):
        building = chance.choices(buildings, weights)[0]
        number = len(households) + 1
        ages = _ages(chance, kind)
        household = Household(natural_id(CITY, "household", seed, number), building.id, _focus(chance, kind, ages))
        households.append(household)
        people += _people(chance, household, ages, year, seed=seed, first=len(people) + 1)
    return Homes(tuple(households), tuple(people))


def _kinds(chance: Random, count: int) -> list[_Kind]:
    """Return kinds of household that have `count` members together."""
    average = sum(kind.weight * (1 + len(kind.others)) for kind in _KINDS)
    drawn = deal(chance, _KINDS, [kind.weight for kind in _KINDS], round(count / average))
    kinds, members = [], 0
    for kind in drawn:
        if members + 1 + len(kind.others) <= count:
            kinds.append(kind)
            members += 1 + len(kind.others)
    return kinds + [_ONE_PERSON] * (count - members)


def _ages(chance: Random, kind: _Kind) -> list[int]:
    first = between(chance, kind.first)
    return [first] + [max(6, min(_OLDEST_ALIVE, first + between(chance, other))) for other in kind.others]


def _focus(chance: Random, kind: _Kind, ages: Sequence[int]) -> tuple[FocusKind, ...]:
    if chance.random() >= kind.share:
        return ()
    reasons = [kind.focus or chance.choices(_OTHER_FOCUS, _OTHER_FOCUS_WEIGHTS)[0]]
    if max(ages) >= 80:
        reasons.append(FocusKind.ADVANCED_AGE)
    return tuple(reasons)


def _people(
    chance: Random, household: Household, ages: Sequence[int], year: int, *, seed: int, first: int
) -> list[Person]:
    family = family_name(chance)
    people = []
    for place, age in enumerate(ages):
        number = first + place
        # Spouses keep their own surname; children take that of the first member.
        surname = family if place == 0 or age < ADULT else family_name(chance)
        people.append(
            Person(
                id=person_id(seed, number),
                name=surname + given_name(chance, year - age),
                lives_in=household.building,
                phone=phone(number) if age >= ADULT and chance.random() < _SHARE_WITH_PHONE else None,
                birth_year=year - age,
                household=household.id,
            )
        )
    return people


def phone(number: int) -> str:
    """Return a phone number that nobody can have: eleven digits from 100, which begins no mobile number.

    Examples
    --------
    >>> phone(7)
    '10000000007'
    """
    return f"100{number:08d}"
