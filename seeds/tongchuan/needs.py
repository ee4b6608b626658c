"""What the residents ask: needs made of patterns, people and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from graph.model.areas import Area, AreaKind
from graph.model.ids import natural_id
from graph.model.needs import Channel, Field, Need, Required, Urgency
from graph.model.people import Household, Person
from graph.model.times import CITY_TIME, city_date
from seeds.chance import between, deal, stream, weighted_order
from seeds.tongchuan import phrases
from seeds.tongchuan.homes import ADULT, ELDER, RETIRED
from seeds.tongchuan.hours import HOURS
from seeds.tongchuan.land import CITY, Land, compound_name
from seeds.tongchuan.patterns import Pattern, Who, patterns

_URGENCY = {Urgency.AT_ONCE: 0.10, Urgency.BY_DATE: 0.65, Urgency.LONG_TERM: 0.25}
_FOCUS_WEIGHT = 4
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


class _Askers:
    """Residents of one sort in the order in which they ask; everybody once before anybody twice."""

    def __init__(self, order: Sequence[Person], asked: set[str]) -> None:
        self._order = order
        self._asked = asked
        self._next = 0

    def next(self) -> Person | None:
        for _ in self._order:
            person = self._order[self._next % len(self._order)]
            self._next += 1
            if person.id not in self._asked:
                break
        else:
            if not self._order:
                return None
            person = self._order[self._next % len(self._order)]
            self._next += 1
        self._asked.add(person.id)
        return person


@dataclass(frozen=True, slots=True)
class Residents:
    """Who there is to need something.

    Parameters
    ----------
    listing
        People who list a resource; they ask only where nobody else can.
    """

    people: Sequence[Person]
    households: Mapping[str, Household]
    listing: frozenset[str]

    def sorts(self, chance: Random, year: int) -> dict[Who, _Askers]:
        """Return the askers of each sort; households in view come forward more often."""
        with_children = {person.household for person in self.people if year - (person.birth_year or 0) < ADULT}
        asking = [p for p in self.people if p.id not in self.listing and year - (p.birth_year or 0) >= ADULT]
        working = [p for p in asking if year - (p.birth_year or 0) < RETIRED]
        sorts = {
            Who.ELDER: [p for p in asking if year - (p.birth_year or 0) >= ELDER],
            Who.FAMILY: [p for p in asking if p.household in with_children],
            Who.PARENT: [p for p in working if p.household in with_children],
            Who.WORKER: working,
            Who.ADULT: asking,
        }
        asked: set[str] = set()
        return {
            who: _Askers(weighted_order(chance, of, [self._weight(person) for person in of]), asked)
            for who, of in sorts.items()
        }

    def focus(self, person: Person) -> Household | None:
        """Return the household of a person, if it is kept in view."""
        household = self.households.get(person.household or "")
        return household if household and household.focus else None

    def _weight(self, person: Person) -> float:
        return _FOCUS_WEIGHT if self.focus(person) else 1


def raise_needs(land: Land, residents: Residents, *, count: int, seed: int, now: datetime) -> tuple[Need, ...]:
    """Return `count` open needs, raised in the twenty days before `now`."""
    chance = stream(CITY, seed, "needs")
    year = city_date(now).year
    drawn = deal(chance, patterns(), [pattern.weight for pattern in patterns()], count)
    urgencies = _urgencies(drawn)
    channels = deal(chance, list(phrases.CHANNELS), list(phrases.CHANNELS.values()), count)
    askers = residents.sorts(chance, year)
    needs = []
    for number, (pattern, urgency, channel) in enumerate(zip(drawn, urgencies, channels, strict=True), 1):
        person = None
        if pattern.who in askers:  # a tiny city may have nobody of that sort
            person = askers[pattern.who].next() or askers[Who.ADULT].next()
        if pattern.who is Who.GRID:
            channel = Channel.DOOR
        needs.append(
            _need(
                chance,
                _Asked(pattern, urgency, channel, person),
                land,
                residents,
                id_=natural_id(CITY, "need", seed, number),
                now=now,
            )
        )
    return tuple(needs)


@dataclass(frozen=True, slots=True)
class _Asked:
    pattern: Pattern
    urgency: Urgency
    channel: Channel
    person: Person | None


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


def _need(chance: Random, asked: _Asked, land: Land, residents: Residents, *, id_: str, now: datetime) -> Need:
    pattern, person = asked.pattern, asked.person
    year = city_date(now).year
    area = person.lives_in if person else chance.choice(land.grids).id
    hours = HOURS[_hours(chance, asked, year)]
    quantity = between(chance, pattern.quantity)
    raised, due = _times(chance, pattern.field, asked.urgency, now)
    slots = {slot: chance.choice(values) for slot, values in pattern.vary.items()} | {
        "n": str(quantity),
        "since": chance.choice(phrases.SINCE[asked.urgency]),
        "since_long": chance.choice(phrases.SINCE_LONG),
        "spot": _spot(chance, land.above(area, AreaKind.GRID)),
    }
    day = city_date(due)
    words = (
        _opening(chance, asked, land, year),
        pattern.text.format(**slots),
        _note(chance, residents, person),
        phrases.when(chance, hours.words, at_home=pattern.at_home),
        phrases.closing(chance, asked.urgency, f"{day.month}月{day.day}日"),
        f"联系电话{person.phone}。" if person and person.phone and chance.random() < 0.4 else "",
    )
    return Need(
        id=id_,
        title=pattern.title.format(**slots),
        area=area,
        requires=tuple(Required(s.capability, between(chance, s.levels)) for s in pattern.requires),
        kind=pattern.kind,
        urgency=asked.urgency,
        field=pattern.field,
        channel=asked.channel,
        quantity=quantity,
        person=person.id if person else None,
        at_home=pattern.at_home and person is not None,
        duration=between(chance, pattern.duration, step=15),
        windows=hours.windows,
        due=due,
        raised_at=raised,
        text="".join(words),
    )


def _hours(chance: Random, asked: _Asked, year: int) -> str:
    pattern, person = asked.pattern, asked.person
    if asked.urgency is Urgency.AT_ONCE or not pattern.duration[1]:
        return "any"  # who can't wait is not choosy, and things are fetched when there is time
    if pattern.hours:
        return chance.choice(pattern.hours)
    if person is None:
        return chance.choice(_HOURS_PUBLIC)
    return chance.choice(_HOURS_ELDER if year - (person.birth_year or year) >= ELDER else _HOURS_ADULT)


def _spot(chance: Random, grid: Area) -> str:
    compound = compound_name(grid)
    return chance.choice((compound, grid.name + compound))


def _opening(chance: Random, asked: _Asked, land: Land, year: int) -> str:
    if asked.pattern.who is Who.GRID:
        return chance.choice(phrases.GRID_OPENINGS)
    if asked.person is None:
        return chance.choice(phrases.PUBLIC_OPENINGS[asked.channel])
    building = land.by_id[asked.person.lives_in].name
    home = stream(CITY, "room", asked.person.household)  # whoever lives there asks from the same door
    return chance.choice(phrases.OPENINGS[asked.channel]).format(
        who=phrases.called(chance, asked.person.name or "", year - (asked.person.birth_year or year)),
        building=building,
        address=f"{building}{phrases.room(home)}",
    )


def _note(chance: Random, residents: Residents, person: Person | None) -> str:
    household = residents.focus(person) if person else None
    if household is None or chance.random() < 0.25:  # staff don't always write it down
        return ""
    return chance.choice(phrases.NOTES[household.focus[0]])


def _times(chance: Random, field: Field, urgency: Urgency, now: datetime) -> tuple[datetime, datetime]:
    """Return when a need was raised and when it is due; due lies after `now`."""
    if urgency is Urgency.AT_ONCE:
        raised = now - timedelta(minutes=chance.randint(15, 20 * 60))
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
    day = at.astimezone(CITY_TIME).replace(hour=chance.randint(8, 20), minute=chance.randint(0, 59))
    awake = day.astimezone(now.tzinfo)
    return awake if now - _OLDEST <= awake <= now else at
