"""Who lives where: households of a few kinds, their people, and which of them are kept in view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from graph.model.areas import Area, AreaKind
from graph.model.ids import natural_id
from graph.model.people import FocusKind, Household, Person
from seeds.chance import between, deal, stream
from seeds.tongchuan import phrases
from seeds.tongchuan.divisions import CITY, short_name
from seeds.tongchuan.land import Land
from seeds.tongchuan.names import family_name, given_name

ADULT = 18
RETIRED = 60
ELDER = 65
_OLDEST_ALIVE = 96
_SHARE_WITH_PHONE = 0.7  # of adults; of all people about 60 %
_SHARE_WITH_ID_NUMBER = 0.6  # of adults whose phone is known: those whom the staff have registered
_SHARE_WITH_HEALTH_NOTE = 0.7  # of households in view
_FLATS = 36  # of a building, as phrases.room numbers them
_KEPT = timedelta(days=5 * 365)  # what somebody agreed to, from that day on
_LANGUAGES = {("zh",): 0.93, ("zh", "en"): 0.04, ("zh", "wuu"): 0.01, ("zh", "yue"): 0.01, ("zh", "ug"): 0.01}
_HEALTH = {
    FocusKind.ADVANCED_AGE: ("高血压,长期服药", "膝关节不好,上下楼要人扶", "听力下降"),
    FocusKind.ALONE: ("高血压、糖尿病,独自服药", "轻度白内障", "做过心脏支架"),
    FocusKind.BEDRIDDEN: ("脑梗后长期卧床,需定时翻身", "股骨骨折术后卧床", "帕金森病晚期,卧床"),
    FocusKind.SINGLE_PARENT: ("孩子有哮喘", "产后抑郁恢复期"),
    FocusKind.LEFT_BEHIND: ("孩子近视,未配镜", "老人有慢性支气管炎"),
    FocusKind.LOW_INCOME: ("尿毒症,每周透析", "肢体二级残疾", "尘肺病"),
    FocusKind.PARTY_MEMBER_IN_NEED: ("尘肺病,常年吸氧", "腰椎手术后"),
}
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


def settle_people(land: Land, *, count: int, seed: int, today: date) -> Homes:
    """Return `count` people in households over the buildings.

    How crowded communities and their grids are differs log-normally.
    """
    chance = stream(CITY, seed, "homes")
    crowded = {area.id: chance.lognormvariate(0, 0.5) for area in land.communities}
    crowded |= {grid.id: crowded[grid.parent or ""] * chance.lognormvariate(0, 0.4) for grid in land.grids}
    weights = list(accumulate(crowded[building.parent or ""] for building in land.buildings))
    taken: dict[str, set[str]] = {building.id: set() for building in land.buildings}
    households: list[Household] = []
    people: list[Person] = []
    for kind in _kinds(chance, count):
        building = chance.choices(land.buildings, cum_weights=weights)[0]
        number = len(households) + 1
        ages = _ages(chance, kind)
        household = Household(natural_id(CITY, "household", seed, number), building.id, _focus(chance, kind, ages))
        households.append(household)
        community = short_name(land.above(building.id, AreaKind.COMMUNITY))  # compounds of one name are many
        address = community + building.name + _flat(chance, taken[building.id])
        people += _people(chance, household, building, address, ages, today, seed=seed, first=len(people) + 1)
    return Homes(tuple(households), tuple(people))


def count_people(land: Land, homes: Homes) -> tuple[Area, ...]:
    """Return the areas, the inhabited ones with the people and households that live in them."""
    members = Counter(person.household for person in homes.people)
    population: Counter[str] = Counter()
    households: Counter[str] = Counter()
    around = {building.id: _around(land, building) for building in land.buildings}
    for household in homes.households:
        for area in around[household.building]:
            population[area] += members[household.id]
            households[area] += 1
    inhabited = {area for areas in around.values() for area in areas}
    return tuple(
        replace(area, population=population[area.id], households=households[area.id]) if area.id in inhabited else area
        for area in land.areas
    )


def _around(land: Land, building: Area) -> list[str]:
    """Return the areas that a building is part of, itself and its compound among them."""
    grid = land.by_id[building.parent or ""]
    inside = [building.id, *filter(None, [building.compound or grid.compound])]
    area: Area | None = grid
    while area is not None:
        inside.append(area.id)
        area = land.by_id[area.parent] if area.parent else None
    return inside


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


def _flat(chance: Random, taken: set[str]) -> str:
    """Return a flat that nobody has yet, as long as the building has one."""
    flat = phrases.room(chance)
    while flat in taken and len(taken) < _FLATS:
        flat = phrases.room(chance)
    taken.add(flat)
    return flat


def _people(
    chance: Random,
    household: Household,
    building: Area,
    address: str,
    ages: Sequence[int],
    today: date,
    *,
    seed: int,
    first: int,
) -> list[Person]:
    family = family_name(chance)
    languages = chance.choices(list(_LANGUAGES), list(_LANGUAGES.values()))[0]
    people = []
    for place, age in enumerate(ages):
        number = first + place
        born = today.year - age
        # Spouses keep their own surname; children take that of the first member.
        surname = family if place == 0 or age < ADULT else family_name(chance)
        known = age >= ADULT and chance.random() < _SHARE_WITH_PHONE
        registered = known and chance.random() < _SHARE_WITH_ID_NUMBER
        agreed = today - timedelta(days=between(chance, (1, 3 * 365))) if known else None
        people.append(
            Person(
                id=person_id(seed, number),
                name=surname + given_name(chance, born),
                lives_in=building.id,
                phone=phone(number) if known else None,
                id_number=id_number(number, date(born, between(chance, (1, 12)), between(chance, (1, 28))))
                if registered
                else None,
                address=address,
                health=_health(chance, household) if place == 0 else None,
                birth_year=born,
                home=(round(building.lat or 0, 3), round(building.lon or 0, 3)),
                languages=languages,
                household=household.id,
                consent=agreed,
                keep_until=agreed + _KEPT if agreed else None,
            )
        )
    return people


def _health(chance: Random, household: Household) -> str | None:
    if not household.focus or chance.random() >= _SHARE_WITH_HEALTH_NOTE:
        return None
    return chance.choice(_HEALTH[household.focus[0]])


def phone(number: int) -> str:
    """Return a phone that reaches nobody, in its normal form: a landline of Tongchuan (0919) beginning with 0.

    We know of no numbers that China sets aside for fiction. But no subscriber's number begins with 0, for whoever
    dials one has begun a long-distance call; `phonenumbers` counts such numbers as valid all the same, so that what
    is exported can be imported again.

    Parameters
    ----------
    number
        Below a million.

    Examples
    --------
    >>> phone(7)
    '+869190000007'
    """
    return f"+869190{number:06d}"


def id_number(number: int, born: date) -> str:
    """Return an ID number with a right check digit that nobody can have: no place has a code from 99.

    Examples
    --------
    >>> id_number(7, date(1953, 4, 1))
    '990000195304010075'

    References
    ----------
    GB 11643-1999: six digits of the place, eight of the birthday, three of the order, and a check digit by
    ISO 7064, MOD 11-2. GB/T 2260: codes of places begin with 11 to 82.
    """
    digits = f"99{number // 1000:04d}{born:%Y%m%d}{number % 1000:03d}"
    check = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11
    return digits + "10X98765432"[check]
