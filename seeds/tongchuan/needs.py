"""What the residents ask: needs made of patterns, people and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from graph.model.areas import AreaKind
from graph.model.ids import natural_id
from graph.model.needs import Channel, Field, Need, NeedKind, Required, Urgency
from graph.model.people import Organisation, Person
from graph.model.times import CITY_TIME, city_date
from seeds.chance import between, deal, pick, stream
from seeds.tongchuan import demand, phrases
from seeds.tongchuan.askers import Crowd, Residents
from seeds.tongchuan.divisions import CITY
from seeds.tongchuan.homes import ELDER
from seeds.tongchuan.hours import HOURS
from seeds.tongchuan.land import Land
from seeds.tongchuan.patterns import Pattern, Who, patterns

_URGENCY = {Urgency.AT_ONCE: 0.10, Urgency.BY_DATE: 0.65, Urgency.LONG_TERM: 0.25}
_HOURS_PUBLIC = ("any", "any", "weekdays", "weekend")
_HOURS_ELDER = ("any", "any", "weekday_mornings", "weekday_afternoons", "mornings", "daytime")
_HOURS_ADULT = ("any", "any", "evenings", "weekend", "evenings_weekend")

_OLDEST = timedelta(days=20)
_AT_ONCE_LIMIT = timedelta(hours=24)
_REVIEW = timedelta(days=90)
# By date: 7 working days; 15 for city construction and housing (domain.md), in days of the calendar.
_LIMIT = timedelta(days=10)
_LONG_LIMIT = timedelta(days=20)
_LONG_LIMIT_FIELDS = (Field.CITY_CONSTRUCTION, Field.HOUSING)
_SHARE_NEAR_LIMIT = 0.35
_HOURS_LEFT_NEAR = (20, 48)
_HOURS_LEFT_FAR = (49, 236)

_SHARE_IN_GROUPS = 0.01  # of needs that begin one
_FEWEST_GROUPS = 3
_SHARE_OF_HOUSEHOLDS = 0.4  # of repairs at home, which are everybody's who lives there
_SHARE_BY_CHILDREN = 0.25  # of elders' needs
_SHARE_BY_NEIGHBOURS = 0.4  # of what is amiss in a grid
_SHARE_BY_ORGANISATIONS = 0.15
_SHARE_OF_PLACES_BY_COMPOUND = 0.6


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose need it is, where, and who raised it.

    Parameters
    ----------
    asker
        The resident whom the words speak of; None where it is nobody's own.
    household, place
        The subject, where it is not the asker.
    by
        Who raised it, where that is not the subject.
    """

    area: str
    asker: Person | None = None
    household: str | None = None
    place: str | None = None
    by: Person | Organisation | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A need before it is put in words."""

    pattern: Pattern
    urgency: Urgency
    channel: Channel
    whose: _Whose
    group: str | None


def raise_needs(land: Land, residents: Residents, *, count: int, seed: int, now: datetime) -> tuple[Need, ...]:
    """Return `count` open needs, raised in the twenty days before `now`."""
    chance = stream(CITY, seed, "needs")
    year = city_date(now).year
    drawn = deal(chance, patterns(), demand.weights(patterns()), count)
    urgencies = _urgencies(drawn)
    channels = deal(chance, list(phrases.CHANNELS), list(phrases.CHANNELS.values()), count)
    crowd = Crowd(chance, land, residents, year)
    first_of = _groups(drawn)
    askers: list[Person | None] = []
    needs = []
    for number, (pattern, urgency, channel) in enumerate(zip(drawn, urgencies, channels, strict=True)):
        first = first_of.get(number, number)
        askers.append(askers[first] if first < number else crowd.next(pattern.who))
        asker = askers[number]
        asked = _Asked(
            pattern,
            urgency,
            Channel.DOOR if pattern.who is Who.GRID else channel,
            _own(chance, crowd, pattern, asker, year) if asker else _nobodys(chance, land, crowd, pattern),
            natural_id(CITY, "group", seed, first + 1) if asker and number in first_of else None,
        )
        needs.append(
            _need(chance, asked, land, residents, id_=natural_id(CITY, "need", seed, number + 1), now=now, year=year)
        )
    return tuple(needs)


def _groups(drawn: Sequence[Pattern]) -> dict[int, int]:
    """Return for every need of a group which one comes first: two at the same door, asked by the same person."""
    wanted = max(_FEWEST_GROUPS, round(_SHARE_IN_GROUPS * len(drawn)))
    first_of: dict[int, int] = {}
    waiting: dict[Who, int] = {}
    for number, pattern in enumerate(drawn):
        if not pattern.at_home or pattern.kind is not NeedKind.NEED:
            continue
        first = waiting.pop(pattern.who, None)
        if first is None or _asks(drawn[first]) & _asks(pattern):
            waiting[pattern.who] = number
        else:
            first_of |= {first: first, number: first}
            wanted -= 1
            if not wanted:
                break
    return first_of


def _asks(pattern: Pattern) -> set[str]:
    return {skilled.capability for skilled in pattern.requires}


def _own(chance: Random, crowd: Crowd, pattern: Pattern, asker: Person, year: int) -> _Whose:
    area = asker.lives_in or ""
    if pattern.at_home and pattern.field is Field.HOUSING and chance.random() < _SHARE_OF_HOUSEHOLDS:
        return _Whose(area, asker, household=asker.household, by=asker)
    old = year - (asker.birth_year or year) >= ELDER
    return _Whose(area, asker, by=crowd.child(asker) if old and chance.random() < _SHARE_BY_CHILDREN else None)


def _nobodys(chance: Random, land: Land, crowd: Crowd, pattern: Pattern) -> _Whose:
    """Return where something is amiss; what a grid's staff gather is for the public, not for a place."""
    grid = crowd.grid()
    place = None
    if pattern.who is not Who.GRID:
        by_compound = chance.random() < _SHARE_OF_PLACES_BY_COMPOUND
        place = land.compounds[grid.id].id if by_compound else grid.id
    by: Person | Organisation | None = None
    raised = chance.random()
    if raised < _SHARE_BY_ORGANISATIONS:
        by = crowd.organisation(grid.parent or "")
    elif raised < _SHARE_BY_ORGANISATIONS + _SHARE_BY_NEIGHBOURS and pattern.who is not Who.GRID:
        by = crowd.neighbour(grid.id)
    return _Whose(grid.id, place=place, by=by)


def _urgencies(drawn: Sequence[Pattern]) -> list[Urgency]:
    """Return an urgency for each, among those its pattern allows, keeping to the shares of the city."""
    left = {urgency: share * len(drawn) for urgency, share in _URGENCY.items()}
    chosen: dict[int, Urgency] = {}
    # Whoever has least choice goes first.
    for place in sorted(range(len(drawn)), key=lambda i: len(drawn[i].urgency)):
        urgency = max(drawn[place].urgency, key=lambda u: left[u] / _URGENCY[u])
        left[urgency] -= 1
        chosen[place] = urgency
    return [chosen[place] for place in range(len(drawn))]


def _need(
    chance: Random, asked: _Asked, land: Land, residents: Residents, *, id_: str, now: datetime, year: int
) -> Need:
    pattern, whose, asker = asked.pattern, asked.whose, asked.whose.asker
    hours = HOURS[_hours(chance, asked, year)]
    quantity = between(chance, pattern.quantity)
    raised, due = _times(chance, pattern.field, asked.urgency, now)
    slots = {slot: pick(chance, values) for slot, values in pattern.vary.items()} | {
        "n": str(quantity),
        "since": pick(chance, phrases.SINCE[asked.urgency]),
        "since_long": pick(chance, phrases.SINCE_LONG),
        "spot": _spot(chance, land, whose),
    }
    day = city_date(due)
    words = (
        _opening(chance, asked, land, year),
        pattern.text.format(**slots),
        _note(chance, residents, asker),
        phrases.when(chance, hours.words, at_home=pattern.at_home),
        phrases.closing(chance, asked.urgency, f"{day.month}月{day.day}日"),
        "由子女代为登记。" if isinstance(whose.by, Person) and asker and whose.by is not asker else "",
        f"联系电话{asker.phone.replace('+86', '0')}。" if asker and asker.phone and chance.random() < 0.4 else "",
    )
    return Need(
        id=id_,
        title=pattern.title.format(**slots),
        area=whose.area,
        requires=tuple(Required(s.capability, between(chance, s.levels)) for s in pattern.requires),
        kind=pattern.kind,
        urgency=asked.urgency,
        field=pattern.field,
        channel=asked.channel,
        quantity=quantity,
        person=asker.id if asker and not whose.household else None,
        household=whose.household,
        place=whose.place,
        raised_by=whose.by.id if isinstance(whose.by, Person) else None,
        raised_by_organisation=whose.by.id if isinstance(whose.by, Organisation) else None,
        group=asked.group,
        at_home=pattern.at_home and asker is not None,
        duration=between(chance, pattern.duration, step=15),
        windows=hours.windows,
        due=due,
        raised_at=raised,
        text="".join(words),
    )


def _hours(chance: Random, asked: _Asked, year: int) -> str:
    pattern, person = asked.pattern, asked.whose.asker
    if asked.urgency is Urgency.AT_ONCE or not pattern.duration[1]:
        return "any"  # who can't wait is not choosy, and things are fetched when there is time
    if pattern.hours:
        return pick(chance, pattern.hours)
    if person is None:
        return pick(chance, _HOURS_PUBLIC)
    return pick(chance, _HOURS_ELDER if year - (person.birth_year or year) >= ELDER else _HOURS_ADULT)


def _spot(chance: Random, land: Land, whose: _Whose) -> str:
    """Return where something is, in words."""
    if whose.place and land.by_id[whose.place].kind is AreaKind.COMPOUND:
        return land.by_id[whose.place].name
    grid = land.above(whose.area, AreaKind.GRID)
    return pick(chance, (grid.name, grid.name + land.compounds[grid.id].name))


def _opening(chance: Random, asked: _Asked, land: Land, year: int) -> str:
    asker = asked.whose.asker
    if asker is not None:
        return pick(chance, phrases.OPENINGS[asked.channel]).format(
            who=phrases.called(chance, asker.name or "", year - (asker.birth_year or year)),
            building=land.by_id[asker.lives_in or ""].name,
            address=asker.address,
        )
    if isinstance(asked.whose.by, Organisation):
        return f"{asked.whose.by.name}反映,"
    if asked.pattern.who is Who.GRID:
        return pick(chance, phrases.GRID_OPENINGS)
    return pick(chance, phrases.PUBLIC_OPENINGS[asked.channel])


def _note(chance: Random, residents: Residents, person: Person | None) -> str:
    household = residents.focus(person) if person else None
    if household is None or chance.random() < 0.25:  # staff don't always write it down
        return ""
    return pick(chance, phrases.NOTES[household.focus[0]])


def _times(chance: Random, field: Field, urgency: Urgency, now: datetime) -> tuple[datetime, datetime]:
    """Return when a need was raised and when it is due; due lies after `now`."""
    if urgency is Urgency.AT_ONCE:
        raised = now - timedelta(minutes=between(chance, (15, 20 * 60)))
        return raised, raised + _AT_ONCE_LIMIT
    if urgency is Urgency.LONG_TERM:
        raised = _in_the_day(chance, now - _OLDEST * chance.random(), now)
        return raised, raised + _REVIEW
    near = chance.random() < _SHARE_NEAR_LIMIT
    due = now + timedelta(hours=between(chance, _HOURS_LEFT_NEAR if near else _HOURS_LEFT_FAR))
    limit = _LONG_LIMIT if field in _LONG_LIMIT_FIELDS else _LIMIT
    return _in_the_day(chance, max(due - limit, now - _OLDEST), now), due


def _in_the_day(chance: Random, at: datetime, now: datetime) -> datetime:
    """Return an instant of the same day in the city at which people are awake, or the instant itself."""
    day = at.astimezone(CITY_TIME).replace(hour=between(chance, (8, 20)), minute=between(chance, (0, 59)))
    awake = day.astimezone(now.tzinfo)
    return awake if now - _OLDEST <= awake <= now else at
